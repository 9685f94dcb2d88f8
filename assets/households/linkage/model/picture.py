"""A picture of a matching model: how much each level of agreement speaks for one person, as SVG.

Two bars a level: against strangers, and against people of one household. What is long to the right tells a person
from others; what is long to the left tells that it is another.
"""

from __future__ import annotations

from html import escape

import numpy as np

from assets.households.linkage.compare.levels import COMPARISONS, Agreement, Comparison
from assets.households.linkage.model.parameters import Model, PairClass, name_weights

ROW, MIDDLE, WIDTH, BIT = 15, 420, 760, 12
LONGEST = 26.0
"""Bits beyond which a bar is cut."""
RIVALS = (("strangers", PairClass.UNRELATED, "#1b6ca8"), ("housemates", PairClass.HOUSEMATE, "#d98032"))
USUAL_NAME = 5
"""The bin of rarity for which the names are drawn: one name in a thousand."""


def picture(model: Model) -> str:
    """Return an SVG of the weights (bits, log2 of the ratio of probabilities) of all comparisons but `rumah`."""
    title = f"Model {model.hash}: weight of each level, in bits"
    parts = [_text(10, 20, title, bold=True), *_legend()]
    y = 60
    for name, levels in COMPARISONS.items():
        parts.append(_text(10, y + 11, name, bold=True))
        for k, level in enumerate(levels[1:], 1):
            parts.append(_text(120, y + 11, level))
            for at, (_, rival, colour) in enumerate(RIVALS):
                parts.append(_bar(y + 2 + at * 6, _weight(model, name, k, rival), colour))
            y += ROW
        y += ROW // 2
    middle = f'<line x1="{MIDDLE}" x2="{MIDDLE}" y1="55" y2="{y}" stroke="#444"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 10}" font-family="sans-serif">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *parts, middle, "</svg>"]) + "\n"


def _weight(model: Model, name: str, level: int, rival: int) -> float:
    """Return the weight of a level against a rival class, for a pair of one village (`hubungan`: of one card)."""
    if name == Comparison.NAMA.key:
        weights = name_weights(model)[:, level, USUAL_NAME]
        return float(weights[PairClass.SAME] - weights[rival])
    table = model.levels[name][:, Agreement.SAME, level]
    return float(np.log2(max(table[PairClass.SAME], 1e-9) / max(table[rival], 1e-9)))


def _legend() -> list[str]:
    out = []
    for at, (label, _, colour) in enumerate(RIVALS):
        x = 120 + 160 * at
        out.append(f'<rect x="{x}" y="34" width="12" height="6" fill="{colour}"/>')
        out.append(_text(x + 18, 41, f"against {label}"))
    return out


def _bar(y: int, weight: float, colour: str) -> str:
    long = min(abs(weight), LONGEST) * BIT
    x = MIDDLE if weight >= 0 else MIDDLE - long
    return f'<rect x="{x:.1f}" y="{y}" width="{long:.1f}" height="5" fill="{colour}"><title>{weight:.1f}</title></rect>'


def _text(x: int, y: int, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" font-size="11"{weight}>{escape(text)}</text>'
