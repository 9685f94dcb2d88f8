"""Numbers that look like NIK or KK under a header that nobody knows: never used, and never passed over in silence."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.inbox.placement import place
from assets.intake.reading import findings_of
from tests.unit.intake.test_layouts import NAMES, column_of, kk, nik, read
from validation.findings import CATALOGUE

MEN_AND_WOMEN = [nik(i, day=12 + 40 * (i % 2)) for i in range(8)]
CARDS = [kk(i // 2) for i in range(8)]


def found(*columns: tuple[str, list[str]], declared: dict[str, Any] | None = None) -> list[tuple[str, str, str]]:
    """Code, column and message of what is said of numbers in a list of 8 people with these further columns."""
    header = ["NO", "NAMA", "JENIS PMKS", *[name for name, _ in columns]]
    rows = [[i + 1, NAMES[i], "Pemulung", *[cells[i] for _, cells in columns]] for i in range(8)]
    result = read([header, *rows], declared=declared)
    said = findings_of("a" * 64, result, place("16.10.05.2036/2024/a.xlsx", {}, result))
    return [(f["code"], f["column"], f["message"]) for f in said if f["code"].endswith("column_unknown")]


def test_a_nik_below_a_header_that_nobody_knows_is_named_by_sheet_and_header_with_what_to_do() -> None:
    ((code, column, message),) = found(("KODE WARGA BARU", MEN_AND_WOMEN))
    assert (code, column) == ("nik_column_unknown", "D")
    assert '"Sheet1"' in message and "KODE WARGA BARU" in message
    assert CATALOGUE[code]["severity"] == "warning"
    assert "menjadi NIK" in CATALOGUE[code]["expected"]
    assert not any(number in message for number in MEN_AND_WOMEN)


def test_a_column_without_any_header_is_named_too() -> None:
    ((code, column, _),) = found(("", MEN_AND_WOMEN), ("RT", ["001"] * 8))
    assert (code, column) == ("nik_column_unknown", "D")


def test_it_is_not_used_until_somebody_says_what_it_is() -> None:
    header = ["NO", "NAMA", "JENIS PMKS", "KODE WARGA BARU"]
    rows = [[i + 1, NAMES[i], "Pemulung", MEN_AND_WOMEN[i]] for i in range(8)]
    assert column_of(read([header, *rows]).sheets[0], "nik") == []
    declared = {"kolom": {"KODE WARGA BARU": "nik"}}
    assert column_of(read([header, *rows], declared=declared).sheets[0], "nik") == ["D"]
    assert found(("KODE WARGA BARU", MEN_AND_WOMEN), declared=declared) == []


@pytest.mark.parametrize(
    "columns",
    [
        [("NIK", MEN_AND_WOMEN), ("KODE WARGA BARU", MEN_AND_WOMEN)],
        [("NIK IBU", MEN_AND_WOMEN)],
        [("NO KKS", MEN_AND_WOMEN)],
        [("KODE WARGA BARU", [f"1699{i:012d}" for i in range(8)])],
        [("KODE WARGA BARU", MEN_AND_WOMEN[:4] + [""] * 4)],
        [("KODE WARGA BARU", [number[:13] for number in MEN_AND_WOMEN])],
    ],
    ids=["has a NIK", "known: of the mother", "known: of another card", "no dates", "half of the rows", "13 digits"],
)
def test_nothing_is_said_of(columns: list[tuple[str, list[str]]]) -> None:
    assert found(*columns) == []


def test_a_column_that_a_sidecar_sets_aside_is_not_unknown() -> None:
    assert found(("KODE WARGA BARU", MEN_AND_WOMEN), declared={"kolom": {"KODE WARGA BARU": None}}) == []


def test_numbers_of_cards_are_told_from_those_of_people() -> None:
    both = found(("KODE WARGA BARU", MEN_AND_WOMEN), ("KODE RUMAH BARU", CARDS))
    assert [(code, column) for code, column, _ in both] == [("nik_column_unknown", "D"), ("kk_column_unknown", "E")]
    ((code, column, _),) = found(("NIK", MEN_AND_WOMEN), ("KODE RUMAH BARU", CARDS))
    assert (code, column) == ("kk_column_unknown", "E")
    assert found(("NIK", MEN_AND_WOMEN), ("NO KK", CARDS), ("KODE RUMAH BARU", [kk(i) for i in range(8)])) == []


def test_a_header_that_is_repeated_on_every_page_is_named_once() -> None:
    header = ["NO", "NAMA", "JENIS PMKS", "KODE WARGA BARU"]
    rows = [[i + 1, NAMES[i], "Pemulung", MEN_AND_WOMEN[i]] for i in range(8)]
    pages = read([header, *rows[:4], header, *rows[4:]]).sheets[0]
    assert [p.code for p in pages.problems] == ["nik_column_unknown"]
