"""Accepting a proposal never gives a wrong value: at worst a field stays empty, and the proposal asks for it."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.formats.workbook import Sheet, Workbook
from assets.intake.sheets.file_reading import understand
from assets.intake.sidecar_reading import read_sidecar
from tests.support.lists import PROPOSED, Listed, unheaded
from validation.fields import FIELDS


def accepted(sheet: Listed) -> tuple[dict[str, Any], Any]:
    """What is read once the proposal for a list was saved beside it unchanged, and what it said."""
    width = max(map(len, sheet.rows))
    book = Workbook("xlsx", [Sheet("Data", [[*row, *[""] * (width - len(row))] for row in sheet.rows])])
    held = understand(book, {}, "data.xlsx")
    assert held.hold is not None and held.proposal
    said = read_sidecar("data.xlsx.yml", held.proposal.encode())
    assert said.faults == []
    return said.declared, understand(book, said.declared, "data.xlsx").sheets[0]


def wrong_and_right(sheet: Listed) -> tuple[list[str], set[str], set[str]]:
    """Fields with a wrong value somewhere, fields that are right, and fields that could have been proposed."""
    declared, read = accepted(sheet)
    wrong, right = [], set()
    expected = {name for name in PROPOSED if name in sheet.columns}
    for row in read.rows:
        said = sheet.people.get(row[0], {})
        for name, text in zip(FIELDS, row[8:], strict=True):
            if text is None:
                continue
            if name == "jenis_kelamin":
                text = declared.get("jenis_kelamin", {}).get(text, text)
            if text in (sheet.truth.get(row[0], {}).get(name), said.get(name) if name == "tanggal_lahir" else None):
                right.add(name)
            else:
                wrong.append(name)
    return sorted(set(wrong)), right & set(PROPOSED), expected


@given(rng=st.randoms(use_true_random=False), header=st.booleans())
@settings(max_examples=40, deadline=None)
def test_an_accepted_proposal_gives_no_wrong_value(rng: random.Random, header: bool) -> None:
    sheet = unheaded(rng, header=header)
    assert wrong_and_right(sheet)[0] == []


def test_proposals_find_nine_fields_of_ten() -> None:
    found = possible = 0
    for seed in range(30):
        wrong, right, expected = wrong_and_right(unheaded(random.Random(seed), header=seed % 2 == 0))
        assert wrong == []
        found, possible = found + len(right & expected), possible + len(expected)
    assert found >= 0.9 * possible
