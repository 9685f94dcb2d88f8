"""Charts as SVG: specifications in Vega-Lite, drawn by its own compiler without a browser or a network.

A chart holds no script; its colours are variables of the page, so that it follows light and dark. Vega-Lite:
Satyanarayan et al., "Vega-Lite: A Grammar of Interactive Graphics", IEEE TVCG 23(1), 2017.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import vl_convert

from pipelines.report.counts import BIN_BITS, LARGEST_SHOWN, Step
from pipelines.summary import UNACCOUNTED

Spec = dict[str, Any]
VERSION = "5.21"
"""Of Vega-Lite."""
WIDTH = 960
"""Pixels of a chart over the whole page."""
ONWARD, OTHER, LOST = "var(--onward)", "var(--aside)", "var(--lost)"
"""Colours: what goes on to the next step; what stays behind for a known reason; what has to be looked at."""
_COLUMN, _NODE, _GAP, _HEIGHT = 158, 12, 0.16, 300
"""Of the flow: pixels from a column to the next; of a node's width; share of the first total left free between nodes;
pixels of the whole."""
_WRONG = frozenset({"quarantined", UNACCOUNTED})
_CONFIG: Spec = {
    "font": "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--ink)", "titleColor": "var(--soft)", "gridColor": "var(--line)", "tickColor": "var(--line)",
        "domainColor": "var(--line)", "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
    },
    "legend": {"labelColor": "var(--ink)", "labelFontSize": 12, "labelLimit": 0, "columnPadding": 28, "orient": "top"},
    "text": {"color": "var(--ink)", "fontSize": 12},
    "title": {"color": "var(--ink)", "fontSize": 13, "fontWeight": "normal", "anchor": "start"},
}  # fmt: skip


def drawn(spec: Spec, description: str) -> str:
    """The SVG of a specification; `description` is what a screen reader says of it."""
    return str(vl_convert.vegalite_to_svg(spec | {"description": description, "config": _CONFIG}, vl_version=VERSION))


def flow(steps: Sequence[Step], words: Mapping[str, str], numbers: Mapping[int, str], description: str) -> str:
    """What every step splits into, as bands as wide as their counts. What stays behind has its label below it, where no
    band passes.

    `words`: of each part, and of the first total; `numbers`: how each count is written.
    """
    gap = steps[0].total * _GAP
    nodes = [_node(0, 0.0, steps[0].total, ONWARD, words[steps[0].name], numbers)]
    bands, top, lowest = [], 0.0, float(steps[0].total)
    for column, step in enumerate(steps, 1):
        start, end, next_top = top, top, top
        for name, count in step.parts.items():
            if not count:
                continue
            next_top = end if name == step.onward else next_top
            colour = LOST if name in _WRONG else ONWARD if name == step.onward or not step.onward else OTHER
            nodes.append(_node(column, end, count, colour, words[name], numbers))
            bands.append((column, start, end, count, colour))
            start += count
            end += count + gap
        top, lowest = next_top, max(lowest, end)
    unit = _HEIGHT / lowest
    points = [
        {"band": number, "x": (column - share) * _COLUMN + (_NODE if share else 0), "colour": colour,
         "y": (start if share > 0.5 else end) * unit, "y2": ((start if share > 0.5 else end) + count) * unit}
        for number, (column, start, end, count, colour) in enumerate(bands)
        for share in (1.0, 0.75, 0.25, 0.0)
    ]  # fmt: skip
    bars = [node | {"y": node["y"] * unit, "y2": node["y2"] * unit, "x2": node["x"] + _NODE} for node in nodes]
    flat: Spec = {"type": "quantitative", "axis": None}
    across = {"field": "x", "scale": {"domain": [0, WIDTH], "nice": False}, **flat}
    down = {"field": "y", "scale": {"domain": [0, _HEIGHT], "reverse": True, "nice": False}, **flat}
    paint = {"field": "colour", "type": "nominal", "scale": None}
    label = {"type": "text", "align": "left", "baseline": "top", "lineBreak": "\n"}
    text = {"x": across, "y": down, "text": {"field": "text", "type": "nominal"}}
    spec = {
        "width": WIDTH, "height": _HEIGHT,
        "layer": [
            {"data": {"values": points}, "mark": {"type": "area", "interpolate": "monotone", "opacity": 0.35},
             "encoding": {"x": across, "y": down, "y2": {"field": "y2"}, "fill": paint, "detail": {"field": "band"}}},
            {"data": {"values": bars}, "mark": {"type": "rect"},
             "encoding": {"x": across, "x2": {"field": "x2"}, "y": down, "y2": {"field": "y2"}, "fill": paint}},
            {"data": {"values": [bar for bar in bars if bar["colour"] == ONWARD]},
             "mark": label | {"dx": _NODE + 5}, "encoding": text},
            {"data": {"values": [bar | {"y": bar["y2"]} for bar in bars if bar["colour"] != ONWARD]},
             "mark": label | {"dy": 3}, "encoding": text},
        ],
    }  # fmt: skip
    return drawn(spec, description)


def _node(column: int, top: float, count: int, colour: str, word: str, numbers: Mapping[int, str]) -> Spec:
    return {
        "x": column * _COLUMN, "y": top, "y2": top + count, "colour": colour, "text": f"{numbers[count]}\n{word}"
    }  # fmt: skip


def histogram(
    counts: Iterable[tuple[int, str, int]], ends: Mapping[str, str], across: str, down: str, description: str
) -> str:
    """Pairs by their weight in bars of `BIN_BITS`: lower end, what became of them (a key of `ends`), how many."""
    values = [{"from": at, "to": at + BIN_BITS, "end": ends[end], "count": count} for at, end, count in counts]
    colours = dict(zip(ends, (ONWARD, OTHER, LOST), strict=True))
    spec = {
        "data": {"values": values},
        "width": WIDTH - 120, "height": 220,
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "from", "type": "quantitative", "bin": {"binned": True, "step": BIN_BITS}, "title": across},
            "x2": {"field": "to"},
            "y": {"field": "count", "type": "quantitative", "title": down, "axis": {"tickMinStep": 1, "format": "d"}},
            "fill": {"field": "end", "type": "nominal", "title": None,
                     "scale": {"domain": list(ends.values()), "range": [colours[end] for end in ends]}},
        },
    }  # fmt: skip
    return drawn(spec, description)


def sizes(counts: Mapping[int, int], across: str, down: str, description: str) -> str:
    """How many groups have each size; the last bar holds all that are larger, too."""
    names = {size: f"{size}{'+' if size == LARGEST_SHOWN else ''}" for size in sorted(counts)}
    spec = {
        "data": {"values": [{"size": name, "count": counts[size]} for size, name in names.items()]},
        "width": WIDTH // 2 - 90, "height": 160,
        "mark": {"type": "bar", "color": ONWARD},
        "encoding": {
            "x": {"field": "size", "type": "nominal", "sort": None, "title": across, "axis": {"labelAngle": 0}},
            "y": {"field": "count", "type": "quantitative", "title": down, "axis": {"tickMinStep": 1, "format": "d"}},
        },
    }  # fmt: skip
    return drawn(spec, description)


def trend(points: Sequence[tuple[datetime, float]], title: str, description: str) -> str:
    """A figure run after run, by the time at which each ended (UTC)."""
    values = [{"at": at.isoformat(), "value": value} for at, value in points]
    spec = {
        "data": {"values": values},
        "title": title,
        "width": WIDTH // 2 - 90, "height": 110,
        "mark": {"type": "line", "color": ONWARD, "point": {"color": ONWARD, "filled": True}},
        "encoding": {
            "x": {"field": "at", "type": "temporal", "title": None,
                  "axis": {"format": "%Y-%m-%d %H:%M", "tickCount": 3, "labelFlush": True}},
            "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"zero": False},
                  "axis": {"tickCount": 4}},
        },
    }  # fmt: skip
    return drawn(spec, description)
