"""Where the processor's time of a refresh goes, as a flame graph: a bar is a function, as wide as its share.

    python -m bench.flames --villages 80 docs/flames.svg

py-spy looks fifty times a second at what `bench.whole` and its helpers do. Functions of the project are drawn, and
above them the libraries that they called. What helpers and threads do stands beside the stage that asked for it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

_PROJECT = re.compile(r"(.+) \(((?:assets|pipelines|validation|warehouse)/[^:]+)\.py:\d+\)")
_LIBRARY = re.compile(r"site-packages/(\w+)|^.* \((\w+)[/.]")
_LEFT_OUT = "assets/support"
"""What only wraps every stage."""
_NOT_OF_A_REFRESH = re.compile(r"(warm_up|write_sample_inbox) ")
"""What the benchmark does ahead of it."""
_COLOURS = {
    "assets/intake": "#8dd3c7", "assets/records": "#bebada", "assets/households": "#fb8072",
    "assets/referrals": "#80b1d3", "assets/publications": "#fdb462", "warehouse": "#b3de69", "validation": "#fccde5",
    "pipelines": "#ffffb3",
}  # fmt: skip
_OTHER = "#d9d9d9"
_WIDTH, _ROW, _LETTER = 1200.0, 17, 6.4
_LEAST = 0.004
"""Bars narrower than this share are not drawn."""


@dataclass
class Bar:
    """A function called by others, its samples, and those that it called, by name."""

    count: int = 0
    called: dict[str, Bar] = field(default_factory=dict)


def bars(stacks: Iterable[str]) -> Bar:
    """The tree of functions from lines as py-spy writes them: frames divided by `;`, and how often they were seen.

    >>> tree = bars(["run (a.py:1);read (assets/intake/reading.py:3);take (pyarrow/compute.py:9) 2"])
    >>> list(tree.called), list(tree.called["read assets/intake/reading"].called)
    (['read assets/intake/reading'], ['pyarrow'])
    """
    root = Bar()
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        names = list(_shown(stack.split(";")))
        if names:
            _add(root, names, int(count))
    return root


def _add(root: Bar, names: list[str], count: int) -> None:
    root.count += count
    bar = root
    for name in names:
        bar = bar.called.setdefault(name, Bar())
        bar.count += count


def _shown(frames: list[str]) -> Iterator[str]:
    """The project's functions of a stack, and the library at its end; nothing where none is of the project."""
    ours = [(at, found) for at, frame in enumerate(frames) if (found := _PROJECT.fullmatch(frame))]
    named = [f"{found[1]} {found[2]}" for _, found in ours if not found[2].startswith(_LEFT_OUT)]
    named = [name for name in named if "<" not in name]
    if not named or any(_NOT_OF_A_REFRESH.match(frame) for frame in frames):
        return
    yield from named
    library = _LIBRARY.search(frames[-1])
    if ours[-1][0] < len(frames) - 1 and library:
        yield library[1] or library[2]


def svg(root: Bar) -> str:
    """The picture, as wide as a page."""
    drawn = list(_boxes(root, 0.0, 0, root.count))
    height = (max(depth for _, _, _, depth in drawn) + 1) * _ROW
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height}" font-family="monospace" '
        'font-size="11" role="img" aria-label="Where the time of a refresh goes">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for name, left, share, depth in drawn:
        function, _, place = name.partition(" ")
        x, width, y = left * _WIDTH, share * _WIDTH, height - (depth + 1) * _ROW
        colour = next((_COLOURS[room] for room in _COLOURS if place.startswith(room)), _OTHER)
        letters = int((width - 4) / _LETTER)
        text = f'<text x="{x + 3:.1f}" y="{y + 12}">{escape(function[:letters])}</text>' if letters > 2 else ""
        said = escape(f"{function}, {place}.py: {share:.1%}" if place else f"{function}: {share:.1%}")
        lines.append(
            f'<g><title>{said}</title><rect x="{x:.1f}" y="{y}" width="{max(width - 0.6, 0.5):.1f}" '
            f'height="{_ROW - 1}" fill="{colour}"/>{text}</g>'
        )
    return "\n".join([*lines, "</svg>", ""])


def _boxes(bar: Bar, left: float, depth: int, whole: int) -> Iterator[tuple[str, float, float, int]]:
    """Name, left edge and width as shares of the whole, and depth of each function below `bar`, the widest first."""
    for name, called in sorted(bar.called.items(), key=lambda item: (-item[1].count, item[0])):
        share = called.count / whole
        if share >= _LEAST:
            yield name, left, share, depth
            yield from _boxes(called, left, depth + 1, whole)
        left += share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--villages", type=int, default=80)
    parser.add_argument("target", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pmks-flames-") as folder:
        stacks = Path(folder) / "stacks.txt"
        spy = ["py-spy", "record", "--nonblocking", "--subprocesses", "--rate", "50", "--format", "raw"]
        bench = [sys.executable, "-m", "bench.whole", "--villages", str(given.villages)]
        subprocess.run([*spy, "--output", str(stacks), "--", *bench], check=True)
        given.target.write_text(svg(bars(stacks.read_text(encoding="utf-8").splitlines())), encoding="utf-8")


if __name__ == "__main__":
    main()
