"""`docs/data-flow.svg` and `docs/stages.md`: the stages, drawn and listed from their declarations.

`python -m pipelines.docs.flow` writes both anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipelines.stages import STAGES
from pipelines.texts.lookup import Texts
from warehouse.files import write_whole
from warehouse.stage import Columns, Stage
from warehouse.tables import tables

DOCS = Path(__file__).parents[2] / "docs"
PRODUCTS = {
    "warehouse": "warehouse.duckdb",
    "directorates": "published/<direktorat>/",
    "reports": "published/laporan/",
    "corrections": "corrections/<kode_desa>/",
}
"""What stages write that are no tables of the lake."""
_WIDTH, _GAP, _LINE, _HEAD, _MARGIN = 196, 34, 15, 62, 16
_STYLE = """\
.n{font-size:14px;font-weight:bold;fill:#1b2733}.s{font-size:11px;fill:#33424f}
.m{font-size:11px;fill:#1b2733;font-family:"DejaVu Sans Mono",Menlo,Consolas,monospace}
.l{stroke:#5b6b7a;stroke-width:1.6;fill:none}.b{fill:#e6f0fa;stroke:#5d8fc2;stroke-width:1.5}
.p{fill:#fbf3df;stroke:#c9a24b;stroke-width:1.5}"""


class Box(NamedTuple):
    """A stage in the picture: its corner, its size and the lines in it."""

    stage: Stage
    x: int
    y: int
    height: int
    lines: list[str]


def title(stage: Stage) -> str:
    """What a stage is called in English."""
    return Texts("en")(f"progress.{stage.name}", name="for each directorate")


def upstream(stage: Stage) -> set[str]:
    """The names of the stages whose tables a stage reads."""
    return {tables()[table].stage for table in stage.sources} - {stage.name}


@cache
def depth(name: str) -> int:
    """How many stages have to run, one after the other, before this one."""
    return 1 + max((depth(other) for other in upstream(_by_name()[name])), default=-1)


def arrows() -> list[tuple[str, str]]:
    """From each stage to those that read it, without those that another way leads to as well."""
    found = []
    for stage in STAGES:
        direct = upstream(stage)
        through = {above for other in direct for above in _all_above(other)}
        found += [(other, stage.name) for other in sorted(direct - through)]
    return found


def _all_above(name: str) -> set[str]:
    direct = upstream(_by_name()[name])
    return direct | {above for other in direct for above in _all_above(other)}


def _by_name() -> dict[str, Stage]:
    return {stage.name: stage for stage in STAGES}


def boxes() -> dict[str, Box]:
    """The stages in columns by depth, from left to right in the order of the flow."""
    columns: dict[int, list[Stage]] = {}
    for stage in STAGES:
        columns.setdefault(depth(stage.name), []).append(stage)
    found = {}
    for column, stages in columns.items():
        y = _MARGIN
        for stage in stages:
            lines = list(stage.writes) or [PRODUCTS[stage.name]]
            height = _HEAD + _LINE * len(lines)
            found[stage.name] = Box(stage, _MARGIN + column * (_WIDTH + _GAP), y, height, lines)
            y += height + 28
    return found


def picture() -> str:
    """The data flow as SVG: a box for each stage with the tables that it writes, an arrow to each that reads them."""
    drawn = boxes()
    width = max(box.x for box in drawn.values()) + _WIDTH + _MARGIN
    height = max(box.y + box.height for box in drawn.values()) + _MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="t d" font-family="DejaVu Sans, Verdana, Helvetica, Arial, sans-serif">',
        '<title id="t">How the data flows</title>',
        f'<desc id="d">{_spoken()}</desc>',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 10 5 0 10z" fill="#5b6b7a"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(_arrow(drawn[a], drawn[b]) for a, b in arrows()),
        *(line for box in drawn.values() for line in _box(box)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _spoken() -> str:
    parts = (f"{title(stage)}, after {', '.join(sorted(upstream(stage))) or 'nothing'}" for stage in STAGES)
    return "; ".join(parts) + "."


def _box(box: Box) -> Iterator[str]:
    kind = "b" if box.stage.writes else "p"
    yield f'<rect class="{kind}" x="{box.x}" y="{box.y}" width="{_WIDTH}" height="{box.height}" rx="7"/>'
    yield f'<text class="n" x="{box.x + 10}" y="{box.y + 21}">{box.stage.name}</text>'
    yield f'<text class="s" x="{box.x + 10}" y="{box.y + 38}">{title(box.stage)}</text>'
    for number, line in enumerate(box.lines):
        escaped = line.replace("<", "&lt;").replace(">", "&gt;")
        yield f'<text class="m" x="{box.x + 10}" y="{box.y + _HEAD + _LINE * number}">{escaped}</text>'


def _arrow(source: Box, target: Box) -> str:
    x, y = source.x + _WIDTH, source.y + 24
    end = target.y + 24
    bend = target.x - _GAP // 2
    return f'<path class="l" d="M{x} {y} H{bend} V{end} H{target.x - 2}" marker-end="url(#a)"/>'


def page() -> str:
    """The page of the stages: for each what it reads, remembers and writes, and the code it rests on."""
    lines = [
        "# The stages",
        "",
        "Each stage is declared once, in its room (`assets/<room>/stages/`), and runs again when a table that it",
        "reads, its settings or its code changed. It cannot touch any other table. This page and the picture are made",
        "from the declarations (`make docs`); do not edit them by hand.",
        "",
        "![The stages and their tables](data-flow.svg)",
    ]
    for stage in STAGES:
        runs = "For one kabupaten and period at a time." if stage.partitioned else "Over everything at once."
        lines += ["", f"## {stage.name}: {title(stage)}", f"{runs} Code: `{stage.module}` and all that it imports.", ""]
        lines += [f"* reads: {', '.join(map(_read, stage.reads)) or 'the inbox'}"]
        if stage.remembers:
            lines += [f"* reads back of its own: {_names(stage.remembers)}"]
        lines += [f"* writes: {_names(stage.writes or (PRODUCTS[stage.name],))}"]
    return "\n".join(lines) + "\n"


def _read(read: str | Columns) -> str:
    return f"`{read.table}` ({', '.join(read.columns)})" if isinstance(read, Columns) else f"`{read}`"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    for name, text in (("data-flow.svg", picture()), ("stages.md", page())):
        write_whole(DOCS / name, text.encode())
        (DOCS / name).chmod(0o644)
