"""`pmks open` hands the right file to whichever program the machine has, and says where it lies in any case."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.finished import pmks
from validation.directorates import directorates


def test_it_shows_what_can_be_opened(finished: Path) -> None:
    said = pmks("open", "--data", finished)
    shown = dict(line.split(maxsplit=1) for line in said.stdout.splitlines())
    assert {*directorates(), "corrections", "reports", "data"} == set(shown)
    assert all(Path(path).exists() for path in shown.values())
    assert shown["rehsos"].endswith("rehsos/rujukan.xlsx")


@pytest.mark.parametrize("program", ['echo "$1" > opened', "exit 3", None])
def test_it_is_opened_by_the_program_of_the_machine(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str | None
) -> None:
    if program:
        opener = tmp_path / "xdg-open"
        opener.write_text(f"#!/bin/sh\n{program}\n")
        opener.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    done = pmks("open", "dayasos", "--data", finished, env={"PATH": str(tmp_path)})
    wanted = str(finished / "published" / "dayasos" / "rujukan.xlsx")
    assert done.stdout.split() == [wanted]
    opened = (tmp_path / "opened").read_text().strip() if (tmp_path / "opened").exists() else ""
    assert (done.returncode, opened) == ((0, wanted) if program and "opened" in program else (1, ""))


def test_what_is_not_there_is_said_with_what_may_have_been_meant(finished: Path) -> None:
    done = pmks("open", "rehsoss", "--data", finished)
    assert done.returncode == 2
    assert "rehsoss" in done.stderr and "rehsos\n" in done.stderr
