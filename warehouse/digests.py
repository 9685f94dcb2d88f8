"""One short hash over facts."""

from __future__ import annotations

import hashlib
import json


def digest_of(*parts: object) -> str:
    """Hash any JSON-able facts into one short, stable name (SHA-256, 32 hex digits)."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
