"""How long routing takes: `python bench/routing.py [PEOPLE]` (default 1,000,000), on invented people.

Prints seconds for the whole, and the ratio of the row-at-a-time oracle to the router on a slice, measured in one run.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1]))

from assets.referrals.description import CONTACTS
from assets.referrals.routing import coverage, route
from assets.referrals.rules import load_rules, profiles
from tests.support.referrals import refer_row_by_row
from validation.categories import pmks_types
from warehouse.arrow import to_pandas


def world(people: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Records (two a person on average), membership, persons and households of invented people."""
    rng = np.random.default_rng(seed)
    homes, size = people // 3, people * 2
    who = rng.integers(0, people, size)
    home_of = rng.integers(0, homes, people)
    person_ids = pd.Series([f"P{i:015x}" for i in range(people)], dtype="str")
    home_ids = pd.Series([f"H{i:015x}" for i in range(homes)], dtype="str")
    codes = np.array(list(pmks_types()), dtype=object)
    weights = np.where(codes == "24", 30.0, 1.0)  # half of the people of a real list are listed as poor
    first, second = rng.choice(len(codes), (2, people), p=weights / weights.sum())
    own = [
        sorted({codes[a], codes[b]}) if i % 8 == 0 else [codes[a]]
        for i, (a, b) in enumerate(zip(first, second, strict=True))
    ]
    lists = to_pandas(pa.table({"kode_pmks": pa.array([own[i] for i in who], pa.list_(pa.string()))}))["kode_pmks"]
    villages = np.array([f"16.10.05.{n}" for n in [*range(2001, 2200), *range(1001, 1050)]], dtype=object)
    born = (np.datetime64("1940-01-01", "D") + rng.integers(0, 30000, people)).astype("datetime64[us]")
    sexes, kinds = np.array(["L", "P"], dtype=object), np.array(["fisik", "netra", "mental", None], dtype=object)
    record_id = pd.Series([f"{i:032x}" for i in range(size)], dtype="str")
    records = pd.DataFrame(
        {
            "record_id": record_id,
            "kode_desa": pd.Series(villages[rng.integers(0, len(villages), size)], dtype="str"),
            "periode": pd.Series(rng.integers(2019, 2026, size).astype(str), dtype="str"),
            "kode_pmks": lists,
            "jenis_kelamin": pd.Series(sexes[who % 2], dtype="str"),
            "tanggal_lahir": born[who],
            "umur": pd.array([None] * size, dtype="Int64"),
            "jenis_disabilitas": pd.Series(kinds[who % 4], dtype="str"),
            "terlantar": pd.array(rng.random(size) < 0.5, dtype="boolean"),
            "status_hidup": pd.Series(np.where(rng.random(size) < 0.01, "meninggal", "hidup"), dtype="str"),
        }
    )
    for column in ("status_padan", "status_layak", "berita_acara", *CONTACTS):
        records[column] = pd.Series([None] * size, dtype="str")
    listed = np.unique(who)
    kept = np.unique(home_of[listed])
    membership = pd.DataFrame(
        {
            "record_id": record_id,
            "person_id": person_ids.array.take(who),
            "household_id": home_ids.array.take(home_of[who]),
        }
    )
    desa = records["kode_desa"].array[:people]
    persons = pd.DataFrame(
        {
            "person_id": person_ids.array,
            "household_id": home_ids.array.take(home_of),
            "jenis_kelamin": pd.Series(sexes[np.arange(people) % 2], dtype="str"),
            "tanggal_lahir": born,
            "hubungan": pd.Series(["KEPALA KELUARGA", "ANAK"], dtype="str").take(rng.integers(0, 2, people)).array,
            "kode_desa": desa,
        }
    ).iloc[listed]
    head = np.zeros(homes, dtype=np.int64)
    head[home_of[listed]] = listed
    households = pd.DataFrame(
        {"household_id": home_ids.array, "head_person_id": person_ids.array.take(head), "kode_desa": desa[:homes],
         "kepala_tercatat": pd.array(rng.random(homes) < 0.8, dtype="boolean")}
    ).iloc[kept]  # fmt: skip
    return records, membership, persons.reset_index(drop=True), households.reset_index(drop=True)


def timed_route(people: int) -> None:
    frames = world(people)
    for profile in profiles():
        rules = load_rules(profile)
        start = time.perf_counter()
        routed = route(*frames, rules)
        seconds = time.perf_counter() - start
        missing = len(coverage(frames[0], frames[1], routed.referrals, routed.unrouted))
        print(
            f"{profile}: {people:,} people, {len(frames[0]):,} records -> {len(routed.referrals):,} referrals, "
            f"{len(routed.unrouted):,} unrouted, {missing} lost, in {seconds:.2f} s"
        )


def ratio_to_oracle(people: int) -> None:
    frames, rules = world(people, seed=2), load_rules("full-2012")
    start = time.perf_counter()
    route(*frames, rules)
    fast = time.perf_counter() - start
    start = time.perf_counter()
    refer_row_by_row(*frames, rules)
    slow = time.perf_counter() - start
    print(f"oracle / router on {people:,} people: {slow:.2f} s / {fast:.2f} s = {slow / fast:.0f}")


if __name__ == "__main__":
    timed_route(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    ratio_to_oracle(2_000)
