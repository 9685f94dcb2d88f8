"""Page templates: every text is escaped, a value that is not given is an error, and all pages begin alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def templates_beside(module: str, **blanks: Any) -> Environment:
    """The templates in the folder of a module (its `__file__`); `page_head()` is what the head of each begins with, and
    has the colours and type of all pages. `blanks`: what Jinja does with line ends and blanks."""
    folders = FileSystemLoader([Path(module).parent, Path(__file__).parent])
    pages = Environment(loader=folders, autoescape=True, undefined=StrictUndefined, **blanks)
    pages.globals["page_head"] = vars(pages.get_template("page_head.html").module)["page_head"]
    return pages
