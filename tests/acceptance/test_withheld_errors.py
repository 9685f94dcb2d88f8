"""A stage fails over a value of a person: neither Dagster's home nor the terminal learns the value."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from assets.households.review.decisions import LEDGER, _linked
from tests.support.finished import pmks
from tests.support.inbox import VILLAGE, home_in, write_list

NIK = "1610050107509999"


def spoil(ledger: Path) -> None:
    """Break a real call of a library by a value of a person: a decision made at the moment `NIK`; its hash is right."""
    entry = {"record_id_l": "a" * 32, "record_id_r": "b" * 32, "decision": "same", "decided_by": "R", "reason": "x",
             "decided_at": NIK, "revokes": None}  # fmt: skip
    ledger.write_text(json.dumps(_linked(entry, [])) + "\n", encoding="utf-8")


def test_the_value_stays_in_the_errors_of_the_home(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / "16.10.05.2036/2024/daftar.csv", VILLAGE)
    spoil(home.review / LEDGER)

    done = pmks("run", "--inbox", home.inbox, "--data", home.root, env={"PMKS_SETTLE_SECONDS": "0"})

    assert done.returncode == 1, done.stdout + done.stderr
    [note] = (home.root / "errors").iterdir()
    assert NIK in note.read_text(encoding="utf-8")
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert str(note) in done.stderr.replace("\n", "")
    assert "assets/households/review/decisions.py:" in done.stderr
    assert NIK not in done.stdout + done.stderr
    written = [path for path in home.dagster.rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if NIK.encode() in path.read_bytes()] == []
