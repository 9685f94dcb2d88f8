"""Where compiled code is kept: an update of any file must not leave old code in force."""

from __future__ import annotations

from pathlib import Path

import numba as nb

from assets.households.linkage.arrays import compiled
from assets.households.linkage.arrays.compiled import digest_of
from assets.households.linkage.match_file import warm_up


def test_code_changes_its_digest_whichever_file_changes(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text("one")
    (tmp_path / "called.py").write_text("two")
    before = digest_of(tmp_path)
    (tmp_path / "notes.txt").write_text("no code")
    assert digest_of(tmp_path) == before
    (tmp_path / "called.py").write_text("other")
    assert digest_of(tmp_path) != before


def test_what_is_compiled_is_kept_under_the_digest_of_the_code() -> None:
    warm_up()
    kept = Path(nb.config.CACHE_DIR)
    assert kept.name == digest_of(Path(compiled.__file__).parents[1])
    assert any(kept.rglob("scoring.*.nbi"))
