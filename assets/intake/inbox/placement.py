"""Which village and period a file is of: declaration, path, titles, columns, in this order.

A stronger source wins over a weaker one, and the difference is reported; only a village named in a sheet's own title
that contradicts the path holds the file, because then either the folder or the list is the wrong one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from assets.intake.inbox.periods import period_in
from assets.intake.sheets.file_reading import FileResult, SheetResult
from assets.intake.sheets.layout import Problem
from assets.intake.sheets.path_regions import (
    beginnings,
    folders_of,
    labelled_regions,
    regency_of_path,
    regions_of_path,
    villages_of_path,
)
from validation import regions

_FEWEST_SHEETS = 2
_NO_VILLAGE = ("village_ambiguous", "village_not_found", "village_unknown")
"""Reasons to wait that a village code which nobody knows explains better."""


@dataclass(slots=True)
class Placed:
    """Where a file belongs. `sheets` has the village of each sheet that names its own, `periods` the period of each of
    several that report on different years; `hold` a reason to wait."""

    kode_desa: str | None = None
    kode_kabupaten: str | None = None
    periode: str | None = None
    sheets: dict[str, str] = field(default_factory=dict)
    periods: dict[str, str] = field(default_factory=dict)
    hold: str | None = None
    hold_facts: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def place_by_path(path: str, declared: Mapping[str, Any]) -> Placed:
    """What the declaration and the path say, without opening the file."""
    folders = folders_of(path)
    segments = (*folders, PurePosixPath(path).name)
    found = Placed()
    codes = [code for segment in segments if (code := regions.village_code_in(segment))]
    periods = [period for segment in folders if not regions.village_code_in(segment) and (period := period_in(segment))]
    found.kode_desa = declared.get("kode_desa") or (codes[-1] if codes else None)
    if "kode_desa" in declared and codes and codes[-1] != declared["kode_desa"]:
        found.problems.append(Problem("village_declared_against_path", field="kode_desa"))
    found.periode = declared.get("periode") or (periods[-1] if periods else None)
    if "periode" in declared and periods and periods[-1] != declared["periode"]:
        found.problems.append(Problem("period_declared_against_path", facts={"dipakai": declared["periode"]}))
    found.kode_kabupaten = regions.regency_of(found.kode_desa) if found.kode_desa else regency_of_path(folders)
    return found


def place(path: str, declared: Mapping[str, Any], result: FileResult, received_year: int | None = None) -> Placed:
    """Everything that says where a file belongs, weighed. Without `received_year` a period nobody gives stays None."""
    found = place_by_path(path, declared)
    titled = [sheet for sheet in result.sheets if sheet.labels.get("desa")]
    of_people = [sheet for sheet in titled if sheet.rows]
    by_title = {
        sheet.name: _resolve(sheet.labels["desa"], _regions_of_titles(result, sheet), path)
        for sheet in of_people or titled
    }
    if not found.kode_desa and not by_title:
        by_title = _villages_of_sheet_names(result, path)
    _village(found, path, declared, result, by_title)
    if found.hold in _NO_VILLAGE and (code := _unknown_code(path, result)):
        found.hold, found.hold_facts = "village_code_unknown", {"kode": code}
    told = "kode_desa" in declared or by_title or found.hold or _name_villages(result)
    if found.kode_desa and not told and (other := _named_otherwise(found.kode_desa, path, result)):
        found.problems.append(Problem("village_named_otherwise", facts={"nama": other, "kode": found.kode_desa}))
    _period(found, path, result, received_year)
    found.periods = _periods_apart(found.periode, declared, result)
    if found.kode_desa:
        found.kode_kabupaten = regions.regency_of(found.kode_desa)
    return found


def _regions_of_titles(result: FileResult, *first: SheetResult) -> dict[str, str]:
    """The kecamatan, kabupaten and provinsi that the titles of `first` name, else those of any sheet."""
    labels: dict[str, str] = {}
    for sheet in (*first, *result.sheets):
        for name in regions.ABOVE_VILLAGES:
            if sheet.labels.get(name):
                labels.setdefault(name, sheet.labels[name])
    return labels


def _villages_of_sheet_names(result: FileResult, path: str) -> dict[str, tuple[str, ...]]:
    """Codes that fit the name of each sheet of people, where at least two sheets are called exactly as villages of the
    kecamatan or kabupaten that titles or path name; empty where they are not, or rows name their villages."""
    of_people = [sheet for sheet in result.sheets if sheet.rows]
    labels = _regions_of_titles(result)
    within = {**regions_of_path(path), **labels}
    if len(of_people) < _FEWEST_SHEETS or not within.keys() & {"kecamatan", "kabupaten"} or _name_villages(result):
        return {}
    fitting = {sheet.name: _resolve(sheet.name, labels, path) for sheet in of_people}
    exact = [name for name, codes in fitting.items() if any(regions.is_called(code, name) for code in codes)]
    return fitting if len(exact) >= _FEWEST_SHEETS else {}


def _name_villages(result: FileResult) -> bool:
    """Whether any row names its village."""
    return any(code or desa for (code, desa, *_), _ in result.places)


def _resolve(desa: str, labels: Mapping[str, str], path: str) -> tuple[str, ...]:
    of_path = regions_of_path(path)
    kecamatan, kabupaten = (labels.get(name) or of_path.get(name) for name in ("kecamatan", "kabupaten"))
    folders = folders_of(path)
    codes = regions.find(desa, kecamatan, kabupaten, labels.get("provinsi"))
    if len(codes) > 1 and not kecamatan:
        for segment in folders:
            narrower = regions.find(desa, segment, kabupaten, labels.get("provinsi"))
            if len(narrower) == 1 and regions.same_name(regions.district_name(narrower[0][:8]), segment):
                return narrower
    if not codes and kecamatan and kabupaten:
        return regions.find(desa, None, kabupaten, labels.get("provinsi"))
    return codes


def _village(
    found: Placed, path: str, declared: Mapping[str, Any], result: FileResult, by_title: Mapping[str, tuple[str, ...]]
) -> None:
    if found.kode_desa:
        official = regions.village(found.kode_desa)
        for sheet in result.sheets:
            if (
                sheet.name in by_title
                and official
                and _contradicts(found.kode_desa, official, sheet, by_title[sheet.name])
            ):
                if "kode_desa" in declared:
                    found.problems.append(Problem("village_declared_against_title", facts={"lembar": sheet.name}))
                else:
                    found.hold, found.hold_facts = (
                        "village_contradicted",
                        {"lembar": sheet.name, "kode": found.kode_desa},
                    )
                    return
        return
    certain = {name: codes[0] for name, codes in by_title.items() if len(codes) == 1}
    if certain and len(certain) == len(by_title):
        villages = set(certain.values())
        if len(villages) == 1:
            found.kode_desa = villages.pop()
            of_path = villages_of_path(path, _regions_of_titles(result))
            if len(of_path) == 1 and of_path[0] != found.kode_desa:
                found.hold, found.hold_facts = (
                    "village_contradicted",
                    {"lembar": next(iter(certain)), "kode": of_path[0]},
                )
        else:
            found.sheets = certain
            found.kode_kabupaten = Counter(map(regions.regency_of, certain.values())).most_common(1)[0][0]
        return
    if by_title:
        several = any(len(codes) > 1 for codes in by_title.values())
        found.hold = "village_ambiguous" if several else "village_not_found"
        found.hold_facts = {"lembar": next(name for name, codes in by_title.items() if len(codes) != 1)}
        return
    _village_of_rows(found, path, result)


def _contradicts(code: str, official: regions.Village, sheet: SheetResult, codes: tuple[str, ...]) -> bool:
    if code in codes:
        return False
    if regions.same_name(official.name, sheet.labels["desa"]):
        kecamatan = sheet.labels.get("kecamatan")
        return bool(codes and kecamatan and not regions.same_name(official.kecamatan, kecamatan))
    return True


def _village_of_rows(found: Placed, path: str, result: FileResult) -> None:
    """Villages that the rows name themselves; one village throughout is the file's, several stay row by row,
    as does whose code and name are of two villages."""
    by_code: Counter[str] = Counter()
    disputed: Counter[str] = Counter()
    silent = 0
    why = "village_unknown"
    for (code, desa, kecamatan, kabupaten, provinsi), count in result.places:
        known = regions.village_code_in(code) if code else None
        labels = {"kecamatan": kecamatan, "kabupaten": kabupaten, "provinsi": provinsi}
        if known and desa and regions.names_another(known, desa, *(name or None for name in labels.values())):
            disputed[known] += count
            continue
        if not known and desa:
            codes = _resolve(desa, {k: v for k, v in labels.items() if v}, path)
            known = codes[0] if len(codes) == 1 else None
            if why != "village_ambiguous":
                why = "village_ambiguous" if codes else "village_not_found"
        if known:
            by_code[known] += count
        else:
            silent += count
    if by_code or disputed:
        if len(by_code) == 1 and silent == 0 and not disputed:
            found.kode_desa = next(iter(by_code))
        rows = (by_code or disputed).elements()
        found.kode_kabupaten = Counter(map(regions.regency_of, rows)).most_common(1)[0][0]
        return
    of_path = villages_of_path(path, _regions_of_titles(result))
    by_name = of_path[0] if len(of_path) == 1 else None if of_path else _village_of_names(path)
    if by_name:
        found.kode_desa = by_name
        found.problems.append(Problem("village_from_path_names"))
    elif not any(read.rows for read in result.sheets) and result.hold:
        return
    else:
        found.hold = why = "village_ambiguous" if of_path and why == "village_unknown" else why
        if why != "village_unknown":
            named = [sheet.name for sheet in result.sheets if any(column.field == "desa" for column in sheet.columns)]
            of_people = [sheet.name for sheet in result.sheets if sheet.rows]
            found.hold_facts = {"lembar": [*named, *of_people][0]}


def _named_otherwise(code: str, path: str, result: FileResult) -> str | None:
    """The name of another village of the kecamatan that a path says by its label, or a sheet of people bears; None
    where there is none."""
    sheets = [sheet.name for sheet in result.sheets if sheet.rows]
    labelled = (dict(labelled_regions(name)).get("desa", name) for name in sheets)
    said = (_called_otherwise(code, name) for name in (regions_of_path(path).get("desa", ""), *labelled))
    return next(filter(None, said), None)


def _called_otherwise(code: str, name: str) -> str | None:
    """The other village of the kecamatan that a name begins with (`sukarami fix`), unless it begins with the own."""
    own = regions.village(code)
    for beginning in beginnings(name):
        if own and regions.same_name(own.name, beginning):
            return None
        if regions.is_elsewhere(code, beginning):
            return beginning
    return None


def _unknown_code(path: str, result: FileResult) -> str | None:
    """The code, in path or column, of a village that the list of region codes does not have."""
    texts = [
        *reversed((*folders_of(path), PurePosixPath(path).name)),
        *(code for (code, *_), _ in result.places if code),
    ]
    return next((code for text in texts if (code := regions.unknown_village_code_in(text))), None)


def _village_of_names(path: str) -> str | None:
    """A village that folders name together with its kecamatan; the file's own name is too weak to decide."""
    folders = folders_of(path)
    regency = regency_of_path(folders)
    if not regency:
        return None
    for desa in reversed(folders):
        for kecamatan in folders:
            if desa != kecamatan:
                codes = regions.find(desa, kecamatan, regions.regency_name(regency))
                if len(codes) == 1 and regions.same_name(regions.district_name(codes[0][:8]), kecamatan):
                    return codes[0]
    return None


def _period(found: Placed, path: str, result: FileResult, received_year: int | None) -> None:
    titles = [period for sheet in result.sheets if (period := _period_of_sheet(sheet))]
    stated = Counter(sorted(titles, reverse=True)).most_common(1)  # of equally many the newest
    if found.periode:
        if stated and not found.periode.startswith(stated[0][0][:4]):
            found.problems.append(Problem("period_differs_from_title", facts={"dipakai": found.periode}))
        return
    columns = {period for year in result.years if (period := period_in(year))}
    found.periode = (
        (stated[0][0] if stated else None)
        or period_in(PurePosixPath(path).stem.replace("_", " "))
        or (columns.pop() if len(columns) == 1 else None)
    )
    if not found.periode and received_year is not None:
        found.periode = str(received_year)
        found.problems.append(Problem("period_of_receipt", facts={"dipakai": found.periode}))


def _periods_apart(periode: str | None, declared: Mapping[str, Any], result: FileResult) -> dict[str, str]:
    """The period of each sheet of people that states another year than the file, where another sheet states that of the
    file: last year's list stands beside this year's. What is declared of one sheet counts more."""
    own = {sheet.name: period for sheet in result.sheets if sheet.rows and (period := _period_of_sheet(sheet))}
    if periode is None or all(period[:4] != periode[:4] for period in own.values()):
        return {}
    said = {name for name, keys in declared.get("lembar", {}).items() if "periode" in keys}
    return {name: period for name, period in own.items() if period[:4] != periode[:4] and name not in said}


def _period_of_sheet(sheet: SheetResult) -> str | None:
    label = sheet.labels.get("periode_baris", "")
    stated = period_in(label) if label else None
    if stated:
        return stated
    named = {period for text in sheet.titles if (period := period_in(text))}
    if len(named) == 1:
        return named.pop()
    years = {period[:4] for period in named}
    if len(years) == 1:
        return max(named, key=len)
    return None if named else period_in(sheet.name)
