"""What a header cell says: the field it names, by alias or by a spelling close to one alias only.

Rests on `header_aliases.csv` (field, alias, source) and on `listed_people.csv`, the words by which lists call people.
Besides the canonical fields two words mark columns that are understood but feed nothing: `nomor` (the running number)
and `lain` (known, of no use here); they keep a column called `NAMA WALI` from being taken for a near miss of `NAMA`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.fuzz import ratio

from validation.categories import is_category
from validation.rule_tables import rule_table

PSEUDO = frozenset({"nomor", "lain"})
SEX_LEAVES = {
    **dict.fromkeys(("L", "LK", "LAKI", "LAKILAKI", "PRIA"), "L"),
    **dict.fromkeys(("P", "PR", "PEREMPUAN", "WANITA"), "P"),
}
"""Headers of a pair of columns, one for each sex."""
CLOSE_ENOUGH = 84.0
"""Similarity (indel ratio of keys, 0 to 100) from which a misspelt header may be an alias."""
MARGIN = 6.0
"""By how much the best field must beat the next best field."""
_SHORTEST = 5
"""Shorter keys have too many neighbours (`RT`, `RW`) to be taken by likeness."""
NEUTRAL_PARENTS = re.compile(
    r"IDENTITAS|BIODATA|DATADIRI|DATAPRIBADI|DATAPMKS|DATAPPKS|DATAKELUARGA|PENERIMA|ALAMAT|DOMISILI|TEMPATTINGGAL"
    r"|NOMOR|ANGGOTA|PMKS|PPKS|KETERANGANPENDUDUK|PENDUDUK|KELAHIRAN|LAHIR|WILAYAH|LOKASI|DUKCAPIL|KEPENDUDUKAN"
)
"""Parent headers under which a general word (`Nama`, `Tanggal`) still means the person listed."""
_HINT = re.compile(r"^\s*\(.*\)\s*$", re.DOTALL)
"""A lowest row that only says how to fill in, or the question's number: `(dd-mm-yyyy)`, `(403)`."""
_HOW_TO_FILL = re.compile(
    r"\s*\([^()]*(?:\d|=|/|\b(?:sesuai|diisi|isi|pilih|kode|angka|digit|wajib|contoh|format|lihat|boleh|tgl|tanggal|tahun|thn|jika|bila)\b)"
    r"[^()]*\)[\s*]*$",
    re.IGNORECASE,
)
"""What a form says in brackets behind a header: `(1 = L, 2 = P)`, `(sesuai KTP)`, `(dd/mm/yyyy)`."""
_LONGEST_QUESTION = 200
_GENERAL = frozenset({"NAMA", "NIK", "TANGGAL", "TGL", "TEMPAT", "TAHUN", "UMUR", "USIA", "L", "P", "KODE", "JK"})
_DATA_OF = re.compile(r"^\W*(?:(?:data|identitas|biodata|keterangan)\s+(?:diri\s+)?)?", re.IGNORECASE)
_NAME_OF = re.compile(r"\s*nama\s+(?:lengkap\s+)?", re.IGNORECASE)
_OF_A_PERSON = frozenset(
    {"nama", "nik", "no_kk", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "umur", "alamat", "dusun", "rt", "rw"}
)
_IDENTITY = _OF_A_PERSON - {"no_kk", "alamat", "dusun", "rt", "rw"}
"""Those of `_OF_A_PERSON` that no other member of the family shares."""


@cache
def aliases() -> dict[str, tuple[str, ...]]:
    """The fields of every known header, by `header_key`."""
    rows = rule_table(__file__, "header_aliases.csv")
    return {header_key(row["alias"]): tuple(row["field"].split("+")) for row in rows}


_NUMBER_BEHIND = re.compile(r"\(\s*\d{1,3}\s*\)\s*$")
_NUMBER_AHEAD = re.compile(r"^\s*[(\[]?\d{1,3}[a-z]?\s*[.)\]]?\s+")
_NO_LETTERS = re.compile(r"[^A-Z0-9#]+")


@lru_cache(maxsize=200_000)
def header_key(text: str) -> str:
    """A header's letters and digits alone, without the number a form puts before or behind it.

    >>> header_key("N I K"), header_key(" Alamat (12)"), header_key("403. NIK"), header_key("no_kk")
    ('NIK', 'ALAMAT', 'NIK', 'NOKK')
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    if ")" in plain:
        plain = _NUMBER_BEHIND.sub("", plain)
    bare = _NUMBER_AHEAD.sub("", plain)
    return _NO_LETTERS.sub("", bare) or _NO_LETTERS.sub("", plain)


def fields_named(text: str) -> tuple[str, ...] | None:
    """The fields a header names by an alias, or None; how to fill it in, in brackets behind it, is no part of it.

    >>> fields_named("SHDK (1-11)"), fields_named("NIK (16 digit) *"), fields_named("UMUR (KK)")
    (('hubungan',), ('nik',), None)
    """
    if len(text) > 90:
        return None
    found = aliases().get(header_key(text))
    if found is None and "(" in text and (bare := _HOW_TO_FILL.sub("", text)) != text:
        found = aliases().get(header_key(bare))
    return found


_ASKING = re.compile(
    r"\b(?:apa(?:kah)?|berapa(?:kah)?|siapa(?:kah)?|di\s?mana(?:kah)?|kapan(?:kah)?|silah?kan|mohon|harap|tolong"
    r"|isi(?:kan|lah)?|masuk+an|tulis(?:kan|lah)?|sebutkan|pilih(?:lah)?|cantumkan|termasuk|anda|saudara|tersebut"
    r"|dari|pada|untuk|yang|yg|bersangkutan|didata|didaftarkan|diusulkan|dilaporkan|disandang(?:nya)?"
    r"|saat ini|sekarang|sesuai"
    r"|dengan|dalam)\b",
    re.IGNORECASE,
)
"""Words with which a form asks; what is asked is what they leave."""
_OF_WHOM = re.compile(
    r"\b(?:lengkap|warga|penyandang masalah kesejahteraan sosial|pemerlu pelayanan kesejahteraan sosial|pmks|ppks)\b"
    r"|(?<=\w{4})nya\b",
    re.IGNORECASE,
)
"""Words that say of whom a form of people in need asks, or how fully."""


@lru_cache(maxsize=50_000)
def fields_asked(text: str) -> tuple[str, ...] | None:
    """The fields that the question at the head of a column asks for, as forms on the web do: what is left of it without
    the words that ask has to be an alias.

    >>> fields_asked("2. Berapa NIK warga tersebut? (lihat KTP)"), fields_asked("Siapa nama petugas yang mendata?")
    (('nik',), None)
    """
    words = re.sub(r"[?*:]", " ", _HOW_TO_FILL.sub("", text))
    if " " not in words.strip() or len(text) > _LONGEST_QUESTION:
        return None
    core = " ".join(_ASKING.sub(" ", words).split())
    bare = " ".join(_OF_WHOM.sub(" ", core).split())
    return next((found for each in (core, bare) if each != text and (found := aliases().get(header_key(each)))), None)


_WHETHER = re.compile(r"APAKAH|PERNAH|SUDAH|BELUM|TELAH|SEDANG|MENERIMA")


@lru_cache(maxsize=50_000)
def fields_like(text: str) -> tuple[str, ...] | None:
    """The fields of the alias a header is a near miss of, if no other field comes near."""
    key = header_key(text)
    if len(key) < _SHORTEST or len(text) > 60:
        return None
    near = process.extract(key, aliases().keys(), scorer=ratio, score_cutoff=CLOSE_ENOUGH - MARGIN, limit=8)
    if not near or near[0][1] < CLOSE_ENOUGH:
        return None
    best = aliases()[near[0][0]]
    if best[0] == "nama" and _WHETHER.match(key):
        return None  # it is answered by yes or no: PERNAH MENERIMA BANTUAN is near NAMA PENERIMA BANTUAN
    if best[0] in ("nama_ibu", "nama_ayah") and "IBU" in key and re.search("AYAH|BAPAK", key):
        return None  # it holds both
    if any(word.upper() not in near[0][0] for word in _calls_others("other", "relative").findall(text)):
        return None  # somebody else's
    rivals = [score for alias, score, _ in near if aliases()[alias] != best]
    return best if not rivals or near[0][1] - max(rivals) >= MARGIN else None


@cache
def _people_words(*kinds: str) -> str:
    """The words of these kinds by which lists call people, as a pattern."""
    return "|".join(row["word"] for row in rule_table(__file__, "listed_people.csv") if row["kind"] in kinds)


@cache
def _calls_the_listed(*nouns: str) -> re.Pattern[str]:
    """What lists call the people they are of: a noun of these kinds (`pasien`), and words that go with it (`rumah`)."""
    return re.compile(rf"(?:{_people_words(*nouns)})(?:[\s/,&-]+(?:{_people_words(*nouns, 'with')}))*", re.IGNORECASE)


@cache
def _calls_others(*kinds: str) -> re.Pattern[str]:
    """Any word for people beside those listed: relatives, or others, who care for or report them."""
    return re.compile(rf"\b(?:{_people_words(*kinds)})\b", re.IGNORECASE)


def _whose(parent: str) -> str:
    """Whom a parent header names: `IDENTITAS KORBAN` the `KORBAN`."""
    return _DATA_OF.sub("", parent)


def _own(found: tuple[str, ...] | None, parent: str) -> tuple[str, ...] | None:
    """The fields below a parent header that are the listed person's: none of somebody else's, and of a relative's those
    that a family shares."""
    whose = _whose(parent)
    if not found or calls_the_listed(whose):
        return found
    if _calls_others("other").match(whose):
        return None if _OF_A_PERSON.union({"telepon"}).intersection(found) else found
    return None if _calls_others("relative").match(whose) and _IDENTITY.intersection(found) else found


@lru_cache(maxsize=50_000)
def calls_the_listed(text: str, *, alone: bool = False) -> bool:
    """Whether a header, `Nama` before it or not, is what a list calls the people it is of; with `alone` also where that
    may be somebody else, beside other names: `Pemilik Rumah`.

    >>> [calls_the_listed(text) for text in ("Nama Pasien", "LANSIA TERLANTAR", "Nama Rumah Sakit", "Pemilik Rumah")]
    [True, True, False, False]
    """
    bare = _NAME_OF.sub("", _HOW_TO_FILL.sub("", text)).strip()
    nouns = ("noun", "alone") if alone else ("noun",)
    return len(text) <= 60 and bool(_calls_the_listed(*nouns).fullmatch(bare))


@lru_cache(maxsize=50_000)
def fields_of_the_listed(text: str) -> tuple[str, ...] | None:
    """The fields of a person that a header names as those of whomever the list is of, as it calls them.

    >>> fields_of_the_listed("Tgl Lahir Pasien"), fields_of_the_listed("NIK Orang Tua")
    (('tanggal_lahir',), None)
    """
    words = text.split()
    for at in range(1, len(words)):
        found = aliases().get(header_key(" ".join(words[:at])))
        if found and _OF_A_PERSON.issuperset(found) and calls_the_listed(" ".join(words[at:])):
            return found
    return None


def is_known(header: str) -> bool:
    """Whether a header names something, be it of no use here."""
    return bool(header and (fields_named(header) or fields_of_the_listed(header) or fields_like(header)))


@lru_cache(maxsize=50_000)
def names_category(text: str) -> bool:
    """Whether a header is the name of a PMKS category, as over the columns of a tick matrix."""
    bare = re.sub(r"^\s*[(\[]?\d{1,2}[.)\]]\s*", "", text).strip()
    if len(bare) < 2 or bare.isdigit() or fields_named(text) is not None:
        return False
    return is_category(bare) and not fields_of_the_listed(text)


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """One column of a header block: its texts from the top row to the leaf, parents filled in from the left."""

    column: int
    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole header as a person reads it."""
        return " ".join(" ".join(t.split()) for t in self.texts)

    @property
    def leaf(self) -> str:
        return self.texts[-1]


@lru_cache(maxsize=50_000)
def header_fields(texts: tuple[str, ...]) -> tuple[tuple[str, ...] | None, str]:
    """The fields a header of one to four levels names, and by what (`alias` or `fuzzy`).

    A leaf of its own meaning decides (`Alamat / Dusun`); a general word is read with its parents (`KK / Nama` is the
    family head's name), and names nothing under a parent that is about someone else, as `Alamat` does below `Pelapor`.
    """
    while len(texts) > 1 and _HINT.match(texts[-1]):
        texts = texts[:-1]
    leaf = texts[-1]
    parent = texts[-2] if len(texts) > 1 else ""
    if parent and header_key(leaf) not in _GENERAL and (found := fields_named(leaf)):
        return _own(found, parent), "alias"
    if found := fields_named(" ".join(texts)):
        return found, "alias"
    if found := fields_of_the_listed(" ".join(texts[-2:])) or fields_of_the_listed(leaf):
        return found, "fuzzy"
    if names_category(leaf):
        return None, "alias"
    if len(texts) == 1:
        return fields_asked(leaf) or fields_like(leaf), "fuzzy"
    if found := fields_named(" ".join(texts[-2:])):
        return found, "alias"
    found = fields_named(leaf)
    neutral = NEUTRAL_PARENTS.search(header_key(" ".join(texts[:-1]))) or calls_the_listed(_whose(parent))
    strange = header_key(leaf) in _GENERAL and not neutral
    if found and not strange:
        return _own(found, parent), "alias"
    if found or strange:
        return None, "alias"
    if found := fields_like(leaf):
        return _own(found, parent), "fuzzy"
    above = fields_named(parent)
    return (above if above and above[0] in ("keterangan", "kategori") else None), "alias"
