"""What stands above tables: titles, region labels, the family, hamlet or category of the people below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from assets.intake.sheets.captions import caption_values
from assets.intake.sheets.category_names import category_named
from assets.intake.sheets.evidence import PLACEHOLDERS
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.labels import FAMILY, REGION_NAMES, labelled_values, region_names
from assets.intake.sheets.rows import hamlet_named, markers
from assets.intake.sheets.sources import Said, said, title_saying
from validation.hamlet_words import HAMLET_HEADINGS
from validation.regions import ABOVE_VILLAGES

_HAMLET_SHEET = re.compile(rf"^\s*(?:{HAMLET_HEADINGS})\b", re.IGNORECASE)
_UNIT_SHEET = re.compile(r"^\s*r[tw][\s.]*\d{1,3}(?:[\s.,/-]*r[tw][\s.]*\d{1,3})?\s*$", re.IGNORECASE)
_LONGEST_TITLE = 300
_MOST_TITLES = 400


def titles_of(grid: Grid, kinds: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The texts of a sheet's title rows, and their `label : value` pairs; signatures name the village too, but only
    titles count."""
    titles: list[str] = []
    labels: dict[str, str] = {}
    for row, kind in enumerate(kinds):
        if kind != "title":
            continue
        here = labelled_values(grid.texts[row])
        for name, value in here.items():
            labels.setdefault(name, value)
        for text in grid.texts[row]:
            if text and len(text) <= _LONGEST_TITLE:
                titles.append(text)
                for name, value in ({} if _names_region(here) else region_names(text)).items():
                    labels.setdefault(name, value)
        if len(titles) > _MOST_TITLES:
            break
    return titles, labels


def _names_region(labels: Mapping[str, str]) -> bool:
    """Whether a row's labels already name its regions, so that its text need not be searched for them."""
    return any(name in labels for name in REGION_NAMES)


def family_above(grid: Grid, top: int) -> tuple[Said, list[int]]:
    """What the rows above the first header (grid row `top`) say of a family, or of the hamlet of the whole list, and
    the rows that say it as bands do."""
    values: Said = {}
    rows = []
    for row in range(max(top, 0)):
        found = caption_values(grid.texts[row]) or labelled_values(grid.texts[row])
        here = {name: text for name, text in found.items() if name in FAMILY}
        if here:
            rows.append(row)
            values.update(said(grid, row, here))
    if "no_kk" in values or "kepala_keluarga" in values:
        return values, rows
    above = next((row for row in range(top - 1, -1, -1) if grid.types[row].strip(".")), -1)
    alone = [text for text in grid.texts[above] if text] if above >= 0 else []
    hamlet = hamlet_named(alone[0]) if len(alone) == 1 else None
    kept = {name: value for name, value in values.items() if name in ("dusun", "rt", "rw")}
    return {**kept, **said(grid, above, hamlet or {})}, [above] if hamlet else []


def category_of_heading(grid: Grid, rows: Iterable[int]) -> tuple[str, str] | None:
    """The category that the title right above one of several tables names for the people of that table, and where."""
    named = [
        (category, f"title@{grid.cell(row, column)}")
        for row in rows
        for column, text in enumerate(grid.texts[row])
        if text and (category := category_named(text))
    ]
    return named[-1] if named else None


def regions_of_heading(grid: Grid, rows: Iterable[int]) -> Said:
    """The regions that the titles right above one table name, and where; who signs there names none."""
    found: Said = {}
    for row in rows:
        here = labelled_values(grid.texts[row])
        for column, text in enumerate(grid.texts[row]):
            signed = any(markers()[kind].search(text) for kind in ("footer", "signed_at"))
            if text and len(text) <= _LONGEST_TITLE and not signed:
                named = here if _names_region(here) else region_names(text)
                place = f"title@{grid.cell(row, column)}"
                found |= {name: (value, place) for name, value in named.items() if name in REGION_NAMES}
    return found


def regions_of_title(grid: Grid, kinds: Sequence[str], labels: Mapping[str, str]) -> Said:
    """The kecamatan, kabupaten and provinsi of a sheet's title, where its rows name the village: a list of a kecamatan
    names the village of each person, and the kecamatan once."""
    if "desa" in labels:
        return {}

    def place(text: str) -> str:
        bare = text.removeprefix("Kota ")
        return title_saying(grid, title_rows(grid, kinds), bare, lambda written: bare if bare in written else None)

    stated = {name: labels[name] for name in ABOVE_VILLAGES if name in labels}
    return {name: (text, place(text)) for name, text in stated.items()}


def title_rows(grid: Grid, kinds: Sequence[str]) -> list[int]:
    """The grid rows that are titles. `kinds` begins with the sheet's first row, the grid with `first_row`."""
    above = grid.first_row - 1
    return [row for row in range(len(grid.texts)) if kinds[row + above] == "title"]


def place_of_sheet(name: str) -> Mapping[str, str]:
    """The hamlet, or the RT and RW, that a sheet is named after, by field, where there is a sheet for each.

    >>> place_of_sheet("Dusun Krajan"), place_of_sheet("RT 01"), place_of_sheet("RT 01-05")
    ({'dusun': 'Krajan'}, {'rt': '01'}, {})
    """
    if _UNIT_SHEET.match(name):
        return hamlet_named(name.strip()) or {}
    match = _HAMLET_SHEET.match(name)
    rest = name[match.end() :].strip(" .:-") if match else ""
    return {"dusun": rest} if rest and rest not in PLACEHOLDERS else {}
