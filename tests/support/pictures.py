"""Pictures of what people look at, for `docs/pictures.md`: of the sample villages, as they are printed or shown.

`python -m tests.support.pictures` draws them again; with `--compare` it draws them elsewhere, and says which are no
longer what a run shows. Needs LibreOffice, poppler and Chromium. The pictures of Dagster are made by hand.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl

from tests.support.accessibility import CHROMIUM
from tests.support.finished import PROJECT, SAMPLE_INBOX, pmks
from tests.support.inbox import CHILD, MOTHER, WOMAN, write_list
from validation.answers import HEADERS

TARGET = PROJECT / "docs" / "pictures"
DIFFERENT = 0.01
"""Share of the pixels from which on a picture is another: dates and ids of a run are less."""
FAINT = 40
"""Difference of a pixel's brightness (of 255) that edges of letters may have."""
DOTS_AN_INCH = 80
_PHONE = (
    '<body style="margin:0"><iframe src="{page}" style="border:0;width:{width}px;height:{height}px"></iframe></body>'
)


def make(folder: Path, target: Path = TARGET) -> None:
    """Run the pipeline on the sample inbox in `folder`, and draw everything into `target`."""
    home, review, later = folder / "home", folder / "review.xlsx", folder / "inbox"
    _done("run", "--inbox", SAMPLE_INBOX, "--data", home)
    _done("review", "export", review, "--data", home)
    villages = next(home.glob("corrections/15.07.08.1001/*2025*.xlsx"))
    printed(
        target, home / "published" / "rehsos" / "rujukan.xlsx", {"summary": 0, "field-list": "Wali / kepala keluarga"}
    )
    printed(
        target,
        home / "published" / "rehsos" / "rujukan.xlsx",
        {"recap": "Desa menurut", "coordination": "Yang memimpin menghubungi"},
    )
    printed(target, review, {"pairs": 0, "households": "Rumah tangga yang mungkin"})
    printed(target, villages, {"corrections": 0})
    shown(target, villages.with_suffix(".html"), "phone", (360, 900), phone=True)
    shown(target, home / "published" / "laporan" / "kabupaten" / "15.07.html", "report", (1200, 2200))
    _done("report", folder / "flow.html", "--data", home)
    shown(target, folder / "flow.html", "flow", (1100, 2900))
    shutil.copytree(SAMPLE_INBOX, later)
    wrong_answers(home / "published" / "rehsos" / "rujukan.xlsx", later / "jawaban" / "rehsos.xlsx")
    write_list(later / "16.10.05.2036" / "2025" / "tambahan.csv", [WOMAN, MOTHER, CHILD])
    plan = pmks("plan", "--inbox", later, "--data", home)
    assert plan.returncode == 3, plan.stdout + plan.stderr
    printed(target, next((home / "plan").glob("*.xlsx")), {"plan": "tujuan_baru"})
    _done("run", "--inbox", later, "--data", home)
    printed(target, next(home.glob("published/rehsos/perbaikan/*.xlsx")), {"answers-back": 1})


def wrong_answers(published: Path, target: Path) -> None:
    """A workbook with one sound answer and three that cannot be taken."""
    book = openpyxl.load_workbook(published)
    sheet = book["Rujukan"]
    at: dict[Any, int] = {cell.value: number for number, cell in enumerate(sheet[1], 1)}
    answers = [
        ("diterima", "", "05/01/2026"),
        ("setuju", "", ""),
        ("ditolak", "tidak tahu", ""),
        ("selesai", "", "2099"),
    ]
    for row, said in enumerate(answers, 2):
        for header, text in zip(HEADERS[1:], said, strict=True):
            sheet.cell(row, at[header]).value = text
    target.parent.mkdir()
    book.save(target)


def printed(target: Path, workbook: Path, pages: dict[str, int | str]) -> None:
    """Print a workbook, and draw some of its pages: by number, or the first on which a text stands."""
    with TemporaryDirectory() as folder:
        copy = shutil.copy(workbook, Path(folder) / "x.xlsx")
        _run(["soffice", "--headless", "--convert-to", "pdf", "--outdir", folder, copy])
        paper = str(Path(folder) / "x.pdf")
        texts = _run(["pdftotext", "-layout", paper, "-"]).split("\f")
        for name, page in pages.items():
            number = page if isinstance(page, int) else next(at for at, text in enumerate(texts) if page in text)
            only = ["-f", str(number + 1), "-l", str(number + 1), "-singlefile", "-r", str(DOTS_AN_INCH)]
            _run(["pdftoppm", "-png", *only, paper, str(target / name)])


def shown(target: Path, page: Path, name: str, size: tuple[int, int], *, phone: bool = False) -> None:
    """Draw a page as a browser shows it; no window is as narrow as a phone, so that one stands in a frame."""
    with TemporaryDirectory() as folder:
        there = Path(shutil.copy(page, Path(folder) / "page.html"))
        if phone:
            there = there.with_name("frame.html")
            there.write_text(_PHONE.format(page="page.html", width=size[0], height=size[1]), encoding="utf-8")
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
        ]
        flags += [f"--window-size={size[0]},{size[1]}", f"--screenshot={target / name}.png"]
        _run([CHROMIUM, *flags, there.as_uri()])


def _done(*arguments: str | Path) -> None:
    done = pmks(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def _run(command: Sequence[str | Path]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def differences(target: Path) -> dict[str, float]:
    """The share of pixels that differ between each picture in `target` and the one that the documentation shows."""
    from PIL import Image, ImageChops

    found = {}
    for made in sorted(target.glob("*.png")):
        shown_now, drawn = (Image.open(folder / made.name).convert("L") for folder in (TARGET, target))
        if shown_now.size != drawn.size:
            found[made.stem] = 1.0
            continue
        counted = ImageChops.difference(shown_now, drawn).histogram()
        found[made.stem] = sum(counted[FAINT:]) / sum(counted)
    return found


def main() -> None:
    """Draw the pictures, or with `--compare` exit with 1 where one is no longer what a run shows."""
    with TemporaryDirectory() as scratch:
        if sys.argv[1:] != ["--compare"]:
            make(Path(scratch))
            return
        drawn = Path(scratch) / "drawn"
        drawn.mkdir()
        make(Path(scratch), drawn)
        found = differences(drawn)
    for name, share in found.items():
        sys.stdout.write(f"{name:<16} {share:>7.2%}{'  another' if share > DIFFERENT else ''}\n")
    raise SystemExit(any(share > DIFFERENT for share in found.values()))


if __name__ == "__main__":
    main()
