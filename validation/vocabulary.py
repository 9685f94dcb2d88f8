"""Words for sex, relation to the head, kind of disability, and for nothing at all; each a table of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from validation.rule_tables import rule_table

HEAD_OF_FAMILY = "KEPALA KELUARGA"
"""The relation (SHDK) of the person who heads a family."""
SPOUSES = ("ISTRI", "SUAMI")
"""Relations (SHDK) of who is married to the head."""
_CODE_BEFORE = re.compile(r"^\s*[(\[]?\d{1,2}[)\]]?\s*[.:=-]?\s*(?=[a-z])")
"""The code that forms print before a word, as in `2. Perempuan`; the word is what counts."""

_VOWELS = re.compile(r"[aeiou -]")
"""What is left out or doubled in words that are typed in a hurry, and what stands between their halves."""
_FEW = 3
"""Consonants that are too few to tell a misspelt word from another word."""

_NO = re.compile(
    r"(?:(?:sudah|sdh|telah)\s+)?(?:tidak|tdk|bukan|no|non)(?:\s+(?:lagi|termasuk|benar))?|kurang|keluar", re.IGNORECASE
)
"""What says no, or that somebody leaves the list, in a column that asks nothing else."""
_END_OF_REFUSAL = (
    r"(?=\W*$|\s*[,;:.(/-]|\s+(?:karena|krn|sebab|hasil|musdes|menerima|dapat|bantuan|pkh|bpnt|blt|dtks|dtsen|pmks|ppks"
    r"|lagi|sejak|tahun|thn|th|per|tgl|tanggal|bulan|sudah|punya|oleh|(?:19|20)\d\d"
    r"|dari\s+(?:data|daftar|dtks|dtsen|dana|dinas|desa|program|pemda|pemerintah|baznas))\b)"
)
"""What may follow: a house is `tidak layak huni`, and a neglected person `ditolak keluarga`."""
_OF_HELPERS = (
    r"(?:pkh|bpnt|psm|kb|pkk|sosial|kesehatan|desa|kelurahan|kecamatan|dusun|kampung|r[tw]|lansia|disabilitas|anak|odgj"
    r"|posyandu|puskesmas|dinas|panti|lksa?|yayasan|kube|kelompok|lapangan|pendata|siks[\s-]*ng|[ivx]+|\d+)\b"
)
"""Words behind the role of a helper: for whom, of what, and where."""
_WHICH = re.compile(
    r"[\s-]*(?:\bke)?[\s-]*(?:\d{1,2}|\b(?:[ivx]{1,4}|pertama|dua|kedua|tiga|ketiga|keempat|kelima|bungsu|sulung))$"
)
"""Which of several children or wives somebody is."""
_DISABLED = re.compile(r"^(?:penyandang\s+)?(?:cacat|disabilitas|difabel|kelainan|kecacatan|tuna)\b\s*(?:tuna\b\s*)?")
_DEGREE = re.compile(
    r"(?:[\s,(/-]+(?:total|sebagian|parsial|ringan|sedang|berat|permanen|bawaan|lahir|sejak\s+lahir|kanan|kiri)\b\)?)+$"
)
"""How much of it, since when, or on which side, behind a kind of disability."""
_AND = re.compile(r"\s*(?:[/,;&+]|\bdan\b|\bdan/atau\b)\s*")


def _key(text: str) -> str:
    plain = " ".join(_CODE_BEFORE.sub("", text.lower()).replace(".", " ").split())
    return plain.replace(" - ", "-")


def _by_key(rows: Iterable[Mapping[str, str]], column: str) -> dict[str, str]:
    return {_key(row["teks"]): row[column] for row in rows}


@cache
def _sexes() -> dict[str, str]:
    return _by_key(rule_table(__file__, "sexes.csv"), "jenis_kelamin")


@cache
def _sexes_misspelt() -> dict[str, str]:
    """The long words for a sex by their consonants, which hurried clerks keep in order."""
    by_consonants = ((_VOWELS.sub("", word), sex) for word, sex in _sexes().items())
    return {consonants: sex for consonants, sex in by_consonants if len(consonants) > _FEW}


@cache
def _relations() -> dict[str, str]:
    return _by_key(rule_table(__file__, "relations.csv"), "hubungan")


@cache
def _disabilities() -> dict[str, str]:
    return _by_key(rule_table(__file__, "disabilities.csv"), "jenis_disabilitas")


@cache
def _disabilities_alone() -> dict[str, str]:
    rows = rule_table(__file__, "disabilities.csv")
    return _by_key((row for row in rows if row["kategori"] == "ya"), "jenis_disabilitas")


@cache
def _placeholders() -> dict[str, str]:
    return _by_key(rule_table(__file__, "placeholders.csv"), "alasan")


def sex_of(text: str) -> str | None:
    """`L` or `P`, where the word says it; a bare number never does. Rests on `sexes.csv`.

    >>> sex_of("Pr."), sex_of("prempuan"), sex_of("1")
    ('P', 'P', None)
    """
    key = _key(text)
    return _sexes().get(key) or _sexes_misspelt().get(_VOWELS.sub("", key))


def relation_of(text: str) -> str | None:
    """The relation to the head of the family (SHDK), in capitals; None if the word is not known. Which child or wife
    it is (`Anak ke-2`) does not matter."""
    key = _key(text)
    return _relations().get(key) or _relations().get(_WHICH.sub("", key))


def disability_of(text: str) -> str | None:
    """The kind of disability; None if the word is not known. Rests on `disabilities.csv`.

    >>> disability_of("Cacat Rungu/Wicara"), disability_of("Tuna Netra dan Daksa"), disability_of("Cacat")
    ('rungu wicara', 'ganda', None)
    """
    known = _disabilities()
    key = _key(text)
    plain = _DEGREE.sub("", key)
    bare = _DISABLED.sub("", plain).strip()
    for said in (key, plain, bare, bare.partition("(")[0].strip()):
        if said in known:
            return known[said]
    if bare.startswith("ganda "):
        return "ganda"
    kinds = [known.get(_DISABLED.sub("", part).strip()) for part in _AND.split(bare)]
    if len(kinds) < 2 or None in kinds:
        return None
    return kinds[0] if len(set(kinds)) == 1 else "ganda"


def disability_alone(text: str) -> str | None:
    """The kind of disability that a word says by itself, without one for disabled: `Netra`, and not `Fisik` or
    `Stroke`, which may be said of other things. Rests on the column `kategori` of `disabilities.csv`.

    >>> disability_alone("NETRA"), disability_alone("Fisik")
    ('netra', None)
    """
    return _disabilities_alone().get(_key(text))


def is_placeholder(text: str) -> bool:
    """Whether the text stands for nothing. Rests on `placeholders.csv`."""
    plain = text.strip("'’`. \xa0").lower()
    if plain and plain[:2] not in _beginnings() and not (plain[0].isdigit() or plain[0] in "(["):
        return False
    return _key(text.strip("'’` ")) in _placeholders()


@cache
def placeholders() -> tuple[str, ...]:
    """The texts that stand for nothing, in small letters."""
    return tuple(_placeholders())


@cache
def _beginnings() -> frozenset[str]:
    """The first two letters of all placeholders: spares most texts the closer look."""
    return frozenset(key[:2] for key in _placeholders())


@cache
def no_person_pattern() -> str:
    """How names begin, in capitals, that are of no person: a committee, a church, a company. Rests on
    `no_person_words.csv`; Python and Arrow read the pattern alike."""
    return "^(?:" + "|".join(row["pattern"] for row in rule_table(__file__, "no_person_words.csv")) + ")"


@cache
def unknown_name_pattern() -> str:
    """Whole names, in letters of either case, that say that nobody knows it (`Mr. X`, `Tanpa nama`, `ODGJ di pasar`).
    Rests on `unknown_names.csv`; Python and Arrow read the pattern alike."""
    names = "|".join(row["pattern"] for row in rule_table(__file__, "unknown_names.csv"))
    return rf"(?i)^[( ]*(?:{names})\)?(?: *\(.*\))?$"


@cache
def _refusals(*, of_house: bool) -> re.Pattern[str]:
    words = rule_table(__file__, "refusal_words.csv")
    heard = ("tidak", "hanya") if of_house else ("tidak", "ya")
    patterns = "|".join(row["pattern"] for row in words if row["of_house"] in heard)
    return re.compile(rf"^\W*(?P<words>{patterns}){_END_OF_REFUSAL}", re.IGNORECASE)


def refusal_of(text: str, *, of_status: bool = False, of_house: bool = False) -> str | None:
    """The words, in capitals, by which a village says at the beginning of a remark that somebody is not, or no longer,
    to be helped; None if it does not. `of_status`: it was asked whether they are, so that a bare `tidak` says it, too.
    `of_house`: the list is one of houses, of which `tidak layak` and such words may be said, and only there is a house
    that was mended a reason. Rests on `refusal_words.csv`.

    >>> refusal_of("Graduasi mandiri, buka warung"), refusal_of("tidak layak huni"), refusal_of("Kurang mampu")
    ('GRADUASI MANDIRI', None, None)
    >>> refusal_of("Ditolak keluarga"), refusal_of("Ditolak, hasil musdes"), refusal_of("Mampu berjalan")
    (None, 'DITOLAK', None)
    >>> refusal_of("Tidak"), refusal_of("Tidak", of_status=True)
    (None, 'TIDAK')
    >>> refusal_of("Tidak layak", of_house=True), refusal_of("Sudah dicoret", of_house=True)
    (None, 'SUDAH DICORET')
    >>> refusal_of("Sudah dibedah 2023"), refusal_of("Sudah dibedah 2023", of_house=True)
    (None, 'SUDAH DIBEDAH')
    """
    found = _refusals(of_house=of_house).match(text)
    if found:
        return " ".join(found["words"].upper().split())
    return text.strip().upper() if of_status and not of_house and _NO.fullmatch(text.strip()) else None


def any_refusal_of(text: str, *, of_status: bool = False) -> str | None:
    """The same, whether it is said of the person or of a house.

    >>> any_refusal_of("Tidak layak"), any_refusal_of("Sudah dibedah 2023"), any_refusal_of("Kurang mampu")
    ('TIDAK LAYAK', 'SUDAH DIBEDAH', None)
    """
    return refusal_of(text, of_status=of_status) or refusal_of(text, of_house=True)


@cache
def _helpers(*, in_remarks: bool) -> re.Pattern[str]:
    words = rule_table(__file__, "helper_words.csv")
    patterns = "|".join(row["pattern"] for row in words if not in_remarks or row["in_remarks"] == "ya")
    return re.compile(rf"\W*(?P<role>(?:{patterns})(?:\s+{_OF_HELPERS})*)\W*", re.IGNORECASE)


def helper_of(text: str, *, in_remarks: bool = False) -> str | None:
    """What is said of somebody by a text that is nothing but the role of who helps others or sees to them; None for any
    other text. `in_remarks`: only by roles that a remark means of the person, not of somebody there is besides. Rests
    on `helper_words.csv`.

    >>> helper_of("Kader Posyandu"), helper_of("pendamping: Siti"), helper_of("Lansia")
    ('BUKAN PMKS: KADER POSYANDU', None, None)
    >>> helper_of("Wali"), helper_of("Wali", in_remarks=True)
    ('BUKAN PMKS: WALI', None)
    """
    found = _helpers(in_remarks=in_remarks).fullmatch(text)
    return f"BUKAN PMKS: {' '.join(found['role'].upper().split())}" if found else None


def plain_text(text: str) -> str | None:
    """Text as it is kept: trimmed, capitals, single spaces; None where it stands for nothing."""
    plain = " ".join(text.split()).strip("'’`").strip()
    return None if not plain or is_placeholder(plain) else plain.upper()


def unknown_to(read: Callable[[str], object]) -> Callable[[str], bool]:
    """Whether a text says something, and `read` does not know what."""
    return lambda text: bool(text.strip()) and not is_placeholder(text) and read(text) is None
