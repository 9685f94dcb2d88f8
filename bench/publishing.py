"""What the files of a directorate cost: `python -m bench.publishing [PEOPLE]` (default 1,000,000), on invented people.

Writes both editions of each directorate's list in a process of its own, as a first publication does, and prints seconds
(of the processor, and of the clock), the largest memory, and the largest file. The people live in one province, are
listed twice each, and half of them as poor.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assets.publications.changes import OF_HISTORY
from assets.publications.directorates import Lists, publish_directorate
from assets.publications.referral_rows import SHARED
from assets.referrals.routing import route
from assets.referrals.rules import load_rules
from bench.population import WORDS
from bench.routing import world
from tests.support.published import ANSWERED, NONE_POSSIBLE, target_in
from validation.directorates import directorates
from validation.regions import regency_codes, village
from warehouse.arrow import rows_of, to_pandas
from warehouse.memory import keep_freed

PROVINCE, MOST_KECAMATAN, MOST_VILLAGES = "16.", 40, 60
STREETS = ("JL. MELATI", "JL. MAWAR", "LR. CEMPAKA", "JL. RAYA PALEMBANG", "GG. SEPAKAT")
HAMLETS = ("I", "II", "III", "DUSUN 2", "KRAJAN", "SUKAMAJU", None)
SHARE_WITH_TELEPHONE = 0.4
AT = pd.Timestamp("2026-01-02 03:04:05")
TABLES = ("referrals", "history", "persons", "households")
OF_A_DIRECTORATE = ("referrals", "history")


def villages() -> pd.Series:
    """The codes of all villages of one province."""
    districts = [
        f"{regency}.{number:02d}"
        for regency in regency_codes()
        if regency.startswith(PROVINCE)
        for number in range(1, MOST_KECAMATAN)
    ]
    kinds = (1000, 2000)
    codes = [f"{of}.{kind + n}" for of in districts for kind in kinds for n in range(1, MOST_VILLAGES)]
    return pd.Series([code for code in codes if village(code)], dtype="str")


def lists_of(people: int, folder: Path) -> None:
    """Write the tables of invented people and of what they are referred to, one file a table."""
    rng = np.random.default_rng(7)

    def drawn(words: Any, count: int) -> pd.Series:
        return pd.Series(np.array(words, dtype=object)[rng.integers(0, len(words), count)], dtype="str")

    records, membership, persons, households = world(people)
    codes = villages()
    homes = pd.Series(rng.integers(0, len(codes), len(households)), index=households["household_id"])
    of_person = codes.take(homes.reindex(persons["household_id"]).to_numpy()).to_numpy()
    persons = persons.assign(kode_desa=of_person)
    households = households.assign(kode_desa=codes.take(homes.to_numpy()).to_numpy())
    where = pd.Series(of_person, index=persons["person_id"])
    records = records.assign(kode_desa=where.reindex(membership["person_id"]).to_numpy())
    referrals = route(records, membership, persons, households, load_rules("full-2012")).referrals
    count = len(persons)
    numbers = pd.Series(rng.integers(10**8, 10**9, count)).astype("str")
    names = WORDS["men"] + WORDS["women"]
    persons = persons.assign(
        nama=drawn(names, count) + " " + drawn(names, count),
        nik="1610050" + numbers,
        no_kk="1610051" + numbers,
        alamat=drawn(STREETS, count) + " NO. " + drawn([str(n) for n in range(1, 90)], count),
        dusun=drawn(HAMLETS, count),
        rt=drawn([f"{n:03d}" for n in range(1, 9)], count),
        rw=drawn([f"{n:03d}" for n in range(1, 4)], count),
    )
    columns = ["household_id", "alamat", "dusun", "rt", "rw"]
    places = persons[columns].drop_duplicates("household_id")
    sizes = persons["household_id"].value_counts().rename_axis("household_id").rename("members").reset_index()
    households = households.merge(places, on="household_id").merge(sizes, on="household_id")
    kept = dict.fromkeys(referrals.select_dtypes("category"), "str")
    born = pd.Series(persons["tanggal_lahir"].to_numpy(), index=persons["person_id"])
    years = AT.year - born.reindex(referrals["person_id"]).dt.year
    said = rng.random(len(referrals)) < SHARE_WITH_TELEPHONE
    telephones = "08" + pd.Series(rng.integers(10**9, 10**10, len(referrals))).astype("str")
    referrals = referrals.astype(kept).assign(
        since=AT, run_id="r", umur=years.astype("Int64").array, telepon=telephones.where(said)
    )
    never = pd.Series(pd.NaT, index=referrals.index, dtype="datetime64[us]")
    history = referrals.assign(valid_from=AT, valid_to=never, ended_because=None)[OF_HISTORY]
    for name, frame in zip(TABLES, (referrals, history, persons, households), strict=True):
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet")


def published(folder: Path, directorate: str) -> None:
    """Publish one directorate from those tables, and print what it took."""
    keep_freed()  # as a run does
    start, before = time.perf_counter(), time.process_time()
    made = publish_directorate(
        directorate, _read(folder, directorate), target_in(folder / directorate, directorate), run_id="r", rule_set="0",
        profile="full-2012", answers_recorded=0, workers=len(os.sched_getaffinity(0)),
    )  # fmt: skip
    largest = max(path.stat().st_size for path in (folder / directorate).glob("*.xlsx")) / 1e6
    itself, helpers = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    processor = time.process_time() - before + helpers.ru_utime + helpers.ru_stime
    print(
        f"{directorate}: {made.rows:,} referrals, {processor:.1f} s of the processor, "
        f"{time.perf_counter() - start:.1f} s by the clock, {max(itself.ru_maxrss, helpers.ru_maxrss) / 1e6:.1f} GB, "
        f"largest workbook {largest:.0f} MB"
    )


def _read(folder: Path, directorate: str) -> Lists:
    """What is published from, as `Lake.read` gives it."""

    def frame(name: str) -> pd.DataFrame:
        own = {"directorate": directorate} if name in OF_A_DIRECTORATE else None
        shared = SHARED if name == "referrals" else ()
        return to_pandas(rows_of(folder / f"{name}.parquet", None, own, shared), arrow_lists=bool(own))

    nobody = pd.DataFrame({"record_id": [], "nama": []}, dtype="str")
    return Lists(
        **{name: frame(name) for name in TABLES}, answers=ANSWERED, possible=NONE_POSSIBLE, names=lambda: nobody
    )


def main(people: int) -> None:
    with TemporaryDirectory() as folder:
        for what in (str(people), *directorates()):
            subprocess.run([sys.executable, "-m", "bench.publishing", what, folder], check=True)


if __name__ == "__main__":
    if sys.argv[2:]:
        made_in = Path(sys.argv[2])
        published(made_in, sys.argv[1]) if sys.argv[1] in directorates() else lists_of(int(sys.argv[1]), made_in)
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
