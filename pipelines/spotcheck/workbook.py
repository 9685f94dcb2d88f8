"""The workbook of a spot check, out and back: one row for each of the sample, with its evidence and one question.

It holds personal values, so it is readable by its owner only, and all that comes from the data is written as text.
Reading is strict: one unclear entry, and nothing of the workbook is taken.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd
import yaml

from assets.safe_workbook import SafeWorkbook
from pipelines.spotcheck.draw import QUARANTINED, UNROUTED
from validation.categories import pmks_types
from warehouse.files import replacing

HEADER_ROW = 3
"""Counted from 0, as xlsxwriter does; the sample follows."""
ANSWERED = ("jawaban", "petugas", "tanggal", "catatan")
PROPERTY = "pmks_uji_petik"
"""The property of the workbook that says which sample it is of."""


class SpotCheckError(ValueError):
    """A workbook that cannot be taken as it is. `problems`: a name of `errors` in the texts, and the row, for each
    thing that is wrong; what a cell holds is not repeated."""

    def __init__(self, problems: list[tuple[str, int]]) -> None:
        self.problems = problems
        super().__init__("\n".join(self.messages("en")))

    def messages(self, language: str) -> list[str]:
        return [str(texts()["errors"][name][language]).format(row=row) for name, row in self.problems]


class Answer(NamedTuple):
    """What was found out about one of the sample: `right`, `wrong` or `unknown`; by whom, and what they add."""

    answer: str
    by: str
    note: str


@cache
def texts() -> dict[str, Any]:
    """The words of the workbook."""
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("texts.yml").read_text(encoding="utf-8"))
    return found


def write_spot_check(path: Path, drawn: pd.DataFrame, evidence: pd.DataFrame, said: dict[str, Any]) -> None:
    """Write the sample (`draw`) with what the lists say of it (`evidence`). `said`: the ledger's entry of it."""
    rows = dict(iter(evidence.groupby("unit_id", sort=False)))
    wording, columns = texts(), texts()["columns"]
    with replacing(path) as beside, SafeWorkbook(str(beside)) as book:
        book.set_custom_property(PROPERTY, said["sample_id"])
        sheet = book.add_worksheet(wording["sheet"])
        look = {name: book.add_format(style) for name, style in _STYLES.items()}
        sheet.write_string(0, 0, wording["title"], look["title"])
        sheet.merge_range(1, 0, 1, len(columns) - 1, wording["guide"], look["text"])
        sheet.set_row(1, 32)
        size, count = (sum(sizes[n] for sizes in said["strata"].values()) for n in (0, 1))
        sheet.write_string(2, 0, wording["drawn"].format(**said | {"size": size, "drawn": count}))
        for at, (title, width) in enumerate(columns.values()):
            sheet.write_string(HEADER_ROW, at, title, look["header"])
            sheet.set_column(at, at, width)
        sheet.set_column(len(columns), len(columns), None, None, {"hidden": True})
        for number, unit in enumerate(drawn.to_dict("records"), 1):
            row, shown = HEADER_ROW + number, _shown(number, unit, rows[unit["unit_id"]])
            for at, name in enumerate(columns):
                sheet.write_string(row, at, shown.get(name, ""), look["answer" if name in ANSWERED else "text"])
            sheet.write_string(row, len(columns), unit["unit_id"])
        choices = {"validate": "list", "source": list(wording["answers"])}
        sheet.data_validation(HEADER_ROW + 1, _at("jawaban"), HEADER_ROW + len(drawn), _at("jawaban"), choices)
        sheet.freeze_panes(HEADER_ROW + 1, 3)
        sheet.protect("", {"format_columns": True, "format_rows": True})
        sheet.set_landscape()
        sheet.set_paper(8)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER_ROW)


_CELL = {"valign": "top", "text_wrap": True, "border": 1, "border_color": "#C8CDD3", "num_format": "@"}
_STYLES = {
    "title": {"bold": True, "font_size": 14},
    "header": _CELL | {"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF"},
    "text": _CELL,
    "answer": _CELL | {"bg_color": "#FFF6CC", "locked": False},
}


def _at(column: str) -> int:
    return list(texts()["columns"]).index(column)


def _shown(number: int, unit: dict[Any, Any], rows: pd.DataFrame) -> dict[str, str]:
    """What stands in each column, of one of the sample."""
    known = rows.astype("object")
    last = known.where(known.notna(), "").iloc[-1]
    stratum = unit["stratum"]
    question = texts()["questions"]["rujukan" if stratum not in (UNROUTED, QUARANTINED) else stratum]
    about = {name: str(last[name]) for name in ("nama", "nik", "no_kk", "jenis_kelamin")}
    born = last["tanggal_lahir"]
    address = [last["alamat"], last["dusun"], *(f"{name.upper()} {last[name]}" for name in ("rt", "rw") if last[name])]
    if stratum == QUARANTINED:
        address = list(json.loads(last["raw"]).values())
    places = rows[["path", "sheet", "row"]].drop_duplicates().itertuples(index=False)
    return about | {
        "number": str(number),
        "lapisan": stratum,
        "tanggal_lahir": born.strftime("%d-%m-%Y") if born else "",
        "kode_desa": str(last["kode_desa"] or unit["kode_desa"]),
        "alamat": ", ".join(str(part) for part in address if part),
        "kode_pmks": " ".join((unit["kode_pmks"], pmks_types()[unit["kode_pmks"]].nama)) if unit["kode_pmks"] else "",
        "tujuan": unit["tujuan"],
        "alasan": unit["alasan"],
        "bukti": "\n".join(" · ".join(filter(None, (path, sheet, f"baris {row}"))) for path, sheet, row in places),
        "pertanyaan": question,
    }


def read_spot_check(path: Path) -> tuple[str, dict[str, tuple[int, str, str, str]]]:
    """Which sample a workbook is of, and of each unit with an answer the row and what stands there: answer, by, note.

    Raises `SpotCheckError`.
    """
    try:
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, data_only=True)
        marks = book.custom_doc_props.props  # type: ignore[attr-defined]
        sample_id = str(next(mark.value for mark in marks if mark.name == PROPERTY))
        rows = list(book[texts()["sheet"]].iter_rows(min_row=HEADER_ROW + 2, values_only=True))
    except Exception as error:
        raise SpotCheckError([("unreadable", 0)]) from error
    found: dict[str, tuple[int, str, str, str]] = {}
    problems = []
    for row, cells in enumerate(rows, HEADER_ROW + 2):
        said = ["" if cell is None else str(cell).strip() for cell in cells] + [""] * len(texts()["columns"])
        unit = said[len(texts()["columns"])]
        if not unit and not any(said):
            continue
        if not unit or unit in found:
            problems.append(("moved", row))
        found[unit] = (row, said[_at("jawaban")].upper(), said[_at("petugas")], said[_at("catatan")])
    if problems:
        raise SpotCheckError(problems)
    return sample_id, found


def checked(found: dict[str, tuple[int, str, str, str]], units: set[str]) -> dict[str, Answer]:
    """The answers of a workbook about the units of its sample. Raises `SpotCheckError` for what is not clear."""
    codes = texts()["answers"]
    answers, problems = {}, []
    for unit, (row, answer, by, note) in found.items():
        wrong = [
            ("moved", unit not in units),
            ("answer", bool(answer) and answer not in codes),
            ("nobody", bool(answer) and not by),
            ("why", codes.get(answer) == "wrong" and not note),
        ]
        problems += [(name, row) for name, holds in wrong if holds][:1]
        if answer in codes:
            answers[unit] = Answer(codes[answer], by, note)
    if problems:
        raise SpotCheckError(problems)
    return answers
