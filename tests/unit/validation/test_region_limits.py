"""Where two names stop being one region's, and which regions decide which village is meant.

Likeness is rapidfuzz's ratio: 100 times twice the letters in common (in order), over the letters of both.
"""

from __future__ import annotations

import pytest
from rapidfuzz.fuzz import ratio

from validation import regions


@pytest.mark.parametrize(
    ("one", "other", "likeness", "same"),
    [
        ("KARANGSARIMULYA", "KERANGSARIMULYO", 86.7, True),
        ("KARANGSARIJAYA", "KERANGSARIJAYO", 85.7, False),
        ("KARANGSARIMULYA", "KERINGSARIMULYO", 80.0, False),
    ],
)
def test_names_are_one_from_86_in_100_on(one: str, other: str, likeness: float, same: bool) -> None:
    assert ratio(one, other) == pytest.approx(likeness, abs=0.05)
    assert regions.same_name(one, other) is same
    assert regions.same_name(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Pasir", "Pasik", True),
        ("Pasir", "Pasi", False),
        ("Suka", "Suki", False),
        ("Suka", "SUKA", True),
        ("Mekar", "Mikir", False),
        ("Pasirian", "Pasiran", True),
    ],
)
def test_one_slip_of_a_letter_is_allowed_in_names_of_five_letters_and_more(one: str, other: str, same: bool) -> None:
    assert regions.same_name(one, other) is same


@pytest.mark.parametrize(
    ("one", "other"), [("Sukamaju I", "Sukamaju II"), ("Blok Mekar 1", "Blok Mekar 2"), ("Sukamaju", "Sukamaju I")]
)
def test_numerals_are_no_slip(one: str, other: str) -> None:
    assert not regions.same_name(one, other)
    assert regions.same_name(one, one.lower() + " ")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Desa Tanjung Pasir", "TANJUNGPASIR"),
        ("Kel. Kampung Laut", "KAMPUNGLAUT"),
        ("Kec. Pemulutan", "PEMULUTAN"),
        ("Sérang", "SERANG"),
        ("Desa", "DESA"),
        ("", ""),
        ("RT 05", "RT05"),
    ],
)
def test_what_is_left_of_a_name(name: str, key: str) -> None:
    assert regions.name_key(name) == key


def test_a_village_lies_in_its_regions() -> None:
    assert regions.village("16.10.05.2036") == regions.Village(
        "16.10.05.2036", "Tanjung Pasir", "Pemulutan", "Kabupaten Ogan Ilir", "Sumatera Selatan"
    )
    assert regions.district_name("16.10.05") == "Pemulutan"
    assert regions.regency_name("16.10") == "Kabupaten Ogan Ilir"


def test_kabupaten_are_recognised_by_their_codes() -> None:
    codes = regions.regency_codes()
    assert list(codes) == sorted(codes)
    assert regions.is_regency("16.10")
    assert not regions.is_regency("16.99")
    assert not regions.is_regency("16.10.05")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("16.10.05.2036", "16.10.05.2036"),
        ("16.10.05.2036 dan 1610052036", "16.10.05.2036"),
        ("16.10.05.2036 / 15.07.08.1001", None),
        ("1610052036/16.10.05.2999", "16.10.05.2036"),
        ("116.10.05.2036", None),
        ("16100520361", None),
        ("16.10.05.4036", None),
        ("", None),
    ],
)
def test_a_text_names_a_village_by_one_known_code(text: str, code: str | None) -> None:
    assert regions.village_code_in(text) == code


@pytest.mark.parametrize(
    ("kabupaten", "provinsi", "codes"),
    [
        ("Ogan Ilir", None, {"16.10"}),
        ("KAB. OGAN ILIR", "Sumatera Selatan", {"16.10"}),
        ("Ogan Ilr", None, {"16.10"}),
        ("Bandung", None, {"32.04", "32.73"}),
        ("Bandung", "Jawa Barat", {"32.04", "32.73"}),
        ("kota bandung", "Jawa Barat", {"32.73"}),
        ("kabupaten bandung", None, {"32.04"}),
        ("Kota Ogan Ilir", None, {"16.10"}),
        ("Ogan Ilir", "Jambi", set()),
        ("Ogan Ilir", "Tidak Ada", {"16.10"}),
        ("Tidak Ada", None, set()),
    ],
)
def test_kabupaten_by_name_within_the_province_that_is_known(
    kabupaten: str, provinsi: str | None, codes: set[str]
) -> None:
    assert set(regions.find_regencies(kabupaten, provinsi)) == codes


HERE = ("16.10.05.2036",)


@pytest.mark.parametrize(
    ("kecamatan", "kabupaten", "provinsi", "codes"),
    [
        ("Pemulutan", "Ogan Ilir", "Sumatera Selatan", HERE),
        ("Pemulutan", "Ogan Ilir", None, HERE),
        (None, "Ogan Ilir", None, HERE),
        ("Tidak Ada", "Ogan Ilir", None, HERE),
        ("Pemulutan", None, "Sumatera Selatan", HERE),
        ("Pemulutan", None, None, HERE),
        ("Pemulutn", "Ogan Ilr", "Sumatra Selatan", HERE),
        ("Tidak Ada", None, "Sumatera Selatan", ()),
        ("Tidak Ada", None, None, ()),
    ],
)
def test_the_narrowest_region_that_is_known_decides(
    kecamatan: str | None, kabupaten: str | None, provinsi: str | None, codes: tuple[str, ...]
) -> None:
    assert regions.find("Tanjung Pasir", kecamatan, kabupaten, provinsi) == codes


def test_a_kabupaten_counts_within_its_province_alone() -> None:
    elsewhere = regions.find("Tanjung Pasir", None, "Ogan Ilir", "Jambi")
    assert {code[:2] for code in elsewhere} <= {"15"}
    assert regions.find("Tanjung Pasir", None, "Ogan Ilir", "Sumatera Selatan") == HERE


def test_wider_regions_leave_more_villages() -> None:
    everywhere = regions.find("Tanjung Pasir")
    in_the_province = regions.find("Tanjung Pasir", None, None, "Sumatera Selatan")
    assert set(HERE) < set(in_the_province) < set(everywhere)
    assert {code[:2] for code in in_the_province} == {"16"}
    assert regions.find("Tanjung Pasir", None, "Tidak Ada", "Sumatera Selatan") == in_the_province


def test_a_spelling_is_forgiven_only_within_a_region_that_is_known() -> None:
    assert regions.find("Tanjung Pasr", "Pemulutan", "Ogan Ilir") == HERE
    assert regions.find("Tanjung Pasr", None, "Ogan Ilir") == HERE
    assert regions.find("Tanjung Pasr") == ()


def test_the_closest_of_several_near_spellings_counts() -> None:
    near = regions.find("Tanjung Pasri", None, None, "Sumatera Selatan")
    likeness = {ratio("TANJUNGPASRI", regions.name_key(str(regions.village(code)[1]))) for code in near}  # type: ignore[index]
    assert len(likeness) == 1
    assert "16.10.05.2036" in near
