"""The tables that layout rests on are sound: sorted, complete, without contradictions, every pattern usable."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from assets.intake.sheets.headers import PSEUDO, aliases, header_key
from assets.intake.sheets.rows import KINDS, markers
from validation.fields import FIELDS

INTAKE = Path(__file__).parents[3] / "assets" / "intake" / "sheets"


def lines(name: str) -> list[dict[str, str]]:
    with (INTAKE / name).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.mark.parametrize("name", ["header_aliases.csv", "row_markers.csv", "code_profiles.csv"])
def test_tables_are_sorted_and_every_line_has_every_column(name: str) -> None:
    table = lines(name)
    assert [list(row.values()) for row in table] == sorted(list(row.values()) for row in table)
    assert all(None not in row and all(row.values()) for row in table)


def test_every_alias_names_known_fields_once() -> None:
    table = lines("header_aliases.csv")
    keys = [header_key(row["alias"]) for row in table]
    assert len(keys) == len(set(keys)) == len(aliases()) > 800
    assert {part for row in table for part in row["field"].split("+")} <= {*FIELDS, *PSEUDO}


def test_every_field_has_an_alias() -> None:
    assert set(FIELDS) <= {part for row in lines("header_aliases.csv") for part in row["field"].split("+")}


def test_every_marker_is_a_pattern_for_a_kind_of_row() -> None:
    table = lines("row_markers.csv")
    assert {row["kind"] for row in table} <= {*KINDS, "end", "nobody", "page", "signed_at"}
    assert all(re.compile(row["pattern"]) for row in table)
    assert markers()["end"].match("###")


def test_profile_codes_stand_under_headers_that_are_aliases() -> None:
    assert all(header_key(row["header"]) in aliases() for row in lines("code_profiles.csv"))
