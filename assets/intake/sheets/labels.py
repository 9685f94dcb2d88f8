"""`Label : value` texts: band rows over the members of a family, meta rows above a list, region names in titles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter

from assets.intake.sheets.headers import fields_named
from validation.categories import map_text
from validation.regions import ABOVE_VILLAGES, is_city
from validation.rule_tables import rule_table

FAMILY = ("no_kk", "kepala_keluarga", "alamat", "dusun", "rt", "rw")
REGION_NAMES = ("desa", *ABOVE_VILLAGES)
LABELLED = frozenset({*FAMILY, *REGION_NAMES, "kategori", "periode_baris", "kode_desa_baris"})
"""The fields that labels outside a table give values to."""
_RT_RW = re.compile(
    r"^\s*(?:rt\.?\s*)?([0-9]{1,3}|[ivx]+)\s*[-/.\\ ]+\s*(?:rw\.?\s*)?([0-9]{1,3}|[ivx]+)\s*$", re.IGNORECASE
)
_UNIT = re.compile(r"\d|[ivx]+\b", re.IGNORECASE)
"""How the number of an RT or RW begins; `Ketua RT : SLAMET` names a person."""
_MONTH = (
    r"(?:januari|[fp]ebruari|maret|april|mei|juni|(?<!simpang )(?<!krueng )juli|agustus|september|oktober"
    r"|(?<!19 )no[vp]ember|desember)"
)
"""But for three villages none is named like a month."""
_WHEN = (
    rf"{_MONTH}(?=\s*(?:\d|[-–/]|s\.?\s?/?\s?d\b|sampai|dan\b|tahun|thn|$))|tahun|thn|th\.|t\.?a\.?\s*\d|periode"
    rf"|(?:bulan|bln\.?)\s*:?\s*(?:{_MONTH}|\d)|semester|smt\b|sem\.|tri\s?wulan|tw\b|catur\s?wulan|tahap\b|tgl|tanggal\s*\d|per\b|s/d"
    r"|keadaan|kondisi|posisi|akhir\s+tahun"
)
"""Words that begin what a title says of time, once it has named a region; no region is named so."""
_NO_NAME = re.compile(
    rf"(?:{_WHEN})|{_MONTH}$|(?:di|dan|untuk|nomor|kepada|oleh|dengan|sebagai|penerima|penyaluran)\b|t\.a\.?$|(?:yang|tentang)\s",
    re.IGNORECASE,
)
"""What follows a label and is no name: `BLT DANA DESA TAHUN 2025`, `PERATURAN DESA NOMOR 3`."""
_ABOVE = re.compile(r"(?:kecamatan|kec|kabupaten|kab|provinsi|propinsi|prov)\b.*\w", re.IGNORECASE)
"""Labels that no village is called by: `DANA DESA KABUPATEN OGAN ILIR` names none."""
_NEXT_LABEL = (
    r"desa\s*/\s*kel(?:urahan|uarahan)?|desa|kelurahan|kel|kecamatan|kec|distrik|kabupaten\s*/\s*kota|kabupaten|kab"
    r"|kota|provinsi|propinsi|prov"
)
"""What ends the name before it: villages are called *Ulee Gampong*."""
_TWICE = re.compile(r"\b(\w{3,})\s+[-–]\s+\1\b", re.IGNORECASE)
"""A word that is doubled with blanks around its hyphen, as villages are called: *Urek - Urek*."""
_REGION_WORD = re.compile(
    rf"\b(?!(?<=dana )desa\s+(?:{_WHEN}))"
    rf"(?P<label>{_NEXT_LABEL}|nagari|gampong|pekon)\b(?:\.\s*|\s+)(?P<value>[^,;:()\n]+?)"
    rf"(?=\s+(?:{_NEXT_LABEL})\b|\s+(?:{_WHEN}"
    r"|berdasarkan|hasil\b|untuk\b|nomor\b|tentang\b|se\s?-|rt\b|dusun\b)|\s*[,;:()\n]|\s+[-–]|(?<!\b\w)[-–/]\s*(?:kec|kab|prov|\d)|\s*\d{4}|\s*$)",
    re.IGNORECASE,
)
_BEGINS_LABEL = re.compile(rf"(?:{_NEXT_LABEL})\b", re.IGNORECASE)
_AFTER_REGION = re.compile(
    rf"[\s,;(–-]+(?:(?:19|20)\d\d\b|kecamatan|kec\.|kec\b|kabupaten|kab\.|kab\b|{_WHEN})", re.IGNORECASE
)
"""What ends the name of a region that a label gives."""
_PLAIN = {"desa": "desa", "kelurahan": "desa", "kel": "desa", "nagari": "desa", "gampong": "desa", "pekon": "desa",
          "kecamatan": "kecamatan", "kec": "kecamatan", "distrik": "kecamatan", "kabupaten": "kabupaten",
          "kab": "kabupaten", "kota": "kabupaten",
          "provinsi": "provinsi", "propinsi": "provinsi", "prov": "provinsi"}  # fmt: skip


@cache
def _label_pattern() -> re.Pattern[str]:
    """All labels as one pattern, by their first letters, so that hardly any is tried where none begins; the words are
    those of `header_aliases.csv`."""
    words = set()
    for row in rule_table(__file__, "header_aliases.csv"):
        if set(row["field"].split("+")) <= LABELLED:
            words.add(r"[\s./_]*".join(re.escape(w) for w in re.findall(r"[a-z0-9]+", row["alias"].lower())))
    groups = groupby(sorted(words), key=itemgetter(0))
    choice = "|".join(f"{first}(?:{'|'.join(word[1:] for word in group)})" for first, group in groups)
    return re.compile(rf"(?<![A-Za-z/])({choice})[\s.]*[:=][\s:]*", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _labels_in(text: str) -> tuple[tuple[int, int, str], ...]:
    """Where each label of a text begins, where its value begins, and the label: several readers of a row ask for it."""
    return tuple((found.start(), found.end(), found[1]) for found in _label_pattern().finditer(text))


def labelled_values(texts: Sequence[str]) -> dict[str, str]:
    """Values of the labels in one row: in the same cell, or in the cell to the right of a label that ends in a colon.

    >>> labelled_values(["No. KK : 1610050101150001", "Alamat : JL. MELATI, RT/RW : 003/001"])
    {'no_kk': '1610050101150001', 'alamat': 'JL. MELATI', 'rt': '003', 'rw': '001'}
    """
    found: dict[str, str] = {}
    filled = [text for text in texts if text]
    for position, text in enumerate(filled):
        following = filled[position + 1] if position + 1 < len(filled) else ""
        if ":" not in text and "=" not in text:
            fields = fields_named(text) if following.lstrip().startswith(":") else None
            if fields and set(fields) <= LABELLED:
                apart = following.strip() == ":" and position + 2 < len(filled)
                _put(found, fields, filled[position + 2] if apart else following)
            continue
        labels = _labels_in(text)
        ends = [*(start for start, _, _ in labels[1:]), len(text)]
        for number, ((_, start, label), end) in enumerate(zip(labels, ends, strict=False), 1):
            value = text[start:end].strip(" ,;\xa0")
            if not value and number == len(labels) and following and ":" not in following:
                value = following
            fields = fields_named(label)
            if fields:
                _put(found, fields, value)
    return found


def _put(found: dict[str, str], fields: tuple[str, ...], value: str) -> None:
    value = value.strip().lstrip(":").strip(" ,;\xa0")
    if fields[0] in REGION_NAMES and (end := _AFTER_REGION.search(value)):
        value = value[: end.start()]
    if not value or value in ("-", "--"):
        return
    pair = _RT_RW.match(value) if fields[-2:] == ("rt", "rw") else None
    if pair:
        found.setdefault("rt", pair[1])
        found.setdefault("rw", pair[2])
    elif len(fields) == 1 and (fields[0] not in ("rt", "rw") or _UNIT.match(value)):
        found.setdefault(fields[0], value)


def region_names(text: str) -> dict[str, str]:
    """Region names that a title mentions without a colon.

    >>> region_names("DATA PMKS DESA TANJUNG PASIR KECAMATAN PEMULUTAN KABUPATEN OGAN ILIR TAHUN 2023")
    {'desa': 'TANJUNG PASIR', 'kecamatan': 'PEMULUTAN', 'kabupaten': 'OGAN ILIR'}
    >>> region_names("DESA UREK - UREK KEC. GONDANGLEGI"), region_names("DESA N-1 AEK NABARA - 2024")
    ({'desa': 'UREK-UREK', 'kecamatan': 'GONDANGLEGI'}, {'desa': 'N-1 AEK NABARA'})
    """
    found: dict[str, str] = {}
    for label, value in _labelled_regions(_TWICE.sub(r"\1-\1", text)):
        value = value.strip(" .:-")
        if not value or value[0].isdigit() or _NO_NAME.match(value):
            continue
        if label == "kel" and (of_family := map_text(f"keluarga {value}")).codes and of_family.how != "fuzzy":
            continue  # a kind of family (*keluarga*), not a kelurahan
        found.setdefault(_PLAIN[label], f"Kota {value}" if label == "kota" else value)
    return found


def _labelled_regions(text: str) -> Iterator[tuple[str, str]]:
    """Each label of a text and its value. `KOTA` before no city is part of the name: `DESA X KOTA BARU`."""
    name: tuple[str, str] | None = None
    at = 0
    while match := _REGION_WORD.search(text, at):
        label, value = re.sub(r"\s*/.*", "", match["label"].lower()), match["value"]
        joined = name and not text[at : match.start()].strip()
        if _PLAIN[label] == "desa" and _ABOVE.match(value):
            at = match.start("value")
            continue
        at = match.end()
        if name and joined and label == "kota" and (_BEGINS_LABEL.match(value) or not is_city(value)):
            ends_name = _REGION_WORD.match(text, match.start("value"))
            at = ends_name.start() if ends_name else at
            name = (name[0], f"{name[1]} {text[match.start() : at].strip()}")
        else:
            yield from [name] if name else []
            name = (label, value)
    yield from [name] if name else []
