"""A ready-made sidecar for a file that was not understood: drop it beside the file, and the next run reads it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from assets.intake.sheets.evidence import DATE, PLACEHOLDERS
from assets.intake.sheets.grid import Grid, usual_fill
from assets.intake.sheets.guesses import Guess, guesses
from assets.intake.sheets.headers import is_known
from assets.intake.sheets.layout import SheetRead
from assets.intake.sheets.rows import is_numbering

_MOST_ROWS = 3_000
_LONGEST_SHAPE = 24
Chosen = list[tuple[str, str | None, str]]
"""Column letter, field, and why."""


def proposal(reads: Sequence[tuple[SheetRead, Grid]], declared: Mapping[str, Any]) -> str:
    """Sidecar text for the sheets of one file: column → field, with the evidence behind each as a comment.

    Counts, shares and shapes of cells only; no cell's value, apart from header texts and codes of sexes. A column whose
    meaning is not certain is left unset.
    """
    lines = [
        "# Usulan. Periksa tiap baris, perbaiki bila perlu, lalu simpan berkas ini di samping berkas datanya",
        "# dengan nama: <nama berkas>.yml (misalnya: data.xlsx.yml). Pembacaan berikutnya memakainya.",
        "# Kolom dengan null tidak dipakai: ganti null dengan nama isian bila Anda tahu isinya.",
    ]
    if "kode_desa" not in declared:
        lines.append(
            "# kode_desa: 16.10.05.2036   # isi kode desa Kemendagri bila tidak tertulis di jalur map atau judul"
        )
    if "periode" not in declared:
        lines.append("# periode: 2024              # isi tahun, 2024-S1, atau 2024-06")
    sheets = [(read, grid) for read, grid in reads if read.rows or read.people_without_header]
    sheets = sheets or [(read, grid) for read, grid in reads if grid.texts]
    own = len(sheets) > 1
    if own:
        lines.append("lembar:")
    has_category = False
    for read, grid in sheets:
        if own:
            lines.append(f"  {_quoted(read.name)}:")
        said, categorised = _of_sheet(read, grid, declared)
        lines += [f"{'    ' if own else ''}{line}" for line in said]
        has_category |= categorised
    if not has_category and "kode_pmks" not in declared:
        lines.append("# Tidak ada kolom jenis PMKS. Bila seluruh berkas satu jenis, hapus tanda # dan isi kodenya:")
        lines.append("# kode_pmks: ['24']")
    return "\n".join(lines) + "\n"


def _of_sheet(read: SheetRead, grid: Grid, declared: Mapping[str, Any]) -> tuple[list[str], bool]:
    """The keys of one sheet, and whether one of its columns holds categories."""
    lines: list[str] = []
    sexes = dict(declared.get("jenis_kelamin", {}))
    if read.has_header:
        chosen, found, unsure = _mapped(read, grid, sexes)
    else:
        top, headed = _first_person(grid)
        chosen, found, unsure = _unheaded(grid, top, sexes)
        said = f"baris {top + grid.first_row - 1} adalah judul" if headed else "lembar ini tidak punya baris kepala"
        lines.append(f"baris_kepala: {top + grid.first_row - 1 if top else 0}   # {said}")
    codes = next((guess.codes for guess in found if guess.codes), None)
    if codes and not sexes:
        lines.append(f"jenis_kelamin: {{{', '.join(f'{_quoted(c)}: {s}' for c, s in sorted(codes.items()))}}}")
    lines.append("kolom:" if chosen else "kolom: {}")
    lines += [f"  {_quoted(column)}: {name or 'null'}   # {why}" for column, name, why in chosen]
    for name, columns in unsure.items():
        letters = ", ".join(grid.letter(c) for c in columns)
        lines.append(f"# Kolom {name} belum pasti. Pilih satu dan ganti null-nya dengan {name}: {letters}")
    return lines, any(name and "kategori" in name for _, name, _ in chosen)


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, default_style="'", allow_unicode=True, width=10_000).strip()


def _mapped(
    read: SheetRead, grid: Grid, sexes: Mapping[str, str]
) -> tuple[Chosen, Iterable[Guess], Mapping[str, list[int]]]:
    """The columns as their headers map them; among those that no header explains, fields that are missing."""
    mapped = {name for _, column in read.columns for name in column.fields}
    matrix = any(column.category for _, column in read.columns)
    people = [row.row - grid.first_row for row in read.rows][:_MOST_ROWS]
    open_to_guess = {
        column.index: [grid.texts[row][column.index] for row in people]
        for _, column in read.columns
        if not column.fields and not column.is_number and not column.category and not is_known(column.header)
    }
    numbers = {
        column.index: [grid.texts[row][column.index] for row in people]
        for _, column in read.columns
        if column.fields in (("nik",), ("no_kk",), ("tanggal_lahir",))
    }
    found, unsure = guesses({**open_to_guess, **numbers}, sexes, mapped | ({"kategori"} if matrix else set()))
    found = {c: guess for c, guess in found.items() if c in open_to_guess}
    seen: dict[str, tuple[str, str | None, str]] = {}
    for _, column in read.columns:
        if (column.header or column.index in found) and column.letter not in seen:
            if column.is_ticked or column.is_number:
                continue
            header = " ".join(column.header.split())
            guess = found.get(column.index)
            name = guess.fields if guess else "+".join(column.fields) or None
            why = guess.why if guess else column.evidence or "tidak dikenal"
            seen[column.letter] = (column.letter, name, f"{header}: {why}" if header else why)
    left = {name: [c for c in columns if c in open_to_guess] for name, columns in unsure.items()}
    return list(seen.values()), found.values(), {name: columns for name, columns in left.items() if columns}


def _unheaded(
    grid: Grid, top: int, sexes: Mapping[str, str]
) -> tuple[Chosen, Iterable[Guess], Mapping[str, list[int]]]:
    """Columns without a header, by what they hold from row `top` on."""
    people = [row for row in _full_rows(grid) if row >= top][:_MOST_ROWS]
    cells = {c: [grid.texts[row][c] for row in people] for c in range(grid.width)}
    cells = {c: texts for c, texts in cells.items() if any(texts)}
    found, unsure = guesses(cells, sexes)
    chosen: Chosen = []
    for c, texts in cells.items():
        filled = [text for text in texts if text]
        guess = found.get(c)
        why = guess.why if guess else "tidak pasti" if any(c in columns for columns in unsure.values()) else "lain"
        chosen.append(
            (grid.letter(c), guess.fields if guess else None, f"{why}; {len(filled)} terisi, {_shape(filled)}")
        )
    return chosen, found.values(), unsure


def _full_rows(grid: Grid) -> list[int]:
    """Rows as full as most."""
    filled = [grid.filled(row) for row in range(len(grid.types))]
    least = max(2, usual_fill(filled) * 0.5)
    rows = [row for row, count in enumerate(filled) if count >= least]
    return [row for row in rows if not is_numbering(grid.texts[row], grid.types[row])]


def _first_person(grid: Grid) -> tuple[int, bool]:
    """The first row (of the grid) that is a person's, and whether headings stand above it.

    A heading is words in every column that holds numbers or dates below.
    """
    rows = _full_rows(grid)
    if not rows:
        return 0, False
    sample = rows[-60:] if len(rows) < 80 else rows[10:70]
    numeric = [
        c for c in range(grid.width)
        if (stated := [t for row in sample if (t := grid.texts[row][c].strip()) and t.lower() not in PLACEHOLDERS])
        and len(stated) >= 3 and sum(map(_is_numeric, stated)) >= 0.8 * len(stated)
    ]  # fmt: skip
    headings = 0
    for row in rows[:4]:
        cells = [grid.texts[row][c].strip() for c in numeric]
        if not cells or any(not text or text.lower() in PLACEHOLDERS or _is_numeric(text) for text in cells):
            break
        headings += 1
    top = rows[headings] if headings < len(rows) else 0
    return top, headings > 0


def _is_numeric(text: str) -> bool:
    """Whether a cell is a number or a date; `Isian 4` and `q4` are words."""
    return bool(DATE.match(text)) or (any(map(str.isdigit, text)) and not any(map(str.isalpha, text)))


def _shape(filled: Sequence[str]) -> str:
    """The commonest shape of the cells: `9` for a digit, `A` for a word.

    >>> _shape(["SITI AMINAH", "12-05-1985", "01-11-1990"])
    'bentuk 99-99-9999'
    """
    shapes = Counter(re.sub(r"[^\W\d_]+", "A", re.sub(r"\d", "9", " ".join(text.split()))) for text in filled)
    commonest = min(shapes, key=lambda shape: (-shapes[shape], shape), default="")
    return f"bentuk {commonest[:_LONGEST_SHAPE]}"
