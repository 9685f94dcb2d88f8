"""Reporting periods as people write them: `2024`, `SEMESTER I 2024`, `BULAN JUNI 2024`."""

from __future__ import annotations

import re

_MONTHS = ("JAN", "FEB", "MAR", "APR", "ME", "JUN", "JUL", "A(?:GU|GS)", "SEP", "OKT", "NO[VP]", "DES")
_YEAR = r"(?P<year>20[0-4]\d|19[89]\d)"
_EXACT = re.compile(
    rf"(?<!\d){_YEAR}[-_ ]?(?:S(?:MT|EM(?:ESTER)?)?[ .-]?(?P<half>[12]|II?)|[-_](?P<month>0[1-9]|1[0-2]))(?!\d)", re.I
)
_HALF = re.compile(
    rf"(?:SEMESTER|\bSMT\.?|\bSEM\.?)\s*(?P<half>II|I|[12]|SATU|DUA|GANJIL|GENAP)\b\D{{0,12}}{_YEAR}(?!\d)", re.I
)
_MONTH = re.compile(rf"(?<![\d\s])\s*\b(?P<name>{'|'.join(_MONTHS)})[A-Z]*\.?\s+(?:TAHUN\s+)?{_YEAR}(?!\d)", re.I)
_SAID = re.compile(rf"\b(?:TAHUN|THN|TH\.|PERIODE|TA\.?)\s*(?:ANGGARAN|DATA|PENDATAAN)?\s*[:.]?\s*{_YEAR}(?!\d)", re.I)
_UNTIL = re.compile(
    r"\b(?:PER|KEADAAN|POSISI|S\.?\s?D\.?|SAMPAI(?:\s+DENGAN)?)\s*(?:TANGGAL|TGL\.?)?\s*:?\s*"
    rf"\d{{1,2}}[-/.](?P<month>0?[1-9]|1[0-2])[-/.]{_YEAR}(?!\d)",
    re.I,
)
_ALONE = re.compile(rf"(?<![\d./-]){_YEAR}(?![\d./-]\d|\d)")
_SENT = re.compile(
    r"WhatsApp \w+ \d{4}-\d\d-\d\d (?:at|pukul|jam) [\d.]+|\b(?:DOC|IMG|VID|PDF)-\d{8}-WA\d+"
    r"|\b(?:Screenshot|Scan)[ _]*\d{4}[-_]?\d\d[-_]?\d\d\S*",
    re.I,
)
"""Names that a telephone gives what it sends: they say when, not of which period."""
_LAW = re.compile(
    r"\b(?:UU|UNDANG[- ]?UNDANG|PP|PERPRES|INPRES|PERMEN\w*|KEPMEN\w*|PERDA|PERGUB|PERBUP|PERWAL\w*"
    r"|PERATURAN\s+(?:BUPATI|DAERAH|GUBERNUR|MENTERI|PEMERINTAH|PRESIDEN|WALI\s?KOTA)|KEPUTUSAN\s+(?:MENTERI|PRESIDEN))\b"
    r"[^;]{0,60}?\b\d{1,4}(?:\s*[-/]\s*[A-Z]{1,12})?(?:\s*[-/]\s*|,?\s*(?:TAHUN|THN|TH)\.?\s*)(?:19|20)\d\d(?!\d)",
    re.I,
)
"""A law or regulation that a title names: its year is that of no list. That of a village's own decree may be."""


def period_in(text: str) -> str | None:
    """The one period a text names, or None where it names none or several.

    >>> period_in("WhatsApp Document 2024-03-05 at 10.22.33"), period_in("DOC-20240305-WA0012 PMKS 2023")
    (None, '2023')

    >>> [period_in(t) for t in ("BNBA TAHUN 2023", "SEMESTER I TAHUN 2024", "2024-06", "Juni 2024", "2021 2022")]
    ['2023', '2024-S1', '2024-06', '2024-06', None]

    >>> period_in("PMKS (PERMENSOS NO. 8 TAHUN 2012)"), period_in("PMKS per 31-12-2023 (UU 11/2009)")
    (None, '2023-12')
    """
    text = _LAW.sub(" ", _SENT.sub(" ", text))
    if found := _EXACT.search(text):
        if found["half"]:
            return f"{found['year']}-S{_half(found['half'])}"
        return f"{found['year']}-{found['month']}"
    if found := _HALF.search(text):
        return f"{found['year']}-S{_half(found['half'])}"
    if found := _UNTIL.search(text):
        return f"{found['year']}-{int(found['month']):02d}"
    months = [m for m in _MONTH.finditer(text) if not re.search(r"\d\s*$", text[: m.start("name")])]
    if len(months) == 1:
        month = next(i for i, name in enumerate(_MONTHS, 1) if re.match(name, months[0]["name"], re.I))
        return f"{months[0]['year']}-{month:02d}"
    for pattern in (_SAID, _ALONE):
        years = {found["year"] for found in pattern.finditer(text)}
        if years:
            return years.pop() if len(years) == 1 else None
    return None


def _half(text: str) -> str:
    return "1" if text.upper() in ("1", "I", "SATU", "GANJIL") else "2"
