"""An inbox full of broken and hostile files, through `pmks run`: each costs only itself, and says what to do."""

from __future__ import annotations

from pathlib import Path

from tests.adversarial.test_formats_hostile import CASES
from tests.support.finished import pmks
from tests.support.written import by_xlsxwriter
from warehouse.connection import opened

HEADER = ["NO", "NIK", "NAMA", "L/P", "TGL LAHIR", "JENIS PMKS"]
PLACE = "16.10.05.2036/2023"
ADVICE = ("kirim", "hubungi pengelola", "setujui usulan", "simpan berkas", "tambahkan kolom")


def rows(count: int) -> list[list[str | int]]:
    names = ("SUTRISNO", "WAGIMAN", "KARTO", "DARSONO")
    return [[i, f"161005120585{i:04d}", names[i % 4], "L", "12-05-1985", "Fakir Miskin"] for i in range(1, count + 1)]


def test_each_costs_only_itself_and_says_what_to_do(tmp_path: Path) -> None:
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    (inbox / PLACE).mkdir(parents=True)
    by_xlsxwriter(inbox / PLACE / "baik.xlsx", [HEADER, *rows(12)])
    good = (inbox / PLACE / "baik.xlsx").read_bytes()
    (inbox / PLACE / "terpotong.xlsx").write_bytes(good[: len(good) * 2 // 3])
    for number, (data, _) in enumerate(CASES.values()):
        (inbox / PLACE / f"{number:02d}.xls").write_bytes(data)
    alone = inbox / "16.10.05.2037" / "2019"
    alone.mkdir(parents=True)
    by_xlsxwriter(alone / "tanpa judul.xlsx", rows(8))
    by_xlsxwriter(alone / "tanpa kategori.xlsx", [HEADER[:4], *[row[:4] for row in rows(8)]])
    by_xlsxwriter(inbox / "tanpa desa.xlsx", [HEADER, *rows(9)])

    done = pmks("run", "--inbox", inbox, "--data", home)

    assert done.returncode == 0, done.stdout + done.stderr
    with opened(home / "warehouse.duckdb", read_only=True) as con:
        files = con.execute("SELECT path, outcome, reason FROM intake.submissions").fetchall()
        people = con.execute("SELECT count(*) FROM records.accepted").fetchall()
    outcomes = {path: outcome for path, outcome, _ in files}
    assert people == [(12,)]
    assert [path for path, outcome in outcomes.items() if outcome == "accepted"] == [f"{PLACE}/baik.xlsx"]
    assert {path for path, outcome in outcomes.items() if outcome == "held"} == {
        "16.10.05.2037/2019/tanpa judul.xlsx", "16.10.05.2037/2019/tanpa kategori.xlsx", "tanpa desa.xlsx",
        *(f"{PLACE}/{number:02d}.xls" for number, (_, code) in enumerate(CASES.values()) if code == "document"),
    }  # fmt: skip
    assert len(outcomes) == len({data for data, _ in CASES.values()}) + 5
    silent = [
        path
        for path, outcome, reason in files
        if outcome != "accepted" and not any(a in reason.lower() for a in ADVICE)
    ]
    assert silent == []
    proposals = sorted(path.name for path in (home / "corrections").rglob("*.yml"))
    assert [name.split(" - PERBAIKAN ")[0] for name in proposals] == ["tanpa judul", "tanpa kategori"]
