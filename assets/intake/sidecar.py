"""Sidecar files (`<file>.yml`, `sumber.yml`): what people declare about a file, strongest first, checked key by key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from validation import regions
from validation.fields import FIELDS
from validation.periods import is_period
from validation.vocabulary import sex_of

FOLDER_NAME = "sumber.yml"
KEYS = ("kode_desa", "periode", "kode_pmks", "skema_kode", "jenis_kelamin", "kolom", "baris_kepala", "lembar",
        "menggantikan", "ditarik")  # fmt: skip
_OF_SHEETS = frozenset(KEYS) - {"lembar", "menggantikan", "ditarik"}
_PARTS = frozenset({*FIELDS, "kode_desa", "periode"})
_OWN_NAME = {"kode_desa": "kode_desa_baris", "periode": "periode_baris"}


class SidecarError(ValueError):
    """A sidecar that says something that cannot be; `key` is the key concerned, or empty for the whole file."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def read_sidecar(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The declared keys of one sidecar in canonical form, and the names of keys that are unknown or unusable.

    Raises `OSError` where it cannot be opened, and `SidecarError` where it is no sidecar.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=yaml.CSafeLoader)
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError):
        raise SidecarError("") from None
    if content is None:
        return {}, []
    if not isinstance(content, dict):
        raise SidecarError("")
    return _checked(content, KEYS)


def _checked(content: Mapping[Any, Any], known: tuple[str, ...] | frozenset[str]) -> tuple[dict[str, Any], list[str]]:
    declared: dict[str, Any] = {}
    refused: list[str] = []
    for key, value in content.items():
        name = str(key).strip().lower()
        if name not in known:
            refused.append(name[:40])
            continue
        try:
            declared[name] = _canonical(name, value)
        except SidecarError:
            refused.append(name)
    return declared, refused


def _canonical(key: str, value: Any) -> Any:
    """One value as it is stored; raises `SidecarError` where it cannot be."""
    text = str(value).strip()
    if key == "kode_desa":
        code = regions.village_code_in(text)
        if code is None:
            raise SidecarError(key)
        return code
    if key == "periode":
        if not (is_period(text.upper()) and text.startswith(("19", "20"))):
            raise SidecarError(key)
        return text.upper()
    if key == "kode_pmks":
        listed = value if isinstance(value, list) else [value]
        return [f"{item:02d}" if isinstance(item, int) else str(item).strip() for item in listed]
    if key == "baris_kepala":
        if not text.isdigit():
            raise SidecarError(key)
        return int(text)
    if key in ("jenis_kelamin", "kolom", "lembar"):
        if not isinstance(value, dict):
            raise SidecarError(key)
        return {"jenis_kelamin": _sexes, "kolom": _columns, "lembar": _sheets}[key](value)
    if value is None or not text:
        raise SidecarError(key)
    return text


def _sexes(value: Mapping[Any, Any]) -> dict[str, str]:
    found = {str(code).strip(): sex_of(str(meaning)) for code, meaning in value.items()}
    if None in found.values():
        raise SidecarError("jenis_kelamin")
    return {code: sex for code, sex in found.items() if sex}


def _columns(value: Mapping[Any, Any]) -> dict[str, str | None]:
    """Header text or letter → field; `+` joins the two fields of a combined column, null sets a column aside."""
    found: dict[str, str | None] = {}
    for header, name in value.items():
        parts = [part.strip().lower() for part in str(name).split("+")] if name not in (None, "", "-") else []
        if any(part not in _PARTS for part in parts):
            raise SidecarError("kolom")
        found[str(header).strip()] = "+".join(_OWN_NAME.get(part, part) for part in parts) or None
    return found


def _sheets(value: Mapping[Any, Any]) -> dict[str, Any]:
    found = {}
    for sheet, keys in value.items():
        if not isinstance(keys, dict):
            raise SidecarError("lembar")
        declared, refused = _checked(keys, _OF_SHEETS)
        if refused:
            raise SidecarError("lembar")
        found[str(sheet)] = declared
    return found


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
    return {**{k: v for k, v in declaration.items() if k in _OF_SHEETS}, **own}
