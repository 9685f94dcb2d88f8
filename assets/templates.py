"""Page templates: every text is escaped, and a value that is not given is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def templates_beside(module: str, **blanks: Any) -> Environment:
    """The templates in the folder of a module (its `__file__`). `blanks`: what Jinja does with line ends and blanks."""
    folder = FileSystemLoader(Path(module).parent)
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined, **blanks)
