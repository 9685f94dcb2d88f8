"""`pmks corrections` tells what a corrected copy solved, left open and made worse, and who is still asked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from assets.publications.stages.villages import RETURN, return_to_villages
from pipelines.cli import main
from tests.support.inbox import Person, home_in, refresh, write_list
from warehouse.home import DataHome

VILLAGE = "16.10.05.2036"
FAULTS = [*("NIK",) * 6, *("JENIS KELAMIN",) * 4, *("TANGGAL LAHIR",) * 4, None]
FAULTY = {"NIK": "161005010750001", "JENIS KELAMIN": "?!", "TANGGAL LAHIR": "31-02-1950"}
OPEN, SPOILT = 2, "????"


def person(number: int, fault: str | None) -> Person:
    sound = {
        "NAMA": f"WARGA {'ABCDEFGHIJKLMNO'[number]}LI",
        "NIK": f"161005010750{number + 1:04}",
        "NO KK": f"161005010110{number + 1:04}",
        "JENIS KELAMIN": "L",
        "TANGGAL LAHIR": "01-07-1950",
        "ALAMAT": "JL. MELATI",
        "JENIS PMKS": "FAKIR MISKIN",
    }
    return sound | ({fault: FAULTY[fault]} if fault else {})


@pytest.fixture
def corrected(tmp_path: Path) -> DataHome:
    """Fourteen faults were sent back; the copy that came again solves twelve of them and has one of its own."""
    home = home_in(tmp_path)
    people = [person(number, fault) for number, fault in enumerate(FAULTS)]
    write_list(home.inbox / VILLAGE / "2024" / "daftar.csv", people)
    lake = refresh(home, "run-1", datetime(2026, 1, 1))
    return_to_villages(RETURN.begin(lake, home))
    (sent,) = home.corrections.glob("*/*.xlsx")
    book = openpyxl.load_workbook(sent)
    sheet: Any = book.worksheets[1]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for number, fault in enumerate(FAULTS):
        if fault and number >= OPEN:
            sheet.cell(number + 2, columns[fault]).value = person(number, None)[fault]
    sheet.cell(len(FAULTS) + 1, columns["JENIS PMKS"]).value = SPOILT
    book.save(home.inbox / sent.name)
    return_to_villages(RETURN.begin(refresh(home, "run-2", datetime(2026, 1, 2)), home))
    return home


def test_it_says_how_many_of_the_faults_are_solved_and_how_many_are_new(corrected: DataHome) -> None:
    shown = CliRunner().invoke(main, ["corrections", "--data", str(corrected.root)])
    assert shown.exit_code == 0, shown.output
    assert "Daftar yang digantikan oleh kiriman baru: 1" in shown.output
    assert shown.output.splitlines()[3].strip() == "12 dari 15 selesai, 1 baru"  # with the order of dates
    assert f"  {VILLAGE}               1  Tanjung Pasir\n" in shown.output


def test_one_village_alone(corrected: DataHome) -> None:
    def shown(village: str) -> Result:
        where = ["--data", str(corrected.root), "--village", village, "--lang", "en"]
        return CliRunner().invoke(main, ["corrections", *where])

    assert "Lists that a newer one replaced: 1" in shown(VILLAGE).output
    unknown = shown("15.07.08.1001")
    assert (unknown.exit_code, "No list of the village 15.07.08.1001 came yet." in unknown.output) == (2, True)


def test_without_a_finished_run_it_says_what_to_do(tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["corrections", "--data", str(tmp_path)])
    assert shown.exit_code == 2
    assert "pmks run" in shown.output
