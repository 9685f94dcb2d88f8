"""Region names as villages write them lead to one code, or to all that fit."""

from __future__ import annotations

import pytest

from validation import regions


@pytest.mark.parametrize(
    "spelling", ["TANJUNG PASIR", "Tg. Pasir", "TANJUNGPASIR", "Tj Pasir", "Desa Tanjung Pasir", "Tanjung Pasr"]
)
def test_spellings_of_one_village(spelling: str) -> None:
    assert regions.find(spelling, "Pemulutan", "Ogan Ilir") == ("16.10.05.2036",)
    assert regions.find(spelling, "Kec. Pemulutan", "Kab. Ogan Ilir", "Sumatera Selatan") == ("16.10.05.2036",)


def test_a_name_alone_never_identifies() -> None:
    codes = regions.find("Tanjung Pasir")
    assert len(codes) >= 8
    assert "16.10.05.2036" in codes


def test_unknown_kecamatan_without_a_kabupaten_finds_nothing() -> None:
    assert regions.find("Tanjung Pasir", "Tidak Ada") == ()


def test_numerals_tell_villages_apart() -> None:
    assert not regions.same_name("Rantau Rasau I", "Rantau Rasau II")
    assert regions.find("RANTAU RASAU II", "Rantau Rasau", "Tanjung Jabung Timur") == ("15.07.04.2005",)


def test_abbreviations() -> None:
    assert regions.same_name("S. Pinang", "Sungai Pinang")
    assert regions.same_name("Babakansari", "Babakan Sari")
    assert not regions.same_name("Pemulutan", "Pemulutan Barat")


def test_codes_in_texts() -> None:
    assert regions.village_code_in("16.10.05.2036") == "16.10.05.2036"
    assert regions.village_code_in("data 1610052036 (2)") == "16.10.05.2036"
    assert regions.village_code_in("16.10.05.2999") is None
    assert regions.village_code_in("1610054107850003") is None
    assert regions.village_code_in("1610052036 1507081001") is None


def test_kota_and_kabupaten_of_one_name() -> None:
    assert set(regions.find_regencies("Bandung")) == {"32.04", "32.73"}
    assert regions.find_regencies("Kota Bandung") == ("32.73",)
    assert regions.find_regencies("Kota Adm. Jakarta Pusat") == regions.find_regencies("Jakarta Pusat") == ("31.71",)
    assert regions.find_regencies("Kab. Bandung") == ("32.04",)


@pytest.mark.parametrize("folder", ["2024", "16.02.02.2002", "1610", "07", "2023-2024"])
def test_a_number_is_the_name_of_no_kabupaten_nor_near_to_one(folder: str) -> None:
    names = [regions.regency_name(code) for code in regions.regency_codes()]
    assert not any(regions.same_name(name, folder) for name in names)
    assert regions.find_regencies(folder) == ()


def test_facts_of_a_village() -> None:
    found = regions.village("15.07.08.1001")
    assert found is not None
    assert (found.name, found.kecamatan, found.provinsi) == ("Kampung Laut", "Kuala Jambi", "Jambi")
    assert regions.village("99.99.99.9999") is None
    assert len(regions.regency_codes()) == 514


def test_a_name_that_many_files_share_is_compared_with_all_regencies_once() -> None:
    before = regions.find_regencies.cache_info().misses
    found = {regions.find_regencies("Kabupaten Ogan Ilr") for _ in range(5)}
    assert found == {("16.10",)}
    assert regions.find_regencies.cache_info().misses == before + 1
