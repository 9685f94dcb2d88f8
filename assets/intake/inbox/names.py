r"""Names of files, whatever bytes they are made of, as text that can be kept, shown and written anywhere.

A name that is no UTF-8, or holds what cannot be seen, is written with escapes: `\xff` for a byte, `\u202e` for a
character, `\\` for a backslash. All other names stay as they are. No two names give the same text.
"""

from __future__ import annotations

import os
import re
import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
_PLAIN = re.compile(r"[A-Za-z0-9 ._()/,+&=@#!~\[\]{}'-]*")
_ESCAPE = re.compile(r"\\(?:\\|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")
_MOST_BYTES = 150
"""Of a stem in the name of a file that is made for it: what is put around it must fit into the 255 of file systems."""


def shown(name: str) -> str:
    r"""A name or path as Python has it from the file system, with escapes.

    >>> shown("desa\udcff\n.xlsx"), shown("a\\b.xlsx"), shown("Data PMKS Ç.xlsx")
    ('desa\\xff\\x0a.xlsx', 'a\\\\b.xlsx', 'Data PMKS Ç.xlsx')
    """
    return name if _PLAIN.fullmatch(name) else "".join(map(_escaped, name))


def _escaped(sign: str) -> str:
    code = ord(sign)
    if sign == "\\":
        return "\\\\"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(sign) not in _UNSEEN and not _is_no_character(code):
        return sign
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _is_no_character(code: int) -> bool:
    """Whether Unicode will never have such a character, and XML forbids it."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def bytes_of(text: str) -> bytes:
    r"""The bytes of the name that `shown` gave a text for.

    >>> bytes_of(shown("desa\udcff.xlsx"))
    b'desa\xff.xlsx'
    """

    def sign(found: re.Match[str]) -> str:
        byte, short, long = found.groups()
        if byte:
            code = int(byte, 16)
            return chr(code if code < 0x80 else code + 0xDC00)
        return chr(int(short or long, 16)) if short or long else "\\"

    return os.fsencode(_ESCAPE.sub(sign, text))


def stem_for_output(stem: str) -> str:
    """The stem of a file in the name of one that is made for it: safe on any system, and short enough."""
    safe = re.sub(r"[^\w().,+ -]", " ", stem)[:80]
    short = safe.encode()[:_MOST_BYTES].decode("utf-8", "ignore").strip() or "daftar"
    return re.sub(r" - PERBAIKAN .*", "", short)
