"""Small notes that can be made again stop nothing when they are torn: they count as absent."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.villages import RETURN, return_to_villages
from pipelines.planning import planned
from tests.support.inbox import VILLAGE, home_in, refresh, write_list
from warehouse.files import read_note

TORN = [b"", b'{"a', b"\x00\xff\xfe", b"[1, 2]", b"[" * 100_000]


@pytest.mark.parametrize("content", TORN, ids=["empty", "cut", "not text", "another kind", "deep"])
def test_a_torn_note_reads_as_absent(tmp_path: Path, content: bytes) -> None:
    assert read_note(tmp_path / "note.json") == {}
    (tmp_path / "note.json").write_bytes(content)
    assert read_note(tmp_path / "note.json") == {}


def test_a_run_goes_on_over_torn_notes_makes_them_again_and_keeps_what_was_typed(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE)
    lake = refresh(home, "first", datetime(2025, 1, 1))
    publish(PUBLISH.begin(lake, home), "rehsos")
    return_to_villages(RETURN.begin(lake, home))
    folder = home.published / "rehsos"
    typed = b"a workbook into which somebody typed"
    (folder / "rujukan.xlsx").write_bytes(typed)
    notes = [
        home.lake / "_looks.json",
        home.lake / "_archived.json",
        home.corrections / ".written.json",
        folder / ".rujukan.json",
        home.plan / "rencana.json",
        home.lake / "_hashed.json",
    ]
    home.plan.mkdir()
    for note in notes:
        note.write_bytes(b'{"cut')
    write_list(home.inbox / "16.10.05.2036" / "2025" / "pmks.csv", VILLAGE)
    lake = refresh(home, "second", datetime(2025, 1, 2))
    publish(PUBLISH.begin(lake, home), "rehsos")
    return_to_villages(RETURN.begin(lake, home))
    assert planned(home) is None
    assert all(isinstance(json.loads(note.read_bytes()), dict) for note in notes[:4])
    assert typed in [path.read_bytes() for path in folder.glob("*suntingan*")]
