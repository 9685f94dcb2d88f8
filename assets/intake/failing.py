"""Files that this program fails at: each waits by itself, and the others are read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from assets.intake.formats.messages import unreadable
from assets.intake.formats.workbook import Unreadable
from warehouse.errors import OF_THE_MACHINE, place_of

log = logging.getLogger(__name__)
FAILED = "reader_failed"
"""The reason code of such a file."""

P = ParamSpec("P")
T = TypeVar("T")


def or_failed(made: Callable[P, T], *of: P.args, **more: P.kwargs) -> T | Unreadable:
    """What is made of one file, or that this program fails at it: said in the log by kind and place, without values.

    Raises what is not of the file: what the system refuses.
    """
    try:
        return made(*of, **more)
    except OF_THE_MACHINE:
        raise
    except Exception as error:
        log.error("a file failed with %s at %s", type(error).__name__, place_of(error))
        return unreadable(FAILED)
