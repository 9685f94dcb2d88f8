"""Side tables by hand: what is set aside, what stays a column of the list, and which codes are believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.intake.test_layouts import NAMES, column_of, kinds, nik, people, read

Cells = list[Any]
HEADER = ["NO", "NAMA", "NIK", "JENIS KELAMIN", "ALAMAT", "JENIS PMKS"]


def rows(count: int) -> list[Cells]:
    return [[i, NAMES[i % 8], nik(i), 1 + i % 2, f"JL. MELATI {i}", "FM"] for i in range(1, count + 1)]


def beside(table: list[Cells], side: list[Cells], gap: int = 1, top: int = 0) -> list[Cells]:
    """A table with a smaller one to its right, `top` rows down."""
    width, more = max(map(len, table)), max(map(len, side))
    made = [[*row, *[""] * (width + gap + more - len(row))] for row in table]
    for at, cells in enumerate(side, top):
        while len(made) <= at:
            made.append([""] * (width + gap + more))
        made[at][width + gap : width + gap + len(cells)] = cells
    return made


def sexes(table: list[Cells], **declared: Any) -> tuple[list[str], dict[str, str]]:
    """Where the sexes stand, and what their codes mean."""
    sheet = read(table, declared=declared).sheets[0]
    maps = [json.loads(column.code_map) for column in sheet.columns if column.code_map]
    return column_of(sheet, "jenis_kelamin"), maps[0] if maps else {}


SEXES = [["KODE", "JENIS KELAMIN"], [1, "Laki-laki"], [2, "Perempuan"]]


@pytest.mark.parametrize(
    "side",
    [
        SEXES,
        [["JENIS KELAMIN", "KODE"], ["Laki-laki", 1], ["Perempuan", 2]],
        [["JENIS KELAMIN"], ["1. Laki-laki"], ["2. Perempuan"]],
        [["JENIS KELAMIN", "", ""], [1, "=", "Laki-laki"], [2, "=", "Perempuan"]],
        [["JENIS KELAMIN"], ["1 = Laki-laki, 2 = Perempuan"]],
        [["KETERANGAN"], *SEXES, [""], ["KODE", "AGAMA"], [1, "ISLAM"], [2, "KRISTEN"]],
    ],
)
@pytest.mark.parametrize(("gap", "count", "top"), [(1, 622, 0), (2, 20, 1), (1, 4, 0), (1, 20, 15)])
def test_a_legend_beside_the_list_explains_the_codes_and_takes_no_place(
    side: list[Cells], gap: int, count: int, top: int
) -> None:
    assert sexes(beside([HEADER, *rows(count)], side, gap, top)) == (["D"], {"1": "L", "2": "P"})


def test_a_legend_right_at_the_list_is_known_by_its_heading() -> None:
    side = [["KODE", "HUBUNGAN"], *[[i, word] for i, word in enumerate(("Istri", "Anak", "Cucu"), 1)]]
    sheet = read(beside([HEADER, *rows(20)], side, 0)).sheets[0]
    assert column_of(sheet, "hubungan") == []
    assert sexes(beside([HEADER, *rows(20)], SEXES, 0))[0] == ["D"]


def test_the_fuller_of_two_columns_is_the_lists_even_if_the_other_is_purer() -> None:
    """The words of the legend stand under the header, without codes: they serve 2 of 20 people."""
    assert sexes(beside([HEADER, *rows(20)], [["JENIS KELAMIN"], ["Laki-laki"], ["Perempuan"]], 0))[0] == ["D"]


def test_counts_beside_or_below_the_list_are_no_codes_and_no_people() -> None:
    counted = [["JENIS KELAMIN", "JUMLAH"], ["Laki-laki", 1], ["Perempuan", 2]]
    assert sexes(beside([HEADER, *rows(20)], counted)) == (["D"], {})
    assert sexes(beside([HEADER, *rows(3)], [["JENIS KELAMIN"], ["Laki-laki", 1], ["Perempuan", 2]])) == (["D"], {})
    below = read([HEADER, *rows(5), [], ["L/P", "JUMLAH"], ["Laki-laki", 3], ["Perempuan", 2]]).sheets[0]
    assert kinds(below)["data"] == [2, 3, 4, 5, 6]


def test_a_legend_below_the_list_in_its_own_columns_is_nobody() -> None:
    sheet = read([HEADER, *rows(5), [], ["KODE", "JENIS KELAMIN"], [1, "Laki-laki"], [2, "Perempuan"]]).sheets[0]
    assert kinds(sheet) == {"header": [1], "data": [2, 3, 4, 5, 6], "blank": [7], "legend": [8, 9, 10]}


def test_columns_behind_a_spacer_stay_columns() -> None:
    """As long as the list, in no order of codes, and nothing else claims what they hold."""
    table = [["NO", "NAMA", "NIK", "", "KODE", "JENIS PMKS"]]
    table += [[i, NAMES[i], nik(i), "", 9 - i, word] for i, word in enumerate(("Pemulung", "Pengemis", "RTLH"), 1)]
    assert [person["kategori"] for person in people(read(table).sheets[0])] == ["Pemulung", "Pengemis", "RTLH"]
    told = [["NO", "NAMA", "NIK", "JENIS PMKS", "", "KETERANGAN"]]
    told += [[i, NAMES[i % 8], nik(i), "FM", "", "meninggal" if i == 5 else ""] for i in range(1, 12)]
    assert people(read(told).sheets[0])[4]["keterangan"] == "meninggal"


def test_cells_of_a_legend_are_kept_as_they_stood() -> None:
    sheet = read(beside([HEADER, *rows(1)], SEXES)).sheets[0]
    longer = read(beside([HEADER, *rows(2)], SEXES)).sheets[0]
    assert json.loads(longer.rows[0][6])["I"] == "Laki-laki"
    assert len(sheet.kinds) == 3 and len(longer.kinds) == 3
    alone = read(beside([HEADER, *rows(4)], SEXES, 1, 4)).sheets[0]
    assert kinds(alone) == {"header": [1], "data": [2, 3, 4, 5], "legend": [6, 7]}


def test_a_declared_map_counts_before_a_legend() -> None:
    assert sexes(beside([HEADER, *rows(20)], SEXES), jenis_kelamin={"1": "P", "2": "L"}) == (
        ["D"],
        {"1": "P", "2": "L"},
    )
