"""Invented tables from which a directorate's files are made."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from assets.publications.changes import OF_HISTORY
from assets.publications.directorates import Lists
from assets.publications.policy import Pseudonyms
from assets.publications.referral_rows import columns
from assets.publications.standing import Target

REFERRAL_COLUMNS = columns().query("source == 'referral'")["column"].tolist()


ANSWERED = pd.DataFrame(
    [
        ("dayasos-2", "ditolak", "kapasitas", "penuh sampai Mei", "2026-01-05"),
        ("dayasos-3", "diterima", None, None, None),
    ],
    columns=["referral_id", "status", "alasan_kode", "keterangan", "tanggal_jawaban"],
    dtype="str",
)


NONE_POSSIBLE = pd.DataFrame(columns=["household_id_l", "household_id_r", "probability", "reason"]).astype(
    {"household_id_l": "str", "household_id_r": "str", "probability": "float64", "reason": "str"}
)


def frames(count: int = 6) -> Lists:
    """Invented referrals of three directorates with their persons and households, two answers, and the history."""
    persons = pd.DataFrame(
        {
            "person_id": [f"p{n}" for n in range(count)],
            "nama": ["=SUM(A1)", "+ANI", "-BUDI", "@CICI", *["DEDI"] * (count - 4)],
            "nik": [f"91050101010{n:05d}" for n in range(count)],
            "no_kk": None,
            "jenis_kelamin": "L",
            "tanggal_lahir": pd.to_datetime(["1950-03-12"] * count),
            "alamat": ["Jl. Satu", *[None] * (count - 1)],
            "dusun": None,
            "rt": ["001", *[None] * (count - 1)],
            "rw": None,
            "nama_ibu": "RAHASIA",
        }
    )
    households = pd.DataFrame(
        {
            "household_id": [f"h{n}" for n in range(count)],
            "alamat": "Jl. Rumah",
            "dusun": "Dusun I",
            "rt": "009",
            "rw": "001",
            "head_person_id": [f"p{n}" for n in range(count)],
            "members": 3,
        }
    )
    rows = [
        {name: f"{name} {n}" for name in REFERRAL_COLUMNS}
        | {
            "directorate": directorate,
            "referral_id": f"{directorate}-{n}",
            "subject": "person" if code == "16" else "household",
            "person_id": f"p{n}",
            "household_id": f"h{n}",
            "kode_desa": "16.10.05.2036",
            "kode_pmks": code,
            "also_referred_to": ["jamsos", "dayasos"],
            "memimpin": "dayasos",
            "umur": 75,
            "kepala_tercatat": True,
            "tercatat_pada_daftar_terbaru": True,
            "record_ids": [f"r{n}"],
            "since": pd.Timestamp("2025-01-02 03:04:05"),
            "run_id": "run-1",
        }
        for directorate, code in (("rehsos", "16"), ("dayasos", "24"), ("jamsos", "24"))
        for n in range(count)
    ]
    referrals = pd.DataFrame(rows)
    history = referrals.assign(
        valid_from=referrals["since"],
        valid_to=pd.Series(pd.NaT, index=referrals.index, dtype="datetime64[us]"),
        ended_because=pd.Series(None, index=referrals.index, dtype="str"),
    )[OF_HISTORY]
    names = pd.DataFrame({"record_id": [f"r{n}" for n in range(count)], "nama": persons["nama"]})
    return Lists(referrals, persons, households, ANSWERED, history, NONE_POSSIBLE, lambda: names)


def target_in(folder: Path, directorate: str = "dayasos") -> Target:
    """Where the files of a directorate go in a test; nobody is told of what is opened."""
    return Target(folder, folder.parent / "terbatas", Pseudonyms(b"k" * 32, directorate), lambda path: None)
