"""A picture of why two records are, or are not, one person: a waterfall, as SVG, without any personal value.

From the odds before any comparison each bar goes on where the last one ended: to the right what speaks for one person,
to the left what speaks against it; the strongest first. Where the last bar ends, the weight stands.
"""

from __future__ import annotations

from html import escape
from textwrap import wrap

from assets.households.linkage.compare.places import RUMAH_PARTS
from assets.households.review.explain import TEXT_COLUMNS, Explanation, number, percent, phrase, sentences

WIDTH, LEFT, RIGHT, LINE, GAP = 980, 500, 60, 15, 8
"""Pixels: of the picture; of texts, left of the bars; of numbers, right of them; a line of text; between bars."""
LETTERS, WIDE = 78, 150
"""Letters in a line beside the bars, and below them."""
FOR, AGAINST, WHOLE = "#1b6ca8", "#c8553d", "#444444"
SMALL = 0.05
"""Bits below which a comparison has no bar of its own: what all such weigh is one bar, so that the sum is exact."""


def waterfall(explained: Explanation, language: str = "id") -> str:
    """Return the picture of an explanation, its texts in a `language` (`en` or `id`)."""
    steps = _steps(explained, language)
    ends = [0.0]
    for _, weight in steps:
        ends.append(ends[-1] + weight)
    low, high = min(ends), max(ends)
    bit = (WIDTH - LEFT - RIGHT - 20) / max(high - low, 1.0)
    zero = LEFT + 10 - low * bit
    title = phrase("title", language, percent=percent(explained.probability, language))
    parts, y = [_text(10, 22, title, bold=True)], 40
    rows = [(text, start, weight, FOR if weight >= 0 else AGAINST)
            for (text, weight), start in zip(steps, ends, strict=False)]  # fmt: skip
    rows.append((phrase("total", language), 0.0, explained.weight, WHOLE))
    for text, start, weight, colour in rows:
        lines = wrap(text, LETTERS)
        parts += [_text(10, y + LINE * (k + 1) - 3, line, bold=colour == WHOLE) for k, line in enumerate(lines)]
        x, long = zero + min(start, start + weight) * bit, abs(weight) * bit
        parts.append(f'<rect x="{x:.1f}" y="{y + 1}" width="{long:.1f}" height="{LINE - 2}" fill="{colour}"/>')
        parts.append(_text(x + long + 4, y + LINE - 3, number(weight, language)))
        y += LINE * len(lines) + GAP
    parts.append(f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="36" y2="{y}" stroke="{WHOLE}" stroke-dasharray="3 2"/>')
    for line in wrap(explained.decided, WIDE):
        y += LINE
        parts.append(_text(10, y, line))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" lang="{language}" '
        f'width="{WIDTH}" height="{y + 15}" font-family="sans-serif">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>"]) + "\n"


def _steps(explained: Explanation, language: str) -> list[tuple[str, float]]:
    """Return text and weight (log2) of each bar but the last; the weights add up to that of the explanation."""
    said = sentences().set_index(["comparison", "level"])[TEXT_COLUMNS[language]]
    table = explained.comparisons
    home = [
        said[comparison, level]
        for comparison, level in table[["comparison", "level"]].itertuples(index=False)
        if comparison in RUMAH_PARTS and level != "missing"
    ]
    shares = [
        ("; ".join(home) if comparison == "rumah" else said[comparison, level], float(weight))
        for comparison, level, weight in table.dropna(subset="weight")[["comparison", "level", "weight"]].itertuples(
            index=False
        )
    ]
    shown = sorted((s for s in shares if s[0] and abs(s[1]) >= SMALL), key=lambda s: -abs(s[1]))
    rest = sum(weight for _, weight in shares) - sum(weight for _, weight in shown)
    more = [(phrase("rest", language), rest)] if abs(rest) >= SMALL else []
    return [(phrase("start", language), explained.prior), *shown, *more]


def _text(x: float, y: int, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y}" font-size="11"{weight}>{escape(text)}</text>'
