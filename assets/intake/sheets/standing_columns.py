"""Columns that are ticked for who is still there, died, moved, or is not eligible: `MS | TMS`, `ADA | MENINGGAL`.

Danger: such columns say nothing to who looks for a word in the cell, so that the dead are referred; or they are about
somebody else (`AYAH | IBU`), a house or a card. Remedy: columns side by side whose headers say a standing
(`standing.py`), of which one says that people are gone, below nothing but a header that asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from assets.intake.sheets.evidence import STANDING, Content, status_field
from assets.intake.sheets.headers import HeaderCell, header_fields, header_key
from assets.intake.sheets.legends import Codes
from assets.intake.sheets.standing import Standing, says_gone, standing_named
from assets.intake.sheets.tick_matrix import is_marked

if TYPE_CHECKING:  # which imports this one
    from assets.intake.sheets.mapping import Column

ASKS_STANDING = re.compile(
    r"(?:KET|KETERANGAN|JENIS|HASIL)?(?:STATUS|MUTASI|PERUBAHAN|VERIFIKASI|VERVAL|PENDATAAN|TINDAKLANJUT|USULAN|REKOMENDASI|HASIL)"
    r"(?:WARGA|ORANG|INDIVIDU|PENDUDUK|DATA|KEPESERTAAN|PENERIMA|LAPANGAN|AKHIR|HIDUP|MENINGGAL|PINDAH|MATI|AKTIF|LAYAK"
    r"|TIDAK|MS|TMS|TETAP|HAPUS|BARU)*"
)
"""Keys of headers that say nothing without the words below them."""
_DAY_OF_DEATH = re.compile(r"(?:TANGGAL|TGL|TAHUN|THN)(?:MENINGGAL|WAFAT|KEMATIAN)")
_OF_OTHERS = re.compile(r"AYAH|IBU|BAPAK|ORTU|ORANGTUA|WALI|SUAMI|ISTRI|PASANGAN|KEPALAKELUARGA|RUMAH")
_OF_CARDS = re.compile(r"BPJS|JKN|KIS|PBI|KARTU|KKS|REKENING|SEKOLAH|ANAK|ALASAN|SEBAB|GANTI")
"""What else may be active or not, or have died, below headers that nobody knows: an `ALASAN` is why others came."""
_REPLACED_BY = re.compile(
    r"NAMA(?:LENGKAP|CALON|PENERIMA|KPM|PM|LANSIA|PMKS)*(?:PENGGANTI|BARU)"
    r"|.*(?:PENGGANTI|PENERIMABARU)NAMA(?:LENGKAP)?|PENGGANTI|DIGANTI(?:KAN)?OLEH"
)
REPLACED = "kolom nama pengganti"
"""The evidence of a column that names whoever came in the place of the person listed."""
_OF_LIFE = re.compile(r"HIDUP(?:MATI|MENINGGAL)")
_NO_ALONE = frozenset({"TIDAK", "TDK", "KURANG", "KELUAR", "BUKAN"})
_OF_DEATH = frozenset({"meninggal", "hidup", "masih hidup"})
_STANDING: tuple[tuple[str, ...], ...] = tuple((name,) for name in STANDING)
_FEWEST = 3
_LIFE_LETTERS = {"H": "hidup", "M": "meninggal", "P": "pindah"}


def take_standing(columns: Sequence[Column], cells: Mapping[int, HeaderCell]) -> None:
    """Let ticks below headers that say a standing say it of their rows, and a date below `TANGGAL MENINGGAL` too."""
    said = [_said_by(column, cells) for column in columns]
    for stands, group in groupby(range(len(columns)), key=lambda at: said[at] is not None):
        run = list(group)
        before = header_key(columns[run[0] - 1].header) if run[0] else ""
        found = [standing for at in run if (standing := said[at])]
        if stands and _of_people([text for _, text in found], before):
            for at, (field, text) in zip(run, found, strict=True):
                column = columns[at]
                column.fields, column.by, column.answer = (field,), "alias", text
                column.is_number, column.is_ignored, column.evidence = False, False, f"kolom tanda: {text.lower()}"


def take_replaced(columns: Sequence[Column]) -> None:
    """Let a name below `NAMA PENGGANTI` say of its row that the person listed is replaced."""
    named = False
    for column in columns:
        names = column.content is None or column.content.share(column.content.names) >= 0.5
        if named and names and column.by != "sidecar" and _REPLACED_BY.fullmatch(header_key(column.header)):
            column.fields, column.by, column.answer, column.evidence = ("status_layak",), "alias", "DIGANTI", REPLACED
            column.is_ignored = False
        named |= "nama" in column.fields


def _of_people(texts: Sequence[str], before: str) -> bool:
    """Whether standings side by side are those of the people listed: one says that they are gone, and neither a lone
    `KURANG` nor the death of who is named right before them."""
    lone = len(texts) == 1 and texts[0] in _NO_ALONE
    of_other = not set(texts) - _OF_DEATH and _OF_OTHERS.search(before)
    return any(map(says_gone, texts)) and not lone and not of_other


def _said_by(column: Column, cells: Mapping[int, HeaderCell]) -> Standing | None:
    """What the header of a column says of whom it ticks; None where it is none of that kind."""
    cell, content = cells.get(column.index), column.content
    if not cell or column.by == "sidecar" or (column.is_ticked and column.fields not in _STANDING):
        return None
    if not all(_asks_standing(text) for text in cell.texts[:-1]):
        return None
    dated = content is not None and content.dates >= 0.5 * content.filled
    if _DAY_OF_DEATH.fullmatch(header_key(cell.leaf)):
        return ("status_hidup", "meninggal") if dated else None
    if content and not dated and not is_marked(content):
        return None
    return ("status_layak", "TIDAK") if header_key(cell.leaf) in ("TIDAK", "TDK") else standing_named(cell.leaf)


def _asks_standing(text: str) -> bool:
    fields = header_fields((text,))[0]
    return bool(ASKS_STANDING.fullmatch(header_key(text))) or fields == ("keterangan",) or fields in _STANDING


def lists_the_gone(leaf: str, content: Content) -> bool:
    """Whether most words below a header that nobody knows (`HASIL GC`) say a standing, and some that people died or
    moved: such a column is about the people listed, unless its header names others, a card or a house."""
    key = header_key(leaf)
    if content.stated < _FEWEST or content.status() not in STANDING or _OF_OTHERS.search(key) or _OF_CARDS.search(key):
        return False
    of_life = {text.strip() for text in content.texts if status_field(text.strip()) == "status_hidup"}
    standings = filter(None, map(standing_named, of_life))
    return any(field == "status_hidup" and says_gone(text) for field, text in standings)


def letters_of_life(header: str, content: Content | None) -> Codes | None:
    """What the letters below `HIDUP/MATI` mean; None where there are others."""
    texts = {text.strip().upper() for text in content.texts} - {"", "-"} if content else set()
    return dict(_LIFE_LETTERS) if texts and texts <= {*_LIFE_LETTERS} and _OF_LIFE.search(header_key(header)) else None
