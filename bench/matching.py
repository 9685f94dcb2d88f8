"""How long matching takes and how well it does: `python -m bench.matching [--records N]`, on invented people.

Prints seconds by stage, pairs, peak memory, and scores against the known truth, next to the plain two-class model on
the same candidate pairs (`bench/peers.py`). With `--splink PYTHON`, the interpreter of an environment that has
Splink 5, the same records go through it too, and the ratio of the two times is printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.parameters import Model
from bench.peers import two_classes
from bench.population import generate

WARM_UP = 3000
"""Records that are matched before the clock runs, so that compiling does not count."""
MATCHING = ("block", "score", "persons", "households")


def scores(truth: pd.Series, got: npt.NDArray[np.int64] | pd.Series) -> str:
    """Return pairwise F1 and B-cubed F1 of a clustering, and the size of its largest cluster and of the true one."""
    true, found = (np.unique(labels, return_inverse=True)[1] for labels in (truth, got))
    _, which, both = np.unique(true * (found.max() + 1) + found, return_inverse=True, return_counts=True)
    sizes, wanted = np.bincount(found), np.bincount(true)
    pairs = [float((n.astype(float) * (n - 1) / 2).sum()) for n in (both, sizes, wanted)]
    precision, recall = (both[which] / sizes[found]).mean(), (both[which] / wanted[true]).mean()
    bcubed = 2 * precision * recall / (precision + recall)
    return f"clF1 {2 * pairs[0] / (pairs[1] + pairs[2]):.4f}  B3 {bcubed:.4f}  largest {sizes.max()} of {wanted.max()}"


def splink(python: str, records: pd.DataFrame, truth: pd.DataFrame) -> float:
    """Link the records with Splink in its own environment, print what it did, and return its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder, "records.parquet"), Path(folder, "out.parquet")
        records.to_parquet(given)
        script = str(Path(__file__).with_name("peers_splink.py"))
        run = subprocess.run([python, script, str(given), str(out)], capture_output=True, text=True, check=True)
        result: dict[str, float] = json.loads(run.stdout.strip().splitlines()[-1])
        linked = truth.merge(pd.read_parquet(out), on="record_id", suffixes=("", "_got"))
    print(f"Splink      {result['seconds']:7.2f} s  {result['peak_mb']:.0f} MB")
    print(f"  persons     {scores(linked['person_id'], linked['person_id_got'])}")
    return result["seconds"]


def main() -> None:
    """Generate records, match them, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--splink", metavar="PYTHON")
    options = parser.parse_args()
    records, truth = generate(options.records, options.seed)
    model = Model.default()
    cluster_records(records.head(WARM_UP), model=model)
    start = time.perf_counter()
    clusters = cluster_records(records, model=model)
    whole = time.perf_counter() - start
    report = clusters.report
    matching = sum(report.timings[stage] for stage in MATCHING)
    pairs = sum(rule["pairs_added"] for rule in report.rules)
    print(f"{len(records):,} records, {pairs:,} pairs, model {report.model_hash}")
    print("  " + "  ".join(f"{stage} {seconds:.2f}" for stage, seconds in report.timings.items()))
    print(f"matching    {matching:7.2f} s  {report.peak_memory_bytes / 1e6:.0f} MB  raw columns to ids {whole:.2f} s")
    print(f"  persons     {scores(truth['person_id'], clusters.person)}")
    print(f"  households  {scores(truth['hh_id'], clusters.household)}")
    start = time.perf_counter()
    plain = two_classes(records)
    print(f"two classes {time.perf_counter() - start:7.2f} s")
    print(f"  persons     {scores(truth['person_id'], plain)}")
    if options.splink:
        print(f"matching took {matching / splink(options.splink, records, truth):.2f} of Splink's time")


if __name__ == "__main__":
    main()
