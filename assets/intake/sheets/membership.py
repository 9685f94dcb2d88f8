"""Columns that say whether somebody is PMKS, or worthy, at all: `PMKS (Ya/Tidak)` beside `JENIS PMKS`, or `SEBAGAI`
over who is looked after and who looks after them.

Danger: taken for a second column of categories such a column comes behind the first, and whoever it denies is referred;
so is the helper in a list of the old. Remedy: a header that asks nothing else, over cells that answer nothing else, is
a verdict on the row (`status_layak`); a column of roles is one on those who are helpers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assets.intake.sheets.evidence import STANDING, TICKS, Content, status_field
from assets.intake.sheets.headers import HeaderCell, header_key
from assets.intake.sheets.legends import Codes
from validation.vocabulary import helper_of, refusal_of

if TYPE_CHECKING:  # which imports this one
    from assets.intake.sheets.mapping import Column

_PMKS = re.compile(r"\b(?:PMKS|PPKS)\b", re.IGNORECASE)
_ASKING = re.compile(
    r"(?:\b(?:pmks|ppks|apa(?:kah)?|status|termasuk|tergolong|masih|benar|layak|kelayakan|verifikasi|hasil|ket(?:erangan)?"
    r"|sebagai|adalah|atau|bukan|ya|iya|tidak|tdk|non|y|t|n)\b|[^\w])*",
    re.IGNORECASE,
)
"""Words of which a header consists that asks whether somebody is PMKS."""
_BOTH = re.compile(r"\b(?:ya|y)\b.*\b(?:tidak|tdk|t)\b|\blayak\b.*\b(?:tidak|tdk)\b", re.IGNORECASE)
_ANSWERS = TICKS | {"pmks", "ppks", "termasuk", "masih", "iya", "benar", "layak", "0", "t", "n", "no", "false", "salah"}
_OF_ROLES = re.compile(
    r"(?:KET|KETERANGAN)?(?:STATUS|SEBAGAI|PERAN|PERANAN|JABATAN|KEDUDUKAN|POSISI|UNSUR)"
    r"(?:ORANG|INDIVIDU|WARGA|ANGGOTA|KEANGGOTAAN|PESERTA|DALAM|DI|KELOMPOK|KEGIATAN|DAFTAR|PMKS|PPKS)*"
)
"""Keys of headers of columns that say what somebody is."""
_OF_OTHERS = re.compile(r"NAMA|PENDAMPING|PETUGAS|PELAPOR|KADER|WALI|PENGASUH|PENGURUS")
_MOST = 0.9
_NO = "TIDAK"
_SHORT_NO = dict.fromkeys(("T", "t", "N", "n", "NO", "No", "no", "0", "FALSE", "False", "false", "☐", "□"), _NO)
"""What denies in a column of answers and means something else in others, or nothing."""
_YES_MARKS = frozenset({"v", "√", "✓", "✔", "ya", "y"})


def asks_membership(header: str) -> bool:
    """Whether a header asks if somebody is PMKS, and nothing more.

    >>> asks_membership("Termasuk PMKS? (Ya/Tidak)"), asks_membership("BANTUAN PMKS"), asks_membership("JENIS PMKS")
    (True, False, False)
    """
    return bool(_PMKS.search(header) and _ASKING.fullmatch(header))


def take_membership(columns: Sequence[Column], cells: Mapping[int, HeaderCell]) -> None:
    """Take columns that ask and answer whether somebody is PMKS for what they are, and read short answers there and in
    columns of eligibility."""
    for column in columns:
        content = column.content
        if column.by == "sidecar" or column.is_ticked or not content or not content.filled:
            continue
        if asks_membership(column.header) and column.index in cells and _answers(content):
            column.fields = ("status_hidup" if content.status() == "status_hidup" else "status_layak",)
            column.by, column.is_number, column.is_ignored = "alias", False, False
            column.evidence = "jawaban apakah orangnya PMKS"
        if column.fields == ("status_layak",):
            column.code_map = _denials(column.header, content)


def _answers(content: Content) -> bool:
    """Whether nearly all cells answer a question, and none names a category."""
    known = sum(_is_answer(text) for text in content.texts if text.strip())
    return not content.categories and known >= _MOST * content.filled


def _is_answer(text: str) -> bool:
    plain = text.strip().lower()
    return plain in _ANSWERS or bool(refusal_of(plain, of_status=True)) or status_field(plain) in STANDING


def _denials(header: str, content: Content) -> Codes | None:
    """What short answers of a column mean. A cross denies only where the header offers both answers, and others are
    ticked or answered with yes."""
    marks = {text.strip().lower() for text in content.texts}
    crossed = _BOTH.search(header) and "x" in marks and marks & _YES_MARKS
    codes = {**_SHORT_NO, **({"x": _NO, "X": _NO} if crossed else {})}
    return codes if any(len(mark) == 1 for mark in marks) else None


def take_roles(columns: Sequence[Column]) -> None:
    """Let a column of roles say of those who are helpers that they are no PMKS, and nothing of the others. Not one
    behind the name of somebody else, whose role it is."""
    of_other = False
    listed = next((column.index for column in columns if "nama" in column.fields), None)
    if listed is None or any("status_layak" in column.fields for column in columns):
        return
    for column in columns:
        key = header_key(column.header)
        of_other |= column.index > listed and _OF_OTHERS.search(key) is not None
        free = not (of_other or column.fields or column.by or column.is_ticked)
        if not free or not column.content or not _OF_ROLES.fullmatch(key):
            continue
        roles = {text: helper_of(text) or "" for text in map(str.strip, column.content.texts) if text}
        helpers = sum(bool(roles.get(text.strip())) for text in column.content.texts)
        if helpers:
            column.fields, column.by, column.code_map, column.is_ignored = ("status_layak",), "alias", roles, False
            column.evidence = f"{helpers} dari {column.content.filled} sel terisi berupa peran selain PMKS"
            return
