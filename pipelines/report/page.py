"""The page of quality and flow: one file, without scripts, for whoever runs the pipeline."""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise
from typing import NamedTuple

import duckdb

from assets.households.linkage.model.picture import picture
from assets.households.linkage.model.training import serving_model
from assets.households.review.actions import explain_records
from assets.households.review.shown import village_name
from assets.households.review.waterfall import waterfall
from assets.templates import templates_beside
from pipelines.report import charts, counts
from pipelines.report.counts import Step, VillageState
from pipelines.summary import meaning
from pipelines.texts.lookup import Texts, english
from validation.findings import CATALOGUE
from warehouse.chain import last_head
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.standing_checks import read_checks

MOST_CODES, MOST_VILLAGES = 15, 50
"""So many findings, and so many villages, are shown; how many there are besides is said."""


_PUT_IN = re.compile(r"\{\w+\}")


class Bar(NamedTuple):
    """A line of a table with a bar: code, meaning, count as it is shown, length in percent of the longest."""

    code: str
    meaning: str
    shown: str
    percent: float


class Page(NamedTuple):
    """The page as HTML, and whether every step of the flow balances."""

    html: str
    balanced: bool


def page(home: DataHome, say: Texts) -> Page:
    """Draw the page from the warehouse, the lake and the ledgers of a data home, in the language of `say`."""
    with opened(home.warehouse, read_only=True) as con:
        steps = counts.steps(con)
        parts = {
            "flow": _flow(steps, say),
            "files": [(say(f"outcome.{name}"), say.number(count)) for name, count in counts.files(con).items()],
            "steps": _table_of_steps(steps, say),
            "causes": _codes(counts.causes(con), say),
            "findings": _codes(counts.findings(con), say),
            "weights": _weights(con, say),
            "sizes": _sizes(con, say),
            "villages": _villages(counts.villages(con), say),
            "trends": _trends(con, say),
            "checks": _checks(home, con, say),
        }
        pair = counts.first_question(con)
        ended = [run.finished_at for run in counts.runs(con)]
    model = serving_model(home)
    parts["model"] = _inside(picture(model), say("report.model_picture"))
    parts["question"] = ""
    if pair is not None:
        explained = explain_records(home, Lake(home.lake), *pair, model=model, language=say.language)
        parts["question"] = _inside(waterfall(explained, say.language), explained.sentence)
    balanced = all(step.balanced for step in steps) and _joined(steps)
    number, head = last_head(home)
    as_of = f"{ended[-1]:%Y-%m-%d %H:%M} UTC" if ended else ""
    pages = templates_beside(__file__, trim_blocks=True, lstrip_blocks=True)
    html = pages.get_template("report_page.html").render(
        say=say, parts=parts, balanced=balanced, as_of=as_of, head=head, number=number
    )
    return Page(html, balanced)


def _joined(steps: list[Step]) -> bool:
    """Whether each step begins with what the step before passes on."""
    return all(before.parts[before.onward] == after.total for before, after in pairwise(steps))


def _flow(steps: list[Step], say: Texts) -> str:
    if not steps[0].total:
        return ""
    words = {name: say(f"report.part.{name}") for step in steps for name in (step.name, *step.parts)}
    numbers = {count: say.number(count) for step in steps for count in (step.total, *step.parts.values())}
    return charts.flow(steps, words, numbers, say("report.flow"))


def _table_of_steps(steps: list[Step], say: Texts) -> list[tuple[str, str, str, str]]:
    """Name and count of each total, its parts in words, and whether they make it up."""
    return [
        (
            say(f"report.part.{step.name}"),
            say.number(step.total),
            ", ".join(f"{say(f'report.part.{name}')} {say.number(count)}" for name, count in step.parts.items()),
            say("report.balanced" if step.balanced else "report.not_balanced"),
        )
        for step in steps
    ]


def _codes(found: dict[str, int], say: Texts) -> list[Bar]:
    """A bar for each of the most frequent codes, and one line for the others."""
    most = max(found.values(), default=1)
    shown = list(found.items())[:MOST_CODES]
    lines = [Bar(code, _meaning(code, say), say.number(count), 100 * count / most) for code, count in shown]
    rest = list(found.values())[MOST_CODES:]
    return lines + ([Bar("", say("report.others", codes=len(rest)), say.number(sum(rest)), 0)] if rest else [])


def _meaning(code: str, say: Texts) -> str:
    """What a finding says; numbers that are put in for a file are left open."""
    return _PUT_IN.sub("…", meaning(say, code, CATALOGUE[code]["message"]))


def _weights(con: duckdb.DuckDBPyConnection, say: Texts) -> str:
    found = counts.weights(con)
    if not found:
        return ""
    ends = {end: say(f"report.end.{end}") for end in ("joined", "apart", "overruled")}
    return charts.histogram(found, ends, say("report.bits"), say("report.pairs"), say("report.weights"))


def _sizes(con: duckdb.DuckDBPyConnection, say: Texts) -> list[str]:
    return [
        charts.sizes(found, say(f"report.size.{what}"), say(f"report.many.{what}"), say(f"report.many.{what}"))
        for what, found in counts.sizes(con).items()
        if found
    ]


def _villages(found: list[VillageState], say: Texts) -> list[tuple[str, ...]]:
    """A row for each village that needs somebody: name and code, newest period, and counts."""
    waiting = [each for each in found if each.needs_somebody]
    rows: list[tuple[str, ...]] = []
    for each in waiting[:MOST_VILLAGES]:
        known = village_name(each.code)
        name = known if known == each.code else f"{known} ({each.code})"
        newest = each.newest or say("report.none")
        period = say("report.late", period=newest) if each.late else newest
        share = say.percent(each.quarantined / max(each.rows, 1))
        rows.append((name, period, *map(say.number, (each.held, each.rejected)), share, say.number(each.jumps)))
    rest = len(waiting) - len(rows)
    return rows + ([(say("report.more_villages", count=rest), *[""] * 5)] if rest else [])


def _trends(con: duckdb.DuckDBPyConnection, say: Texts) -> list[str]:
    """A chart for each figure of a run; none where there was one run only."""
    done = counts.runs(con)
    if len(done) < 2:
        return []
    series = {name: [(run.finished_at, float(run.counts[name])) for run in done] for name in done[0].counts}
    series["seconds"] = [(run.finished_at, run.seconds) for run in done if run.seconds is not None]
    return [
        charts.trend(points, say(f"report.trend.{name}"), say(f"report.trend.{name}"))
        for name, points in series.items()
        if points
    ]


def _checks(home: DataHome, con: duckdb.DuckDBPyConnection, say: Texts) -> list[tuple[str, ...]]:
    """What each standing check found, among how many, and what it found when it last found something else."""
    earlier = read_checks(home)
    rows: list[tuple[str, ...]] = []
    for check, title, found, among in con.execute(
        'SELECT "check", title, found, among FROM audit.checks ORDER BY found * 1.0 / greatest(among, 1) DESC, title'
    ).fetchall():
        others = [entry["found"][check][0] for entry in earlier if check in entry["found"]]
        before = next((count for count in reversed(others) if count != found), None)
        said = title if say.language == "id" else english("check")[check]
        rows.append((said, say.number(found), say.number(among), "" if before is None else say.number(before)))
    return rows


def _inside(svg: str, description: str) -> str:
    """A picture made to stand in a page: what a screen reader says of it is `description`."""
    head, _, rest = svg.partition(">")
    bare = re.sub(r' (role|aria-label)="[^"]*"', "", head)
    return f'{bare} role="img" aria-label="{escape(description)}">{rest}'
