"""Which level two records reach in each comparison: an example on each side of every threshold."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.households.linkage.compare.levels import (
    COMPARISONS,
    LEVELS,
    AgeLevel,
    Agreement,
    BirthLevel,
    Comparison,
    KkLevel,
    NameLevel,
    NikLevel,
    PlaceLevel,
    RelationLevel,
    RelativeLevel,
)
from assets.households.linkage.compare.names import RARITIES, rarity_bin
from assets.households.linkage.compare.places import CELLS, RUMAH_PARTS, RumahCell, pack_rumah, unpack_rumah
from assets.households.linkage.compare.records import compare_pairs, record_arrays
from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.parameters import CLASSES, Model, PairClass
from assets.households.linkage.prepare.fields import RECORD_ROW, RecordRow
from assets.households.linkage.prepare.records import prepare
from assets.households.linkage.prepare.tokens import NAME_ROW, NameRow

NIK = "1610054107850003"
SPEC = Path(__file__).parents[2] / "spec"
SIGNS = st.text(st.characters(exclude_categories=["L", "N", "Cn", "Cs"]), max_size=6).filter(
    lambda text: not any(unicodedata.category(c)[0] in "LN" for c in unicodedata.normalize("NFKD", text))
)
"""Texts without letters and digits, also where signs are taken apart (a sign for a litre has one), of characters that
Python knows: Arrow knows later ones as letters."""


def levels_of(a: dict[str, object], b: dict[str, object]) -> np.ndarray:
    """Compare two records, both ways: the levels must be the same."""
    p = prepare(pd.DataFrame([a, b]).assign(record_id=["a", "b"]))
    arrays = record_arrays(Model.default().with_names(p))
    ends = np.array([[0, 1], [1, 0]], np.int32)
    levels, rarity = compare_pairs(*ends, arrays)
    assert (levels[0] == levels[1]).all() and rarity[0] == rarity[1]
    return levels[0]


def level(comparison: Comparison, a: dict[str, object], b: dict[str, object]) -> int:
    return int(levels_of(a, b)[comparison])


def home(a: dict[str, object], b: dict[str, object]) -> RumahCell:
    return RumahCell(*map(int, unpack_rumah(levels_of(a, b)[Comparison.RUMAH])))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("SITI AMINAH", None, NameLevel.MISSING),
        ("SITI AMINAH", "AMINAH SITI", NameLevel.SAME),
        ("SITI AMINAH", "SITI AMINA", NameLevel.FUZZY),
        ("ALI W", "ALI WAHYUDI", NameLevel.FUZZY),
        ("NUR HAYATI", "NURHAYATI", NameLevel.FUZZY),
        ("BUDI", "BUDI SANTOSO", NameLevel.SUBSET),
        ("BUDI RAHARJO", "BUDI SANTOSO", NameLevel.PARTIAL),
        ("BUDI", "SANTOSO", NameLevel.DIFFERENT),
        # one edit makes a typing error of four letters, but another word of three
        ("RINO", "RITO", NameLevel.FUZZY),
        ("INO", "ITO", NameLevel.DIFFERENT),
        # two edits make one of eight letters, but not of seven
        ("SUKARMIN", "SUGARMON", NameLevel.FUZZY),
        ("SUKARNO", "SUGARTO", NameLevel.DIFFERENT),
        # two neighbours that changed places are one edit
        ("RINO", "RNIO", NameLevel.FUZZY),
    ],
)
def test_names(a: str, b: str | None, expected: NameLevel) -> None:
    assert level(Comparison.NAMA, {"nama": a}, {"nama": b}) == expected


def test_the_names_that_the_country_has_come_to_what_the_table_says() -> None:
    cases = pd.read_csv(SPEC / "names.csv", dtype=str)
    found = [
        NameLevel(level(Comparison.NAMA, {"nama": name}, {"nama": other})).name.lower()
        for name, other in zip(cases["name"], cases["other"], strict=True)
    ]
    assert len(cases) > 90
    assert cases.assign(level=found)[cases["level"] != found].to_numpy().tolist() == []


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("1985-07-04", None, BirthLevel.MISSING),
        ("1985-07-04", "1985-07-04", BirthLevel.SAME),
        ("1985-01-01", "1985-01-01", BirthLevel.SAME_HEAPED),
        ("1985-07-01", "1985-07-01", BirthLevel.SAME_HEAPED),
        ("1985-12-31", "1985-12-31", BirthLevel.SAME_HEAPED),
        ("1985", "1985", BirthLevel.SAME_HEAPED),
        ("1985-01-02", "1985-01-02", BirthLevel.SAME),
        ("1985-12-30", "1985-12-30", BirthLevel.SAME),
        ("1985-07-04", "1985-01-01", BirthLevel.SAME_YEAR_HEAPED),
        ("1985-07-04", "1985", BirthLevel.SAME_YEAR_HEAPED),
        ("1985-07-04", "1985-04-07", BirthLevel.SWAP_OR_DIGIT),
        ("1985-07-04", "1985-07-14", BirthLevel.SWAP_OR_DIGIT),
        ("1985-07-04", "1985-08-04", BirthLevel.SWAP_OR_DIGIT),
        ("1985-07-04", "1985-08-05", BirthLevel.SAME_YEAR),
        ("1985-07-04", "1958-07-04", BirthLevel.SAME_DAY_AND_MONTH),
        ("1985-01-01", "1958-01-01", BirthLevel.DIFFERENT),
        # two years are near, three are not
        ("1985-07-04", "1987-07-05", BirthLevel.YEAR_NEAR),
        ("1985-07-04", "1988-07-05", BirthLevel.DIFFERENT),
        ("1985-07-04", "1987-08-05", BirthLevel.DIFFERENT),
        ("1985", "1987-08-05", BirthLevel.YEAR_NEAR),
        ("1985", "1988-08-05", BirthLevel.DIFFERENT),
        # a wrong digit for the decade, in the same month
        ("1985-07-04", "1995-07-05", BirthLevel.YEAR_NEAR),
        ("1985-07-04", "1995-08-04", BirthLevel.DIFFERENT),
        ("1985-07-04", "1996-07-05", BirthLevel.DIFFERENT),
        ("1985-07-04", "2005-07-05", BirthLevel.DIFFERENT),
    ],
)
def test_births(a: str, b: str | None, expected: BirthLevel) -> None:
    assert level(Comparison.LAHIR, {"tanggal_lahir": a}, {"tanggal_lahir": b}) == expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (39, AgeLevel.CLOSE), (40, AgeLevel.CLOSE), (38, AgeLevel.CLOSE), (37, AgeLevel.NEAR), (42, AgeLevel.NEAR),
        (36, AgeLevel.NEAR), (35, AgeLevel.DIFFERENT), (43, AgeLevel.DIFFERENT),
    ],
)  # fmt: skip
def test_ages(age: int, expected: AgeLevel) -> None:
    levels = levels_of({"tanggal_lahir": "1985-07-04"}, {"umur": age, "periode": "2024"})
    assert (levels[Comparison.UMUR], levels[Comparison.LAHIR]) == (expected, BirthLevel.MISSING)


@pytest.mark.parametrize(
    ("born", "inside", "expected"),
    [
        ("1985-07-04", "440785", BirthLevel.SAME),
        ("1985-07-04", "450785", BirthLevel.SWAP_OR_DIGIT),
        # two digits stand for the year nearest to the other record's, before or behind it
        ("1985-07-04", "050784", BirthLevel.YEAR_NEAR),
        ("1985-07-04", "050786", BirthLevel.YEAR_NEAR),
        ("1999-07-04", "050700", BirthLevel.YEAR_NEAR),
        ("2000-07-04", "050799", BirthLevel.YEAR_NEAR),
        ("1985-07-04", "050788", BirthLevel.DIFFERENT),
    ],
)
def test_the_date_inside_a_nik_serves_where_the_other_record_has_none(
    born: str, inside: str, expected: BirthLevel
) -> None:
    one: dict[str, object] = {"tanggal_lahir": born, "nik": None}
    other: dict[str, object] = {"tanggal_lahir": None, "nik": f"161005{inside}0003"}
    assert level(Comparison.LAHIR, one, other) == expected
    with_nik = one | {"nik": "1610050909990001"}
    assert level(Comparison.LAHIR, with_nik, other) == BirthLevel.MISSING


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (NIK, None, NikLevel.MISSING),
        (NIK, NIK, NikLevel.SAME),
        (NIK, "1610054107850000", NikLevel.PREFIX),
        (NIK, "1610054107850004", NikLevel.ONE_DIGIT_OFF),
        (NIK, "1610054107850013", NikLevel.ONE_DIGIT_OFF),
        (NIK, "1610054107850030", NikLevel.ONE_DIGIT_OFF),
        (NIK, "1610045107850003", NikLevel.ONE_DIGIT_OFF),
        (NIK, "161005410785003", NikLevel.ONE_DIGIT_OFF),
        (NIK, "1610054107850014", NikLevel.SAME_DATE_AND_REGION),
        (NIK, "1610054107860014", NikLevel.DIFFERENT),
        (NIK, "1610056507860014", NikLevel.DIFFERENT),
        (NIK, "1610058807860014", NikLevel.DIFFERENT_DOUBTFUL),
    ],
)
def test_niks(a: str, b: str | None, expected: NikLevel) -> None:
    assert level(Comparison.NIK, {"nik": a}, {"nik": b}) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("1610050101090007", None, KkLevel.MISSING),
        ("1610050101090007", "1610050101090007", KkLevel.SAME),
        ("1610050101090007", "1610050101090008", KkLevel.NEAR),
        ("1610050101090007", "1610050101090070", KkLevel.NEAR),
        ("1610050101090007", "1610050101090018", KkLevel.DIFFERENT),
    ],
)
def test_cards(a: str, b: str | None, expected: KkLevel) -> None:
    assert home({"no_kk": a}, {"no_kk": b}).kk == expected


@pytest.mark.parametrize(
    ("column", "comparison", "same", "other"),
    [
        ("jenis_kelamin", Comparison.JENIS_KELAMIN, "L", "P"),
        ("tempat_lahir", Comparison.TEMPAT_LAHIR, "KAB. OGAN ILIR", "PALEMBANG"),
        ("sumber", Comparison.DAFTAR, "DESA", "PUSAT"),
        ("nama_ayah", Comparison.AYAH, "SUKARNO", "MARWAN"),
    ],
)
def test_what_is_the_same_or_not(column: str, comparison: Comparison, same: str, other: str) -> None:
    assert level(comparison, {column: same}, {column: None}) == Agreement.MISSING
    assert level(comparison, {column: same}, {column: same}) == Agreement.SAME
    assert level(comparison, {column: same}, {column: other}) == Agreement.DIFFERENT


def test_a_father_typed_wrong_is_the_same_father() -> None:
    for a, b, expected in (
        ("RINO", "RITO", Agreement.SAME), ("INO", "ITO", Agreement.DIFFERENT),
        ("SUKARMIN", "SUGARMON", Agreement.SAME), ("SUKARNO", "SUGARTO", Agreement.DIFFERENT),
    ):  # fmt: skip
        assert level(Comparison.AYAH, {"nama_ayah": a}, {"nama_ayah": b}) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("HASAN BIN UMAR", "HASAN BIN ALI", Agreement.DIFFERENT),
        ("HASAN BIN UMAR", "HASAN BIN H. UMAR", Agreement.SAME),
        ("HASAN BIN UMAR", "HASAN BIN ALI UMAR", Agreement.SAME),
        ("HASAN BIN UMAR", "HASAN B. UMAR BIN KASIM", Agreement.SAME),
        ("HASAN BIN MUHAMMAD UMAR", "HASAN BIN MUHAMMAD ALI", Agreement.MISSING),
        ("HASAN BIN UMAR", "HASAN", Agreement.MISSING),
        ("SALMIAH BINTI SUPRATMAN", "SALMIAH BINTI SUPRAT", Agreement.SAME),  # 20 characters: the column ended
        ("SALMIAH BINTI SUPRATMAN", "SALMIA BINTI SUPRAT", Agreement.DIFFERENT),
    ],
)
def test_what_follows_bin_or_binti_is_the_name_of_the_father(a: str, b: str, expected: Agreement) -> None:
    assert level(Comparison.AYAH, {"nama": a}, {"nama": b}) == expected


def test_a_father_in_a_column_of_his_own_counts_before_the_one_in_the_name() -> None:
    named = {"nama": "HASAN BIN UMAR", "nama_ayah": "KASIM"}
    assert level(Comparison.AYAH, named, {"nama": "HASAN BIN KASIM"}) == Agreement.SAME
    assert level(Comparison.AYAH, named, {"nama": "HASAN BIN UMAR"}) == Agreement.DIFFERENT


def test_only_the_end_of_a_name_may_have_been_cut() -> None:
    cut = {"nama": "SUPRAT BIN MARZUKI A"}  # 20 characters
    assert level(Comparison.NAMA, cut, {"nama": "SUPRATMAN"}) == NameLevel.DIFFERENT


def test_the_sex_inside_a_nik_serves_where_one_nik_is_missing() -> None:
    woman: dict[str, object] = {"jenis_kelamin": None, "nik": NIK}
    assert level(Comparison.JENIS_KELAMIN, woman, {"jenis_kelamin": "P", "nik": None}) == Agreement.SAME
    assert level(Comparison.JENIS_KELAMIN, woman, {"jenis_kelamin": "L", "nik": None}) == Agreement.DIFFERENT
    assert level(Comparison.JENIS_KELAMIN, woman, {"jenis_kelamin": "L", "nik": NIK}) == Agreement.MISSING


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("ANAK", None, RelationLevel.MISSING),
        ("ANAK", "ANAK", RelationLevel.SAME),
        ("ANAK", "KEPALA KELUARGA", RelationLevel.CHILD_GROWN),
        ("ANAK", "ISTRI", RelationLevel.CHILD_GROWN),
        ("FAMILI LAIN", "ISTRI", RelationLevel.CHILD_GROWN),
        ("MERTUA", "ISTRI", RelationLevel.DIFFERENT),
        ("ANAK", "MERTUA", RelationLevel.DIFFERENT),
        ("KEPALA KELUARGA", "ISTRI", RelationLevel.DIFFERENT),
    ],
)
def test_relations(a: str, b: str | None, expected: RelationLevel) -> None:
    assert level(Comparison.HUBUNGAN, {"hubungan": a}, {"hubungan": b}) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("SITI AMINAH", None, RelativeLevel.MISSING),
        ("SITI AMINAH", "SITI AMINAH", RelativeLevel.SAME),
        ("SITI AMINAH", "SITI AMINA", RelativeLevel.SAME),
        ("SITI AMINAH", "SITI", RelativeLevel.SIMILAR),
        ("SITI AMINAH", "SITI ROHANI", RelativeLevel.SIMILAR),
        ("SITI AMINAH", "ROHANI", RelativeLevel.DIFFERENT),
    ],
)
def test_mothers_and_heads(a: str, b: str | None, expected: RelativeLevel) -> None:
    assert level(Comparison.IBU, {"nama_ibu": a}, {"nama_ibu": b}) == expected
    heads = home({"nama": "AGUS", "kepala_keluarga": a}, {"nama": "AGUS", "kepala_keluarga": b})
    assert heads.head == expected


def test_two_who_are_heads_themselves_say_nothing_by_their_heads() -> None:
    own: dict[str, object] = {"nama": "AGUS SALIM", "kepala_keluarga": "AGUS SALIM"}
    assert home(own, own).head == RelativeLevel.MISSING
    assert home(own, own | {"nama": "DEWI"}).head == RelativeLevel.SAME


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"alamat": "JL. MELATI 7"}, {"alamat": None}, PlaceLevel.MISSING),
        ({"alamat": "JL. MELATI 7"}, {"alamat": "JALAN MELATI 07"}, PlaceLevel.SAME_ADDRESS),
        # one word names a road and no house
        ({"alamat": "MELATI"}, {"alamat": "MELATI"}, PlaceLevel.NEAR),
        # half of the words of the longer address, and less
        ({"alamat": "MERDEKA 12"}, {"alamat": "MERDEKA 15"}, PlaceLevel.NEAR),
        ({"alamat": "PASAR BARU 12"}, {"alamat": "PASAR LAMA 15"}, PlaceLevel.DIFFERENT),
        ({"alamat": "PASAR BARU"}, {"alamat": "PASAR"}, PlaceLevel.NEAR),
        ({"alamat": "PASAR BARU 12"}, {"alamat": "PASAR"}, PlaceLevel.DIFFERENT),
        ({"dusun": "SATU", "rt": "1"}, {"dusun": "SATU", "rt": "01"}, PlaceLevel.SAME_RT),
        ({"dusun": "SATU", "rt": "1", "rw": "2"}, {"dusun": "SATU", "rt": "1", "rw": "3"}, PlaceLevel.NEAR),
        ({"dusun": "SATU", "rt": "1"}, {"dusun": "SATU", "rt": "2"}, PlaceLevel.NEAR),
        ({"rt": "1", "rw": "2"}, {"rt": "1", "rw": "2"}, PlaceLevel.NEAR),
        ({"rt": "1", "rw": "2"}, {"rt": "1", "rw": "3"}, PlaceLevel.DIFFERENT),
        ({"rt": "1"}, {"rt": "2"}, PlaceLevel.DIFFERENT),
        ({"rt": "1"}, {"rt": "1"}, PlaceLevel.MISSING),
        ({"dusun": "SATU"}, {"dusun": "DUA"}, PlaceLevel.DIFFERENT),
    ],
)
def test_places(a: dict[str, object], b: dict[str, object], expected: PlaceLevel) -> None:
    assert home(a, b).place == expected


def test_villages() -> None:
    here: dict[str, object] = {"kode_desa": "16.10.05.2036"}
    assert home(here, {"kode_desa": None}).village == Agreement.MISSING
    assert home(here, here).village == Agreement.SAME
    assert home(here, {"kode_desa": "16.10.05.2020"}).village == Agreement.DIFFERENT


STATED: dict[str, object] = {
    "nama": "SITI AMINAH",
    "kepala_keluarga": "KARIM",
    "nama_ibu": "MAR",
    "nama_ayah": "UDIN",
    "alamat": "PASAR",
}


@pytest.mark.parametrize("column", STATED)
@settings(max_examples=40)
@given(one=SIGNS, other=SIGNS)
@example("-", "...")
@example("?", "--")
def test_names_without_letters_weigh_nothing(column: str, one: str, other: str) -> None:
    unstated, signs = {**STATED, column: None}, {**STATED, column: one}
    assert levels_of(STATED, signs).tolist() == levels_of(STATED, unstated).tolist()
    assert levels_of(signs, {**STATED, column: other}).tolist() == levels_of(unstated, unstated).tolist()


@pytest.mark.parametrize("column", [column for column in STATED if column != "alamat"])
def test_a_number_is_no_name(column: str) -> None:
    number, unstated = {**STATED, column: "12"}, {**STATED, column: None}
    assert levels_of(STATED, number).tolist() == levels_of(STATED, unstated).tolist()


def test_rarity_is_binned_by_two_bits() -> None:
    assert [rarity_bin(common) for common in (0.0, -1.99, -2.0, -37.99, -38.0, -80.0)] == [0, 0, 1, 18, 19, 19]
    assert RARITIES == 20


def test_each_cell_of_rumah_is_packed_and_unpacked_alike() -> None:
    cells = np.arange(CELLS)
    parts = unpack_rumah(cells)
    assert [pack_rumah(*map(int, levels)) for levels in zip(*parts, strict=True)] == cells.tolist()
    assert [int(part.max()) + 1 for part in parts] == [len(names) for names in RUMAH_PARTS.values()]
    assert RumahCell._fields == ("kk", "head", "village", "place")


def test_levels_and_classes_bear_the_names_that_models_and_links_have() -> None:
    model = Model.default()
    assert list(COMPARISONS) == list(model.levels)
    for name, names in COMPARISONS.items():
        assert len(names) == model.levels[name].shape[-1] and names[0] == "missing"
    assert CLASSES == ("same", "housemate", "twin", "unrelated") and set(CLASSES[: PairClass.UNRELATED]) <= set(
        model.pairs
    )
    records = pd.DataFrame({"record_id": ["a", "b"], "nama": "SITI AMINAH", "nik": NIK, "tanggal_lahir": "1985-07-01"})
    links = cluster_records(records, model=model).links
    gamma = [f"gamma_{name}" for name in (*COMPARISONS, *RUMAH_PARTS)]
    assert [c for c in links.columns if c.startswith("gamma_")] == gamma
    assert links["gamma_nik"].tolist() == [NikLevel.SAME]


def test_every_level_is_numbered_from_missing_up_without_a_gap() -> None:
    for levels in LEVELS.values():
        assert [each.value for each in levels] == list(range(len(levels))) and levels(0).name == "MISSING"
    assert [c.value for c in LEVELS] == list(range(Comparison.RUMAH))


def test_rows_are_laid_out_as_they_are_described() -> None:
    for layout, description, size in ((RECORD_ROW, RecordRow, 192), (NAME_ROW, NameRow, 64)):
        assert layout.names == tuple(get_type_hints(description)) and layout.itemsize == size
