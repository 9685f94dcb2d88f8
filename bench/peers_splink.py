"""Splink on the same records, tuned as far as it can be without labels: `python bench/peers_splink.py RECORDS OUT`.

Runs in an environment of its own that has Splink 5, pandas and pyarrow; it is no dependency of this project. Writes
record_id and person_id, and prints JSON: seconds from the loaded table to clusters, and peak memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

THRESHOLD = 0.95
RULES = (
    ("nik",),
    ("no_kk", "depan"),
    ("no_kk", "tanggal_lahir"),
    ("tanggal_lahir", "depan"),
    ("tanggal_lahir", "akhir"),
    ("nama", "kode_desa"),
    ("nama", "tahun"),
    ("tanggal_lahir", "kode_desa"),
)


def prepared(path: str) -> pd.DataFrame:
    """Read records and add what the rules ask for."""
    frame = pd.read_parquet(path).rename(columns={"record_id": "unique_id"})
    words = frame["nama"].str.upper().str.split()
    frame["depan"], frame["akhir"], frame["tahun"] = words.str[0], words.str[-1], frame["tanggal_lahir"].str[:4]
    return frame


def main() -> None:
    """Link one file."""
    frame = prepared(sys.argv[1])
    start = time.perf_counter()
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="unique_id",
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in RULES],
        comparisons=[
            cl.JaroWinklerAtThresholds("nama", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("tanggal_lahir", [1, 2]),
            cl.LevenshteinAtThresholds("nik", [1, 2]),
            cl.LevenshteinAtThresholds("no_kk", [1]),
            cl.ExactMatch("jenis_kelamin"),
            cl.ExactMatch("tempat_lahir"),
            cl.JaroWinklerAtThresholds("kepala_keluarga", [0.9]),
            cl.ExactMatch("kode_desa"),
        ],
    )
    linker = Linker(DuckDBAPI().register(frame), settings)
    training = linker.training
    training.estimate_probability_two_random_records_match([block_on("nik")], recall=0.7)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("tanggal_lahir", "depan"), block_on("no_kk", "depan")):
        training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=THRESHOLD)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, THRESHOLD)
    out = clusters.as_pandas_dataframe()[["unique_id", "cluster_id"]]
    seconds = time.perf_counter() - start
    out.rename(columns={"unique_id": "record_id", "cluster_id": "person_id"}).to_parquet(sys.argv[2])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"seconds": round(seconds, 2), "peak_mb": round(peak)}))


if __name__ == "__main__":
    main()
