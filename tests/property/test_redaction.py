"""A redacted copy says of every row that was not erased what the file says, and nothing of those that were."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.formats.workbook import Unreadable
from assets.intake.redaction import ERASED, from_bytes, redact, texts_around, to_bytes
from assets.intake.sheets.file_reading import FileResult, read_file
from tests.support.finished import SAMPLE_INBOX
from validation.fields import FIELDS
from warehouse.erasures import Erasure


@cache
def readings() -> list[FileResult]:
    """Every file of the sample that can be read: each format, accepted and held."""
    found = []
    for path in sorted(path for path in SAMPLE_INBOX.rglob("*") if path.is_file() and path.suffix != ".yml"):
        try:
            found.append(read_file(str(path), "{}", path.name))
        except Unreadable:
            continue
    return found


def places(result: FileResult) -> list[tuple[str, int]]:
    return [(sheet.name, row[0]) for sheet in result.sheets for row in sheet.rows]


@st.composite
def erasures(draw: st.DrawFn) -> tuple[FileResult, list[Erasure]]:
    """A reading, and what one or two people have erased of it: rows, cells of other rows, stretches of texts."""
    result = draw(st.sampled_from(readings()))
    some = st.lists(st.sampled_from(places(result) or [("", 1)]), max_size=4)
    around = [(at, text) for at, text in texts_around(result) if text]
    made = []
    for word in draw(st.sampled_from([("QWERTYUIOPAS",), ("QWERTYUIOPAS", "ZXCVBNMASDFG")])):
        cells = [(*place, draw(st.sampled_from("ABCDEFGH"))) for place in draw(some)]
        texts = [(at, 0, draw(st.integers(1, len(text)))) for at, text in draw(st.lists(st.sampled_from(around)))]
        who = ("E" + "0" * 16, "P" + "0" * 16, "2025-01-01T00:00:00", "petugas", "permintaan", "0" * 64)
        made.append(Erasure(*who, tuple(draw(some)), tuple(cells), tuple(texts), word, "0" * 64))
    return result, made


def test_a_reading_comes_back_from_its_bytes_as_it_was() -> None:
    assert len(readings()) > 10
    for result in readings():
        assert from_bytes(to_bytes(result)) == result


@settings(max_examples=60, deadline=None)
@given(erasures())
def test_what_was_not_erased_is_as_it_was_and_erasing_again_changes_nothing(
    given_: tuple[FileResult, list[Erasure]],
) -> None:
    result, made = given_
    rows = {place for erasure in made for place in erasure.rows}
    cells = {(sheet, row) for erasure in made for sheet, row, _ in erasure.cells}
    after = from_bytes(to_bytes(redact(result, made)))
    assert to_bytes(redact(after, made)) == to_bytes(after)
    assert [(s.name, s.kinds, s.control_total) for s in after.sheets] == [
        (s.name, s.kinds, s.control_total) for s in result.sheets
    ]
    assert (after.places, after.years, after.hold) == (result.places, result.years, result.hold)
    assert places(after) == places(result)
    for old, new in zip(result.sheets, after.sheets, strict=True):
        for before, row in zip(old.rows, new.rows, strict=True):
            if (old.name, row[0]) in rows:
                assert row[4] == ERASED * len(FIELDS) and not any(row[8:]) and row[6] == "{}"
            elif (old.name, row[0]) not in cells:
                assert row == before
