"""Answers that could not be taken, as a workbook that prints: the faulty cell marked, every sentence whole."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd

from assets.publications.answers_back import return_answers
from validation.answers import HEADERS

LONG = "Penolakan harus menyebut salah satu kode alasan pada daftar alasan; keterangan boleh ditulis setelah titik dua."


def refused(kolom: str, pesan: str, *typed: str) -> dict[str, object]:
    typed = ("Rd843d76f9b5c95318b733440", *typed)
    place = {"submission_id": "ab" * 32, "path": "jawaban/rehsos.xlsx", "terbit": 0, "sheet": "Rujukan", "row": 2}
    whose = {"nama": "+SITI", "desa": "Harapan", "kode_pmks": "04"}
    return {**place, **whose, "kolom": kolom, "pesan": pesan, "tertulis": json.dumps(typed)}


def test_it_prints_on_a4_with_the_faulty_cell_marked_and_no_sentence_cut(tmp_path: Path) -> None:
    rows = [
        refused("jawaban", "Isi salah satu.", "setuju", "", ""),
        refused("alasan_jawaban", LONG, "ditolak", "?", ""),
    ]
    (name,) = return_answers("rehsos", pd.DataFrame(rows), tmp_path)
    book = openpyxl.load_workbook(tmp_path / name)
    for sheet in book.worksheets:
        assert (sheet.page_setup.paperSize, sheet.page_setup.scale) == (9, None), "A4 at 100 %"
        assert "RAHASIA" in sheet.oddFooter.left.text and sheet.oddFooter.right.text == "Halaman &P dari &N"
    sheet = book["Jawaban"]
    heights = [sheet.row_dimensions[row].height or 15 for row in (2, 3)]
    assert heights[0] == 15 and heights[1] >= 12 * 4
    red = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFFC7CE"}
    at = {cell.value: cell.column_letter for cell in sheet[1]}
    assert red == {f"{at['jawaban']}2", f"{at['alasan_jawaban']}3"} and set(HEADERS) <= set(at)
