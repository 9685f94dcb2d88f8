"""A small invented inbox: what half a dozen village offices sent in over three years, by a seed."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from pipelines.sample_inbox.clerk import Clerk, Entry, Habits, Line
from pipelines.sample_inbox.layouts import LAYOUTS, Place
from pipelines.sample_inbox.population import Population, categories_of, words
from pipelines.sample_inbox.sheets import FORMATS, SHEET_NAMES, Sheet
from validation.regions import Village, village
from warehouse.files import write_whole

HOUSEHOLDS = 34
"""Households in each village in the first year; about half of them come onto a list."""
_FORGOTTEN = 0.06
TRUTH_COLUMNS = ("path", "sheet", "row", "person", "household", "kode_pmks", "expect")


@dataclass(frozen=True)
class SampleReport:
    """What was written. `truth` has a line for each row that stands for a person, with the columns `TRUTH_COLUMNS`.

    `person` and `household` are the generator's own keys; `kode_pmks` is `|`-joined; `expect` is `accepted` or
    `quarantined`, or, where the whole file does not count, `held`, `rejected` or `superseded`.
    """

    files: int
    rows: int
    people: int
    truth: list[tuple[str, str, int, str, str, str, str]]


class SampleError(ValueError):
    """A sample that cannot be made: `no_village` has this `code`, or the truth file is `truth_inside` the inbox."""

    def __init__(self, problem: str, code: str = "") -> None:
        self.problem, self.code = problem, code
        super().__init__(f"{problem} {code}".strip())


def write_sample_inbox(
    target: Path, *, seed: int, villages: Sequence[str] | None = None, truth: Path | None = None
) -> SampleReport:
    """Fill the folder `target` with invented lists of `villages` (dotted codes; default: those of `plan.yml`).

    The same seed and villages give the same bytes on every run. `truth`, a file outside `target`, receives who
    stands in which row. Nothing in `target` that is not part of the sample is touched. Raises `SampleError` for a code
    that is no village, and for a `truth` inside the inbox.
    """
    codes = list(villages or words("plan")["villages"])
    places = [_known(code) for code in codes]
    if truth is not None and truth.resolve().is_relative_to(target.resolve()):
        raise SampleError("truth_inside")
    made = list(_files(places, Population(seed, codes, HOUSEHOLDS, first_year=2023), seed))
    lines = []
    for path, content, sheets, outcome in made:
        write_whole(target / path, content)
        lines += [_true(path, sheet, at, outcome) for sheet in sheets for at in sheet.lines]
    if truth is not None:
        write_whole(truth, _as_csv(lines))
    return SampleReport(len(made), len(lines), len({line[3] for line in lines}), lines)


def _known(code: str) -> Village:
    found = village(code)
    if found is None:
        raise SampleError("no_village", code)
    return found


def _files(
    villages: Sequence[Village], population: Population, seed: int
) -> Iterator[tuple[str, bytes, list[Sheet], str | None]]:
    """Path, bytes and sheets of every file, and what becomes of it if it does not count; sidecars and copies have no
    sheets."""
    slots = words("plan")["slots"]
    for at, place in enumerate(villages):
        entries: dict[str, list[Entry]] = {}
        for plan in slots[at % len(slots)]:
            names = {"kode": place.code, "polos": place.code.replace(".", ""), "desa": place.name}
            path = plan["path"].format(**names)
            rng = random.Random(f"{seed}/{path}")
            again = plan.get("redo", "").format(**names)
            entries[path] = entries[again] if again else _entries(population, place.code, plan, rng)
            sheets = _sheets(plan, entries[path], Place(place, plan["year"], rng), rng)
            content = FORMATS[plan.get("format", "xlsx")](sheets)
            outcome = plan.get("outcome")
            yield path, content[: len(content) * 2 // 3] if outcome == "rejected" else content, sheets, outcome
            for copy in plan.get("copies", []):
                yield copy.format(**names), content, [], None
            if "sidecar" in plan:
                text = yaml.safe_dump(_filled(plan["sidecar"], names), allow_unicode=True, sort_keys=True)
                yield f"{path}.yml", text.encode(), [], None


def _filled(sidecar: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {key: value.format(**names) if isinstance(value, str) else value for key, value in sidecar.items()}


def _entries(population: Population, code: str, plan: Mapping[str, Any], rng: random.Random) -> list[Entry]:
    """Who stands on this list: the people of the village with one of its categories, less those forgotten."""
    found = []
    for household in population.in_village(code, plan["year"]):
        for member in household.members:
            codes = categories_of(member, household, plan["year"])
            if not codes and plan.get("whole_families") and household.poor:
                codes = ["24"]
            codes = [c for c in codes if c in plan.get("only", codes)]
            if codes and rng.random() >= _FORGOTTEN:
                found.append(Entry(member, household, tuple(codes)))
    return found


def _sheets(plan: Mapping[str, Any], entries: Sequence[Entry], place: Place, rng: random.Random) -> list[Sheet]:
    clerk = Clerk(rng, Habits(**plan.get("habits", {})), plan["year"])
    lines = [clerk.line(entry) for entry in entries]
    _spoil(clerk, lines, plan.get("spoil", []), rng)
    sheets = LAYOUTS[plan["layout"]](lines, place)
    return [replace(sheet, name=SHEET_NAMES.get(plan.get("format", ""), sheet.name)) for sheet in sheets]


def _spoil(clerk: Clerk, lines: Sequence[Line], hows: Sequence[str], rng: random.Random) -> None:
    for how in hows:
        men = [line for line in lines if line.entry.person.sex == "L" and line.expect == "accepted"]
        anyone = [line for line in lines if line.expect == "accepted"]
        fitting = men if how == "man_as_prse" else anyone
        if fitting:
            clerk.spoil(rng.choice(fitting), how)


def _true(path: str, sheet: Sheet, at: int, expect: str | None) -> tuple[str, str, int, str, str, str, str]:
    line = sheet.lines[at]
    entry = line.entry
    return (
        path,
        sheet.name,
        at + 1,
        entry.person.key,
        entry.household.key,
        "|".join(entry.codes),
        expect or line.expect,
    )


def _as_csv(lines: Sequence[tuple[str, str, int, str, str, str, str]]) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(TRUTH_COLUMNS)
    writer.writerows(lines)
    return target.getvalue().encode()
