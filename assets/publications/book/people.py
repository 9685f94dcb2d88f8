"""*Baru*, *Berakhir*, *Koordinasi* and *Kamus*: what changed, who else holds a household, and what every word means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from assets.publications.book.field_list import field_rows
from assets.publications.book.pages import Looks
from assets.publications.book.tables import ROWS_A_SHEET, Shown, write_list
from assets.publications.changes import Changes, is_new
from assets.publications.recaps import OF_HOMES, coordination
from assets.publications.referral_rows import sheet_columns
from assets.referrals.ending_codes import meanings
from validation.answers import reasons_of_refusal
from validation.categories import pmks_types
from validation.directorates import directorates

_BEGUN = (
    Shown("desa", "Desa/Kelurahan", 110), Shown("Nama", "Nama", 150), Shown("Umur", "Umur", 42, "centre"),
    Shown("L/P", "L/P", 32, "centre"), Shown("Kategori", "Kategori", 150), Shown("Tujuan rujukan", "Tujuan", 160),
    Shown("alasan", "Alasan", 330),
)  # fmt: skip
_ENDED = (
    Shown("desa", "Desa/Kelurahan", 120), Shown("nama", "Nama", 155), Shown("kategori", "Kategori", 160),
    Shown("tujuan", "Tujuan", 165), Shown("valid_to", "Berakhir", 75, "date"),
    Shown("alasan_berakhir", "Mengapa", 190), Shown("referral_id", "referral_id", 110),
)  # fmt: skip
_COORDINATION = (
    Shown("desa", "Desa/Kelurahan", 120), Shown("dusun", "Dusun", 85), Shown("rt", "RT", 34, "centre"),
    Shown("rw", "RW", 34, "centre"), Shown("alamat", "Alamat", 195), Shown("kepala", "Kepala keluarga", 165),
    Shown("anggota", "Anggota", 60, "centre"), Shown("direktorat_lain", "Direktorat lain", 135),
    Shown("memimpin", "Yang memimpin", 120),
)  # fmt: skip
_GLOSSARY = (Shown("jenis", "Jenis", 105), Shown("istilah", "Istilah", 155), Shown("arti", "Arti", 405))
_WORD = pa.schema([(each.column, pa.string()) for each in _GLOSSARY])


def write_changes(
    book: Any,
    looks: Looks,
    table: pa.Table,
    changed: Changes,
    texts: Mapping[str, Any],
    *,
    rows_a_sheet: int = ROWS_A_SHEET,
) -> None:
    """Add the sheets of what began and what ended since the list before."""
    before = f"{changed.since:%d-%m-%Y}" if changed.since else "–"
    begun = field_rows(table.filter(is_new(table, changed)))
    names = [each.column for each in _ENDED]
    ended = pa.Table.from_pandas(changed.ended.reindex(columns=names), preserve_index=False, nthreads=1)
    for part, rows, shown in (("begun", begun, _BEGUN), ("ended", ended, _ENDED)):
        words = {key: text.format(before=before) for key, text in texts[part].items()}
        if changed.since is None:
            words["empty"] = texts["first_list"]
        name, footer = texts["sheets"][part], texts["footer"]
        write_list(book, looks, name, rows, shown, words, footer=footer, rows_a_sheet=rows_a_sheet)


def write_coordination(
    book: Any, looks: Looks, table: pa.Table, texts: Mapping[str, Any], *, rows_a_sheet: int = ROWS_A_SHEET
) -> None:
    """Add the sheet of households that other directorates hold too; nothing in it says for what."""
    homes = coordination(table.select(OF_HOMES).filter(pc.is_valid(table["nama"])))
    for name in ("memimpin", "direktorat_lain"):
        coded = homes[name].combine_chunks().dictionary_encode()
        said = pa.array(map(_named, coded.dictionary.to_pylist()), pa.string())
        homes = homes.set_column(homes.column_names.index(name), name, said.take(coded.indices))
    write_list(
        book,
        looks,
        texts["sheets"]["coordination"],
        homes,
        _COORDINATION,
        texts["coordination"],
        footer=texts["footer"],
        rows_a_sheet=rows_a_sheet,
    )


def _named(codes: str) -> str:
    """Directorates by name, for their codes, joined by commas."""
    return ", ".join(directorates()[code].kode.capitalize() for code in codes.split(", "))


def write_glossary(book: Any, looks: Looks, texts: Mapping[str, Any], table: pa.Table) -> None:
    """Add the sheet of what every column, code and word means."""
    kinds = texts["glossary"]["kinds"]
    listed = set(table["kode_pmks"].unique().to_pylist())
    rules = sorted(table["basis"].unique().to_pylist())
    parts = [
        *((kinds["column"], column.header, column.description) for column in sheet_columns()),
        *((kinds["category"], code, kind.nama) for code, kind in pmks_types().items() if code in listed),
        *((kinds["refusal"], code, text) for code, text in reasons_of_refusal().items()),
        *((kinds["ending"], code, text) for code, text in meanings().items()),
        *((kinds["directorate"], d.kode.capitalize(), d.nama) for d in directorates().values()),
        *((kinds["basis"], basis.split(":")[0], basis) for basis in rules),
    ]
    words = pa.Table.from_pylist([dict(zip(_WORD.names, part, strict=True)) for part in parts], _WORD)
    write_list(
        book, looks, texts["sheets"]["glossary"], words, _GLOSSARY, texts["glossary"], footer=texts["footer"],
        orientation="portrait",
    )  # fmt: skip
