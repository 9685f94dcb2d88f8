"""Texts that look like formulas stay text in every workbook that leaves the house."""

from __future__ import annotations

from pathlib import Path

import openpyxl

import assets
from assets.safe_workbook import ALIVE, SafeWorkbook

HARMLESS = ["SITI", "", "1610054107850000", "http://x.test", "'=1", "A=1", "3"]
PROJECT = Path(assets.__file__).parents[1]


def test_a_text_that_looks_like_a_formula_carries_the_mark_of_a_text_and_its_look(tmp_path: Path) -> None:
    texts = [sign + "cmd|' /C calc'!A0" for sign in ALIVE] + HARMLESS
    for options in ({}, {"constant_memory": True}):
        with SafeWorkbook(str(tmp_path / "a.xlsx"), options) as book:
            sheet = book.add_worksheet("Data")
            bold = book.add_format({"bold": True, "num_format": "@"})
            for row, text in enumerate(texts):
                sheet.write(row, 0, text, bold)
                sheet.write_string(row, 1, text)
            sheet.merge_range(len(texts), 0, len(texts), 1, "=1+1", bold)
        cells = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]
        for row, text in enumerate([*texts, "=1+1"], 1):
            one, other = cells.cell(row, 1), cells.cell(row, 2)
            alive = text.startswith(ALIVE)
            assert (one.value or "").replace("_x000D_", "\r") == text
            assert one.data_type != "f" and one.hyperlink is None
            assert bool(one.quotePrefix) == alive, text
            assert one.font.bold and one.number_format == "@"
            if row <= len(texts):
                assert bool(other.quotePrefix) == alive


def test_no_room_writes_a_workbook_that_is_not_safe() -> None:
    for path in sorted((PROJECT / "assets").rglob("*.py")):
        if path.name != "safe_workbook.py":
            assert "xlsxwriter.Workbook" not in path.read_text(encoding="utf-8"), path
