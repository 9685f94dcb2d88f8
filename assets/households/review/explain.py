"""Why two records are, or are not, taken for one person: as numbers, as a sentence, and by what would change it.

The weight of a pair is the log2 odds of "one person" against everything else together (housemates, twins,
strangers). Each comparison's share is its weight against these rivals, each counted as likely as it is for this
pair; shares and starting odds add up to the total exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage.compare.levels import COMPARISONS, Comparison, NameLevel
from assets.households.linkage.compare.names import compare_names, names_of_table, rarity_bin
from assets.households.linkage.compare.places import RUMAH_PARTS, RumahCell, pack_rumah, unpack_rumah
from assets.households.linkage.compare.records import compare_pairs, record_arrays
from assets.households.linkage.model.parameters import CLASSES, Model, PairClass, Scale, Weights
from assets.households.linkage.prepare.records import Prepared, prepare
from assets.households.linkage.weighing import terms
from assets.households.review.queue import texts

Floats = npt.NDArray[np.float64]
SHOWN = COMPARISONS | RUMAH_PARTS
"""The comparisons as they are shown, with their levels: the joint one, `rumah`, by its parts."""
TEXT_COLUMNS = {"en": "english", "id": "text"}
"""The column of `sentences.csv` that holds the text of a language."""


@dataclass(frozen=True)
class Explanation:
    """`comparisons`: comparison, level, word, weight (log2; null for parts of `rumah`, whose weight stands once);
    `prior`: log2 odds before any comparison; `weight`: their sum; `probability` that both are one person; `rival`:
    the likeliest other explanation; `tips`: comparison, level, word, weight_then of each single change that would
    turn the answer of the comparisons; `sentence`: all this in words, without any personal value; `decided`: its end,
    what else decided.
    """

    comparisons: pd.DataFrame
    prior: float
    weight: float
    probability: float
    rival: str
    tips: pd.DataFrame
    sentence: str
    decided: str


@dataclass(frozen=True)
class Scorer:
    """Records, model and size class made ready once, to explain many pairs. Made by `scorer`."""

    rows: pd.Index
    prepared: Prepared
    weights: Weights
    position: npt.NDArray[np.int64]


def scorer(records: pd.DataFrame, model: Model) -> Scorer:
    """Prepare all records of a match (the size of the set and shared identifiers count) to explain pairs of them."""
    prepared = model.with_names(prepare(records))
    position = np.empty(len(prepared), dtype=np.int64)
    position[prepared.order] = np.arange(len(prepared))
    return Scorer(pd.Index(records["record_id"]), prepared, model.weights(Scale.of(prepared)), position)


def evidence(known: Scorer, pairs: pd.DataFrame) -> pd.DataFrame:
    """The levels and weights of many pairs.

    In: one row a pair, record_id_l, record_id_r. Out: one row a pair and comparison: record_id_l, record_id_r,
    comparison (also `kk`, `kepala`, `desa`, `tempat`, whose common weight is that of `rumah`, and `prior`), level,
    word, weight. Raises `KeyError` for a record that is not among the records.
    """
    out = []
    for (left, right), levels, rare in _compared(known, pairs):
        shares, prior, _ = _shares(known.weights, levels, rare)
        rows = [
            (c, n, w)
            for c, n, w in zip(SHOWN, _named(levels), [*shares[:-1], *[np.nan] * len(RUMAH_PARTS)], strict=True)
        ]
        rows += [("rumah", "", float(shares[-1])), ("prior", "", prior)]
        out += [(left, right, *row) for row in rows]
    frame = pd.DataFrame(out, columns=["record_id_l", "record_id_r", "comparison", "level", "weight"])
    kinds = dict.fromkeys(("record_id_l", "record_id_r", "comparison", "level"), "str")
    return frame.astype(kinds | {"weight": "float64"}).merge(
        sentences()[["comparison", "level", "word"]], how="left", on=["comparison", "level"]
    )


def explain(known: Scorer, record_a: str, record_b: str, *, decided: str = "", language: str = "id") -> Explanation:
    """Explain any two records, linked or not. `decided`: a sentence on what else decided it (a reviewer, a constraint),
    put last; `language` of the sentence: `en` or `id`. Raises `KeyError` for an unknown record.
    """
    threshold = known.weights.needed
    pair = pd.DataFrame({"record_id_l": [record_a], "record_id_r": [record_b]})
    ((_, levels, rare),) = _compared(known, pair)
    shares, prior, rest = _shares(known.weights, levels, rare)
    weight = float(shares.sum() + prior)
    table = evidence(known, pair).query("comparison != 'prior'")[["comparison", "level", "word", "weight"]]
    tips = _tips(known, pair, levels, rare, weight >= threshold, threshold)
    rival = CLASSES[1:][int(rest.argmax())]
    probability = 1 / (1 + 2.0 ** min(-weight, 1000))
    sentence = _sentence(table, prior, weight, probability, rival, tips, threshold, language)
    return Explanation(
        table.reset_index(drop=True), prior, weight, probability, rival, tips, f"{sentence} {decided}".strip(), decided
    )


@cache
def sentences() -> pd.DataFrame:
    """`sentences.csv`: for each comparison and level, the word for a cell, and the text for a sentence in
    Indonesian and in English."""
    return pd.read_csv(Path(__file__).parent / "sentences.csv", dtype="str", keep_default_na=False)


def number(value: float, language: str = "id") -> str:
    """A weight as a reader of the language expects it, with its sign.

    >>> number(-3.14159), number(-3.14159, "en")
    ('−3,1', '−3.1')
    """
    shown = f"{value:+.1f}".replace("-", "−")
    return shown.replace(".", ",") if language == "id" else shown


def percent(probability: float, language: str = "id") -> str:
    """A probability in words that never round a doubt away.

    >>> percent(0.873), percent(0.99999), percent(0.873, "en")
    ('87 %', 'lebih dari 99,9 %', '87%')
    """
    if probability > 0.999:
        return phrase("more_than", language)
    if probability < 0.001:
        return phrase("less_than", language)
    shown = f"{probability:.1%}" if not 0.01 <= probability < 0.99 else f"{probability:.0%}"
    return shown.replace(".", ",").replace("%", " %") if language == "id" else shown


def phrase(name: str, language: str, **values: str) -> str:
    """A text of `explanation` in `review_texts.yml`."""
    return str(texts()["explanation"][name][language]).format(**values)


def _compared(known: Scorer, pairs: pd.DataFrame) -> list[tuple[tuple[str, str], npt.NDArray[np.int16], int]]:
    rows = [np.asarray(known.rows.get_indexer(pd.Index(pairs[c]))) for c in ("record_id_l", "record_id_r")]
    if any((side < 0).any() for side in rows):
        raise KeyError("a record to explain is not among the records in force")
    left, right = (known.position[side].astype(np.int32) for side in rows)
    levels, rare = compare_pairs(left, right, record_arrays(known.prepared))
    names = zip(pairs["record_id_l"], pairs["record_id_r"], strict=True)
    return [(pair, levels[k], int(rare[k])) for k, pair in enumerate(names)]


def _shares(weights: Weights, levels: npt.NDArray[np.int16], rare: int) -> tuple[Floats, float, Floats]:
    """Weight of each comparison (`Comparison`), starting odds, and how likely each rival is (`PairClass` without SAME);
    all but the last add up to the total."""
    table = terms(levels[None], np.array([rare], np.int32), weights)[:, 0]
    totals = weights.prior + table.sum(axis=1)
    rivals = np.delete(totals, PairClass.SAME)
    against = np.logaddexp2.reduce(rivals)
    likely = 2.0 ** (rivals - against)
    shares = table[PairClass.SAME] - likely @ np.delete(table, PairClass.SAME, axis=0)
    return shares, float(totals[PairClass.SAME] - against - shares.sum()), likely


def _shown(levels: npt.NDArray[np.int16]) -> list[int]:
    """Return the levels of `SHOWN`."""
    return [*levels[: Comparison.RUMAH].tolist(), *map(int, unpack_rumah(levels[Comparison.RUMAH]))]


def _named(levels: npt.NDArray[np.int16]) -> list[str]:
    return [names[level] for names, level in zip(SHOWN.values(), _shown(levels), strict=True)]


def _with_level(levels: npt.NDArray[np.int16], at: int, level: int) -> npt.NDArray[np.int16]:
    """Return levels of which one of `SHOWN`, by its index there, is another."""
    shown = _shown(levels)
    shown[at] = level
    home = RumahCell(*shown[Comparison.RUMAH :])
    return np.array([*shown[: Comparison.RUMAH], pack_rumah(*home)], np.int16)


def _tips(
    known: Scorer, pair: pd.DataFrame, levels: npt.NDArray[np.int16], rare: int, linked: bool, threshold: float
) -> pd.DataFrame:
    """Every change of one comparison that turns the answer, the smallest turn first within each comparison."""
    found = []
    for at, (comparison, names) in enumerate(SHOWN.items()):
        for level in range(1, len(names)):
            changed, rarity = _with_level(levels, at, level), rare
            if at == Comparison.NAMA and level != NameLevel.DIFFERENT:
                rarity = _rarity_of_name(known, str(pair.loc[0, "record_id_l"]))
            shares, prior, _ = _shares(known.weights, changed, rarity)
            then = float(shares.sum() + prior)
            if (changed != levels).any() and (then >= threshold) != linked:
                found.append((comparison, names[level], then))
    frame = pd.DataFrame(found, columns=["comparison", "level", "weight_then"])
    frame = frame.assign(size=(frame["weight_then"] - threshold).abs()).sort_values("size", kind="stable")
    frame = frame.drop_duplicates("comparison").drop(columns="size")
    words = sentences()[["comparison", "level", "word"]]
    return frame.astype({"comparison": "str", "level": "str"}).merge(words, how="left", on=["comparison", "level"])


def _rarity_of_name(known: Scorer, record: str) -> int:
    """Return the bin of how rare it is to have the same name as a record."""
    name = known.prepared.rows["name"][known.position[known.rows.get_loc(record)]]
    if name < 0:
        return 0
    names = names_of_table(known.prepared.names)
    row = names.rows[name]
    return rarity_bin(compare_names(row, row, names)[1])


def _sentence(
    table: pd.DataFrame,
    prior: float,
    weight: float,
    probability: float,
    rival: str,
    tips: pd.DataFrame,
    threshold: float,
    language: str,
) -> str:
    text_of = sentences().set_index(["comparison", "level"])[TEXT_COLUMNS[language]]
    own = table[table["weight"].notna() & ~table["level"].isin(["missing", ""])].sort_values("weight", ascending=False)
    said = [(w, text_of[c, level]) for c, level, w in own[["comparison", "level", "weight"]].itertuples(index=False)]
    dwelling = [
        text_of[c, level]
        for c, level in table[["comparison", "level"]].itertuples(index=False)
        if c in RUMAH_PARTS and level != "missing"
    ]
    if dwelling:
        said.append((float(table.loc[table["comparison"] == "rumah", "weight"].sum()), ", ".join(dwelling)))
    said.sort(key=lambda s: -abs(s[0]))
    support = "; ".join(f"{text} ({number(w, language)})" for w, text in said if w >= 0.05)
    against = "; ".join(f"{text} ({number(w, language)})" for w, text in said if w <= -0.05)
    ways = [text_of[c, level] for c, level in tips[["comparison", "level"]].head(3).itertuples(index=False)]
    lines = [
        phrase(
            "answer",
            language,
            answer=phrase("answer_same" if weight >= threshold else "answer_different", language),
            percent=percent(probability, language),
            weight=number(weight, language),
            prior=number(prior, language),
        ),
        phrase("support", language, texts=support) if support else phrase("no_support", language),
        phrase("against", language, texts=against) if against else phrase("nothing_against", language),
        phrase("rival", language, rival=phrase(rival, language)),
        phrase("tips", language, texts="; ".join(ways)) if ways else phrase("no_tips", language),
    ]
    return " ".join(lines)
