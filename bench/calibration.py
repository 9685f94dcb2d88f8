"""What stated probabilities come to, and what `households.possible` holds: `python -m bench.calibration`.

Corpora of `bench.hard`, on the seeds of `--aside`. Writes pictures and the tables below the marks in the page:

    python -m bench.calibration docs/matching-measured.md     # and docs/matching-calibration.svg
    python -m bench.calibration --fit                         # the shipped calibration of links, from other seeds
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize

from assets.households.linkage.constraints import REASONS, Outcome
from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.linkage.model.calibration import APART, FATES, JOINED, TABLE, clipped
from bench.hard import ASIDE, CORPORA, made

FIT = (7101, 7102)
"""Seeds that the shipped calibration is fitted to, of all corpora."""
SHOWN = ("cards", "no card", "no card, head, role", "no nik", "no nik, card, head, role", "years of birth only",
         "twins, namesakes")  # fmt: skip
LEFT_OUT = {"decided_different": (-4.25, 0.0)}
"""What no corpus shows: reviewers are right in nineteen answers of twenty."""
LIKE = {"too_many_records": "group_disagrees"}
"""What is too rare, and what it is like."""
UNSURE = (0.02, 0.98)
FEW = 200
"""Pairs of possible households below which a corpus is not shown: where there are cards, hardly any."""
FROM = (0.9, 0.7, 0.5, 0.3, 0.1)
"""Probabilities from which on possible households are counted."""
BEGIN, END = "<!-- python -m bench.calibration: begin -->", "<!-- end -->"
Floats = npt.NDArray[np.float64]


class Seen(NamedTuple):
    """Pairs of one corpus, with what is stated of them and whether it is so: `links` of records (match_weight, fate,
    stated, right), `possible` pairs of households (stated, right); and how many pairs of households are one but were
    found apart."""

    links: pd.DataFrame
    possible: pd.DataFrame
    apart: int


def seen(name: str, records: int, seed: int) -> Seen:
    """Match a corpus by a model trained on itself and look at what is stated."""
    rows, truth = made(CORPORA[name], records, seed, aside=True)
    found, known = cluster_records(rows), truth.set_index("record_id")
    person = pd.Series(found.person, rows["record_id"])
    links = found.links.assign(
        together=_equal(found.links, person), right=_equal(found.links, known["person_id"]),
        stated=found.links["match_probability"],
    )  # fmt: skip
    joined = links["together"] & (links["decided_by"] != REASONS[Outcome.JOINED_AT_LAST])
    links["fate"] = links["decided_by"].mask(links["decided_by"] == "model", APART).mask(joined, JOINED)
    possible = found.possible.assign(stated=found.possible["probability"], right=_equal(found.possible, known["hh_id"]))
    return Seen(
        links[["match_weight", "fate", "stated", "right"]], possible[["stated", "right"]], _one_but_apart(truth, found)
    )


def _equal(pairs: pd.DataFrame, label: pd.Series) -> npt.NDArray[np.bool_]:
    left, right = (label.loc[pairs[f"record_id_{side}"]].to_numpy() for side in "lr")
    return np.asarray(left == right)


def _one_but_apart(truth: pd.DataFrame, found: Clusters) -> int:
    """Count the pairs of found households that are mostly of one true one."""
    homes = pd.DataFrame({"found": found.household, "true": truth["hh_id"].to_numpy()})
    most = homes.groupby("found")["true"].agg(lambda true: true.mode().iloc[0])
    sizes = most.value_counts()
    return int((sizes * (sizes - 1) // 2).sum())


def reliability(pairs: pd.DataFrame) -> pd.DataFrame:
    """Say how often pairs of each tenth of probability are what is stated: pairs, mean stated, share right."""
    tenth = np.minimum((pairs["stated"] * 10).astype(int), 9)
    grouped = pairs.assign(pairs=1).groupby(tenth)
    return grouped.agg(pairs=("pairs", "sum"), stated=("stated", "mean"), right=("right", "mean"))


def brier(pairs: pd.DataFrame) -> float:
    """Return the mean squared difference of what is stated and what is so: 0 for a seer, .25 for a tossed coin."""
    return float(((pairs["stated"] - pairs["right"]) ** 2).mean())


def precision_and_recall(possible: pd.DataFrame, apart: int) -> pd.DataFrame:
    """Return for the surest pairs, from 1 to all, the lowest probability, the share right, and the share found of all
    pairs of households that are one but were found apart (`apart`)."""
    ranked = possible.sort_values("stated", ascending=False, ignore_index=True)
    right = ranked["right"].cumsum()
    return pd.DataFrame(
        {"stated": ranked["stated"], "precision": right / np.arange(1, len(right) + 1), "recall": right / max(apart, 1)}
    )


def fitted(links: pd.DataFrame) -> pd.DataFrame:
    """Fit start and slope of the log2 odds by fate, so that what is stated is most likely."""
    rows = dict(LEFT_OUT)
    for fate, pairs in links.groupby("fate"):
        weight, right = clipped(pairs["match_weight"], str(fate)), pairs["right"].to_numpy()

        def surprise(line: Floats, weight: Floats = weight, right: Floats = right) -> float:
            odds = line[0] + line[1] * weight
            return float(np.logaddexp2(0, np.where(right, -odds, odds)).sum())

        rows[str(fate)] = tuple(minimize(surprise, [0.0, 0.5]).x.round(2))
    rows |= {fate: rows[model] for fate, model in LIKE.items()}
    return pd.DataFrame([(fate, *rows[fate]) for fate in FATES], columns=["fate", "start", "slope"])


def section(shown: dict[str, Seen]) -> str:
    """Return the tables: Brier scores by corpus, what tenths come to, and what possible households hold."""
    out = [
        "| corpus | links | unsure | Brier by the weight alone | as stated | possible households | Brier |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for name, each in shown.items():
        by_weight = 1 / (1 + np.exp2(-each.links["match_weight"]))
        unsure = each.links["stated"].between(*UNSURE) | by_weight.between(*UNSURE)
        stated = each.links[unsure]
        alone = stated.assign(stated=by_weight[unsure])
        homes = f"{len(each.possible):,} | {brier(each.possible):.3f}" if len(each.possible) >= FEW else "few |"
        out.append(
            f"| {name} | {len(each.links):,} | {len(stated):,} | {brier(alone):.3f} | {brier(stated):.3f} | {homes} |"
        )
    for title, table in (("one person", "links"), ("one household", "possible")):
        every = reliability(pd.concat([getattr(each, table) for each in shown.values()]))
        out += [
            "",
            f"| {title}: stated | {' | '.join(f'{v:.2f}' for v in every['stated'])} |",
            f"| --- | {' | '.join('--:' for _ in every.index)} |",
            f"| is so | {' | '.join(f'{v:.2f}' for v in every['right'])} |",
            f"| pairs | {' | '.join(f'{v:,}' for v in every['pairs'])} |",
        ]
    out += ["", f"| possible from | {' | '.join(map(str, FROM))} |", f"| --- | {' | '.join('--:' for _ in FROM)} |"]
    for name, each in shown.items():
        curve = precision_and_recall(each.possible, each.apart)
        if len(curve) >= FEW:
            at = [curve[curve["stated"] >= chance].iloc[-1] for chance in FROM]
            cells = (f"{row['precision']:.2f} · {row['recall']:.2f}" for row in at)
            out.append(f"| {name}: right · found | {' | '.join(cells)} |")
    return "\n".join(out)


SIDE, GAP, EDGE = 300, 70, 50
COLOURS = ("#1b6ca8", "#d98032", "#4a9a4a", "#a03070", "#777777", "#8060c0", "#000000")


def picture(shown: dict[str, Seen]) -> str:
    """Draw the reliability of persons and of households, and precision over recall of possible households, as SVG."""
    width, height = 3 * SIDE + 2 * GAP + 2 * EDGE, SIDE + 2 * EDGE + 16 * len(shown)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    titles = (
        ("One person: share right over stated probability", True),
        ("One household: share right over stated probability", True),
        ("Possible households: precision over recall", False),
    )
    for at, (title, diagonal) in enumerate(titles):
        out += _frame(EDGE + at * (SIDE + GAP), title, diagonal=diagonal)
    for colour, (name, each) in zip(COLOURS, shown.items(), strict=False):
        y = SIDE + EDGE + 50 + 16 * COLOURS.index(colour)
        out.append(f'<rect x="{EDGE}" y="{y - 8}" width="14" height="6" fill="{colour}"/>')
        out.append(f'<text x="{EDGE + 20}" y="{y}" font-size="11">{escape(name)}</text>')
        for at, (across, up) in enumerate(_curves(each)):
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _placed(EDGE + at * (SIDE + GAP), across, up))
            out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
    return "\n".join([*out, "</svg>"]) + "\n"


def _curves(each: Seen) -> Iterator[tuple[Floats, Floats]]:
    """The three curves of a corpus. Tenths of fewer than 20 pairs are left out."""
    for pairs in (each.links, each.possible):
        tenths = reliability(pairs).query("pairs >= 20")
        yield tenths["stated"].to_numpy(), tenths["right"].to_numpy()
    if len(each.possible) >= FEW:
        curve = precision_and_recall(each.possible, each.apart)
        steps = np.linspace(20, len(curve) - 1, 60).astype(int)
        yield curve["recall"].to_numpy()[steps], curve["precision"].to_numpy()[steps]


def _frame(x: float, title: str, *, diagonal: bool) -> Iterator[str]:
    yield f'<text x="{x}" y="{EDGE - 14}" font-size="12" font-weight="bold">{escape(title)}</text>'
    yield f'<rect x="{x}" y="{EDGE}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#444"/>'
    if diagonal:
        yield f'<line x1="{x}" y1="{EDGE + SIDE}" x2="{x + SIDE}" y2="{EDGE}" stroke="#bbb" stroke-dasharray="4"/>'
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        yield f'<text x="{x + tick * SIDE - 8}" y="{EDGE + SIDE + 14}" font-size="10">{tick:g}</text>'
        yield f'<text x="{x - 26}" y="{EDGE + (1 - tick) * SIDE + 4}" font-size="10">{tick:g}</text>'


def _placed(x: float, across: Floats, up: Floats) -> list[tuple[float, float]]:
    return [(x + a * SIDE, EDGE + (1 - b) * SIDE) for a, b in zip(across, up, strict=True)]


def main() -> None:
    """Fit the calibration, or write what it comes to into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", nargs="?", type=Path, help="docs/matching-measured.md")
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--fit", action="store_true", help="write the calibration that is shipped")
    options = parser.parse_args()
    if options.fit:
        links = pd.concat([seen(name, options.records, seed).links for name in CORPORA for seed in FIT])
        fitted(links).to_csv(TABLE, index=False)
        return
    shown = {}
    for name in SHOWN:
        each = [seen(name, options.records, seed) for seed in ASIDE]
        links, possible = (pd.concat([getattr(one, table) for one in each]) for table in ("links", "possible"))
        shown[name] = Seen(links, possible, sum(one.apart for one in each))
    text = section(shown)
    if options.page is None:
        print(text)
        return
    page = options.page.read_text(encoding="utf-8")
    marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    options.page.write_text(marked.sub(lambda _: f"{BEGIN}\n\n{text}\n\n{END}", page), encoding="utf-8")
    options.page.with_name("matching-calibration.svg").write_text(picture(shown), encoding="utf-8")


if __name__ == "__main__":
    main()
