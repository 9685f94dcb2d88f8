"""Answers that could not be taken, back to their directorate: one workbook for each that came, with the faulty rows
only, the faulty cells marked, and what is wrong beside them.

Rows that were taken are not in it, so that sending it back can change nothing else. It is known again like the
workbook that it came from (`validation.answers.MARK`), and is answered in the same columns.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from assets.intake.inbox.names import stem_for_output
from assets.letters import LINE_POINTS, lines_of
from assets.publications.book.pages import Looks, printable_pixels, set_up, set_widths
from assets.publications.corrections_list import texts
from assets.publications.edited import keep_if_edited
from assets.safe_workbook import SafeWorkbook
from validation.answers import HEADERS, MARK, STATUSES, mark_of, reasons_of_refusal
from warehouse.code import code_digest
from warehouse.files import read_note, replacing, sha256_of, write_whole
from warehouse.lake import digest_of

FOLDER = "perbaikan"
"""Under the directorate's own folder, so that who fetches its referrals finds them."""
CONTEXT = ("nama", "desa", "kode_pmks")
"""What is shown of a referral of the directorate's own; nothing of anybody else's."""
_NOTE = ".perbaikan.json"
_GUIDE_PIXELS = 640
_TITLES = ("lembar", "baris", *CONTEXT, *HEADERS, "masalah")
_PIXELS = dict(zip(_TITLES, (55, 35, 135, 90, 62, 172, 66, 100, 95, 167), strict=True))
assert sum(_PIXELS.values()) <= printable_pixels("landscape")


def return_answers(directorate: str, refused: pd.DataFrame, target: Path) -> list[str]:
    """Write one workbook for each submission in `refused` into `target`, and remove those that nothing waits for any
    more, unless somebody typed into them. Gives the names of those that wait.

    `refused`: the open refusals of this directorate (`open_refusals`), with `path` (where the workbook was first seen),
    `terbit` and `CONTEXT`, missing for a number that is none of its referrals. Goes out:
    `<name> - PERBAIKAN JAWABAN <id>.xlsx`, readable by its owner only, and left alone where it would say the same.
    """
    known: dict[str, dict[str, str]] = read_note(target / _NOTE)
    written: dict[str, dict[str, str]] = {}
    for sid, rows in refused.groupby("submission_id", sort=True):
        name = f"{stem_for_output(Path(rows['path'].iloc[0]).stem)} - PERBAIKAN JAWABAN {str(sid)[:8]}.xlsx"
        before, path = known.get(name, {}), target / name
        digest = digest_of(code_digest(__name__), rows.astype("str").fillna("").to_numpy().tolist())
        if before.get("digest") != digest or not path.exists():
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep_if_edited(path, before.get("sha256"))
            with replacing(path) as beside:
                _write(beside, directorate, rows)
            before = {"digest": digest, "sha256": sha256_of(path)}
        written[name] = before
    for name in known.keys() - written.keys():
        if (target / name).exists() and sha256_of(target / name) == known[name]["sha256"]:
            (target / name).unlink()
    if written != known:
        write_whole(target / _NOTE, json.dumps(written, indent=1).encode())
    return sorted(written)


def all_there(target: Path) -> bool:
    """Whether every workbook that `return_answers` wrote into `target` last is still there."""
    return all((target / name).exists() for name in read_note(target / _NOTE))


def _write(path: Path, directorate: str, rows: pd.DataFrame) -> None:
    terbit = rows["terbit"].iloc[0]
    mark = mark_of(directorate, None if pd.isna(terbit) else int(terbit))
    with SafeWorkbook(str(path)) as book:
        book.set_custom_property(MARK, mark)
        looks = Looks(book)
        _guide(book, looks, mark, len(rows))
        _rows(book, looks, rows.sort_values(["sheet", "row"]))


def _guide(book: Any, looks: Looks, mark: str, count: int) -> None:
    page = book.add_worksheet("BACA DAHULU")
    page.hide_gridlines(2)
    set_up(page, "portrait", left=said()["title"], footer=said()["footer"])
    set_widths(page, [_GUIDE_PIXELS])
    page.write_string(0, 0, f"{MARK}: {mark}", looks.of("mark"))
    page.write_string(1, 0, said()["title"], looks.of("title"))
    for row, text in enumerate(said()["steps"], 2):
        page.write_string(row, 0, said_now := text.format(count=count), looks.of("note"))
        page.set_row(row, LINE_POINTS * lines_of(said_now, _GUIDE_PIXELS) + 4)


def _rows(book: Any, looks: Looks, rows: pd.DataFrame) -> None:
    page = book.add_worksheet("Jawaban")
    set_up(page, "landscape", left=said()["title"], footer=said()["footer"], titles=(0, 0))
    set_widths(page, list(_PIXELS.values()))
    for at, title in enumerate(_TITLES):
        page.write_string(0, at, title, looks.of("header"))
    for number, row in enumerate(rows.to_dict("records"), 1):
        typed = dict(zip(HEADERS, json.loads(row["tertulis"]), strict=True))
        shown = {"lembar": row["sheet"], "baris": row["row"], "masalah": row["pesan"], **typed}
        shown |= {name: row[name] for name in CONTEXT}
        written = {title: "" if pd.isna(shown[title]) else str(shown[title]) for title in _TITLES}
        for at, (title, text) in enumerate(written.items()):
            look = "wrong" if title == row["kolom"] else "to_fill" if title in HEADERS else "text"
            page.write_string(number, at, text, looks.of(look))
        lines = max(lines_of(text, _PIXELS[title]) for title, text in written.items())
        page.set_row(number, LINE_POINTS * lines + 3)
    for title, options in (("jawaban", list(STATUSES)), ("alasan_jawaban", list(reasons_of_refusal()))):
        at = _TITLES.index(title)
        list_of = {"validate": "list", "source": options, "show_error": title == "jawaban"}
        page.data_validation(1, at, len(rows), at, list_of)
    page.freeze_panes(1, 0)


def said() -> dict[str, Any]:
    """What the workbook says to its readers."""
    answers: dict[str, Any] = texts()["answers_back"]
    return answers
