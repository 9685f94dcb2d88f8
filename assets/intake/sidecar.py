"""What sidecar files (`<file>.yml`, `sumber.yml`) declare about a file, as the registry keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

FOLDER_NAME = "sumber.yml"
CODE_MAPS = ("hubungan", "jenis_disabilitas", "status_hidup")
"""Keys that say what the codes of a field mean, beside `jenis_kelamin`."""
OF_SHEETS = frozenset(
    {"kode_desa", "periode", "kode_pmks", "skema_kode", "jenis_kelamin", "kolom", "baris_kepala", *CODE_MAPS}
)
"""Keys that may be said of a single sheet."""
FAULTS = "keterangan_salah"
"""In a declaration: what is wrong in the sidecars of the file, which is held for it: `[code, facts]` for each fault."""


def canonical_json(declaration: Mapping[str, Any]) -> str:
    """A declaration as the registry keeps it: the same facts give the same text."""
    return json.dumps(declaration, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=4096)
def declaration_of(text: str) -> dict[str, Any]:
    """The declaration back from the registry."""
    return dict(json.loads(text)) if text else {}


def for_sheet(declaration: Mapping[str, Any], sheet: str) -> dict[str, Any]:
    """What is declared for one sheet: the file's keys, overruled by the sheet's own."""
    own = declaration.get("lembar", {}).get(sheet, {})
    return {**{k: v for k, v in declaration.items() if k in OF_SHEETS}, **own}
