"""Whether people live, moved away or died, by all that their rows say of them and not of their relatives.

Danger: who died is referred, or `suami meninggal` costs a widow her referral. Remedy: what is said of relatives, of
whom one replaces, of a marriage, or is denied, is taken out of a remark before it is believed.
"""

from __future__ import annotations

import re

from assets.records.cells import Cells, Coded, by_value

_LIFE = {"1": "hidup", "2": "meninggal", "3": "pindah"}
_DEAD = re.compile(
    r"\b(?:meninggal|wafat|almarhum|almarhumah|mati|tutup\s+usia|(?:sudah|telah|sdh)\s+tiada)\b"
    r"|^\W*(?:alm|almh|md)\b[\W\d]*$"
)
_ALIVE = re.compile(r"\W*(?:orang(?:nya)?\s+)?(?:ternyata\s+)?(?:masih\s+)?hidup\W*")
"""What a remark says of whoever is listed, not of how they live or of their family."""
_LIFE_WORDS = re.compile(_DEAD.pattern + r"|\b(?:pindah|hidup)\b", re.IGNORECASE)
_SAID_IN_NAME = re.compile(
    r"\(\s*((?:(?:sudah|telah|sdh)\s+)?(?:almh?|almarhum(?:ah)?|md|meninggal(?:\s+dunia)?|wafat|pindah\b[^()]*)[\s\d.]*)\)",
    re.IGNORECASE,
)
_PATRONYM = re.compile(r"\b(?:bin|binti|bt|bte)\b", re.IGNORECASE)
_RELATIVE = (
    r"(?:suami|istri|isteri|ayah|bapak|ibu|ortu|orang\s*tua|anak|cucu|adik|kakak|wali|mertua|kk|kepala\s+keluarga)\w*"
)
_OF_OTHERS = re.compile(
    r"\b(?:cerai|(?:di)?tinggal|janda|duda)\s+(?:mati|meninggal|wafat)\b"
    r"|\b(?:batal|(?:belum|blm|tidak|tdk|bukan|gak)(?:\s+jadi)?)\s+(?:meninggal|wafat|almarhum(?:ah)?|mati|pindah)\b"
    rf"|\b(?:meninggal|wafat|almarhum(?:ah)?)\s*:?\s*{_RELATIVE}"
    r"|\b(?:pengganti|menggantikan|gantinya|ahli\s+waris)\b.*"
    rf"|\b{_RELATIVE}"
    r"(?:\s+(?:kandung|tiri|kedua|nya|sudah|telah|sdh|yang|yg|dan|ibu|ayah))*"
    r"\s+(?:meninggal|wafat|almarhum(?:ah)?|mati|pindah)\b"
    r"|\bpindah(?:an\b|\s+(?:datang|masuk|(?:ke\s+)?(?:kk|kartu|rt|rw|rumah|dusun))\b|\s+dari\b(?!.*\bke\b))",
    re.IGNORECASE,
)
"""What is said of a relative, of whom one replaces, or of a marriage, or denied, and not said of the person; or that
they moved here, or within the village."""


def _life_status(own: str, *remarks: str) -> str | None:
    for text in (_OF_OTHERS.sub(" ", said.strip().lower()) for said in (own, *remarks)):
        if _DEAD.search(text):
            return "meninggal"
        if "pindah" in text:
            return "pindah"
    plain = own.strip().lower()
    alive = plain in {"hidup", "aktif"} or any(_ALIVE.fullmatch(said.lower()) for said in remarks)
    return _LIFE.get(plain) or ("hidup" if alive else None)


def _said_in_name(name: str) -> str:
    """What stands in brackets in a name of whoever bears it, of their life; `UMAR BIN KARIM (ALM)` may mean Karim."""
    found = _SAID_IN_NAME.search(name) if "(" in name else None
    return found[1] if found and not _PATRONYM.search(name) else ""


def lives(cells: Cells, of_category: Coded[str]) -> Coded[str | None]:
    """What each row says of the life of whom it lists. `of_category`: what the cell of categories says of it."""
    remarks = (
        said.map(lambda r: r if _LIFE_WORDS.search(r) else "").merged()
        for said in (
            cells.text("keterangan"),
            cells.text("status_layak"),
            of_category,
            cells.text("nama").map(_said_in_name),
        )
    )
    return by_value(_life_status, cells.text("status_hidup"), *remarks)
