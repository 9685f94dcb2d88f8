"""Train the model that is shipped, on the invented population: `python -m bench.shipped_model`, then commit the file.

The names of the invented population are no census of names: words that are rare in it are left out, so that every word
which the shipped model does not know counts as common as one name in `UNKNOWN`, and agreeing on it proves little.
"""

from __future__ import annotations

from dataclasses import replace

from assets.households.linkage.model.estimation import train
from assets.households.linkage.model.parameters import DEFAULT_MODEL, Model
from assets.households.linkage.prepare.records import prepare
from bench.population import Rates, generate

RECORDS, SEED = 150_000, 2026
RATES = Rates(alike_twins=0.3)
"""The usual rates, and twins of whom some have names alike, as many have."""
UNKNOWN = 2000


def main() -> None:
    """Train twice, the second time from what the first found, and write the model over the shipped one."""
    records, _ = generate(RECORDS, SEED, RATES)
    prepared = prepare(records)
    model = train(prepared, train(prepared, Model.default()))
    known = {token: share for token, share in model.tokens.items() if share > 2 / UNKNOWN} | {"": 2 / UNKNOWN}
    summary = model.summary | {"trained_on": f"{RECORDS:,} invented records, bench/population.py, seed {SEED}"}
    replace(model, tokens=known, summary=summary).save(DEFAULT_MODEL)


if __name__ == "__main__":
    main()
