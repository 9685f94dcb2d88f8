"""`pmks backup` and `pmks restore`: what comes back is what was there, and a damaged backup brings nothing back."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from pipelines.backup import CONTENTS, BackupError, back_up, restore
from tests.support.finished import SAMPLE_INBOX, pmks
from tests.support.same_state import differences
from warehouse.home import DataHome


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_home_that_was_lost_comes_back_and_goes_on(finished: Path, tmp_path: Path) -> None:
    kept, home = tmp_path / "cadangan.tar", tmp_path / "home"
    made = pmks("backup", kept, "--data", finished)
    assert made.returncode == 0, made.stdout + made.stderr
    assert kept.stat().st_mode & 0o777 == 0o600
    assert pmks("backup", kept, "--data", finished).returncode == 2  # a backup is never written over
    home.mkdir()
    (home / "pmks.toml").touch(0o600)
    (home / "pmks.toml").write_text(f'inbox = "{SAMPLE_INBOX}"\n', encoding="utf-8")
    back = pmks("restore", kept, "--data", home)
    assert back.returncode == 0, back.stdout + back.stderr
    head = made.stdout.split()[-1]
    assert f"{head}\n" in back.stdout
    assert {path.stat().st_mode & 0o077 for path in home.rglob("*")} == {0}
    again = pmks("run", "--data", home)
    assert again.returncode == 0, again.stdout + again.stderr
    assert list(differences(finished, home)) == []
    proved = pmks("verify", "--quick", "--data", home)
    assert proved.returncode == 0, proved.stdout


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    """A home with a file of several kinds; not one that a run made: only bytes count here."""
    home = DataHome(root=tmp_path / "home", inbox=tmp_path / "home" / "inbox")
    home.make()
    for name in ("archive/a", "lake/t/part-1.parquet", "audit/chain.jsonl", "keys/pseudonyms.key", "lake/_matching/m"):
        (home.root / name).parent.mkdir(exist_ok=True)
        (home.root / name).write_bytes(os.urandom(3000))
    os.link(home.root / "lake/t/part-1.parquet", home.root / "lake/t/part-2.parquet")
    home.warehouse.write_bytes(b"made again")
    (home.inbox / "list.xlsx").write_bytes(b"of the sender")
    return home


def test_all_but_what_is_made_again_comes_back_hard_links_too(home: DataHome, tmp_path: Path) -> None:
    made = back_up(home, tmp_path / "b.tar")
    other = DataHome(root=tmp_path / "other", inbox=tmp_path / "inbox")
    assert restore(tmp_path / "b.tar", other) == made
    gone = {"warehouse.duckdb", "inbox/list.xlsx", "lake/_matching/m", ".lock", ".registering.lock", "lake/.lock"}
    before = {name: content for name, content in files(home.root).items() if name not in gone}
    assert {name: content for name, content in files(other.root).items() if name not in gone} == before
    with pytest.raises(BackupError, match="not empty: archive, audit, keys, lake"):
        restore(tmp_path / "b.tar", other)


def test_a_backup_that_was_cut_or_changed_brings_nothing_back(home: DataHome, tmp_path: Path) -> None:
    back_up(home, tmp_path / "b.tar")
    whole = (tmp_path / "b.tar").read_bytes()
    with tarfile.open(tmp_path / "b.tar") as tar:
        places = {m.name: (m.offset_data, m.size) for m in tar}
    start, size = places["lake/t/part-1.parquet"]
    flipped = bytearray(whole)
    flipped[start + size // 2] ^= 1
    damaged = {
        "differ": bytes(flipped),
        "was cut": whole[: start + size // 2],
        "is no backup": whole[: places[CONTENTS][0] - 512],
        "or is no": b"PK\3\4 not a tar file at all" * 100,
    }
    for said, content in damaged.items():
        (tmp_path / "bad.tar").write_bytes(content)
        other = DataHome(root=tmp_path / "other", inbox=tmp_path / "inbox")
        with pytest.raises(BackupError, match=said):
            restore(tmp_path / "bad.tar", other)
        assert list(other.root.iterdir()) == []


def test_a_backup_of_an_enemy_writes_nothing_outside(home: DataHome, tmp_path: Path) -> None:
    for name, kind in (("../out", tarfile.REGTYPE), ("lake/link", tarfile.SYMTYPE)):
        with tarfile.open(tmp_path / "bad.tar", "w") as tar:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/hostname"
            tar.addfile(member)
        with pytest.raises(BackupError, match="no file of a data home"):
            restore(tmp_path / "bad.tar", DataHome(root=tmp_path / "other", inbox=tmp_path / "inbox"))
        assert not (tmp_path / "out").exists()
