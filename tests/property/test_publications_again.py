"""However a directorate's list changes and whatever happens to its files: they are what they would be if made anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from assets.publications.directorates import Lists, publish_directorate, said_of_their_making
from assets.publications.standing import DATABASE, LIST, NOTE
from tests.support.published import frames, target_in
from warehouse.comparing import databases_part

COUNT, MOST = 60, 20
VILLAGES = ("16.10.05.2036", "16.71.01.1001", "99.99.01.2001", "16.01.01.2001", "16.10.05.2037")
START = datetime(2026, 1, 1, 3, 4)


@dataclass
class Office:
    """A directorate's folder, the lists that it was last made from, and the moment."""

    folder: Path
    lists: Lists
    at: datetime = START

    def publish(self, folder: Path, most: int, said: Mapping[str, str] | None = None) -> None:
        publish_directorate(
            "dayasos", self.lists, target_in(folder), run_id=f"run of {self.at}", rule_set="abc", profile="full-2012",
            answers_recorded=0, most=most, said=said or {"disusun": f"{self.at:%Y-%m-%d %H:%M} UTC"}, head=f"{self.at}",
        )  # fmt: skip


def first_lists() -> Lists:
    lists = frames(COUNT)
    codes = [VILLAGES[n * n % 7 % len(VILLAGES)] for n in range(COUNT)] * 3
    referrals, history = (frame.assign(kode_desa=codes) for frame in (lists.referrals, lists.history))
    return lists._replace(referrals=referrals, history=history)


def end(office: Office, n: int) -> None:
    """Referral `n` has ended."""
    lists, its = office.lists, f"dayasos-{n}"
    history = lists.history.copy()
    open_one = (history["referral_id"] == its) & history["valid_to"].isna()
    history.loc[open_one, ["valid_to", "ended_because"]] = [pd.Timestamp(office.at), "meninggal"]
    referrals = lists.referrals[lists.referrals["referral_id"] != its]
    office.lists = lists._replace(referrals=referrals, history=history)


def begin(office: Office, n: int) -> None:
    """Referral `n` holds, again or still."""
    whole = first_lists()
    at = pd.Timestamp(office.at)
    if (office.lists.referrals["referral_id"] == f"dayasos-{n}").any():
        return
    added = whole.referrals[whole.referrals["referral_id"] == f"dayasos-{n}"]
    since = whole.history[whole.history["referral_id"] == f"dayasos-{n}"].assign(valid_from=at)
    referrals = pd.concat([office.lists.referrals, added], ignore_index=True)
    history = pd.concat([office.lists.history, since], ignore_index=True)
    office.lists = office.lists._replace(referrals=referrals, history=history)


def rename(office: Office, n: int) -> None:
    """A name of a person was corrected, by which the list is in another order."""
    persons = office.lists.persons
    named = persons["nama"].mask(persons["person_id"] == f"p{n}", f"NAMA {office.at:%j}")
    office.lists = office.lists._replace(persons=persons.assign(nama=named))


def move(office: Office, n: int) -> None:
    """Referral `n` is of another village, perhaps in another kabupaten."""
    its, code = f"dayasos-{n}", VILLAGES[(n + office.at.day) % len(VILLAGES)]
    tables = (office.lists.referrals, office.lists.history)
    moved = [t.assign(kode_desa=t["kode_desa"].mask(t["referral_id"] == its, code)) for t in tables]
    office.lists = office.lists._replace(referrals=moved[0], history=moved[1])


def leave_a_kabupaten(office: Office, n: int) -> None:
    """All of one kabupaten are in another now."""
    gone, other = VILLAGES[n % len(VILLAGES)][:5], VILLAGES[(n + 1) % len(VILLAGES)]
    tables = (office.lists.referrals, office.lists.history)
    moved = [t.assign(kode_desa=t["kode_desa"].mask(t["kode_desa"].str[:5] == gone, other)) for t in tables]
    office.lists = office.lists._replace(referrals=moved[0], history=moved[1])


def rest_on_others(office: Office, n: int) -> None:
    """The referrals rest on other rows of lists, which no workbook shows."""
    referrals = office.lists.referrals
    shown = referrals["referral_id"] == f"dayasos-{n}"
    evidence = [[f"r{office.at:%j}"] if of else ids for of, ids in zip(shown, referrals["record_ids"], strict=True)]
    office.lists = office.lists._replace(referrals=referrals.assign(record_ids=evidence))


def lose_a_file(office: Office, n: int) -> None:
    """One of the files is gone, or the note of them."""
    files = sorted(path for path in office.folder.parent.rglob("*") if path.is_file())
    files[n % len(files)].unlink()


def damage_the_list(office: Office, n: int) -> None:
    """The file of the list, or the database, is another one."""
    (office.folder / (LIST, DATABASE)[n % 2]).write_bytes(b"damaged")


CHANGES: tuple[Callable[[Office, int], None], ...] = (
    end, begin, rename, move, leave_a_kabupaten, rest_on_others, lose_a_file, damage_the_list,
)  # fmt: skip


def contents(folder: Path) -> dict[str, object]:
    """What the files below a folder hold, but the database."""
    books = {path.name: ZipFile(path) for path in folder.rglob("*.xlsx") if "suntingan" not in path.name}
    parts = {
        name: {part: book.read(part) for part in book.namelist() if part != "docProps/core.xml"}
        for name, book in books.items()
    }
    return {**parts, LIST: (folder / "dayasos" / LIST).read_bytes()}


@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    st.sampled_from([MOST, 2 * COUNT]),
    st.lists(
        st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, COUNT - 1)), min_size=1, max_size=3),
        min_size=1,
        max_size=4,
    ),
)
def test_the_files_are_those_that_would_be_made_anew(
    most: int, steps: list[list[tuple[Callable[[Office, int], None], int]]]
) -> None:
    with TemporaryDirectory() as room:
        one, anew = Path(room, "one"), Path(room, "anew")
        office = Office(one / "dayasos", first_lists())
        office.publish(office.folder, most)
        for step in steps:
            office.at += timedelta(days=1)
            for change, n in step:
                change(office, n)
            office.publish(office.folder, most)
            (anew / "dayasos").mkdir(parents=True)
            shutil.copy(office.folder / NOTE, anew / "dayasos" / NOTE)
            office.publish(anew / "dayasos", most, said_of_their_making(office.folder))
            assert contents(one) == contents(anew)
            assert databases_part(office.folder / DATABASE, anew / "dayasos" / DATABASE, {}) == []
            shutil.rmtree(anew)
