"""What the terminal shows of a failed run: which step, why, where in the code; never a value of a person.

Errors come here through the border of `warehouse/errors.py`, which keeps back the text of all but our own. What Dagster
itself says of a failure may hold anything, so that of such an error its class is shown, and the line of our code.
"""

from __future__ import annotations

import re
from pathlib import Path

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorType, TickStatus
from dagster_shared.error import SerializableErrorInfo

from warehouse.errors import VOUCHED, WithheldError, passing, place_of
from warehouse.home import DataHome

_SAFE = VOUCHED | {"OSError", "FileNotFoundError", "PermissionError"}
"""Errors whose messages name files, columns, rules and counts, by construction or because the border made them."""
_ENDED = [TickStatus.SUCCESS, TickStatus.SKIPPED, TickStatus.FAILURE]
_LOOKS = 3
"""One look of a sensor may fail; so many in a row do not mend themselves."""
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


def failing_sensors(instance: dg.DagsterInstance) -> list[str]:
    """The sensors of which the last looks failed, each with the error of the last one."""
    found = []
    for state in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=_LOOKS, statuses=_ENDED)
        if len(ticks) == _LOOKS and all(tick.status is TickStatus.FAILURE for tick in ticks) and ticks[0].error:
            found.append(f"{state.name}: {_line(_deepest(ticks[0].error))}")
    return sorted(found)


def error_classes(failures: list[dg.DagsterEvent]) -> list[str]:
    """The class of the deepest cause of each failed step, in order, each once."""
    errors = [getattr(event.event_specific_data, "error", None) for event in failures]
    deepest = [_deepest(error) for error in errors if error is not None]
    return list(dict.fromkeys("DatabaseError" if _is_of_runs(each) else _name(each) for each in deepest))


def error_line(error: Exception, home: DataHome, name: str = "") -> str:
    """The same for an exception outside of a Dagster run; `name`: of the file that keeps a text not to be shown, if any
    is to."""
    shown = passing(error, home.root, name)
    return str(shown) if isinstance(shown, WithheldError) else f"{type(shown).__name__}: {shown} ({place_of(shown)})"


def _deepest(error: SerializableErrorInfo) -> SerializableErrorInfo:
    while error.cause is not None:
        error = error.cause
    return error


def _line(error: SerializableErrorInfo) -> str:
    name, message = _name(error), error.message.partition(":")[2].strip()
    if name == WithheldError.__name__:
        return message
    frames = [(Path(found["file"]), found["line"]) for text in error.stack for found in _FRAME.finditer(text)]
    ours = [
        f"{p.relative_to(_PROJECT)}:{n}" for p, n in frames if p.is_relative_to(_PROJECT) and ".venv" not in p.parts
    ]
    return (f"{name}: {message}" if name in _SAFE or _is_of_runs(error) else name) + (f" ({ours[-1]})" if ours else "")


def _is_of_runs(error: SerializableErrorInfo) -> bool:
    """Whether Dagster's database of runs failed: nothing else is in SQLite, and what SQLite says names no values."""
    return error.message.startswith("sqlite3.")


def _name(error: SerializableErrorInfo) -> str:
    return (error.cls_name or "error").rpartition(".")[2]
