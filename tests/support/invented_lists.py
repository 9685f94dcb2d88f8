"""Invented families in lists, so few of everything that some are confused."""

from __future__ import annotations

from random import Random

import pandas as pd

FIRST = ("SITI", "AMINAH", "BUDI", "SANTOSO", "MUHAMMAD", "M.", "ALI", "YUSUF", "JUSUF", "RAHMAWATI", "SLAMET", "SRI")


def people(chance: Random, count: int) -> pd.DataFrame:
    """Invent families in four lists, with few names, numbers, dates and addresses, so that some are confused."""
    homes = [
        {
            "no_kk": f"16100501{chance.randrange(1, 29):02d}0900{chance.randrange(1, 9):02d}07",
            "kepala_keluarga": f"{chance.choice(FIRST)} {chance.choice(FIRST)}",
            "alamat": chance.choice((f"JL. MERDEKA NO. {chance.randrange(1, 40)}", "DUSUN ULU")),
            "kode_desa": f"16.10.05.20{chance.randrange(1, 9):02d}",
            "rt": f"00{chance.randrange(1, 5)}",
        }
        for _ in range(count // 12 + 1)
    ]
    persons = [invent(chance, chance.choice(homes)) for _ in range(count // 3 + 1)]
    return pd.DataFrame([listed(chance, chance.choice(persons), k) for k in range(count)])


def invent(chance: Random, home: dict[str, str]) -> dict[str, str | None]:
    """Invent a person of a home."""
    day, month, year = chance.randrange(1, 29), chance.randrange(1, 13), chance.randrange(1960, 2015)
    born = "1970-01-01" if chance.random() < 0.15 else f"{year}-{month:02d}-{day:02d}"
    name = home["kepala_keluarga"] if chance.random() < 0.2 else f"{chance.choice(FIRST)} {chance.choice(FIRST)}"
    return home | {
        "nama": name,
        "nik": f"161005{day:02d}{month:02d}{year % 100:02d}{chance.randrange(1, 4):04d}",
        "tanggal_lahir": born,
        "jenis_kelamin": chance.choice("LP"),
        "hubungan": "KEPALA KELUARGA" if name == home["kepala_keluarga"] else chance.choice(("ISTRI", "ANAK")),
    }


def listed(chance: Random, person: dict[str, str | None], number: int) -> dict[str, str | None]:
    """Put a person on a list, with the faults of lists; some numbers are those of too many people."""
    row = {k: None if k != "kode_desa" and chance.random() < 0.1 else v for k, v in person.items()}
    if chance.random() < 0.1:
        row["nik"] = chance.choice(("1610050101700009", "1610050202700009"))
    if row["nama"] and chance.random() < 0.1:
        row["nama"] = row["nama"][:2] + row["nama"][3:]
    period, source = chance.choice(("2023", "2024")), chance.choice(("DESA", "PUSAT"))
    return row | {"record_id": f"{chance.randrange(10**9):09d}-{number}", "periode": period, "sumber": source}


def without_cards(chance: Random, records: pd.DataFrame) -> pd.DataFrame:
    """Let most families have neither card nor head on any list, and the others now and then."""
    few = records["alamat"].map(lambda _: chance.random() < 0.1) & records["rt"].isin(["001"])
    known = [column for column in ("no_kk", "kepala_keluarga", "hubungan") if column in records]
    return records.assign(rw="001", **{column: records[column].where(few, None) for column in known})
