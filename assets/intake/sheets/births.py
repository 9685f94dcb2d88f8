"""What columns say of births: dates and sexes inside NIKs, birth dates and ages beside them, names that go with a sex.

Two columns that say the same of the same people bear each other out; what merely looks alike does not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MOST = 0.9
"""Share of the stated cells of a column that have to look like a field."""
ENOUGH = 12
"""People that two columns have to be compared over before their agreement says anything."""
_FEWEST_AGES = 5
_LATEST_CARD = 30
"""Two-digit years from here on are of the last century."""
_DATE_PARTS = re.compile(r"(\d{1,4})\s*[-/. ]\s*(\d{1,2}|[A-Za-z]{3,9})\s*[-/. ,]\s*(\d{1,4})")


@dataclass(slots=True)
class Birth:
    """What a NIK says: day and month of birth, the last two digits of the year, the sex."""

    day: int
    month: int
    year: int
    sex: str


def stated_cells(column: Sequence[str]) -> list[str]:
    """The cells of a column that are not blank."""
    return [text for text in column if text]


def share_of(stated: Sequence[str], test: Callable[[str], object]) -> float:
    """Share of the cells that pass a test, 0 to 1."""
    return sum(bool(test(text)) for text in stated) / max(len(stated), 1)


def birth(text: str) -> Birth | None:
    """What the date inside a NIK (or a KK) says; None where it holds none."""
    from validation.nik import facts  # loads libraries that take longer than most files, and few files need

    said = facts(text)
    if said.day is None or said.month is None or said.two_digit_year is None or said.sex is None:
        return None
    return Birth(said.day, said.month, said.two_digit_year, said.sex)


def sixteen(text: str) -> bool:
    """Whether a cell is a number of 16 digits."""
    return sum(map(str.isdigit, text)) == 16 and not any(map(str.isalpha, text))


def of_persons(said: Sequence[Birth | None]) -> bool:
    """Whether numbers are people's: women among them, or births before 2000."""
    dated = [b for b in said if b]
    before = sum(b.year >= _LATEST_CARD for b in dated)
    return any(b.sex == "P" for b in dated) or before >= 0.2 * len(dated)


def both_sexes(said: Sequence[Birth | None]) -> bool:
    """Whether there are men and women, more than typing errors explain."""
    sexes = Counter(b.sex for b in said if b)
    return min(sexes["L"], sexes["P"]) >= 0.04 * sum(sexes.values())


def of_cards(said: Sequence[Birth | None], stated: Sequence[str]) -> bool:
    """Whether dates are those of issue: no woman's, hardly any before 2000, in several years or shared by families."""
    dated = [b for b in said if b]
    recent = all(b.sex == "L" for b in dated) and sum(b.year < _LATEST_CARD for b in dated) >= MOST * len(dated)
    return recent and (len({b.year for b in dated}) >= 4 or len(set(stated)) <= 0.9 * len(stated))


def date_parts(text: str) -> tuple[int, int, int] | None:
    """Day, month (0 where it is a word) and the last two digits of the year."""
    match = _DATE_PARTS.search(text)
    if not match:
        return None
    first, month, last = match[1], match[2], match[3]
    if len(first) == 4:
        first, last = last, first
    if len(first) > 2 or len(last) < 2:
        return None
    return int(first), int(month) if month.isdigit() else 0, int(last) % 100


def agreement(births: Sequence[Birth | None], dates: Sequence[tuple[int, int, int] | None]) -> float:
    """Share of people whose date is the one in their NIK, in either order of day and month."""
    both = [(b, d) for b, d in zip(births, dates, strict=True) if b and d]
    same = sum(
        b.year == year and (b.day, b.month) in ((day, month), (month, day), (day, b.month if month == 0 else -1))
        for b, (day, month, year) in both
    )
    return same / len(both) if len(both) >= 2 else 0.0


def born_on(column: Sequence[str]) -> list[Birth | None]:
    """Births as a column of dates says them."""
    return [Birth(*parts, "") if (parts := date_parts(text)) else None for text in column]


def reach_back(stated: Sequence[str]) -> bool:
    """Whether dates reach over decades, as those of births do and those of surveys and decrees do not."""
    years = [int(year[0]) for text in stated if (year := re.search(r"(?:19|20)\d\d", text))]
    return len(years) == len(stated) > 3 and max(years) - min(years) >= 20 and len(set(years)) >= 4


def same_sex(said: Sequence[str | None], births: Sequence[Birth | None]) -> float | None:
    """Share of people whose sex is the one of their NIK; None where too few can be compared."""
    both = [(s, b.sex) for s, b in zip(said, births or [None] * len(said), strict=True) if s and b]
    return sum(s == sex for s, sex in both) / len(both) if len(both) >= 3 else None


def age_share(column: Sequence[str], births: Sequence[Birth | None]) -> float:
    """Share of people whose year of birth and number here add up to one year, or the next; 0 unless nearly all do."""
    years = [
        (b.year + int(match[0])) % 100
        for text, b in zip(column, births or [None] * len(column), strict=True)
        if b and (match := re.match(r"^\d{1,3}(?=\D*$)", text))
    ]
    if len(years) < _FEWEST_AGES or len(years) < 0.7 * len(stated_cells(column)) or len(set(stated_cells(column))) < 5:
        return 0.0
    near = Counter((year + step) % 100 for year in years for step in (0, 1))
    share = near.most_common(1)[0][1] / len(years)
    return share if share >= (0.7 if len(years) >= ENOUGH else MOST) else 0.0


def lift(column: Sequence[str], births: Sequence[Birth | None]) -> float | None:
    """How much better than the commoner sex the names tell the sex in the NIK, each judged by the others alone.

    By the first word, else by its last two letters, else by its last letter. None where too few people of either sex
    are there to judge by.
    """
    both = [(text.split()[0].upper(), b.sex) for text, b in zip(column, births or [None] * len(column), strict=True)
            if text and b]  # fmt: skip
    sexes = Counter(sex for _, sex in both)
    if len(both) < ENOUGH or min(sexes["L"], sexes["P"]) < 0.15 * len(both):
        return None
    seen: Counter[tuple[str, str]] = Counter()
    for word, sex in both:
        seen.update((key, sex) for key in _keys(word))
    right = 0
    for word, sex in both:
        votes = dict.fromkeys("LP", 0.0)
        for weight, key in zip((4.0, 2.0, 1.0), _keys(word), strict=True):
            counts = {s: seen[key, s] - (s == sex) for s in "LP"}
            total = sum(counts.values())
            for s in "LP":
                votes[s] += weight * (counts[s] + sexes[s] / len(both)) / (total + 1) if total else 0.0
        right += max("LP", key=lambda s: (votes[s], sexes[s])) == sex
    return right / len(both) - max(sexes.values()) / len(both)


def _keys(word: str) -> tuple[str, str, str]:
    """What a name is looked up by: the whole word, its last two letters, its last."""
    return word, "-" + word[-2:], "-" + word[-1:]
