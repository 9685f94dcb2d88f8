"""Why a file is held: its sheets together say no list of people, or not of what category its people are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from assets.intake.sheets.category_names import category_named, lists_families, lists_helpers
from assets.intake.sheets.evidence import NAME, TICKS, is_tick
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.headers import fields_named, header_fields, header_key, names_category
from assets.intake.sheets.layout import SheetRead
from assets.intake.sheets.mapping import Column
from assets.intake.sheets.no_people import COUNTS
from assets.intake.sheets.standing_columns import REPLACED
from assets.intake.sheets.values import is_stated
from validation.categories import map_text, pmks_types
from validation.vocabulary import relation_of

_COUPLE = re.compile(r"\bnama\b.*\b(?:suami|istri|isteri)\b", re.IGNORECASE)
_MARRIED = re.compile(r"suami.*ist[e]?ri|ist[e]?ri.*suami", re.IGNORECASE)
_NAMES_THE_DEAD = re.compile(
    r"NAMA(?:LENGKAP|PENDUDUK|WARGA)*(?:ALMARHUM(?:AH)?|ALMH?|(?:YANG|YG)?(?:TELAH|SUDAH)?(?:MENINGGAL|WAFAT)(?:DUNIA)?|JENAZAH)+"
)
_COUNT = re.compile(r"\W*(?:jumlah|jml|total)(?![^\W_])(?!\s*(?:anak|anggota|jiwa|tanggungan|bantuan))", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,3}(?:[.,]?\d{3})*|[-–]")
_COUNTED = re.compile(r"(?:KE)?(?:[IVX]{1,3}|\d{1,2})$")
"""What counts a header among others of its kind."""
_YOUNGER, _SOME_YOUNGER = frozenset({"ANAK", "CUCU", "MENANTU"}), 0.2
"""Relations of the younger members of a family, and which share of a list they are where it lists whole families."""
_AGES, _BLANK = ("tanggal_lahir", "umur", "nik"), ("", ".")
"""Fields that say an age."""
_ROWS_OF_HEADERS = 15
_LONGEST_TITLE = 100
_FEWEST_HEADERS, _FEWEST_IN_A_LINE, _FEWEST_LABELS = 2, 2, 3
"""More than so many cells head a list, or hold a label and several people; so many labels are those of a person."""
NO_COLUMNS = (
    "lists_nobody", "one_column", "form_of_one_person", "people_in_columns", "two_people_in_a_row", "lists_of_names",
    "lists_the_dead",
)  # fmt: skip
"""Why a file is held where no columns could be proposed."""


def why_held(reads: Sequence[tuple[SheetRead, Grid]], category_somewhere: bool) -> tuple[str | None, dict[str, Any]]:
    """The finding code of what a file is held for, and its facts; None where it is not. `category_somewhere`: whether
    anything says of what category the people of a sheet are."""
    people = [read for read, _ in reads if read.people_without_header]
    headed = any(read.has_header for read, _ in reads)
    if not headed and (form := _form_of_one_person(reads)):
        return "form_of_one_person", form
    named = any("nama" in column.fields for read, _ in reads for _, column in read.columns)
    if not named and (dead := _list_of_the_dead(reads)):
        return "lists_the_dead", dead
    if not named and (other := _other_layout(reads)):
        return other
    if people:
        return "no_header", {"lembar": people[0].name}
    if not headed and (packed := _in_one_column(reads)):
        return "one_column", packed
    if not headed and (counts := _table_of_counts(reads)):
        return "lists_nobody", counts
    if not headed:
        return "no_header", {"lembar": reads[0][0].name if reads else ""}
    if not named:
        refused = _refused_names(reads)
        return ("name_column_refused", refused) if refused else ("no_name_column", {})
    if beside := [read for read, _ in reads if read.side_by_side]:
        return "lists_side_by_side", {"lembar": beside[0].name}
    if across := _people_across(reads):
        return "people_across", across
    if replaced := _replaced(reads):
        return "replacements_beside", replaced
    if not any(read.rows for read, _ in reads):
        aside = [p for read, _ in reads for p in read.problems if p.code == "sheet_lists_nobody"]
        return ("lists_nobody", aside[0].facts) if aside else ("no_people", {})
    if not category_somewhere:
        if helpers := _list_of_helpers(reads):
            return "lists_helpers", helpers
        if families := _titled((read, title) for read, _ in reads if (title := title_of_families(read))):
            return "category_of_family", families
        coded = any("kategori" in column.fields for read, _ in reads if read.rows for _, column in read.columns)
        return ("category_codes_unexplained" if coded else "no_category"), {}
    return None, {}


def title_of_families(read: SheetRead) -> str | None:
    """The title of a sheet that names the families of people of a category (`KELUARGA LANSIA`), and lists children and
    grandchildren, too, whose age does not say whether they are of it; None where it does not."""
    title = next((title for title in read.titles if lists_families(title)), None)
    younger = sum(relation_of(row.text("hubungan")) in _YOUNGER for row in read.rows) if title else 0
    if not title or younger < _SOME_YOUNGER * len(read.rows):
        return None
    kinds = [pmks_types()[code] for code in map_text(category_named(title) or "").codes]
    limited = all(kind.umur_min or kind.umur_maks is not None for kind in kinds)
    aged = sum(any(is_stated(row.cells.get(name, _BLANK)) for name in _AGES) for row in read.rows)
    return None if limited and 2 * aged > len(read.rows) else title


def _list_of_helpers(reads: Sequence[tuple[SheetRead, Grid]]) -> dict[str, str]:
    """The sheet of people whose title is that of a list of helpers or of a meeting, and the title; empty where there is
    none."""
    named = ((read, title) for read, _ in reads if read.rows for title in read.titles if lists_helpers(title))
    return _titled(named)


def _titled(named: Iterable[tuple[SheetRead, str]]) -> dict[str, str]:
    """The first of some sheets, and its title; empty where there is none."""
    return next(({"lembar": read.name, "judul": title.strip()[:_LONGEST_TITLE]} for read, title in named), {})


def _list_of_the_dead(reads: Sequence[tuple[SheetRead, Grid]]) -> dict[str, str]:
    """The sheet that heads the names of who died, and that header; empty where there is none."""
    for read, grid in reads:
        for texts in grid.texts[:_ROWS_OF_HEADERS]:
            dead = [text for text in texts if text and _NAMES_THE_DEAD.fullmatch(header_key(text))]
            if dead and sum(map(bool, texts)) > _FEWEST_HEADERS:
                return {"lembar": read.name, "judul": " ".join(dead[0].split())}
    return {}


def _in_one_column(reads: Sequence[tuple[SheetRead, Grid]]) -> dict[str, str]:
    """The sheet whose rows stand in one column each, as a CSV does that was opened with another mark between its
    cells, and that mark; empty where there is none."""
    for read, grid in reads:
        texts = [row[0] for row in grid.texts if row[0]] if grid.width == 1 else []
        for mark in ";,|\t":
            if len(texts) > 1 and all(text.count(mark) >= 2 for text in texts):
                return {"lembar": read.name, "tanda": "tabulasi" if mark == "\t" else mark}
    return {}


def _table_of_counts(reads: Sequence[tuple[SheetRead, Grid]]) -> dict[str, str]:
    """The sheet in which a column headed `Jumlah` holds numbers, and no row a person's; empty where there is none."""
    for read, grid in reads:
        for row, texts in enumerate(grid.texts[:_ROWS_OF_HEADERS]):
            for column in (c for c, text in enumerate(texts) if _COUNT.match(text)):
                below = [text for line in grid.texts[row + 1 :] if (text := line[column].strip())]
                if len(below) > 1 and all(_NUMBER.fullmatch(text) for text in below):
                    return {"lembar": read.name, "isi": COUNTS}
    return {}


def _form_of_one_person(reads: Sequence[tuple[SheetRead, Grid]]) -> dict[str, str]:
    """The sheet that says of one person what else stands in columns: a label and its value on each line; empty where
    there is none."""
    for read, grid in reads:
        lines = [filled for texts in grid.texts if 2 <= len(filled := [text for text in texts if text]) <= 3]
        labels = {name for line in lines for name in fields_named(line[0].rstrip(" :")) or ()}
        if labels >= {"nama", "nik"}:
            return {"lembar": read.name}
    return {}


def _people_across(reads: Sequence[tuple[SheetRead, Grid]]) -> dict[str, str]:
    """The sheet whose names are counted across the row (`NAMA ANGGOTA 1`, `NAMA ANGGOTA 2`) for most people, and the
    second header of them; empty where there is none. Of such a row only the first person would be read."""
    for read in (read for read, _ in reads if read.rows):
        listed = {row: _uncounted(column.header) for row, column in read.columns if "nama" in column.fields}
        for row, column in read.columns:
            if column.fields or column.by == "sidecar" or not column.content:
                continue
            is_next = _COUNTED.search(header_key(column.header)) and _uncounted(column.header) == listed.get(row)
            if is_next and 2 * column.content.names > len(read.rows):
                return {"lembar": read.name, "judul": " ".join(column.header.split())}
    return {}


def _uncounted(header: str) -> str:
    return _COUNTED.sub("", header_key(header))


def _replaced(reads: Sequence[tuple[SheetRead, Grid]]) -> dict[str, str]:
    """The sheet and column that name for most people whoever came in their place; empty where there is none.

    A row is one person's: those people would be lost.
    """
    for read, _ in reads:
        for _, column in read.columns:
            texts = [row.raw.get(column.letter, "") for row in read.rows] if column.evidence == REPLACED else []
            if 2 * sum(map(column.is_tick, texts)) > len(texts):
                return {"lembar": read.name, "kolom": column.letter}
    return {}


def _other_layout(reads: Sequence[tuple[SheetRead, Grid]]) -> tuple[str, dict[str, Any]] | None:
    """What people do with a sheet that has no column of the names of those listed: a person in each column, a husband
    and a wife in each row, lists beside each other below categories, or a column of names for each category."""
    for read, grid in reads:
        if _labels_on_the_left(grid):
            return "people_in_columns", {"lembar": read.name}
        for row, texts in enumerate(grid.texts[:_ROWS_OF_HEADERS]):
            said = [text for text in texts if text]
            spouses = " ".join(text for text in said if _COUPLE.search(text))
            if _MARRIED.search(spouses) and len(said) > _FEWEST_HEADERS:
                return "two_people_in_a_row", {"lembar": read.name}
            if sum(map(names_category, said)) > 1 and row + 1 < len(grid.texts):
                below = [header_key(text) for text in grid.texts[row + 1] if text]
                if below.count("NAMA") > 1:
                    return "lists_side_by_side", {"lembar": read.name}
                columns = [c for c, text in enumerate(texts) if text and names_category(text)]
                if all(_holds_names(grid, row, column) for column in columns):
                    return "lists_of_names", {"lembar": read.name}
    return None


def _labels_on_the_left(grid: Grid) -> bool:
    """Whether the first text of each row is the label of what the others hold, of several people."""
    lines = [filled for texts in grid.texts if len(filled := [text for text in texts if text]) > _FEWEST_IN_A_LINE]
    labels = {name for line in lines for name in fields_named(line[0].rstrip(" :")) or ()}
    return labels >= {"nama", "nik"} or (len(labels) >= _FEWEST_LABELS and "nama" in labels)


def _holds_names(grid: Grid, row: int, column: int) -> bool:
    """Whether names of people stand below a cell."""
    below = [texts[column] for texts in grid.texts[row + 1 :] if texts[column]]
    return len(below) > 1 and all(
        NAME.match(text) and is_tick(text) and text.strip().lower() not in TICKS for text in below
    )


def _refused_names(reads: Sequence[tuple[SheetRead, Grid]]) -> dict[str, str]:
    """The column that is headed as one of names and is not used, and why; empty where there is none."""
    for read, _ in reads:
        for _, column in read.columns:
            if column.header and "nama" in (header_fields((column.header,))[0] or ()) and not column.fields:
                why = "disisihkan oleh berkas keterangan" if column.by == "sidecar" else _why_no_names(column)
                return {"lembar": read.name, "kolom": column.letter, "alasan": why or "isinya bukan nama"}
    return {}


def _why_no_names(column: Column) -> str:
    """Why a column that is headed as one of names is not used, in Indonesian."""
    stated = [text for text in (column.content.texts if column.content else ()) if text.strip()]
    if stated and all(text.startswith("=") for text in stated):
        return (
            "isinya rumus yang belum dihitung; buka dengan Excel, simpan kembali, atau ganti rumusnya dengan nilainya"
        )
    if any(len(re.findall(r"(?:^|\n)\s*(?:\d{1,2}[.)]|[-•*])\s*[A-Za-z]", text)) > 1 for text in stated):
        return "satu sel memuat beberapa orang; tulis satu orang pada satu baris"
    return column.evidence
