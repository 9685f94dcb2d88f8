"""Whether a title, a sheet's name or a file's name says which category a list is of.

A list of one category often names it nowhere else. Only a text that names exactly one is believed: a title that
lists several says that the list is mixed, not which row is which. `PMKS 24` may be the lists of a year, `PMKS 2` the
second of several: in names only the whole code is one (`PMKS-24`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

from assets.intake.sheets.evidence import known_category
from validation.categories import counts_or_dates, map_text, pmks_types

_NOISE = re.compile(
    r"\b(?:daftar|data|rekap(?:itulasi)?|nama(?:-nama)?|tahun|thn|bulan|semester|form(?:ulir)?|list|lampiran|by|address|bnba|penerima"
    r"|bantuan|usulan|calon|pendataan|per|se|dan|fix|final|rev\w*|tabel|kategori|jenis|pmks|ppks)\b|\d{4}",
    re.IGNORECASE,
)
_CHILDREN = r"(?:dari\s+)?(?:anak|balita|bayi|murid|siswa|santri|yatim|penyandang|disabilitas|difabel|abk|adk)"
_OF_HELPERS = re.compile(
    r"^\W*(?:(?:data|daftar|nama|susunan|struktur|rekap\w*|hadir|absen\w*|tim)\s+)*"
    r"(?:pengurus|kader|petugas|pendamping|tksk|tagana|panitia|relawan|guru|pengasuh|psks|pengampu|caregiver|penyuluh"
    r"|donatur|peksos|pekerja\s+sosial|penanggung\s*jawab|ahli\s+waris|wali(?!\s*(?:kota|nagari|jorong|korong))"
    r"|(?:keluarga|kk)\s+(?:asuh|angkat|pengasuh|pendamping|pengganti)"
    rf"|(?:orang\s*tua|ortu)\s+(?:asuh|angkat|wali|pengganti|{_CHILDREN}))\b"
    r"|^\W*(?:daftar\s+hadir|absen\w*)\b(?!.*\b(?:penerima|bantuan|penyaluran|penyerahan|pembagian)\b)",
    re.IGNORECASE,
)
"""Lists of those who help people of a category, are their guardians or parents, or came to a meeting about them; who
fetched help is one of them."""
_NO_PLACE = re.compile(r".*\w\W+\w.*|\w{6,}|[^aeiou]{3,}", re.IGNORECASE)
"""What is hardly a village's name, of a folder that names a category: two words, a long one, or an abbreviation."""
_SHORTEST = 3
_LONGEST_PHRASE = 9


def lists_helpers(text: str) -> bool:
    """Whether a title is that of a list of people who help others; `PETUGAS : SITI` names one above any list."""
    return ":" not in text and _OF_HELPERS.match(text) is not None


@lru_cache(maxsize=20_000)
def category_named(text: str) -> str | None:
    """The words of `text` that name a category, if they name one and no other place in it names another.

    >>> category_named("DAFTAR LANJUT USIA TERLANTAR")
    'LANJUT USIA TERLANTAR'
    >>> category_named("DAFTAR PENGURUS LKS LANSIA"), category_named("DAFTAR HADIR POSYANDU LANSIA")
    (None, None)
    """
    if lists_helpers(text):
        return None
    bare = re.sub(r"^\s*(?:daftar|data|rekap)\s+(?:nama\s+)?", "", text.strip(), flags=re.IGNORECASE).strip(" :")
    if len(bare) >= 2 and known_category(bare) and not counts_or_dates(bare):
        return bare if len(map_text(bare).codes) == 1 else None
    words = re.findall(
        r"[^\W\d_]+(?:[/'.-][^\W\d_]+)*|\([^)]{2,12}\)", _NOISE.sub(" ; ", text) if len(text) > 40 else text
    )
    found: list[str] = []
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + _LONGEST_PHRASE), start, -1):
            phrase = " ".join(words[start:end])
            if (
                len(phrase) >= _SHORTEST
                and (end - start > 1 or len(phrase) >= 4 or phrase.isupper())
                and known_category(phrase)
            ):
                found.append(phrase)
                start = end - 1
                break
        start += 1
    codes = {code for phrase in found for code in map_text(phrase).codes}
    return found[0] if len(codes) == 1 else None


def category_of_path(path: str) -> str | None:
    """The category that the name of a file says, or else the innermost of its folders that says nothing but a category.

    Villages are called Jompo and Waria: a folder is not believed as readily as a file.

    >>> category_of_path("16.10.05.2036/lansia terlantar/data.xlsx"), category_of_path("Jompo/RTLH desa/data.xlsx")
    ('lansia terlantar', None)
    """
    name = PurePosixPath(path).stem.replace("_", " ")
    of_file = category_named(name)
    if of_file or lists_helpers(name) or map_text(name).codes:
        return of_file
    folders = reversed(PurePosixPath(path).parts[:-1])
    return next((said for folder in folders if (said := _category_of_folder(folder))), None)


def lists_families(text: str) -> bool:
    """Whether a title names the families of people of a category, of whom not everybody need be one.

    >>> lists_families("DATA KELUARGA LANSIA"), lists_families("LANSIA DAN ANGGOTA KELUARGANYA")
    (True, True)
    >>> lists_families("KELUARGA FAKIR MISKIN"), lists_families("LANSIA PROGRAM KELUARGA HARAPAN")
    (False, False)
    """
    named, plain = category_named(text), " ".join(text.split())
    if not named or any(pmks_types()[code].subjek != "person" for code in map_text(named).codes):
        return False
    before = r"\b(?:keluarga|kk)\s+(?:(?:dengan|dari|para|yang|yg|memiliki|mempunyai|punya)\s+)*"
    behind = r"\s*(?:\bdan\b|\bbeserta\b|&|\+)\s*(?:anggota\s+)?keluarga(?:nya)?\b"
    of_named = re.escape(re.sub(r"\s+dan$", "", named, flags=re.IGNORECASE))
    return re.search(rf"{before}{of_named}\b|\b{of_named}{behind}", plain, re.IGNORECASE) is not None


def _category_of_folder(name: str) -> str | None:
    bare = " ".join(_NOISE.sub(" ", name.removesuffix(".zip").replace("_", " ")).split()).strip(" :.-")
    if not known_category(bare) or counts_or_dates(bare) or not _NO_PLACE.fullmatch(bare):
        return None
    match = map_text(bare)
    return bare if len(match.codes) == 1 and match.how != "fuzzy" else None
