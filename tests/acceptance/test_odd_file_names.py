"""Files of any name that a file system allows go through a whole run, into every output, and change nothing twice."""

from __future__ import annotations

import os
from pathlib import Path

import openpyxl
import pytest

from assets.intake.inbox.names import bytes_of
from tests.support.finished import pmks
from tests.support.inbox import CHILD, MOTHER, OLD, WOMAN, write_list
from warehouse.connection import opened

HERE = b"16.10.05.2036/2024"
NAMES = (
    b"bad\xff\xfename.csv",
    b"baris\nbaru.csv",
    b"bel\x07\x1b[2Jlayar.csv",
    b"hapus\x7f.csv",
    b"c1\xc2\x85.csv",
    b"balik\xe2\x80\xaevsc.csv",
    b"pemisah\xe2\x80\xa8.csv",
    b"bukan huruf \xef\xbf\xbf.csv",
    b"garis\\miring.csv",
    b"a" * 251 + b".csv",
    "漢".encode() * 83 + b".csv",
    "😀".encode() * 62 + b".csv",
    b"=HYPERLINK(1).csv",
    b"[red]merah[/].csv",
    b"{kunci} %s %d.csv",
    b"'; DROP TABLE x; --.csv",
    b'"kutip" <tag> &amp; *?|:.csv',
    b" spasi .csv",
    b"titik...csv",
    b"-rf.csv",
    b"CON.csv",
    b"tanpa akhiran \xe9",
)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = os.fsencode(tmp_path / "inbox") + b"/" + HERE
    Path(os.fsdecode(folder)).mkdir(parents=True)
    people = (OLD, MOTHER, CHILD, WOMAN)
    for number, name in enumerate(NAMES):
        person = dict(people[number % 4]) | {"NAMA": f"ORANG {chr(65 + number)}", "NIK": "", "JENIS PMKS": ""}
        path = Path(os.fsdecode(folder + b"/" + name))
        write_list(path, [person, people[number % 4] | {"KETERANGAN": str(number)}])
    return tmp_path / "inbox"


def test_each_goes_through_into_every_output(inbox: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    sidecar = Path(os.fsdecode(os.fsencode(inbox) + b"/" + HERE + b"/" + NAMES[0] + b".yml"))
    sidecar.write_text("periode: kemarin\n")
    deep = inbox
    for _ in range(20):
        deep /= "d" * 250
        if len(str(deep)) < 4_000:
            deep.mkdir()
    done = pmks("run", "--inbox", inbox, "--data", home, env={"PMKS_SETTLE_SECONDS": "0"})
    assert done.returncode == 0, done.stdout + done.stderr
    with opened(home / "warehouse.duckdb", read_only=True) as con:
        found = con.execute("SELECT path, outcome FROM intake.submissions").fetchall()
    assert {bytes_of(path) for path, _ in found} == {HERE + b"/" + name for name in NAMES}
    assert [bytes_of(path) for path, outcome in found if outcome == "held"] == [HERE + b"/" + NAMES[0]]
    workbooks = list((home / "corrections").rglob("*.xlsx"))
    assert len(workbooks) == len(NAMES)
    told = set()
    for path in workbooks:
        book = openpyxl.load_workbook(path, read_only=True)
        told |= {str(cell) for row in book.worksheets[0].iter_rows(values_only=True) for cell in row if cell}
        book.close()
    assert [path for path, _ in found if not any(path in text for text in told)] == []
    for language in ("en", "id"):
        shown = pmks("status", "--data", home, "--lang", language)
        assert shown.returncode == 0
        assert all(line.isprintable() for line in shown.stdout.splitlines())
        assert "bad\\xff\\xfename.csv" in shown.stdout
    again = pmks("run", "--inbox", inbox, "--data", home, env={"PMKS_SETTLE_SECONDS": "0"})
    assert again.returncode == 0
    assert "Nothing changed since the last run" in again.stdout
