"""DOCTYPE and entity declarations, wherever in an XML part they stand.

Entities can expand without bound and name other files; spreadsheet programs write none. A search through the bytes
clears almost every part. Where it finds one, expat tells a declaration from text that only looks like one (in a
comment, in CDATA), and stops at the first: nothing is ever expanded.
"""

from __future__ import annotations

import codecs
import re
from xml.parsers import expat

from assets.intake.formats.messages import unreadable

_WORDS = ("<!DOCTYPE", "<!ENTITY")
_SIGNS = tuple(word.encode(encoding) for word in _WORDS for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_ENCODING = re.compile(rb"""(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']""")
_ASCII = bytes(range(32, 127))
_UNSEEN = (codecs.BOM_UTF32_LE, b"\x00\x00", b"<\x00\x00\x00", b"\x4c\x6f\xa7")
"""How UTF-32 and EBCDIC begin."""
_CHUNK = 1 << 16


class _DeclaredError(Exception):
    """Raised in the parser at the first declaration."""


def refuse_entities(part: bytes, kind: str) -> None:
    """Errors: `Unreadable` (`xml_entities`; `corrupt` for an encoding in which a declaration would not be seen)."""
    if not _shows_ascii(part):
        raise unreadable("corrupt", kind=kind)
    if b"!" in part and any(sign in part for sign in _SIGNS) and _is_declared(part):
        raise unreadable("xml_entities")


def _shows_ascii(part: bytes) -> bool:
    """Whether letters stand in the bytes as ASCII or UTF-16 has them. They do not in UTF-7, UTF-32 or EBCDIC."""
    if part.startswith(_UNSEEN):
        return False
    found = _ENCODING.match(part)
    if found is None or found[1].lower().startswith((b"utf-16", b"utf16", b"ucs-2")):
        return True
    try:
        return _ASCII.decode(found[1].decode("ascii")) == _ASCII.decode("ascii")
    except (UnicodeError, LookupError):
        return False


def _is_declared(part: bytes) -> bool:
    """Whether a parser meets a declaration, or cannot tell because the part is not well-formed."""

    def met(*_: object) -> None:
        raise _DeclaredError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = met
    parser.EntityDeclHandler = met
    try:
        for start in range(0, len(part), _CHUNK):
            parser.Parse(part[start : start + _CHUNK], False)
        parser.Parse(b"", True)
    except (_DeclaredError, expat.ExpatError):
        return True
    return False
