"""Legends and counts beside, below or above a list never change what is read of its people, and explain its codes."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.formats.workbook import Sheet, Workbook
from assets.intake.sheets.file_reading import understand
from tests.support.lists import CATEGORIES, DISABILITIES, HAMLETS, HEADERS, RELATIONS, RELIGIONS, Listed, listed
from validation.fields import FIELDS

SEXES = {"L": "Laki-laki", "P": "Perempuan"}
MEANINGS = {
    "jenis_kelamin": tuple(SEXES),
    "hubungan": RELATIONS,
    "kategori": CATEGORIES,
    "jenis_disabilitas": DISABILITIES,
    "dusun": HAMLETS,
    "agama": RELIGIONS,
}
CODED = ("jenis_kelamin", "hubungan", "kategori", "jenis_disabilitas")
OTHERS = ("no_kk", "tanggal_lahir", "tempat_lahir", "umur", "alamat", "dusun", "nama_ibu", "pekerjaan", "agama")
Lines = list[list[Any]]


def words(name: str) -> dict[str, str]:
    """What a legend says for each word of a field."""
    return {word: SEXES.get(word, word) for word in MEANINGS[name]}


def legend(rng: random.Random, name: str, codes: dict[str, str]) -> Lines:
    """Lines of a legend or of a small count: code and label, label and code, with a sign between, or in one cell."""
    heading = rng.choice(HEADERS[name])
    pairs = [(int(code) if rng.random() < 0.5 else code, words(name)[word]) for word, code in codes.items()]
    shape = rng.choice(("code first", "label first", "sign", "one cell"))
    if name not in CODED:  # rows of unknown words below a list might be people, but for their heading
        return [["KODE", heading], *map(list, pairs)]
    if shape == "code first":
        return [*_heading(rng, [rng.choice(("KODE", "Kode", "KD", "NO")), heading]), *map(list, pairs)]
    if shape == "label first":
        return [*_heading(rng, [heading, "KODE"]), *[[label, code] for code, label in pairs]]
    if shape == "sign":
        return [*_heading(rng, [heading]), *[[code, "=", label] for code, label in pairs]]
    return [*_heading(rng, [f"Keterangan {heading}"]), *[[f"{code}. {label}"] for code, label in pairs]]


def _heading(rng: random.Random, texts: list[Any]) -> Lines:
    titled = [["KETERANGAN"]] if rng.random() < 0.3 else []
    return [*titled, texts] if rng.random() < 0.8 else []


def counts(rng: random.Random, name: str) -> Lines:
    """How many people there are of each kind: no codes."""
    numbers = [[label, rng.randint(20, 300)] for label in words(name).values()]
    return [[rng.choice(HEADERS[name]), "JUMLAH"], *numbers, ["JUMLAH", sum(n for _, n in numbers)]]


@st.composite
def sheets(draw: st.DrawFn) -> tuple[Listed, list[str]]:
    """A list with one or two side tables; the columns whose codes they explain."""
    rng = draw(st.randoms(use_true_random=False))
    coded = sorted(draw(st.sets(st.sampled_from(CODED), max_size=2)))
    plain = draw(st.lists(st.sampled_from([*OTHERS, *CODED]), unique=True, max_size=6))
    fields = ["nomor", *draw(st.permutations(sorted({"nik", "nama", *plain, *coded})))]
    codes = {name: {w: str(at) for at, w in enumerate(MEANINGS[name], rng.choice((0, 1)))} for name in coded}
    said = list(coded) or [draw(st.sampled_from([*CODED, "dusun", "agama"]))]
    tables = [
        legend(rng, name, codes.get(name) or {w: str(at) for at, w in enumerate(MEANINGS[name], 1)}) for name in said
    ]
    if draw(st.booleans()):
        tables.append(counts(rng, rng.choice(CODED)))
    where = draw(st.sampled_from(("right", "left", "below")))
    widest = max(len(line) for table in tables for line in table)
    left = widest + rng.randint(1, 2) if where == "left" else 0
    sheet = listed(rng, fields, draw(st.integers(4, 40)), codes, left=left)
    _place(rng, sheet, tables, where, left + len(fields), widest)
    return sheet, coded


def _place(rng: random.Random, sheet: Listed, tables: list[Lines], where: str, edge: int, widest: int) -> None:
    row = len(sheet.rows) + rng.randint(1, 3) if where == "below" else rng.randint(0, 3)
    column = edge + rng.randint(1, 3) if where == "right" else rng.randint(0, 1) if where == "below" else 0
    for table in tables:
        for at, line in enumerate(table):
            sheet.put(row + at, column, line)
        if where == "right" and rng.random() < 0.3:
            column += widest + 1
        else:
            row += len(table) + 1


def read(sheet: Listed, **declared: Any) -> Any:
    width = max(map(len, sheet.rows))
    rows = [[*row, *[""] * (width - len(row))] for row in sheet.rows]
    result = understand(Workbook("xlsx", [Sheet("Data", rows)]), declared, "daftar fakir miskin.xlsx")
    assert result.hold is None
    return result.sheets[0]


def people_of(sheet: Any) -> dict[int, dict[str, str]]:
    return {
        row[0]: {name: text for name, text in zip(FIELDS, row[8:], strict=True) if text is not None}
        for row in sheet.rows
    }


@given(made=sheets())
@settings(max_examples=250, deadline=None)
def test_side_tables_change_nobody_and_explain_the_codes(made: tuple[Listed, list[str]]) -> None:
    planted, coded = made
    sheet = read(planted)
    expected = {
        row: {name: planted.codes.get(name, {}).get(word, word) for name, word in person.items()}
        for row, person in planted.people.items()
    }
    assert people_of(sheet) == expected
    maps = {column.field: json.loads(column.code_map) for column in sheet.columns if column.code_map}
    for name in coded:
        for word, code in planted.codes[name].items():
            assert maps[name].get(code, "").upper() == word.upper()
    assert all(kind != "data" for row, kind in enumerate(sheet.kinds, 1) if row not in planted.people)


@pytest.mark.parametrize("zero", ["L", "P"])
def test_a_declared_map_is_applied_to_the_column_of_the_list_not_to_a_legend(zero: str) -> None:
    rng = random.Random(1)
    codes = {"L": "0", "P": "1"} if zero == "L" else {"L": "1", "P": "0"}
    planted = listed(rng, ["nomor", "nik", "nama", "jenis_kelamin", "alamat"], 30, {"jenis_kelamin": codes})
    for row, line in enumerate([["KODE", "JENIS KELAMIN"], [codes["L"], "Laki-laki"], [codes["P"], "Perempuan"]]):
        planted.put(row, 7, line)
    declared = {code: sex for sex, code in codes.items()}
    sheet = read(planted, jenis_kelamin=declared)
    (column,) = [column for column in sheet.columns if column.field == "jenis_kelamin"]
    assert (column.letter, json.loads(column.code_map)) == ("D", declared)
