"""Comparing names by the compiled kernels against rapidfuzz: `python -m bench.strings [--records N]`.

Takes candidate pairs of invented records, as blocking makes them, and compares the names of each pair. rapidfuzz gets
lists of Python texts, since it reads nothing else. Prints nanoseconds a pair, on one core: the minimum of five
alternating runs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from assets.households.linkage.arrays.compiled import compiled
from assets.households.linkage.arrays.text import Bytes, Ints
from assets.households.linkage.blocking import Blocking, make_blocks
from assets.households.linkage.compare.names import edits_at_most
from assets.households.linkage.compare.records import compare_pairs, record_arrays
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare.fields import NAME
from assets.households.linkage.prepare.records import prepare
from assets.households.linkage.scoring import sample_pairs
from bench.population import generate

RUNS = 5
CUTOFF = 2
"""Edits up to which two words are a typing error apart."""


@compiled
def edits_of_pairs(left: Ints, right: Ints, letters: Bytes, length: Ints) -> int:
    """Count the pairs of words that are at most `CUTOFF` edits apart."""
    near = 0
    for k in range(len(left)):
        a, b = left[k], right[k]
        near += edits_at_most(letters[a], length[a], letters[b], length[b], CUTOFF)
    return near


def nanoseconds(works: dict[str, Callable[[], object]], pairs: int) -> dict[str, float]:
    """Time each of `works` in alternating runs; nanoseconds of processor time a pair."""
    least = dict.fromkeys(works, float("inf"))
    for run in range(RUNS + 1):
        for name, work in works.items():
            start = time.process_time()
            work()
            if run:  # the first run compiles
                least[name] = min(least[name], time.process_time() - start)
    return {name: seconds / pairs * 1e9 for name, seconds in least.items()}


def main() -> None:
    """Generate records, take their candidate pairs, and print what each way of comparing names takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    given = parser.parse_args()
    records, _ = generate(given.records, 1)
    p = Model.default().with_names(prepare(records))
    blocks, keys = make_blocks(p, Blocking.load())
    left, right, _ = sample_pairs(blocks, keys, p.record_hash, 10**9)
    named = (p.fields[left, NAME] >= 0) & (p.fields[right, NAME] >= 0)
    left, right = left[named], right[named]
    texts = records["nama"].to_numpy(object)[p.order]
    a, b, tables = texts[left].tolist(), texts[right].tolist(), record_arrays(p)
    print(f"{len(left):,} candidate pairs of {len(records):,} records")
    works: dict[str, Callable[[], object]] = {
        "kernels, all comparisons": lambda: compare_pairs(left, right, tables),
        "rapidfuzz cpdist, token_sort_ratio": lambda: process.cpdist(a, b, scorer=fuzz.token_sort_ratio, workers=1),
        "rapidfuzz cpdist, JaroWinkler": lambda: process.cpdist(a, b, scorer=JaroWinkler.similarity, workers=1),
        "gathering the texts of the pairs": lambda: (texts[left].tolist(), texts[right].tolist()),
    }
    for name, each in nanoseconds(works, len(left)).items():
        print(f"  {name:<40} {each:7.0f} ns a pair")
    words = p.names.vocabulary
    first = p.names.tokens[:, 0]
    s, t = first[p.fields[left, NAME]], first[p.fields[right, NAME]]
    kept = (s >= 0) & (t >= 0) & (s != t)
    s, t = s[kept], t[kept]
    spelled = np.array(words.text.to_pylist(), object)
    x, y = spelled[s].tolist(), spelled[t].tolist()
    cutoff = {"scorer": OSA.distance, "score_cutoff": CUTOFF, "dtype": np.uint8, "workers": 1}
    near = int((process.cpdist(x, y, **cutoff) <= CUTOFF).sum())
    print(
        f"{len(s):,} pairs of different first words; at most {CUTOFF} edits apart: rapidfuzz {near:,}, kernel ", end=""
    )
    print(f"{edits_of_pairs(s, t, words.letters, words.length):,}")
    works = {
        "kernel edits_at_most": lambda: edits_of_pairs(s, t, words.letters, words.length),
        "rapidfuzz cpdist, OSA.distance": lambda: process.cpdist(x, y, **cutoff),
        "rapidfuzz OSA.distance, one call a pair": lambda: [
            OSA.distance(u, v, score_cutoff=CUTOFF) for u, v in zip(x, y, strict=True)
        ],
    }
    for name, each in nanoseconds(works, len(s)).items():
        print(f"  {name:<40} {each:7.0f} ns a pair")


if __name__ == "__main__":
    main()
