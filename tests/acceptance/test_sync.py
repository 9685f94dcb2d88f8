"""Two homes over one storage, by the command line: what one machine did stands on the other."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.finished import SAMPLE_INBOX, pmks
from tests.support.same_state import differences


def test_a_second_machine_goes_on_where_the_first_one_was(finished: Path, tmp_path: Path) -> None:
    env = {"PMKS_STORAGE": str(tmp_path / "storage")}
    first, second = Path(shutil.copytree(finished, tmp_path / "first")), tmp_path / "second"
    shared = pmks("sync", "--data", first, env=env)
    assert shared.returncode == 0, shared.stderr
    done = pmks("run", "--inbox", SAMPLE_INBOX, "--data", second, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    fetched, shared_again = [line for line in done.stdout.splitlines() if line.startswith("State 1 of the storage")]
    assert " 0 files fetched" not in fetched
    assert shared_again.endswith(": 0 files fetched, 0 gone, 0 shared")
    assert list(differences(first, second)) == []
    proved = pmks("verify", "--quick", "--data", second)
    assert proved.returncode == 0, proved.stdout
    for ours, theirs in ((first, "1"), (second, "2")):
        (ours / "models").mkdir(exist_ok=True)
        (ours / "models" / "note").write_text(theirs)
    assert pmks("sync", "--data", first, env=env).returncode == 0
    refused = pmks("sync", "--data", second, env=env)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1] == "models/note"
    assert pmks("sync", "--discard", "--data", second, env=env).returncode == 0
    assert (second / "models" / "note").read_text() == "1"


def test_a_storage_that_is_not_set_or_not_there_is_named(finished: Path, tmp_path: Path) -> None:
    assert "PMKS_STORAGE" in pmks("sync", "--data", finished).stderr
    wrong = pmks("sync", "--data", tmp_path, env={"PMKS_STORAGE": "ftp://somewhere"})
    assert (wrong.returncode, "PMKS_STORAGE: ftp://somewhere" in wrong.stderr) == (2, True)
    (tmp_path / "file").write_text("no folder")
    failed = pmks("run", "--inbox", SAMPLE_INBOX, "--data", tmp_path / "home", env={"PMKS_STORAGE": f"{tmp_path}/file"})
    assert failed.returncode == 1
    assert "Not a directory" in failed.stderr
    assert not (tmp_path / "home" / "warehouse.duckdb").exists()
