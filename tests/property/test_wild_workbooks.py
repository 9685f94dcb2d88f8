"""Workbooks laid out at random are read as they were made: every person, every field, nobody else."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.formats.workbook import Workbook
from assets.intake.sheets.file_reading import FileResult, understand
from tests.support.wild import Wild, wild
from validation.fields import FIELDS


def read_wild(made: Wild) -> FileResult:
    return understand(Workbook("xlsx", made.sheets), {}, "data.xlsx")


def differences(made: Wild) -> list[str]:
    """What a reading has otherwise than the truth: sheet, row and field of each; never a value."""
    result = read_wild(made)
    found = [f"held: {result.hold}"] if result.hold else []
    for sheet in result.sheets:
        truth = made.truth.get(sheet.name, {})
        rows: dict[int, dict[str, Any]] = {}
        for row in sheet.rows:
            fields = {name: text.strip() for name, text in zip(FIELDS, row[8:], strict=True) if text is not None}
            rows[row[0]] = (
                fields | ({"kategori_tanda": row[2]} if row[2] else {}) | ({"golongan": row[3]} if row[3] else {})
            )
        found += [f"{sheet.name} {row}: no person" for row in rows.keys() - truth.keys()]
        found += [f"{sheet.name} {row}: lost ({sheet.kinds[row - 1]})" for row in truth.keys() - rows.keys()]
        for row in rows.keys() & truth.keys():
            names = rows[row].keys() | truth[row].keys()
            true = made.people[sheet.name][row]
            for name in sorted(names):
                said, is_said = rows[row].get(name), truth[row].get(name, "")
                if said != is_said and not (is_said == "" and said in (None, true.get(name))):
                    found.append(f"{sheet.name} {row}: {name}")
    return found


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_every_person_and_every_field_is_read_and_nobody_else(rng: Any) -> None:
    made = wild(rng)
    assert differences(made) == []
