"""What the terminal shows of a failed run: which step, why, where in the code; never a value of a person.

Danger: the message of an exception from a library may quote the cell it choked on, and terminals end up in logs.
Remedy: only messages that are known to hold no values are shown; of any other error its class and the line of
our code it came from. The whole error is in the Dagster instance, inside the data home.
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

SAFE = {
    "OSError",
    "FileNotFoundError",
    "PermissionError",
    "ArchiveError",
    "MemoryError",
    "PlanError",
    "RuleError",
    "LedgerError",
    "FormatError",
    "UndeclaredError",
    "InvalidTableError",
    "RegistryLostError",
    "ShrinkError",
}
"""Errors whose messages name files, columns, rules and counts, by construction."""
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_PROJECT = Path(__file__).parents[1]


def failure_lines(failures: list[dg.DagsterEvent]) -> list[str]:
    """One line a failed step, its deepest cause last: `referrals: RuleError: … (assets/referrals/rules.py:116)`."""
    lines = []
    for event in failures:
        error = getattr(event.event_specific_data, "error", None)
        if event.step_key and error is not None:
            lines.append(f"{event.step_key}: {_line(_deepest(error))}")
    return lines


def error_classes(failures: list[dg.DagsterEvent]) -> list[str]:
    """The class of the deepest cause of each failed step, in order, each once."""
    errors = [getattr(event.event_specific_data, "error", None) for event in failures]
    return list(dict.fromkeys(_name(_deepest(error)) for error in errors if error is not None))


def error_line(error: BaseException) -> str:
    """The same for an exception outside of a Dagster run."""
    while error.__cause__ is not None:
        error = error.__cause__
    stack = traceback.format_tb(error.__traceback__)
    return _line(SerializableErrorInfo(f"{type(error).__name__}: {error}", stack, type(error).__name__))


def _deepest(error: SerializableErrorInfo) -> SerializableErrorInfo:
    while error.cause is not None:
        error = error.cause
    return error


def _line(error: SerializableErrorInfo) -> str:
    name = _name(error)
    message = error.message.partition(":")[2].strip() if name in SAFE or _names_only_files(error) else ""
    frames = [(Path(found["file"]), found["line"]) for text in error.stack for found in _FRAME.finditer(text)]
    ours = [
        f"{p.relative_to(_PROJECT)}:{n}" for p, n in frames if p.is_relative_to(_PROJECT) and ".venv" not in p.parts
    ]
    return " ".join(
        part for part in (name + (":" if message else ""), message, f"({ours[-1]})" if ours else "") if part
    )


def _name(error: SerializableErrorInfo) -> str:
    return (error.cls_name or "error").rpartition(".")[2]


def _names_only_files(error: SerializableErrorInfo) -> bool:
    """Whether DuckDB says that the file is locked or the disk is full: such messages name files and processes alone."""
    text = error.message.lower()
    return "duckdb" in text and ("conflicting lock" in text or "no space left" in text)
