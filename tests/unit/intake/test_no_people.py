"""Sheets of codes and of counts are never people, whatever is declared of the file; lists with little in them are."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.formats.workbook import Sheet
from tests.unit.intake.test_layouts import HEADER, NAMES, people, read, simple

Rows = list[list[Any]]
ALL = {"kode_pmks": ["24"]}
MEANT = [
    [1, "Fakir Miskin", "Orang yang tidak mempunyai sumber mata pencaharian"],
    [2, "Pemulung", "Orang yang memungut barang bekas"],
    [3, "Balita Terlantar", "Anak di bawah lima tahun"],
]
CODES: dict[str, Rows] = {
    "a code, a name and what it means": [["kode", "nama", "uraian"], [1, "Sawah", "basah"], [2, "Kebun", "kering"]],
    "categories": [["NO", "NAMA", "URAIAN"], *MEANT],
    "relations": [["NO", "NAMA", "KET"], *[[i, w, "x"] for i, w in enumerate(("Istri", "Anak", "Cucu", "Mertua"), 1)]],
    "occupations": [["NO", "NAMA", "KET"], *[[i, w, ""] for i, w in enumerate(("Petani", "Nelayan", "PNS"), 1)]],
}
COUNTS: dict[str, Rows] = {
    "men and women of hamlets": [
        ["NO", "NAMA", "JENIS KELAMIN", ""], ["", "", "L", "P"], [1, "DUSUN I", 10, 12], [2, "DUSUN II", 3, 4],
    ],
    "men and women of families": [
        ["NO", "NAMA", "JENIS KELAMIN", ""], ["", "", "L", "P"], [1, "SUTRISNO", 2, 1], [2, "KARTO", 3, 4],
    ],
    "people of categories": [["NO", "NAMA", "JUMLAH"], [1, "Fakir Miskin", 22], [2, "Pemulung", 7]],
}  # fmt: skip


@pytest.mark.parametrize("rows", [*CODES.values(), *COUNTS.values()], ids=[*CODES, *COUNTS])
@pytest.mark.parametrize(
    "declared", [ALL, ALL | {"baris_kepala": 1, "kolom": {"A": "nik", "B": "nama"}}], ids=["category", "columns"]
)
def test_a_sheet_of_codes_or_counts_holds_its_file_whatever_is_declared(rows: Rows, declared: dict[str, Any]) -> None:
    result = read(rows, declared=declared)
    assert result.hold in ("lists_nobody", "no_people"), result.hold
    assert not result.proposal or result.hold == "no_people"
    said = read(rows, declared=declared | {"lembar": {"Sheet1": {"berisi_orang": True}}})
    assert (said.hold, len(said.sheets[0].rows)) == (None, sum(isinstance(row[0], int) for row in rows))


@pytest.mark.parametrize(
    "rows",
    [
        [["kode_kabupaten", "jenis_pmks", "jumlah_pmks"], [1610, "Pemulung", 12], [1610, "Pengemis", 3]],
        [["REKAP"], ["NO", "KECAMATAN", "L", "P", "JML"], [1, "MUARA", 10, 12, 22], [2, "KANDIS", 900, 200, "1.100"]],
    ],
)  # fmt: skip
def test_counts_of_places_are_called_counts_though_no_header_of_a_list_is_found(rows: Rows) -> None:
    result = read(rows)
    assert (result.hold, result.hold_facts) == ("lists_nobody", {"lembar": "Sheet1", "isi": "rekapitulasi angka"})


@pytest.mark.parametrize("rows", CODES.values(), ids=CODES)
def test_beside_a_list_such_a_sheet_is_said_and_its_rows_stay_in_the_ledger(rows: Rows) -> None:
    result = read([HEADER, *simple(4)], rows, declared=ALL | {"kolom": {"NIK": "nik"}})
    listed, codes = result.sheets
    assert (result.hold, len(listed.rows), codes.rows) == (None, 4, [])
    assert [problem.code for problem in codes.problems] == ["sheet_lists_nobody"]
    assert len(codes.kinds) == len(rows) and "data" not in codes.kinds


@pytest.mark.parametrize(
    "rows",
    [
        [["NO", "NAMA", "JENIS PMKS"], *[[i, NAMES[i], "Fakir Miskin"] for i in range(1, 4)]],
        [["NO", "NAMA"], *[[i, NAMES[i]] for i in range(1, 4)]],
        [["NO", "NAMA", "JUMLAH"], *[[i, NAMES[i], 600_000] for i in range(1, 4)]],
        [["NO", "NAMA", "URAIAN"], *[[i, NAMES[i], "lumpuh"] for i in range(1, 4)]],
        [["NO", "NAMA", "UMUR", ""], ["", "", "L", "P"], [1, "KARTO", 45, ""], [2, "SITI", "", 51]],
        [["NO", "NAMA", "L", "P", "NIK"], [1, "ANAK", "v", "", "1610051205850001"], [2, "SITI", "", "v", ""]],
        [["NO", "NAMA", "ALAMAT"], [1, "PETANI", "KRAJAN"], [2, "GURU", "KRAJAN"]],
    ],
)  # fmt: skip
def test_a_list_that_says_little_of_its_people_is_one_still(rows: Rows) -> None:
    sheet = read(Sheet("Data", rows), declared=ALL).sheets[0]
    assert [problem.code for problem in sheet.problems if problem.code == "sheet_lists_nobody"] == []
    assert [p["nama"] for p in people(sheet)] == [row[1] for row in rows if isinstance(row[0], int)]
