"""What of an error may leave the process: the text of our own errors; of any other its kind and its place in the code.

Danger: the message of a library may quote the cell that it choked on, and what records errors (Dagster's database, the
logs of terminals) is read by more people than the data. Remedy: a border around each stage. Only errors whose text we
vouch for pass it. The whole text of any other stays in the data home, readable by its owner only, and is thrown away
when newer ones have come.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from warehouse.files import write_whole

VOUCHED = {
    "ArchiveError",
    "BothChangedError",
    "ChangedCodeError",
    "DamagedTableError",
    "ErasureError",
    "FormatError",
    "InvalidTableError",
    "LedgerError",
    "LostTableError",
    "ModelError",
    "OtherRulesError",
    "PlanError",
    "RegistryLostError",
    "RuleError",
    "SecretKeyError",
    "ShortenedLedgerError",
    "ShrinkError",
    "SigningKeyError",
    "SparkMissingError",
    "StorageError",
    "UndeclaredError",
}
"""Errors of ours whose messages name tables, columns, rules, files of the home, ids and counts, by construction."""
OF_THE_MACHINE = (MemoryError, OSError, ImportError)
"""Errors that say nothing about the file or row at which they came."""
MOST_KEPT = 20
"""So many texts of errors are kept, the newest."""
_PACKAGES = ("assets", "pipelines", "validation", "warehouse")
_PROJECT = Path(__file__).parents[1]
_NAMED_BY_PEOPLE = ("inbox", "corrections")
"""Folders of the home in which files have the names that villages gave them."""


class WithheldError(RuntimeError):
    """Stands for an error whose text is not vouched for: `kind` and `place` of it, what of its text may be shown
    (`text`, mostly empty), and where the whole text lies (`note`)."""

    def __init__(self, kind: str, place: str, *, text: str = "", note: str = "") -> None:
        self.kind, self.place, self.note = kind, place, note
        whole = f"The whole error: {note}" if note else ""
        super().__init__(" ".join(filter(None, (f"{kind}: {text}" if text else kind, f"({place})", whole))))


def passing(error: Exception, root: Path, name: str = "") -> Exception:
    """The error that may pass the border in place of `error`: itself, if it is ours, without what it came from.

    `root`: the data home. `name`: of the file below `errors/` that gets the whole text of an error that may not pass;
    without one it is not kept.
    """
    if _is_vouched(error):
        vars(error).pop("__notes__", None)
        error.__cause__ = error.__context__ = None
        return error
    refused = of_system(error)
    if refused is not None:
        shown = _name_of_ours(refused.filename, root)
        kept = OSError(refused.errno, os.strerror(refused.errno or 0), *([shown] if shown else []))
        return kept.with_traceback(error.__traceback__)
    return withheld(error, note=_keep(error, root / "errors", name) if name else "")


@contextmanager
def border(root: Path, name: str = "") -> Iterator[None]:
    """Let of the errors of the block pass what may: see `passing`. One that passed already does so again."""
    try:
        yield
    except WithheldError:
        raise
    except Exception as error:
        let = passing(error, root, name)
    else:
        return
    raise let from None


def withheld(error: Exception, *, note: str = "") -> WithheldError:
    """What stands for `error`, with the lines of code that it came through."""
    kind, text = type(error).__name__, ""
    if _names_only_files(error) or (isinstance(error, MemoryError) and _is_raised_by_us(error.__traceback__)):
        text = str(error)
    return WithheldError(kind, place_of(error), text=text, note=note).with_traceback(error.__traceback__)


def of_system(error: BaseException) -> OSError | None:
    """The error of the system that `error` is, or that a library put into its own (XlsxWriter does)."""
    given = error.args[0] if error.args and isinstance(error.args[0], OSError) else error
    return given if isinstance(given, OSError) and type(given).__module__ == "builtins" and given.errno else None


def place_of(error: BaseException) -> str:
    """The last line of our code that an error came through, such as `warehouse/lake.py:84`."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [(Path(frame.filename), frame.lineno) for frame in frames if _is_ours(frame.filename)]
    return f"{ours[-1][0].relative_to(_PROJECT)}:{ours[-1][1]}" if ours else "outside of the project's code"


def _is_vouched(error: Exception) -> bool:
    return type(error).__name__ in VOUCHED and type(error).__module__.split(".")[0] in _PACKAGES


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(_PROJECT) and path.relative_to(_PROJECT).parts[0] in _PACKAGES


def _is_raised_by_us(trace: TracebackType | None) -> bool:
    return _is_ours(traceback.extract_tb(trace)[-1].filename) if trace else False


def _names_only_files(error: Exception) -> bool:
    """Whether DuckDB says that the file is locked, or the disk full or failing: such messages name files and processes
    alone."""
    text = str(error).lower()
    known = any(words in text for words in ("conflicting lock", "no space left", "input/output error"))
    return known and type(error).__module__.split(".")[0] in ("duckdb", "_duckdb")


def _name_of_ours(filename: object, root: Path) -> str | None:
    """The path of a file of the home, relative to it, unless people chose its name."""
    if not isinstance(filename, str) or not Path(filename).is_relative_to(root):
        return None
    relative = Path(filename).relative_to(root)
    return None if relative.parts and relative.parts[0] in _NAMED_BY_PEOPLE else str(relative)


def _keep(error: Exception, folder: Path, name: str) -> str:
    """Write the whole text of an error to `folder`, and throw away the oldest ones; "" where that cannot be written."""
    text = "".join(traceback.format_exception(error))
    with suppress(OSError):
        write_whole(folder / f"{name}.txt", text.encode("utf-8", "backslashreplace"))
        kept = sorted(folder.glob("*.txt"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        for path in kept[:-MOST_KEPT]:
            path.unlink(missing_ok=True)
        return str(folder / f"{name}.txt")
    return ""
