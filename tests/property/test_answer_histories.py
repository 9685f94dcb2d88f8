"""Whatever directorates send back, in whatever order, the same answers count as when one works through them by hand.

And whoever looks at them later finds them so; one that was changed since, and no other, is found.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.formats.workbook import Sheet
from assets.intake.inbox.answers import RAW_ANSWERS, filled_rows
from assets.referrals.answers import (
    Kept,
    latest_answers,
    take_answers,
)
from pipelines.proof.answer_claims import contradictions
from tests.tampering.tables import CHANGES, possible
from validation.answers import HEADERS, STATUSES
from warehouse.tables import arrow_schema

DIRECTORATE_OF = {"R1": "rehsos", "R2": "rehsos", "R3": "rehsos", "R8": "jamsos"}
REFERRALS = pd.DataFrame(list(DIRECTORATE_OF.items()), columns=["referral_id", "directorate"], dtype="str")
TABLES = {"answers": "answers", "answers_refused": "refused", "answer_workbooks": "workbooks"}
TOLD = ["kolom", "pesan"]
START = datetime(2025, 1, 1, 8)
DAYS = ["", "2024-12-30", "2025-01-02", "2025-01-05", "2030-01-01"]
SAYINGS = st.tuples(
    st.sampled_from([*STATUSES, "mungkin"]), st.sampled_from(["", "penuh: sampai Mei", "sakit"]), st.sampled_from(DAYS)
)
Cells = tuple[str, str, str]


class Book(NamedTuple):
    """A workbook that came: when (days after the start), as which in order, in which run it could be read, whose, how
    many answers its publication knew (None: it does not say), and its rows."""

    day: int
    seq: int
    read_in: int
    directorate: str
    terbit: int | None
    rows: list[tuple[str, Cells]]


class ByHand:
    """The answers worked out row by row: what was recorded, what counts, what was refused."""

    def __init__(self) -> None:
        self.recorded: list[tuple[int, str, tuple[Any, ...]]] = []
        self.refused: list[tuple[int, int, str]] = []

    def counting(self, known: int | None = None) -> dict[str, tuple[Any, ...]]:
        """The answer received last for each referral, among the first `known` that were recorded."""
        counts: dict[str, tuple[int, tuple[Any, ...]]] = {}
        for seq, referral, said in self.recorded[:known]:
            if referral not in counts or seq >= counts[referral][0]:
                counts[referral] = seq, said
        return {referral: said for referral, (_, said) in counts.items()}

    def take(self, book: Book) -> None:
        open_: list[tuple[int, str, tuple[Any, ...]]] = []
        for number, (referral, cells) in enumerate(book.rows, 2):
            if not any(cells):
                continue
            status, reason, day = cells
            code = "kapasitas" if reason.startswith(("penuh", "kapasitas")) else None
            said = (status, code, (reason.partition(": ")[2] if code else reason) or None, day or None)
            if not referral:
                self.refused.append((book.seq, number, "rujukan_tidak_dikenal"))
            elif status not in STATUSES:
                self.refused.append((book.seq, number, "jawaban_tidak_dikenal"))
            elif status == "ditolak" and code is None:
                self.refused.append((book.seq, number, "alasan_tidak_dikenal"))
            elif DIRECTORATE_OF.get(referral) != book.directorate:
                self.refused.append((book.seq, number, "rujukan_tidak_dikenal"))
            elif self.shown(book, referral, said):
                continue
            elif day and date.fromisoformat(day) > (START + timedelta(days=book.day, hours=9)).date():
                self.refused.append((book.seq, number, "tanggal_jawaban_belum_tiba"))
            else:
                open_.append((number, referral, said))
        stood = self.counting()
        for place, (number, referral, said) in enumerate(open_):
            if any(other == referral and says != said for _, other, says in open_):
                self.refused.append((book.seq, number, "jawaban_bertentangan"))
            elif any(other == referral for _, other, _ in open_[:place]):
                self.refused.append((book.seq, number, "jawaban_ganda"))
            elif stood.get(referral) != said:
                self.recorded.append((book.seq, referral, said))

    def shown(self, book: Book, referral: str, said: tuple[Any, ...]) -> bool:
        if book.terbit is None:
            return any((referral, said) == (other, says) for _, other, says in self.recorded)
        return self.counting(book.terbit).get(referral) == said


def cells_of(said: tuple[Any, ...]) -> Cells:
    """An answer as the published workbook shows it."""
    status, code, remark, day = said
    return status, ": ".join(part for part in (code, remark) if part), day or ""


def nothing() -> Kept:
    return Kept(*(arrow_schema(name).empty_table().to_pandas() for name in TABLES))


def raw(books: list[Book]) -> pd.DataFrame:
    rows = []
    for book in books:
        header = list(HEADERS)
        sheet = Sheet("Rujukan", [header, *([referral, *cells] for referral, cells in book.rows)])
        received = pd.Timestamp(START + timedelta(days=book.day))
        rows += [
            (f"s{book.seq}", book.directorate, book.terbit, found.sheet, found.row, *found.answer, found.salah,
             found.tertulis, received, book.seq)
            for found in filled_rows(sheet, 0, [0, 1, 2, 3])
        ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=[*RAW_ANSWERS, "received_at", "seq"], dtype="object")
    kinds = {"row": "int64", "terbit": "Int64", "seq": "int64", "received_at": "datetime64[us]"}
    return frame.astype({name: kinds.get(name, "str") for name in frame.columns})


@st.composite
def a_book(draw: st.DrawFn, by_hand: ByHand, published: list[int], day: int, seq: int) -> Book:
    """A copy of a workbook of any earlier run, with answers typed over what it showed, and rows added."""
    directorate = draw(st.sampled_from(["rehsos", "rehsos", "jamsos"]))
    terbit = draw(st.sampled_from(published))
    shown = by_hand.counting(terbit)
    mine = [referral for referral, whose in DIRECTORATE_OF.items() if whose == directorate]
    rows = [(referral, cells_of(shown[referral]) if referral in shown else ("", "", "")) for referral in mine]
    for at in draw(st.lists(st.integers(0, len(rows) - 1), max_size=2)):
        rows[at] = rows[at][0], draw(SAYINGS)
    added = st.tuples(st.sampled_from([*DIRECTORATE_OF, "R9", ""]), SAYINGS)
    rows += draw(st.lists(added, max_size=2))
    says_when = draw(st.sampled_from([True, True, True, False]))
    return Book(day, seq, day + draw(st.sampled_from([0, 0, 0, 1])), directorate, terbit if says_when else None, rows)


def told(kept: Kept, books: list[Book], *, since: float = 0) -> list[str]:
    history = REFERRALS.assign(valid_from=pd.Timestamp(START - timedelta(days=1)))
    return [*contradictions(kept, raw(books), history, pd.Series([], dtype="str"), since)]


def rows_of(table: pa.Table) -> list[str]:
    """What its rows say, in whatever order they stand and words they tell a fault."""
    return sorted(map(str, table.drop_columns([name for name in TOLD if name in table.column_names]).to_pylist()))


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_answers_are_those_worked_out_by_hand(data: st.DataObject) -> None:
    by_hand, published, books, taken = ByHand(), [0], [], nothing()
    for day in range(data.draw(st.integers(1, 3))):
        for _ in range(data.draw(st.integers(0, 2))):
            books.append(data.draw(a_book(by_hand, published, day, len(books) + 1)))
        for book in books:
            if book.read_in == day:
                by_hand.take(book)
        taken = take_answers(taken, raw([book for book in books if book.read_in <= day]), REFERRALS)
        published.append(len(by_hand.recorded))
    clear = taken.answers.astype("object").where(taken.answers.notna(), None)
    said = list(zip(clear["status"], clear["alasan_kode"], clear["keterangan"], clear["tanggal_jawaban"], strict=True))
    assert list(zip(clear["seq"], clear["referral_id"], said, strict=True)) == by_hand.recorded
    last = latest_answers(taken.answers)
    assert dict(zip(last["referral_id"], last["status"], strict=True)) == {
        referral: answer[0] for referral, answer in by_hand.counting().items()
    }
    refused = taken.refused
    places = zip(refused["submission_id"].str[1:].astype(int), refused["row"], refused["salah"], strict=True)
    assert sorted(places) == sorted(by_hand.refused)
    tally = taken.workbooks[["terisi", "dicatat", "tetap", "ditolak"]].sum()
    read = [book for book in books if book.read_in <= day]
    assert tally["terisi"] == len(raw(read))
    assert (tally["dicatat"], tally["ditolak"]) == (len(by_hand.recorded), len(by_hand.refused))
    assert tally["tetap"] == tally["terisi"] - tally["dicatat"] - tally["ditolak"]
    assert told(taken, read) == []
    name, field = data.draw(st.sampled_from(list(TABLES.items())))
    held = pa.Table.from_pandas(getattr(taken, field), arrow_schema(name), preserve_index=False)
    how = data.draw(st.sampled_from([how for how in CHANGES if possible(held, how)]))
    other = CHANGES[how](held, Random(data.draw(st.integers(0, 99))))
    if rows_of(other) != rows_of(held):
        changed = taken._replace(**{field: other.to_pandas().astype(getattr(taken, field).dtypes.to_dict())})
        assert told(changed, read) != []


def test_a_workbook_may_lack_its_note_only_where_it_came_before_these_were_made() -> None:
    books = [Book(0, seq, 0, "rehsos", 0, [(f"R{seq}", ("diterima", "", ""))]) for seq in (1, 2, 3)]
    taken = take_answers(nothing(), raw(books), REFERRALS)
    assert told(taken, books) == []
    later = taken._replace(workbooks=taken.workbooks[1:])
    assert told(later, books) == ["answer_workbooks s1"]
    assert told(later, books, since=2) == []
    none = taken._replace(workbooks=taken.workbooks[:0])
    assert told(none, books, since=2) == [f"answer_workbooks s{number}" for number in (2, 3)]
    among = taken._replace(workbooks=taken.workbooks.drop(index=1))
    assert told(among, books, since=9) == ["answers s2 Rujukan 2"], "those without a note came first"


def test_answers_that_stand_in_another_order_than_their_workbooks_are_named() -> None:
    books = [Book(0, seq, 0, "rehsos", 0, [(f"R{seq}", ("diterima", "", ""))]) for seq in (1, 2)]
    taken = take_answers(nothing(), raw(books), REFERRALS)
    turned = taken._replace(answers=taken.answers[::-1].reset_index(drop=True))
    assert told(turned, books) == ["answers s1 Rujukan 2"]
