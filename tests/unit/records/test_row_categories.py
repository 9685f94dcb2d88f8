"""What a row's own ages, sex and words leave of its categories; each limit with both its sides."""

from __future__ import annotations

from typing import Any

from tests.support.one_row import Outcome, alone

WOMAN, MAN = "1610054107850003", "1610050107850003"
"""NIKs of persons born on 1 July 1985: 39 at the end of 2024."""
CHILD, ELDERLY, WRSE = "Anak terlantar", "Lanjut usia terlantar", "Perempuan rawan sosial ekonomi"


def codes(of: Outcome) -> list[str]:
    """What is left; nothing where the row is quarantined."""
    if of.record is None:
        assert of.reasons == ["all_categories_contradicted"]
        return []
    found: list[str] = of["kode_pmks"]
    return found


def test_one_year_outside_the_window_is_tolerated_and_two_are_not() -> None:
    """Children are 6 to 18, the elderly 60 and more, toddlers 0 to 5."""
    cases = {
        (CHILD, 4): "gone", (CHILD, 5): "near", (CHILD, 6): "fits", (CHILD, 18): "fits", (CHILD, 19): "near",
        (CHILD, 20): "gone", (ELDERLY, 58): "gone", (ELDERLY, 59): "near", (ELDERLY, 60): "fits",
        (ELDERLY, 125): "fits", ("Anak balita terlantar", 0): "fits", ("Anak balita terlantar", 5): "fits",
        ("Anak balita terlantar", 6): "near", ("Anak balita terlantar", 7): "gone",
    }  # fmt: skip
    read = alone({"kategori": f"{category}; RTLH", "umur": str(age)} for category, age in cases)
    for ((category, age), expected), of in zip(cases.items(), read, strict=True):
        assert len(codes(of)) == (1 if expected == "gone" else 2), (category, age)
        assert ("category_contradicted" in of.found) is (expected == "gone"), (category, age)
        assert ("age_at_the_limit" in of.found) is (expected == "near"), (category, age)
        assert "age_unknown" not in of.found


def test_one_source_of_age_that_fits_is_enough() -> None:
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"umur": "15", "tanggal_lahir": "01-07-1985"}, True),
        ({"umur": "39", "tanggal_lahir": "01-07-2010"}, True),
        ({"umur": "39", "tanggal_lahir": "01-07-1985"}, False),
        ({"tanggal_lahir": "01-07-2010"}, True),
        ({"tanggal_lahir": "01-07-1985"}, False),
        ({"umur": "15", "nik": MAN}, True),
        ({"nik": "1610050107100003"}, True),
        ({"nik": MAN}, False),
        ({"nik": MAN, "no_kk": MAN}, True),
        ({"nik": MAN, "no_kk": MAN, "umur": "39"}, False),
        ({}, True),
    ]
    for (cells, stays), of in zip(cases, alone({"kategori": CHILD, **cells} for cells, _ in cases), strict=True):
        assert codes(of) == (["02"] if stays else []), cells


def test_where_no_age_is_known_it_is_said_for_categories_with_a_window() -> None:
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"kategori": CHILD}, True),
        ({"kategori": ELDERLY}, True),
        ({"kategori": "Anak balita terlantar"}, True),
        ({"kategori": "Fakir Miskin"}, False),
        ({"kategori": CHILD, "umur": "10"}, False),
        ({"kategori": CHILD, "tanggal_lahir": "2012"}, False),
        ({"kategori": CHILD, "nik": "1610050107100003"}, False),
        ({"kategori": CHILD, "nik": MAN, "no_kk": MAN}, True),
        ({"kategori": CHILD, "nik": "1610050107100003", "no_kk": "1610050107100003"}, False),
        ({"kategori": WRSE, "jenis_kelamin": "L"}, False),
    ]
    for (cells, unknown), of in zip(cases, alone(cells for cells, _ in cases), strict=True):
        assert ("age_unknown" in of.found) is unknown, cells


def test_a_category_of_women_is_left_to_whom_nobody_calls_a_man_alone() -> None:
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"jenis_kelamin": "P"}, True),
        ({"jenis_kelamin": "L"}, False),
        ({}, True),
        ({"nik": WOMAN}, True),
        ({"nik": MAN}, False),
        ({"nik": MAN, "jenis_kelamin": "P"}, True),
        ({"nik": WOMAN, "jenis_kelamin": "L"}, True),
        ({"nik": MAN, "jenis_kelamin": "L"}, False),
        ({"nik": MAN, "no_kk": MAN}, True),
        ({"nik": MAN, "no_kk": MAN, "jenis_kelamin": "L"}, False),
        ({"jenis_kelamin": "?"}, True),
    ]
    read = alone({"kategori": WRSE, "umur": "39", **cells} for cells, _ in cases)
    for (cells, stays), of in zip(cases, read, strict=True):
        assert codes(of) == (["23"] if stays else []), cells
        assert ("all_categories_contradicted" in of.found) is not stays


def test_the_sexes_of_row_and_nik_are_compared() -> None:
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"nik": MAN, "jenis_kelamin": "L"}, set()),
        ({"nik": MAN, "jenis_kelamin": "P"}, {"sex_not_that_of_nik"}),
        ({"nik": WOMAN, "jenis_kelamin": "L"}, {"sex_not_that_of_nik"}),
        ({"nik": WOMAN, "jenis_kelamin": "P"}, set()),
        ({"nik": MAN, "no_kk": MAN, "jenis_kelamin": "P"}, set()),
        ({"nik": MAN}, set()),
        ({"jenis_kelamin": "P"}, set()),
        ({"nik": MAN, "jenis_kelamin": "waria"}, {"sex_unknown"}),
        ({"jenis_kelamin": "-"}, set()),
    ]
    for (cells, said), of in zip(cases, alone(cells for cells, _ in cases), strict=True):
        assert {code for code in of.found if code.startswith("sex_")} == said, cells


def test_a_contradicted_category_is_named_and_the_others_stay() -> None:
    both, all_gone, none = alone(
        {"kategori": category, "umur": "39", "jenis_kelamin": "L"}
        for category in (f"{CHILD}; {ELDERLY}; Fakir Miskin; RTLH", f"{CHILD}; {WRSE}", "RTLH; Fakir Miskin")
    )
    assert codes(both) == ["24", "LEG-RTLH"]
    assert both.messages["category_contradicted"].count("02") == 1
    assert "08" in both.messages["category_contradicted"]
    assert codes(all_gone) == []
    assert "category_contradicted" not in all_gone.found
    assert "all_categories_contradicted" in all_gone.found
    assert (codes(none), none.found & {"category_contradicted", "age_at_the_limit"}) == (["24", "LEG-RTLH"], set())


def test_each_category_stands_or_falls_alone() -> None:
    young, old = alone({"kategori": f"{CHILD}; {ELDERLY}; {WRSE}", "umur": age} for age in ("10", "70"))
    for of, left, gone in ((young, "02", "08, 23"), (old, "08", "02, 23")):
        assert codes(of) == [left]
        assert gone in of.messages["category_contradicted"]
        assert left not in of.messages["category_contradicted"]


def test_all_sources_of_categories_count_together() -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"kategori": "FM", "kategori_tanda": ["RTLH"]}, ["24", "LEG-RTLH"]),
        ({"kategori": "", "kategori_tanda": ["RTLH", "Fakir Miskin"]}, ["24", "LEG-RTLH"]),
        ({"kategori": "", "kategori_berkas": ["24"]}, ["24"]),
        ({"kategori": "", "kategori_berkas": ["LEG-RTLH"], "kategori_tanda": ["23"]}, ["23", "LEG-RTLH"]),
        ({"kategori": "FM", "kategori_berkas": ["24"]}, ["24"]),
        ({"kategori": "9", "skema_kode": "permensos-8-2012"}, ["09"]),
        ({"kategori": "15", "skema_kode": "kepmensos-24-1996"}, ["LEG-RTLH"]),
        ({"kategori": "", "kategori_tanda": ["15"], "skema_kode": "kepmensos-24-1996"}, ["15"]),
        ({"kategori": "", "kategori_tanda": ["9"], "skema_kode": "permensos-8-2012"}, ["09"]),
    ]
    for (cells, left), of in zip(cases, alone(cells for cells, _ in cases), strict=True):
        assert of["kode_pmks"] == left, cells


def test_why_no_category_is_left() -> None:
    cases = {
        "": ["category_missing"],
        "-": ["category_unknown"],
        "entah": ["category_unknown"],
        "24": ["category_unknown"],
        "entah; FM": [],
        "FM": [],
    }
    read = alone({"kategori": text} for text in cases)
    for (text, reasons), of in zip(cases.items(), read, strict=True):
        assert of.reasons == reasons, text
        assert ("category_part_unknown" in of.found) is (text == "entah; FM"), text
    fuzzy, part = alone([{"kategori": "Fakir Miskn"}, {"kategori": "entah apa", "kategori_tanda": ["RTLH"]}])
    assert "24" in fuzzy.messages["category_fuzzy"]
    assert ("category_part_unknown" in part.found, "category_fuzzy" in part.found) == (True, False)


def test_kind_of_disability_and_neglect_by_every_cell_that_may_say_them() -> None:
    """The row's own cell comes first; then a remark, the cell of the kind, and last the words of the category."""
    cases: list[tuple[dict[str, Any], str | None, bool | None]] = [
        ({"jenis_disabilitas": "netra"}, "netra", None),
        ({"jenis_disabilitas": "netra", "kategori": "tuna daksa"}, "netra", None),
        ({"kategori": "tuna daksa"}, "fisik", None),
        ({"jenis_disabilitas": "entah"}, None, None),
        ({"jenis_disabilitas": "entah", "kategori": "tuna daksa"}, "fisik", None),
        ({"jenis_disabilitas": "tidak ada", "kategori": "tuna daksa"}, "fisik", None),
        ({"jenis_disabilitas": "netra terlantar"}, "netra", True),
        ({"jenis_disabilitas": "netra tidak terlantar"}, "netra", False),
        ({"jenis_disabilitas": "netra (sejak lahir)"}, "netra", None),
        ({"jenis_disabilitas": "terlantar"}, None, True),
        ({"terlantar": "ya"}, None, True),
        ({"terlantar": "Tidak"}, None, False),
        ({"terlantar": "v"}, None, True),
        ({"terlantar": "non terlantar"}, None, False),
        ({"terlantar": "?"}, None, None),
        ({"terlantar": "tidak", "keterangan": "terlantar"}, None, False),
        ({"keterangan": "tdk terlantar", "jenis_disabilitas": "netra terlantar"}, "netra", False),
        ({"keterangan": "hidup telantar di pasar"}, None, True),
        ({"keterangan": "rajin"}, None, None),
        ({"kategori": "cacat terlantar"}, None, True),
        ({"kategori": "cacat terlantar", "jenis_disabilitas": "netra tidak terlantar"}, "netra", False),
    ]
    read = alone({"kategori": "penyandang disabilitas", **cells} for cells, *_ in cases)
    for (cells, kind, neglected), of in zip(cases, read, strict=True):
        assert (of["jenis_disabilitas"], of["terlantar"]) == (kind, neglected), cells
        assert ("disability_kind_missing" in of.found) is (kind is None), cells
        assert ("neglect_not_stated" in of.found) is (neglected is None), cells
        assert ("disability_unknown" in of.found) is (cells.get("jenis_disabilitas") == "entah"), cells


def test_only_people_with_disabilities_are_asked_for_its_kind() -> None:
    adult, child, poor = alone({"kategori": text} for text in ("penyandang disabilitas", "anak cacat", "Fakir Miskin"))
    for of, asked in ((adult, True), (child, True), (poor, False)):
        assert ("disability_kind_missing" in of.found, "neglect_not_stated" in of.found) == (asked, asked)


def test_a_tick_that_is_no_known_category_is_said_beside_one_that_is() -> None:
    cases = [(["FM", "entah"], True), (["FM"], False), (["FM", "RTLH"], False)]
    read = alone({"kategori": "", "kategori_tanda": ticks} for ticks, _ in cases)
    for (ticks, said), of in zip(cases, read, strict=True):
        assert ("category_part_unknown" in of.found) is said, ticks
    (nothing,) = alone([{"kategori": "", "kategori_tanda": ["entah"]}])
    assert nothing.reasons == ["category_unknown"]
