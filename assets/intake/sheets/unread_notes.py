"""What a village says beside what is read: comments on cells, what is struck through in a part of one, footnotes below
the list, columns of other people or of years.

Danger: "sudah meninggal" in a comment, "No. 12 sudah pindah" below the list, a wife beside the head of her family
(`NAMA ISTRI`), or a tick that is missing below the last year is believed to have been read. Remedy: none is read, since
it is only guessed whom or what it is about, a row is one person's, or what is struck was taken back; the village is
told where it stands, and what it says is never repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assets.intake.sheets.evidence import status_field
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.headers import header_key
from assets.intake.sheets.layout import Problem, SheetRead
from assets.intake.sheets.mapping import Column
from assets.intake.sheets.standing import says_gone
from assets.intake.sheets.tick_matrix import is_marked
from assets.intake.sheets.year_columns import YEAR
from validation.vocabulary import refusal_of

_OF_PEOPLE = frozenset({"data", "band"})
_BELOW = frozenset({"footer", "legend", "band", "subtotal", "blank"})
_OF_TABLES = frozenset({"data", "header", "numbering"})
_COLOUR = re.compile(
    r"\b(?:(?:ber|di)?warna(?:i)?|merah|kuning|hijau|biru|abu[- ]?abu|oranye?|orange|diblok|(?:di)?arsir|stabilo)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\bno(?:mor)?\b[.\s]*(?:urut)?[\s:]*\d", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?:(NAMA|NIK|NOKTP)(?:LENGKAP)?)?(?:ISTRI|ISTERI|SUAMI|PASANGAN|ANAK|CUCU|ANGGOTA|ART|MENANTU|ADIK|KAKAK|SAUDARA|BALITA)"
    r"(?:KE)?(?:KELUARGA|RUMAHTANGGA|KK|KANDUNG|PERTAMA|KEDUA|KETIGA|[IVX]{1,3}|\d)*"
)
"""Keys of headers of the people of a family beside who is listed; not of parents and of who looks after them."""
_LISTED = re.compile(r"(?:^|\s)(?:\d{1,2}[.)]|[-•*])\s*[^\W\d_]{3}")
"""A cell that lists people, each with a number or a dash."""
_YEAR = re.compile(rf"(?:TAHUN|THN|TH|DATA|PENDATAAN|PERIODE|DAFTAR|TERDATA|TERDAFTAR)*({YEAR})")
"""Keys of headers that say a year and nothing of what it is ticked for."""
_SHORTEST_NAME = 5
"""Letters of a name that is looked for in a footnote; shorter ones are words."""


def unread_notes(read: SheetRead, grid: Grid) -> list[Problem]:
    """What a sheet says and was not read, each where it stands."""
    above = grid.first_row - 1
    commented = [
        Problem("comment_not_read", row + grid.first_row, grid.letter(column))
        for row, column in sorted(grid.commented)
        if 0 <= row + above < len(read.kinds) and read.kinds[row + above] in _OF_PEOPLE
    ]
    return [
        *commented,
        *(
            Problem("part_struck", row + grid.first_row, grid.letter(column))
            for row, column in sorted(grid.partly_struck)
        ),
        *(Problem("footnote_not_read", row + grid.first_row) for row in _footnotes(read, grid)),
        *(Problem("colours_not_read", row + grid.first_row) for row in _colours(read, grid)),
        *_others(read),
        *_years(read),
    ]


def _colours(read: SheetRead, grid: Grid) -> Iterator[int]:
    """The grid rows that say of a colour that those who have it died, moved or are no longer to be helped."""
    for row, texts in enumerate(grid.texts if read.rows else ()):
        text = " ".join(filter(None, texts)) if read.kinds[row + grid.first_row - 1] not in _OF_TABLES else ""
        found = _COLOUR.search(text)
        if found and any(says_gone(word) or refusal_of(word) for word in _parts(text[found.end() :].lower())):
            yield row


def _parts(text: str) -> Iterator[str]:
    """The ends of a text that begin with each of its words, and these words."""
    for word in re.finditer(r"\w+", text):
        yield from (word[0], text[word.start() :])


def _others(read: SheetRead) -> Iterator[Problem]:
    """The columns of names of other people than those listed, or of their numbers where they are not named. Below a
    header that does not say what it asks for (`ANGGOTA KELUARGA`), where most cells are such names."""
    found: dict[bool, list[Problem]] = {True: [], False: []}
    for header_row, column in read.columns:
        content, header = column.content, _OTHERS.fullmatch(header_key(column.header))
        if column.fields or content is None or header is None:
            continue
        filled = content.names + content.long_digits + sum(bool(_LISTED.search(text)) for text in content.texts)
        if filled and (header[1] or 2 * filled >= content.stated):
            facts = {"judul": " ".join(column.header.split()), "jumlah": filled}
            problem = Problem("others_not_read", header_row, column.letter, facts=facts)
            found[header[1] in ("NAMA", None)].append(problem)
    yield from found[True] or found[False]


def _years(read: SheetRead) -> Iterator[Problem]:
    """Columns of years that are ticked (`2023 | 2024`), where somebody has a tick, and none below the newest: whether
    they are no longer listed, or had no aid that year, nobody knows."""
    of_header: dict[int, dict[str, Column]] = {}
    for header_row, column in read.columns:
        year = _YEAR.fullmatch(header_key(column.header))
        if year and column.content and is_marked(column.content) and column.fields in ((), ("periode_baris",)):
            of_header.setdefault(header_row, {})[year[1]] = column
    for header_row, of_year in of_header.items():
        newest = of_year.pop(max(of_year))
        ticked = [[c.is_tick(row.raw.get(c.letter, "")) for c in (newest, *of_year.values())] for row in read.rows]
        left = sum(any(ticks) and not ticks[0] for ticks in ticked)
        if left:
            facts = {"tahun": " ".join(newest.header.split()), "jumlah": left}
            yield Problem("years_ticked", header_row, newest.letter, facts=facts)


def _footnotes(read: SheetRead, grid: Grid) -> Iterator[int]:
    """The grid rows below the last person that say of a numbered or named one that they died or moved."""
    if not read.rows:
        return
    names: set[str] = set()
    for row in range(read.rows[-1].row - grid.first_row + 1, len(grid.texts)):
        if read.kinds[row + grid.first_row - 1] not in _BELOW:
            continue
        text = " ".join(filter(None, grid.texts[row]))
        if not any(status_field(word) == "status_hidup" for word in text.split()):
            continue
        names = names or {row.text("nama").upper() for row in read.rows}
        if _NUMBERED.search(text) or any(len(name) >= _SHORTEST_NAME and name in text.upper() for name in names):
            yield row
