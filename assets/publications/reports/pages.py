"""Reports as pages: which counts stand on a page, in what order, and how they are drawn.

A page is one file that asks for nothing else: no script, no font, no picture. Its charts are bars in the tables, so
that whoever cannot see them reads the same numbers. What stands on which page, and every text: `report_pages.yml`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jinja2 import Template

from assets.publications.reports.disclosure import NOTHING, Shown
from assets.publications.reports.figures import JOINED, MET_STATE, Key, key
from assets.referrals.answers import UNANSWERED
from assets.templates import templates_beside
from validation.categories import pmks_types
from validation.directorates import directorates
from validation.nik import STATUSES_IN_A_LIST
from validation.regions import regency_name, regency_of, village

_HERE = Path(__file__).parent
TEMPLATE = "report_page.html"
STATES = (UNANSWERED, "diterima", "ditolak", MET_STATE)
COLOURS = (*STATES, "one", "other")
_BAR_OF_SMALL = 2
"""How long the bar is of a count that is not said: about half of the largest."""


class Row(NamedTuple):
    """A line of a table: what it is, its counts as texts, and its bars: colour, and width in percent."""

    label: str
    cells: list[str]
    bars: list[tuple[str, float]]


class Section(NamedTuple):
    """A table with what is said above it. `columns`: name and colour; `head`: what the rows are."""

    title: str
    note: str
    head: str
    columns: list[tuple[str, str]]
    rows: list[Row]
    empty: str


class Page(NamedTuple):
    """All that a page says."""

    title: str
    subtitle: str
    as_of: str
    figures: list[tuple[str, str]]
    sections: list[Section]
    method: str
    methods: list[str]


@cache
def texts() -> dict[str, Any]:
    """The pages, sections and texts of `report_pages.yml`."""
    text = (_HERE / "report_pages.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return loaded


class Shelf:
    """The counts of one page, by where they stand."""

    def __init__(self, said: Mapping[Key, Shown]) -> None:
        self._said = said
        self._values: dict[Key, list[str]] = {}
        for measure, *named in said:
            for at, (dimension, value) in enumerate(named):
                within = (measure, dimension, *named[:at], *named[at + 1 :])
                self._values.setdefault(within, []).append(value)

    def of(self, measure: str, **named: str) -> Shown:
        return self._said.get(key(measure, **named), NOTHING)

    def values(self, dimension: str, measure: str, **named: str) -> list[str]:
        """The values of a dimension of which there is anything, beside what is named."""
        return self._values.get((measure, dimension, *sorted(named.items())), [])


def by_page(said: Mapping[Key, Shown]) -> dict[tuple[str, str], dict[Key, Shown]]:
    """The counts that each page may tell of, by its kind and code: what names it, or a village of its kabupaten; of
    a directorate also what it shares with which others."""
    found: dict[tuple[str, str], dict[Key, Shown]] = defaultdict(dict)
    for count, shown in said.items():
        for page in {page for named in count[1:] for page in _pages_of(*named)}:
            found[page][count] = shown
    return found


@cache
def _pages_of(dimension: str, value: str) -> list[tuple[str, str]]:
    if dimension == "desa":
        return [("desa", value), ("kabupaten", regency_of(value))]
    if dimension == "bersama":
        return [("direktorat", code) for code in value.split(JOINED)]
    return [(dimension, value)] if dimension in ("direktorat", "kabupaten") else []


def make_page(kind: str, code: str, counted: Mapping[Key, Shown], as_of: date | None) -> Page:
    """One page. `kind`: of `report_pages.yml`; `code`: of the directorate, kabupaten or village; `counted`: its counts
    (`by_page`); `as_of`: the day of what it rests on."""
    said, shelf = texts(), Shelf(counted)
    about = said["kinds"][kind]
    place = village(code) if kind == "desa" else None
    where = ", ".join((f"Kecamatan {place.kecamatan}", place.kabupaten)) if place else code
    titles = {"name": _label(kind, code), "where": where}
    counts = {UNANSWERED: NOTHING} | {s: shelf.of("rujukan", **{kind: code, "status": s}) for s in STATES}
    counts["rujukan"] = shelf.of("rujukan", **{kind: code})
    return Page(
        about["title"].format(**titles),
        about["subtitle"].format(**titles),
        said["as_of"].format(date=f"{as_of:%d-%m-%Y}") if as_of else said["no_referrals"].rstrip("."),
        [(said["words"][name], _text(counts[name])) for name in about["figures"]],
        [_section(said["sections"][name], kind, code, shelf) for name in about["sections"]],
        said["method"],
        said["methods"],
    )


def rendered(page: Page, head: str = "") -> bytes:
    """The file of a page, which carries a head of the chain."""
    return _template().render(page=page, colours=COLOURS, head=head).encode()


@cache
def _template() -> Template:
    return templates_beside(__file__, keep_trailing_newline=True).get_template(TEMPLATE)


def _section(spec: Mapping[str, Any], kind: str, code: str, shelf: Shelf) -> Section:
    words, rows = texts()["words"], spec["rows"]
    by_state = "columns" in spec
    states = STATES if by_state else ()
    measures: list[str] = spec["measures"]
    colours = ("one", "other") if len(measures) > 1 else ("",)
    of: dict[str, str] = spec.get("of", {})
    heads = [*of.values()] or measures
    columns = [(words[name], colour) for name, colour in zip(heads, colours, strict=True)]
    columns += [(words[state], state) for state in states]
    untold = [shelf.of(measures[0], **{kind: code}, status=state).small for state in states]
    lines = []
    for value in _in_order(rows, _values(spec, kind, code, shelf)):
        named = _named(kind, code, rows, value) | of
        totals = [shelf.of(measure, **named) for measure in measures]
        parts = [shelf.of(measures[0], **named, status=state) for state in states]
        parts = [p._replace(hidden=totals[0].small or no) for p, no in zip(parts, untold, strict=True)]
        lines.append((value, totals, parts))
    most = max((sum(_length(each) for each in (parts or totals)) for _, totals, parts in lines), default=0)
    return Section(
        spec["title"],
        spec.get("note", ""),
        texts()["rows_of"][rows],
        columns,
        [
            Row(
                _label(rows, value),
                [_text(each) for each in (*totals, *parts)],
                list(_bars(parts or totals, states or colours, most)),
            )
            for value, totals, parts in lines
        ],
        spec.get("empty", texts()["empty"]),
    )


def _named(kind: str, code: str, rows: str, value: str) -> dict[str, str]:
    """The dimensions of a row: a village says which kabupaten it is of, and who shares a household which directorates
    these are."""
    if rows == "desa" or (rows == "bersama" and kind == "direktorat"):
        return {rows: value}
    return {kind: code, rows: value}


def _values(spec: Mapping[str, Any], kind: str, code: str, shelf: Shelf) -> set[str]:
    rows, found = spec["rows"], set()
    for measure in spec["measures"]:
        if rows == "desa":
            found |= {value for value in shelf.values(rows, measure) if value.startswith(f"{code}.")}
        elif rows == "bersama" and kind == "direktorat":
            found |= {value for value in shelf.values(rows, measure) if code in value.split(JOINED)}
        else:
            found |= set(shelf.values(rows, measure, **{kind: code}, **spec.get("of", {})))
    return set(sorted(found)[-spec["newest"] :]) if "newest" in spec else found


@cache
def _orders() -> dict[str, dict[str, int]]:
    listed = {
        "kategori": [*pmks_types(), "terbatas"],
        "kode_pmks": pmks_types(),
        "direktorat": directorates(),
        "daftar": ["terbaru", "lama"],
        "mutu": ["diterima", "karantina"],
        "nik_status": STATUSES_IN_A_LIST,
        "severity": ["error", "warning", "fix", "info"],
    }
    return {name: {value: at for at, value in enumerate(values)} for name, values in listed.items()}


def _in_order(dimension: str, values: set[str]) -> list[str]:
    if dimension in _orders():
        return sorted(values, key=_orders()[dimension].__getitem__)
    return sorted(values, key=lambda value: _label(dimension, value) if dimension == "tujuan" else value)


@cache
def _label(dimension: str, value: str) -> str:
    if dimension == "direktorat":
        return directorates()[value].nama
    if dimension == "kabupaten":
        return regency_name(value) or value
    if dimension == "desa":
        place = village(value)
        return place.name if place else value
    if dimension == "bersama":
        return JOINED.join(code.capitalize() for code in value.split(JOINED))
    if dimension in ("kategori", "kode_pmks") and value in pmks_types():
        return f"{value} {pmks_types()[value].nama}"
    return str(texts()["words"].get(value, value))


def _text(count: Shown) -> str:
    """A count as it is written.

    >>> [_text(Shown(*each)) for each in ((0, 0, 0), (1, 4, None), (1198, 1202, 1200), (5, 12, None))]
    ['–', '1–4', '1.200', '5–12']
    """
    if count.hidden:
        return str(texts()["hidden"])
    if count.value is None:
        return f"{count.least}–{count.most}"
    return f"{count.value:,}".replace(",", ".") if count.value else str(texts()["nothing"])


def _length(count: Shown) -> int:
    if count.hidden:
        return 0
    return count.value if count.value is not None else min(_BAR_OF_SMALL + count.least - 1, count.most)


def _bars(counts: list[Shown], colours: tuple[str, ...], most: int) -> Iterator[tuple[str, float]]:
    for count, colour in zip(counts, colours, strict=True):
        if _length(count):
            yield colour or "one", round(100 * _length(count) / most, 1)
