"""A ready-made sidecar for a file that was not understood: drop it beside the file, and the next run reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from assets.intake.sheets.evidence import Content, evidence_text, strength
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.layout import SheetRead, sample_contents

_GUESSES = ("jenis_kelamin", "kategori", "hubungan", "tanggal_lahir", "rt", "umur", "nama")
_LEAST = 0.6


def proposal(reads: Sequence[tuple[SheetRead, Grid]], declared: Mapping[str, Any]) -> str:
    """Sidecar text for the sheets of one file: column → field, with the evidence behind each as a comment.

    Counts and shares only; no cell's value, apart from header texts.
    """
    lines = [
        "# Usulan. Periksa tiap baris, perbaiki bila perlu, lalu simpan berkas ini di samping berkas datanya",
        "# dengan nama: <nama berkas>.yml (misalnya: data.xlsx.yml). Pembacaan berikutnya memakainya.",
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
        indent = "    " if own else ""
        if own:
            lines.append(f"  {_quoted(read.name)}:")
        chosen = _mapped(read) if read.has_header else _guessed(grid)
        if not read.has_header:
            lines.append(f"{indent}baris_kepala: 0   # lembar ini tidak punya baris kepala; baris 1 sudah data")
        lines.append(f"{indent}kolom:")
        for column, name, why in chosen:
            lines.append(f"{indent}  {_quoted(column)}: {name or 'null'}   # {why}")
            has_category |= name == "kategori"
        if not chosen:
            lines.append(f"{indent}  {{}}")
    if not has_category and "kode_pmks" not in declared:
        lines.append("# Tidak ada kolom jenis PMKS. Bila seluruh berkas satu jenis, hapus tanda # dan isi kodenya:")
        lines.append("# kode_pmks: ['24']")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, default_style="'", allow_unicode=True, width=10_000).strip()


def _mapped(read: SheetRead) -> list[tuple[str, str | None, str]]:
    seen: dict[str, tuple[str, str | None, str]] = {}
    for _, column in read.columns:
        if column.header and column.letter not in seen and not column.category and not column.is_number:
            name = "+".join(column.fields) or None
            seen[column.letter] = (
                column.letter,
                name,
                f"{' '.join(column.header.split())}: {column.evidence or 'tidak dikenal'}",
            )
    return list(seen.values())


def _guessed(grid: Grid) -> list[tuple[str, str | None, str]]:
    """Columns without a header, by what they hold; each field goes to the column that is most like it."""
    rows = list(range(len(grid.texts)))
    contents = sample_contents(grid, rows)
    chosen: dict[int, tuple[str, str]] = {}
    numbers = [c for c, content in contents.items() if content.stated and content.share(content.sixteen) >= _LEAST]
    chosen.update(_which_number(grid, contents, numbers))
    for name in _GUESSES:
        free = [c for c in contents if c not in chosen and contents[c].stated >= 2]
        best = max(free, key=lambda c: (_likeness(name, contents[c]), -c), default=None)
        if best is not None and _likeness(name, contents[best]) >= _LEAST:
            chosen[best] = (name, evidence_text(name, contents[best]))
    return [
        (grid.letter(c), *chosen.get(c, (None, f"tidak dikenal; {contents[c].filled} sel terisi")))
        for c in sorted(contents)
    ]


def _likeness(name: str, content: Content) -> float:
    like = strength(name, content)
    if name == "nama":
        return like if content.distinct > 0.6 * content.stated else 0.0
    if name in ("rt", "umur"):
        return like if content.share(content.small) >= _LEAST and name == "umur" else like * (content.rt_rws > 0)
    return like


def _which_number(grid: Grid, contents: Mapping[int, Content], columns: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Of two columns of 16 digits the NIK is the one that differs from row to row and has women's days above 40."""
    from validation.nik import facts  # loads libraries that take longer than most files, and few files need

    scored = []
    for column in columns:
        texts = [row[column] for row in grid.texts if row[column]]
        stated = [facts(text) for text in texts[:60]]
        dated = sum(fact.day is not None for fact in stated) / max(len(stated), 1)
        women = any(_day(text) > 40 for text in texts)
        scored.append((women, len(set(texts)) / max(len(texts), 1), dated, column))
    scored.sort(reverse=True)
    found = {}
    for name, (_, _, dated, column) in zip(("nik", "no_kk"), scored, strict=False):
        shown = f"{100 * dated:.0f} % dengan tanggal yang masuk akal di dalamnya"
        found[column] = (name, f"{evidence_text(name, contents[column])}, {shown}")
    return found


def _day(text: str) -> int:
    digits = "".join(filter(str.isdigit, text))
    return int(digits[6:8]) if len(digits) == 16 else 0
