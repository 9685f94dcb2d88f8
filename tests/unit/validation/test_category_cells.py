"""What cells for categories deny, and what only looks like it."""

from __future__ import annotations

import pytest

from validation.categories import map_text
from validation.category_cells import category_cell

OLD, POOR, DISABLED = ("08",), ("24",), ("09",)


@pytest.mark.parametrize(
    ("text", "codes", "against"),
    [
        ("Lansia Terlantar, bukan PMKS", OLD, "BUKAN PMKS"),
        ("Lansia (bukan PMKS)", OLD, "BUKAN PMKS"),
        ("Lansia bukan PMKS", OLD, "BUKAN PMKS"),
        ("Lansia Terlantar - tidak layak", OLD, "TIDAK LAYAK"),
        ("lansia yang sudah mampu", OLD, "SUDAH MAMPU"),
        ("Lansia tapi mampu", OLD, "MAMPU"),
        ("Fakir miskin sdh graduasi", POOR, "GRADUASI"),
        ("miskin, bukan fakir miskin", POOR, "BUKAN PMKS"),
        ("PMKS: bukan", (), "BUKAN"),
        ("Bukan Fakir Miskin", (), "BUKAN PMKS"),
        ("Bukan PMKS / mampu", (), "BUKAN PMKS"),
        ("bukan disabilitas tapi lansia terlantar", OLD, ""),
        ("Bukan lansia terlantar, fakir miskin", POOR, ""),
        ("Lansia non cacat", OLD, ""),
        ("Disabilitas fisik, bukan disabilitas mental", DISABLED, ""),
        ("FM non PKH", POOR, ""),
        ("Lansia, belum dapat bantuan", OLD, ""),
        ("HIV/AIDS, bukan PMKS", ("16",), "BUKAN PMKS"),
        ("Gelandangan dan pengemis (tidak layak)", ("11", "12"), "TIDAK LAYAK"),
    ],
)
def test_what_is_denied_is_not_named_and_what_is_said_against_the_person_is_heard(
    text: str, codes: tuple[str, ...], against: str
) -> None:
    cell = category_cell(text)
    assert (map_text(cell.named).codes, cell.against, cell.gone) == (codes, against, "")
    assert map_text(cell.named).unmapped == ()


@pytest.mark.parametrize(
    "text",
    [
        "Rumah tidak layak huni", "RTLH (tidak layak huni)", "Rumah tidak layak", "lansia, kurang mampu",
        "Keluarga tidak mampu", "Fakir miskin tidak mampu", "perempuan rawan sosial ekonomi tidak mampu",
        "Penyandang disabilitas non terlantar", "Lansia non potensial", "Tuna susila", "entah", "-", "09",
    ],
)  # fmt: skip
def test_other_words_are_left_as_they_are(text: str) -> None:
    assert category_cell(text) == (text, "", "")


def test_a_number_is_left_to_its_scheme() -> None:
    assert category_cell("08, bukan PMKS") == ("08", "BUKAN PMKS", "")
    assert category_cell("08 bukan PMKS") == ("08", "BUKAN PMKS", "")


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Fakir miskin; meninggal", "meninggal"), ("Fakir miskin sudah meninggal", "sudah meninggal"),
        ("FM / pindah", "pindah"), ("FM (pindah ke Jambi)", "pindah ke Jambi"), ("FM, suami meninggal", ""),
        ("FM pindahan", ""),
    ],
)  # fmt: skip
def test_who_died_or_moved_is_heard(text: str, gone: str) -> None:
    assert category_cell(text).gone == gone
