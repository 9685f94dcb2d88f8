"""The border for errors: ours pass, any other leaves its text in the data home."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from xlsxwriter.exceptions import FileCreateError

from validation.borders import InvalidTableError
from warehouse import errors
from warehouse.errors import WithheldError, passing

NIK = "1610050107500001"


def raised_by(action: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:
        action()
    return caught.value


def failing_library() -> None:
    pd.to_datetime(pd.Series([NIK * 2]))


def ours_from_a_librarys() -> None:
    try:
        failing_library()
    except ValueError as error:
        wrong = InvalidTableError("accepted", [])
        wrong.add_note(NIK)
        raise wrong from error


def test_the_text_of_a_librarys_error_stays_in_the_home(tmp_path: Path) -> None:
    error = raised_by(failing_library)
    assert NIK in str(error)
    passed = passing(error, tmp_path, "run-step")
    assert isinstance(passed, WithheldError)
    assert NIK not in str(passed) and NIK not in repr(passed)
    assert passed.note == str(tmp_path / "errors" / "run-step.txt") and passed.note in str(passed)
    kept = Path(passed.note)
    assert NIK in kept.read_text(encoding="utf-8")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_an_error_of_ours_passes_without_what_it_came_from(tmp_path: Path) -> None:
    error = raised_by(ours_from_a_librarys)
    passed = passing(error, tmp_path, "x")
    assert passed is error
    assert (passed.__cause__, passed.__context__) == (None, None)
    assert not getattr(passed, "__notes__", None)
    assert not (tmp_path / "errors").exists()


def test_a_foreign_error_of_the_same_name_does_not_pass(tmp_path: Path) -> None:
    foreign = type("RuleError", (ValueError,), {"__module__": "library.rules"})
    assert NIK not in str(passing(foreign(NIK), tmp_path, "x"))


def test_of_the_operating_system_pass_the_cause_and_a_file_of_ours(tmp_path: Path) -> None:
    def passed(filename: str | None) -> str:
        return str(passing(PermissionError(13, f"denied to {NIK}", filename), tmp_path, "x"))

    assert passed(str(tmp_path / "lake/a.parquet")) == "[Errno 13] Permission denied: 'lake/a.parquet'"
    assert passed(f"{tmp_path}/inbox/{NIK}.xlsx") == "[Errno 13] Permission denied"
    assert passed(f"/elsewhere/{NIK}.xlsx") == "[Errno 13] Permission denied"
    assert passed(None) == "[Errno 13] Permission denied"
    assert NIK not in str(passing(OSError(f"could not parse {NIK}"), tmp_path, "x"))


def test_a_refusal_of_the_system_passes_though_a_library_wrapped_it(tmp_path: Path) -> None:
    for number in (errno.ENOSPC, errno.EIO):
        passed = passing(FileCreateError(OSError(number, NIK, f"{tmp_path}/{NIK}")), tmp_path / "home")
        assert type(passed) is OSError and passed.errno == number
        assert NIK not in str(passed)


def test_duckdb_passes_what_it_says_of_files_and_nothing_else(tmp_path: Path) -> None:
    error = raised_by(lambda: duckdb.sql(f"SELECT CAST('{NIK}x' AS BIGINT)").fetchall())
    assert NIK in str(error)
    assert NIK not in str(passing(error, tmp_path, "x"))


def test_the_newest_texts_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "MOST_KEPT", 3)
    for number in range(5):
        passing(ValueError(str(number)), tmp_path, f"run-{number}")
    kept = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "errors").iterdir()}
    assert kept == {f"run-{number}.txt": f"ValueError: {number}\n" for number in (2, 3, 4)}


def test_where_nothing_can_be_written_the_text_is_withheld_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "errors").write_text("in the way", encoding="utf-8")
    passed = passing(ValueError(NIK), tmp_path, "x")
    assert isinstance(passed, WithheldError) and not passed.note
    assert NIK not in str(passed)
