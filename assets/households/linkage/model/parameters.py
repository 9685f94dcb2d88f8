"""The trained model: for each class of pairs, how probable each level of agreement is. A JSON file with a hash.

Classes: `same` person, `housemate`, `twin` (housemates born on one day) and `unrelated`. The model holds also how
common names are, so that the score of a pair depends on its two records, the model and the size class of the set
of records, and never drifts while records come and go.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assets.households.linkage.compare.levels import (
    COMPARISONS,
    LEVELS,
    SIZES,
    Agreement,
    Comparison,
    KkLevel,
    NameLevel,
    NikLevel,
)
from assets.households.linkage.compare.names import RARITIES
from assets.households.linkage.compare.places import CELLS, unpack_rumah
from assets.households.linkage.prepare.records import Prepared
from assets.households.linkage.prepare.tokens import NameTable, hashes_of_sounds, with_rarity
from warehouse.files import write_whole
from warehouse.home import DataHome


class PairClass(IntEnum):
    """What two records can be: one person; two of one household; two of one household born on one day; strangers."""

    SAME = 0
    HOUSEMATE = 1
    TWIN = 2
    UNRELATED = 3


CLASSES = tuple(each.name.lower() for each in PairClass)
"""The names of the classes in a model."""
VILLAGES = len(Agreement)
"""Levels of agreement on the village."""
EVEN = 5.0
"""True odds, to one, of a merge whose pairs weigh 0 on average (even odds) and which no constraint forbids. They are
higher, since each field counts as if it stood alone, and what parts people for sure is decided apart. Measured: 5 to 6
for persons, 2 to 5 for households (`python -m bench.hard --costs`)."""
DEFAULT_MODEL = Path(__file__).parent / "default_model.json"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """The size class of a set of records: its number and the share of pairs in one village, as powers of two.

    Both follow from the set alone. While they stay, adding records changes no pair's score.
    """

    records: int
    same_village: float

    @classmethod
    def of(cls, p: Prepared) -> Scale:
        """Measure a set of records."""
        village = p.rows["village"]
        return cls.of_counts(len(p), np.bincount(village[village >= 0]))

    @classmethod
    def of_counts(cls, records: int, villages: npt.NDArray[np.int64]) -> Scale:
        """Derive the class from the number of records and how many of them each village has."""
        counts = villages.astype(float) if villages.sum() > 0 else np.ones(1)
        share = float(((counts / counts.sum()) ** 2).sum())
        return cls(2 ** max(6, round(math.log2(max(records, 1)))), 2.0 ** round(math.log2(min(share, 1.0))))


@dataclass(frozen=True)
class Model:
    """Probabilities by class and level (`levels[comparison]`: classes × context × levels).

    The context of a comparison is the level of the village (missing, same, different), for `hubungan` that of the KK.

    `related`: the joint `rumah` levels of people of one household; `unrelated_places`: of others, by village level.
    `kappa`, `kin`: for each level of `nama`, how many more names than the same one agree so with strangers, and what
    share of housemates, and of twins, does. `pairs`: for each class the number of its pairs for each record. `tokens`:
    share of records that have a word in the name. `summary`: what it was trained on. `wrong_merge_cost`: how many
    duplicates it costs to take two for one, `households`: what a household is (`DataHome`); not learned but set.
    """

    levels: dict[str, Floats]
    related: Floats
    unrelated_places: Floats
    kappa: Floats
    kin: Floats
    pairs: dict[str, float]
    tokens: dict[str, float]
    lengths: list[float]
    summary: dict[str, Any] = field(default_factory=dict)
    wrong_merge_cost: float = DataHome.wrong_merge_cost
    households: str = DataHome.households

    @property
    def needed(self) -> float:
        """The weight (log2 odds) above which two groups of records are joined: to join them costs `wrong_merge_cost` if
        they are two, to leave them apart costs 1 if they are one, so that true odds above the cost join."""
        return math.log2(self.wrong_merge_cost / EVEN)

    def as_set(self, wrong_merge_cost: float | None, households: str | None) -> Model:
        """Return the model with what is given here in the place of what it was set to."""
        cost = self.wrong_merge_cost if wrong_merge_cost is None else wrong_merge_cost
        return replace(self, wrong_merge_cost=cost, households=households or self.households)

    @cached_property
    def hash(self) -> str:
        """The first 16 hex digits of the SHA-256 of everything that decides, in canonical form."""
        decisive = {k: v for k, v in self.to_json().items() if k not in ("summary", "hash")}
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """Return the model as JSON values, rounded to six significant digits; what is set, where it is not usual."""
        as_set = {"wrong_merge_cost": _six(self.wrong_merge_cost), "households": self.households}
        return {
            "levels": {name: _rounded(self.levels[name]) for name in COMPARISONS},
            "related": _rounded(self.related),
            "unrelated_places": _rounded(self.unrelated_places),
            "kappa": _rounded(self.kappa),
            "kin": _rounded(self.kin),
            "pairs": {k: _six(v) for k, v in self.pairs.items()},
            "tokens": {k: _six(v) for k, v in sorted(self.tokens.items())},
            "lengths": [_six(v) for v in self.lengths],
            "summary": self.summary,
        } | {name: value for name, value in as_set.items() if value != getattr(DataHome, name)}

    def save(self, path: Path) -> None:
        """Write the model to a JSON file, with its hash."""
        body = json.dumps({"hash": self.hash, **self.to_json()}, indent=1, ensure_ascii=False)
        write_whole(path, f"{_compact_lists(body)}\n".encode())

    @classmethod
    def load(cls, path: Path) -> Model:
        """Read a model. Raises ValueError where the file is no model of this version, or was changed by hand."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        try:
            model = cls(
                {name: np.array(stored["levels"][name], float) for name in COMPARISONS},
                np.array(stored["related"], float),
                np.array(stored["unrelated_places"], float),
                np.array(stored["kappa"], float),
                np.array(stored["kin"], float),
                stored["pairs"],
                stored["tokens"],
                stored["lengths"],
                summary=stored["summary"],
                wrong_merge_cost=stored.get("wrong_merge_cost", DataHome.wrong_merge_cost),
                households=stored.get("households", DataHome.households),
            )
            wrong = [n for n, s in zip(COMPARISONS, SIZES, strict=True) if model.levels[n].shape[-1] != s]
        except KeyError as error:
            raise ValueError(f"{path.name} is not a matching model: {error} is missing") from error
        if wrong or len(model.related) != CELLS:
            raise ValueError(f"{path.name} was trained for other comparisons; train a new model")
        if stored.get("hash") != model.hash:
            raise ValueError(f"{path.name} does not have the hash that it states; train a new model")
        return model

    @classmethod
    def default(cls) -> Model:
        """Return the model that is shipped; it was trained on invented people (`bench/population.py`)."""
        return cls.load(DEFAULT_MODEL)

    def with_names(self, p: Prepared) -> Prepared:
        """Return the records with the rarity of each name's words taken from this model."""
        return replace(p, names=rarity_by_model(p.names, self.tokens, self.lengths))

    def weights(self, scale: Scale) -> Weights:
        """Return log2 probabilities for a size class, priors included, as arrays for the compiled scorer."""
        return Weights.of(self, scale)


@dataclass(frozen=True)
class Weights:
    """log2 P(level | class), and log2 of each class's prior; classes by `PairClass`.

    `prior`: classes; `plain`: classes × contexts × comparisons × levels (`nama` is not there); `name`: classes × levels
    × rarity bins; `rumah`: classes × cells; `needed`: as in `Model`. `scoring.PackedWeights` lays them out for the
    compiled scorer.
    """

    prior: Floats
    plain: Floats
    name: Floats
    rumah: Floats
    needed: float

    @classmethod
    def of(cls, model: Model, scale: Scale) -> Weights:
        """Turn a model into weights; a comparison that is missing (level 0) weighs nothing."""
        n = scale.records
        rates = np.array([2 * model.pairs[c] / n for c in CLASSES[: PairClass.UNRELATED]])
        rates *= min(1.0, 0.5 / rates.sum())
        prior = np.log2(np.append(rates, 1 - rates.sum()))
        plain = np.zeros((len(PairClass), VILLAGES, len(LEVELS), max(SIZES)))
        for comparison in LEVELS:
            if comparison != Comparison.NAMA:
                plain[:, :, comparison, 1 : SIZES[comparison]] = _log2(model.levels[comparison.key][:, :, 1:])
        nik = plain[:, :, Comparison.NIK]
        nik[PairClass.UNRELATED, :, NikLevel.SAME] = math.log2(model.pairs["nik_shared"] / n)
        for c in (PairClass.HOUSEMATE, PairClass.UNRELATED):  # of the numbers that they share, as many end in 0
            cut = nik[PairClass.SAME, :, NikLevel.SAME_CUT] - nik[PairClass.SAME, :, NikLevel.SAME]
            nik[c, :, NikLevel.SAME_CUT] = nik[c, :, NikLevel.SAME] + cut
        return cls(prior, plain, name_weights(model), place_weights(model, scale), model.needed)


def name_weights(model: Model) -> Floats:
    """Return log2 P(level of `nama`, rarity) by class (classes × levels × rarity bins), up to what is common to all.

    Two strangers agree on a name as often as the name is common; housemates do so too, and also as kin.
    """
    common = 2.0 ** (-2.0 * np.arange(RARITIES) - 1.0)
    out = np.zeros((len(PairClass), len(NameLevel), RARITIES))
    levels = model.levels[Comparison.NAMA.key][:, Agreement.MISSING]
    for level in range(NameLevel.SAME, len(NameLevel)):
        out[:, level] = _log2(levels[:, level])[:, None]
        if level < NameLevel.DIFFERENT:
            chance = np.minimum(model.kappa[level] * common, 0.5)
            out[PairClass.UNRELATED, level] = np.log2(chance)
            out[PairClass.HOUSEMATE : PairClass.TWIN + 1, level] = np.log2(model.kin[:, level, None] + chance)
    return out


def place_weights(model: Model, scale: Scale) -> Floats:
    """Return log2 P(cell of `rumah`) by class (classes × cells): that of strangers depends on the share of pairs in one
    village, and on how many cards are shared."""
    cells = np.arange(CELLS)
    rumah = unpack_rumah(cells)
    share = np.array([1.0, scale.same_village, 1 - min(scale.same_village, 0.5)])
    unrelated = model.unrelated_places[rumah.village, cells] * share[rumah.village]
    shared_card = unrelated * model.pairs["kk_shared"] / scale.records
    unrelated = np.where(rumah.kk == KkLevel.SAME, shared_card, unrelated)
    related = _log2(model.related)
    return np.stack([related, related, related, _log2(unrelated)])


def rarity_by_model(names: NameTable, tokens: dict[str, float], lengths: list[float]) -> NameTable:
    """Set the rarity of each token from a table of shares; what the table does not know is as rare as its rarest."""
    floor = min(tokens.values(), default=1e-3) / 2
    shares = np.array([tokens.get(t, floor) for t in names.vocabulary.text.to_pylist()])
    by_sound: dict[int, float] = defaultdict(float)
    for sound, share in zip(hashes_of_sounds(list(tokens)).tolist(), tokens.values(), strict=True):
        by_sound[sound] += share
    sounds = np.array([by_sound.get(s, floor) for s in names.vocabulary.sound_hash.tolist()])
    return with_rarity(names, shares, sounds, floor, lengths)


def _log2(table: Floats) -> Floats:
    return np.asarray(np.log2(np.maximum(table, 1e-12)))


def _six(value: float) -> float:
    return float(f"{value:.6g}")


def _rounded(table: Floats) -> Any:
    return [_rounded(row) for row in table] if table.ndim > 1 else [_six(v) for v in table]


def _compact_lists(text: str) -> str:
    """Put lists of numbers on one line each."""
    import re

    return re.sub(r"\[\s+([-\d.e,\s]+?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m.group(1)) + "]", text)
