"""A capsule as a file: JSON, or a page that shows it and checks itself in a browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = ".html"
"""The ending of a file that is a page."""
_TEMPLATE = Path(__file__).with_name("capsule_page.html")
_PLACE = "{{ capsule }}"


def as_file(capsule: Mapping[str, Any], ending: str) -> bytes:
    """The bytes of a file with an ending."""
    text = json.dumps(capsule, ensure_ascii=False, indent=None if ending == PAGE else 1)
    if ending != PAGE:
        return text.encode()
    before, after = _around()
    return (before + text.replace("<", "\\u003c") + after).encode()


def read_capsule(path: Path) -> dict[str, Any]:
    """The capsule that a file holds. Raises `ValueError` for what is none, and for a page that is another than ours."""
    text = path.read_bytes().decode()
    before, after = _around()
    if text.startswith("<!"):
        if not (text.startswith(before) and text.endswith(after)):
            raise ValueError("not the page of a capsule")
        text = text[len(before) : len(text) - len(after)]
    capsule = json.loads(text)
    if not isinstance(capsule, dict) or "capsule" not in capsule:
        raise ValueError("no capsule")
    return capsule


def _around() -> tuple[str, str]:
    """What stands in the page before and after the capsule."""
    before, _, after = _TEMPLATE.read_text(encoding="utf-8").partition(_PLACE)
    return before, after
