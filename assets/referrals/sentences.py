"""The sentence of each referral: what it rests on and what would change it, in Indonesian, without names or numbers."""

from __future__ import annotations

from assets.referrals.conditions import PHRASES, Conditions, Years
from validation.categories import pmks_types

_BECAUSE = PHRASES.set_index(["syarat", "nilai"])["karena"].to_dict()
_UNLESS = PHRASES.set_index(["syarat", "nilai"])["bila"].to_dict()
_DOUBTED = {
    "": "",
    "only_dead": "anggota yang didaftarkan tercatat meninggal tetapi rumah tangganya masih memiliki anggota lain",
    "moved": "semua yang tercatat di dalamnya kini tercatat dalam rumah tangga lain, yang mungkin dirujuk juga",
    "all_away": "daftar terbaru menyatakan semua anggotanya pindah, atau tidak sepakat apakah mereka masih hidup",
    "away": "daftar terbaru yang mencatatnya menyatakan ia pindah, atau tidak sepakat apakah ia masih hidup",
    "not_eligible": "daftar terbaru menyatakan yang didaftarkan bukan PMKS, tidak layak, sudah mampu, "
    "sudah dibantu rumahnya, dikeluarkan dari daftar, atau hanya contoh",
    "not_neglected": "daftar terbaru yang mencatatnya dalam kategori ini menyatakan pula bahwa ia tidak terlantar",
}
DOUBTS = tuple(_DOUBTED)
"""Why a referral has to be verified, whatever its rule says: everyone who was listed for the household is stated dead,
though others live in it; everyone who lived in it now lives in another by newer lists; or the person, or everyone in
the household, moved away by the newest lists, or lists of one period do not agree whether they live; or the newest
lists say that nobody who was listed for it is, or is any longer, eligible; or the newest list of a category of the
neglected says of the person that they are not neglected."""
_WHOSE = {"age": "nya", "head_age": " kepala keluarganya"}


def sentence(rule: dict[str, str], conditions: Conditions, period: str, *, doubt: str = "") -> str:
    """Say why the rule holds for someone last listed in `period`, and when it would hold no longer. `doubt`: one of
    `DOUBTS`, empty if there is none."""
    category = pmks_types()[rule["kode_pmks"]]
    who = "Rumah tangga ini dirujuk" if category.subjek == "household" else "Dirujuk"
    check = " untuk diverifikasi" if doubt or rule["status"] == "perlu_verifikasi" else ""
    reasons = [f"terdaftar sebagai {category.nama} ({rule['kode_pmks']}) pada daftar periode {period}"]
    reasons += because(conditions)
    unless = ["tidak ada lagi daftar yang mencatatnya dalam kategori ini"]
    for question, answers in sorted(conditions.words.items()):
        unless += sorted({_UNLESS[question, answer] for answer in _said(question, answers)})
    for question, window in sorted(conditions.years.items()):
        if not window.anything:
            change = "dinyatakan" if window.unstated else "berada di luar batas itu"
            unless.append(f"umur{_WHOSE[question]} {change}")
    if doubt:
        reasons.append(_DOUBTED[doubt])
    start = f"{who} ke {rule['directorate'].capitalize()}{check}"
    return f"{start} karena {_listed(reasons, 'dan')}; tidak lagi bila {_listed(unless, 'atau')}."


def because(conditions: Conditions) -> list[str]:
    """What a rule asks, one phrase a question."""
    phrases = [
        " atau ".join(_BECAUSE[question, answer] for answer in _said(question, answers))
        for question, answers in sorted(conditions.words.items())
    ]
    windows = [(q, window) for q, window in sorted(conditions.years.items()) if not window.anything]
    return phrases + [_years(window, _WHOSE[question]) for question, window in windows]


def _said(question: str, answers: frozenset[str]) -> list[str]:
    """The answers as keys of the phrase table: together, where there is one phrase for them all."""
    together = "|".join(sorted(answers))
    return [together] if (question, together) in _BECAUSE else sorted(answers)


def _years(window: Years, whose: str) -> str:
    if window.unstated:
        return f"umur{whose} belum dinyatakan"
    if window.low is None:
        return f"umur{whose} paling tinggi {window.high} tahun"
    return f"umur{whose} {window.low} tahun " + ("atau lebih" if window.high is None else f"sampai {window.high} tahun")


def _listed(parts: list[str], word: str) -> str:
    """Join phrases the Indonesian way.

    >>> _listed(["a", "b", "c"], "dan")
    'a, b, dan c'
    """
    if len(parts) < 3:
        return f" {word} ".join(parts)
    return ", ".join(parts[:-1]) + f", {word} {parts[-1]}"
