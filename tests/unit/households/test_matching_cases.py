"""Cases with names: families in which matching does harm if it is wrong."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.households.linkage.clustering import LARGEST_PERSON, enough
from assets.households.linkage.compare.levels import Agreement, Comparison, KkLevel, PlaceLevel, RelativeLevel
from assets.households.linkage.compare.places import pack_rumah, unpack_rumah
from assets.households.linkage.compare.records import compare_pairs, record_arrays
from assets.households.linkage.constraints import BORN_APART, BORN_NEAR
from assets.households.linkage.dwellings.weights import household_weights
from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.parameters import Model, Scale
from assets.households.linkage.prepare.fields import NIK_STATE, IdentifierState
from assets.households.linkage.prepare.records import prepare
from bench.population import generate
from validation.hamlets import hamlet

COLUMNS = [
    "record_id", "nama", "nik", "no_kk", "tanggal_lahir", "jenis_kelamin", "hubungan", "kepala_keluarga", "rt",
    "kode_desa", "periode",
]  # fmt: skip
HEAD, CARD, NEW_CARD = "KEPALA KELUARGA", "1610050101090007", "1610050901230044"
RUSDI, RUSDI_NIK, BORN = "RUSDI HARTONO", "1610050606700005", "1970-06-06"
HERE, THERE = "16.10.05.2036", "16.10.05.2020"


def matched(
    *rows: tuple[str | None, ...], dusun: str | list[str | None] = "SATU", umur: list[int | None] | None = None
) -> tuple[pd.Series, pd.Series]:
    records = pd.DataFrame(rows, columns=COLUMNS).assign(sumber="DESA", dusun=dusun, rw="001", umur=umur)
    result = cluster_records(records, model=Model.default())
    index = records["record_id"]
    return pd.Series(result.person, index), pd.Series(result.household, index)


def test_twins_are_two_people() -> None:
    person, home = matched(
        ("a1", "HASAN BASRI", "1610050505100003", CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, "2023"),
        ("b1", "HUSEN BASRI", "1610050505100004", CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, "2023"),
        ("a2", "HASAN BASRI", "1610050505100003", CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, "2024"),
        ("b2", "HUSEN BASRI", None, CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, "2024"),
    )
    assert person["a1"] == person["a2"] and person["b1"] == person["b2"] and person["a1"] != person["b1"]
    assert home.nunique() == 1


def test_twins_whose_names_are_a_letter_apart_are_two_people() -> None:
    person, _ = matched(
        *(
            (f"{name}{year}", f"{name} BASRI", nik, CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, year)
            for name, nik in (("HASAN", "1610050505100003"), ("HASIN", "1610050505100004"))
            for year in ("2023", "2024")
        )
    )
    assert person["HASAN2023"] == person["HASAN2024"] != person["HASIN2023"] == person["HASIN2024"]


def test_a_serial_typed_wrong_and_an_old_spelling_do_not_part_a_person() -> None:
    person, _ = matched(
        ("a", "YUSUF BASRI", "1610050505100003", CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, "2023"),
        ("b", "YOESOEF BASRI", "1610050505100004", CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, "2024"),
        ("c", "YUSUF BASRY", "1610050505100073", CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, "2025"),
    )
    assert person.nunique() == 1


def test_twins_without_nik_are_two_if_two_lists_name_both_or_one_whose_names_have_other_vowels() -> None:
    for other, lists, people in (("HARIYANTU", 1, 2), ("HARIYANTOM", 1, 1), ("HARIYANTOM", 2, 2)):
        rows = [
            (f"{name}{year}", f"{name} BASRI", None, CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, str(year))
            for year in range(2023, 2023 + lists)
            for name in ("HARIYANTO", other)
        ]
        person, _ = matched(*rows)
        assert person.nunique() == people, (other, lists)


def test_twins_whose_numbers_a_spreadsheet_made_the_same_are_two_people() -> None:
    """Both of one list with one number that ends in 0: that says no more than one birth date and region."""
    for serial, people in (("0120", 2), ("0123", 1)):
        person, _ = matched(
            *(
                (
                    name,
                    f"{name} BASRI",
                    f"161005050510{serial}",
                    CARD,
                    "2010-05-05",
                    "L",
                    "ANAK",
                    None,
                    "001",
                    HERE,
                    "2023",
                )
                for name in ("HASAN", "HASIN")
            )
        )
        assert person.nunique() == people, serial


def test_two_names_of_one_list_need_more_than_two_names_of_two() -> None:
    for year, people in (("2023", 2), ("2024", 1)):
        person, _ = matched(
            ("a", "SITI AMINAH", None, CARD, None, "P", "ANAK", "RUSDI", "001", HERE, "2023"),
            ("b", "SITI AMINAT", None, CARD, None, "P", "ANAK", "RUSDI", "001", HERE, year),
        )
        assert person.nunique() == people


def test_a_list_that_names_somebody_twice_under_one_name_but_for_spelling_names_one() -> None:
    for name in ("JUSUF BASRI", "YUSUF", "M YUSUF BASRI", "YUSUFBASRI"):
        person, _ = matched(
            ("a", "YUSUF BASRI", None, CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, "2023"),
            ("b", name, None, CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, "2023"),
        )
        assert person.nunique() == 1, name


@pytest.mark.parametrize(
    ("births", "niks", "cards", "people"),
    [
        (("1960-07-01", "1960-07-01"), ("1610054107600017", "1610054107600561"), (CARD, NEW_CARD), 2),
        (("1975-05-02", "1978-05-02"), (None, None), (CARD, NEW_CARD), 2),
        (("1960-03-05", "1960-08-14"), (None, None), (CARD, NEW_CARD), 2),
        (("1960-07-01", "1960-07-01"), ("1610054107600017", "1610054107600018"), (CARD, NEW_CARD), 1),
        (("1960-07-01", "1960-07-01"), ("1610054107600017", "1610054107600561"), (CARD, CARD), 1),
        (("1960-07-01", "1960-07-01"), (None, None), (CARD, NEW_CARD), 1),
    ],
)
def test_two_of_one_name_whom_two_lists_state_with_two_cards_and_two_births_or_niks_are_two_people(
    births: tuple[str, str], niks: tuple[str | None, str | None], cards: tuple[str, str], people: int
) -> None:
    person, _ = matched(
        *(
            (
                f"{which}{year}",
                "NURHAYATI",
                niks[which],
                cards[which],
                births[which],
                "P",
                None,
                None,
                "001",
                HERE,
                year,
            )
            for which in (0, 1)
            for year in ("2023", "2024")
        )
    )
    assert person["02023"] == person["02024"] and person["12023"] == person["12024"]
    assert person.nunique() == people


def test_of_three_answers_that_cannot_all_hold_the_one_that_parts_does() -> None:
    rows = [
        (which, "SITI AMINAH", None, None, "1960-01-05", "P", None, None, "001", HERE, year)
        for which, year in (("a", "2022"), ("b", "2023"), ("c", "2024"))
    ]
    records = pd.DataFrame(rows, columns=COLUMNS).assign(sumber="DESA", dusun="SATU", rw="001")
    said = [("a", "b", "same"), ("b", "c", "same"), ("a", "c", "different")]
    decisions = pd.DataFrame(said, columns=["record_id_l", "record_id_r", "decision"])
    a, b, c = cluster_records(records, model=Model.default(), decisions=decisions).person.tolist()
    assert a != c and b in (a, c)


@pytest.mark.parametrize(
    ("name", "births", "villages", "people"),
    [
        ("HASAN", ("1958-02-08", "1958-07-01"), (HERE, THERE), 2),
        ("HASAN", ("1958-07-01", "1958-07-01"), (HERE, THERE), 2),
        ("HASAN", ("1958-02-08", "1958-07-01"), (HERE, HERE), 1),
        ("HASAN", ("1958-02-08", "1958-02-08"), (HERE, THERE), 1),
        ("SARBENI MUKTIAWAN", ("1958-02-08", "1958-07-01"), (HERE, THERE), 1),
    ],
)
def test_a_year_of_birth_makes_two_of_a_frequent_name_one_in_a_village_not_across_two(
    name: str, births: tuple[str, str], villages: tuple[str, str], people: int
) -> None:
    """The first of July is written where the day is not known. There are thousands of others in the lists."""
    rows = [
        ("a", name, None, None, births[0], "L", HEAD, None, "001", villages[0], "2023"),
        ("b", name, None, None, births[1], "L", HEAD, None, "004", villages[1], "2024"),
    ]
    others, _ = generate(6000, seed=7)
    records = pd.concat([pd.DataFrame(rows, columns=COLUMNS).assign(sumber="DESA", rw="001"), others])
    assert len(set(cluster_records(records, model=Model.default()).person[:2])) == people


def test_names_without_anything_alike_are_of_two_people_where_no_number_says_otherwise() -> None:
    for nik, people in ((None, 2), (RUSDI_NIK, 1)):
        person, _ = matched(
            ("a", "JUMADI", nik, CARD, BORN, "L", "ANAK", "RUSDI", "001", HERE, "2023"),
            ("b", "YUSULAH", nik, CARD, BORN, "L", "ANAK", "RUSDI", "001", HERE, "2024"),
        )
        assert person.nunique() == people


def test_names_spelled_badly_or_without_a_space_are_alike() -> None:
    for name in ("DDJOENAEI", "JNUAIEDI", "JUNAEDISAPUTRA", "J."):
        person, _ = matched(
            ("a", "JUNAEDI", None, CARD, BORN, "L", "ANAK", "RUSDI", "001", HERE, "2023"),
            ("b", name, None, CARD, BORN, "L", "ANAK", "RUSDI", "001", HERE, "2024"),
        )
        assert person.nunique() == 1, name


def test_a_nik_under_names_without_anything_alike_makes_no_person_of_records_without_birth_date() -> None:
    person, _ = matched(
        ("a", "SITI KURNIAWAN", "1610054606700005", None, "1970-06-06", "P", None, None, "001", HERE, "2023"),
        ("b", "DEWI", "1610054606700005", None, None, "P", None, None, None, HERE, "2024"),
    )
    assert person.nunique() == 2


def test_a_record_without_birth_date_does_not_tie_two_people_of_one_name_and_place() -> None:
    person, _ = matched(
        ("a", "HIDAYAT EFENDI JAUHARI", None, None, "1972-11-16", "L", None, None, "004", HERE, "2021"),
        ("b", "HIDAYAT EFENDI JAUHARI", None, None, None, "L", None, None, "004", HERE, "2022"),
        ("c", "HIDAYAT EFENDI JAUHARI", None, None, "1946-02-09", "L", None, None, "004", HERE, "2023"),
    )
    assert person["a"] != person["c"]


def test_what_is_wrong_in_one_record_counts_once_and_not_for_every_record_of_its_person() -> None:
    """A mean weight of -1 keeps two groups apart, but not a single record that one of four others is like."""
    assert enough(0.5, 0.5, 3, 4, 0.0, 0) and not enough(-1.0, 9.0, 2, 4, 0.0, 0)
    assert enough(-1.0, 9.0, 1, 4, 0.0, 0) and enough(-1.0, 9.0, 4, 1, 0.0, 0)
    assert not enough(-1.0, 2.0, 1, 4, 0.0, 0), "the best pair must outweigh the others"
    assert not enough(-1.0, 9.0, 1, 40, 0.0, 0), "the more records, the less one pair says"
    assert not enough(-1.0, 9.0, 1, 4, 6.0, 0), "what more must speak for it holds"
    assert not enough(-1.0, 9.0, 1, 4, 0.0, BORN_APART) and enough(-1.0, 9.0, 1, 4, 0.0, BORN_APART | BORN_NEAR)


def test_a_record_of_one_card_is_found_though_name_and_date_are_written_otherwise() -> None:
    person, _ = matched(
        ("a", "SITI", "1610055411840016", CARD, "1984-11-14", "P", HEAD, "SITI", "004", HERE, "2020"),
        ("b", "SDTI", "1610055411840216", CARD, "1974-11-14", "P", None, "SITI", "004", HERE, "2025"),
    )
    assert person.nunique() == 1


@pytest.mark.parametrize(
    "alike",
    [
        {"nama_ibu": "SALMAH", "tempat_lahir": "KAYUAGUNG", "rt": "008"},
        {"dusun": "SATU", "rt": "008", "tempat_lahir": "KAYUAGUNG"},
        {"alamat": "JL. LINTAS NO. 5", "tempat_lahir": "KAYUAGUNG"},
    ],
)
def test_a_record_without_card_is_found_though_its_name_is_misspelled_and_it_has_no_date(alike: dict[str, str]) -> None:
    """Sisters on both lists live with him: their block is too large for all pairs of one address to be compared."""
    sisters = enumerate(("SUMIATI", "DEWI", "ROHANI", "KARTINI", "MARYAM", "EUIS"), 1)
    people = [("a", "WAGIMARI", "L", "1984-12-08", "2023"), ("b", "AGIMARI", "L", None, "2024")]
    for number, name in sisters:
        people += [(f"{name}{year}", name, "P", f"199{number}-02-0{number}", year) for year in ("2023", "2024")]
    columns = ["record_id", "nama", "jenis_kelamin", "tanggal_lahir", "periode"]
    records = pd.DataFrame(people, columns=columns).assign(sumber="DESA", kode_desa=HERE, **alike)
    person = pd.Series(cluster_records(records, model=Model.default()).person, records["record_id"])
    assert person["a"] == person["b"]
    assert person.nunique() == 7


def test_a_birth_date_and_a_nik_of_two_records_part_them_from_a_record_that_has_both() -> None:
    name = "ROSTO WIBOWO HARTONO"
    person, _ = matched(
        ("a", name, "1610055601830008", None, "1983-01-16", "P", None, None, "001", THERE, "2021"),
        ("b", name, None, None, "1964-09-11", "P", None, None, "004", HERE, "2022"),
        ("c", name, "1610055109640015", None, None, "P", None, None, "004", HERE, "2023"),
    )
    assert person["b"] == person["c"] != person["a"]


def test_two_names_of_one_birth_date_that_both_recur_are_two_people() -> None:
    rows = [
        (f"{name}{year}", name, None, CARD, "2010-05-05", "L", "ANAK", "RUSDI", "001", HERE, year)
        for name, year in (("HASAN", "2021"), ("UMAR", "2022"), ("HASAN", "2023"), ("UMAR", "2024"))
    ]
    person, _ = matched(*rows)
    assert person["HASAN2021"] == person["HASAN2023"] != person["UMAR2022"] == person["UMAR2024"]


def test_a_name_that_recurs_parts_a_person_only_where_lists_say_that_it_was_seen_again() -> None:
    names = ["DEWI LESTARI", "DEWI LESTARI", "LESTARI NINGSIH", "LESTARI NINGSIH"]
    told = {"jenis_kelamin": "P", "tempat_lahir": "PRABUMULIH", "nama_ibu": "ROHAYATI", "alamat": "JL. MELATI NO. 12"}
    records = pd.DataFrame({"record_id": list("abcd"), "nama": names, "tanggal_lahir": "1961-07-19"}).assign(**told)
    listed = records.assign(sumber="DESA", periode=["2021", "2022", "2023", "2024"])
    people = [cluster_records(each, model=Model.default()).person.tolist() for each in (records, listed)]
    assert people == [[0, 0, 0, 0], [0, 0, 2, 2]]


def test_birth_dates_that_niks_one_digit_apart_confirm_are_of_two_people() -> None:
    person, _ = matched(
        ("a", RUSDI, "1610050606700005", None, "1970-06-06", "L", HEAD, None, "001", HERE, "2023"),
        ("b", RUSDI, "1610050607700005", None, "1970-07-06", "L", HEAD, None, "001", HERE, "2024"),
    )
    assert person["a"] != person["b"]


def test_one_nik_under_two_unlike_names_goes_to_review() -> None:
    rows = (
        ("a", "RUSDI HARTONO", RUSDI_NIK, CARD, BORN, "L", HEAD, None, "001", HERE, "2023"),
        ("b", "JUMADI HARTONO", RUSDI_NIK, CARD, "1972-06-21", "L", HEAD, None, "001", HERE, "2024"),
    )
    found = cluster_records(pd.DataFrame(rows, columns=COLUMNS), model=Model.default())
    assert found.person[0] != found.person[1]
    assert found.links["decided_by"].tolist() == ["one_nik_two_names"]


def test_one_number_and_what_it_says_do_not_make_one_person_of_two_names_in_two_homes() -> None:
    for name, card, people in (
        ("JUMADI", NEW_CARD, 2),
        ("JUMADI", CARD, 1),
        ("RSUDI", NEW_CARD, 1),
        ("RUSDI", NEW_CARD, 1),
        ("HARTONO JUMADI", NEW_CARD, 1),
    ):
        person, _ = matched(
            ("a", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "001", HERE, "2023"),
            ("b", name, RUSDI_NIK, card, BORN, "L", HEAD, None, "004", HERE, "2024"),
            dusun=["SATU", "DUA"],
        )
        assert person.nunique() == people, (name, card)


def test_one_nik_of_two_names_is_one_persons_where_another_record_has_both() -> None:
    person, _ = matched(
        ("a", "JUMADI HARTONO", RUSDI_NIK, CARD, BORN, "L", HEAD, None, "001", HERE, "2022"),
        ("b", "HARTONO", RUSDI_NIK, CARD, BORN, "L", HEAD, None, "001", HERE, "2023"),
        ("c", "JUMADI", RUSDI_NIK, CARD, "1972-06-21", "L", HEAD, None, "001", HERE, "2024"),
    )
    assert person.nunique() == 1


def test_a_rare_name_alone_makes_no_person() -> None:
    rare = "ZULKARNAIN MANGKUBUMI PRAWIRA"
    for other, people in (("1988-04-17", 2), ("1961-02-03", 1)):
        person, _ = matched(
            ("a", rare, None, None, "1961-02-03", "L", None, None, "001", HERE, "2023"),
            ("b", rare, None, None, other, "L", None, None, "004", THERE, "2024"),
        )
        assert person.nunique() == people


def test_a_name_and_a_mothers_name_of_another_village_make_no_person_of_two_birth_dates() -> None:
    columns = ["record_id", "nama", "nama_ibu", "tanggal_lahir", "kode_desa", "periode"]
    for born, there, people in (("1988-04-17", THERE, 2), ("1961-02-08", THERE, 1), ("1961-02-03", THERE, 1)):
        rows = [
            ("a", "SARINAH MANGKUBUMI", "PONIRAH", "1961-02-03", HERE, "2023"),
            ("b", "SARINAH MANGKUBUMI", "PONIRAH", born, there, "2024"),
        ]
        assert len(set(cluster_records(pd.DataFrame(rows, columns=columns), model=Model.default()).person)) == people


def test_a_person_has_no_more_records_than_is_plausible() -> None:
    for records, persons in ((LARGEST_PERSON, 1), (LARGEST_PERSON + 1, 2)):
        person, _ = matched(
            *(
                (f"{k:02d}", "RUSDIANTO HARTONO", None, None, BORN, "L", HEAD, None, "001", HERE, str(1950 + k))
                for k in range(records)
            )
        )
        assert person.nunique() == persons


@pytest.mark.parametrize(
    "name", ["MR. X", "TANPA NAMA", "ODGJ DI TERMINAL", "BAYI", "A.B.", "ANAK B", "MELATI (SAMARAN)"]
)
def test_people_whose_name_nobody_knows_are_one_only_by_a_number_or_a_card_and_a_birth_date(name: str) -> None:
    strangers = [(f"s{n}", name, None, None, None, "L", None, None, "001", HERE, "2024") for n in range(9)]
    person, _ = matched(
        *strangers,
        ("numbered", name, RUSDI_NIK, None, None, "L", None, None, "001", HERE, "2024"),
        ("named", RUSDI, RUSDI_NIK, None, BORN, "L", None, None, "001", HERE, "2025"),
        ("unnamed", name, None, CARD, "2024-03-01", "P", "ANAK", None, "001", HERE, "2024"),
        ("daughter", "DEWI SARTIKA", None, CARD, "2024-03-01", "P", "ANAK", None, "001", HERE, "2025"),
    )
    assert person.nunique() == len(strangers) + 2
    assert person["numbered"] == person["named"] and person["unnamed"] == person["daughter"]


@pytest.mark.parametrize("of", ["BAYI NY.", "BY. NY.", "ISTRI ALM.", "ANAK DARI"])
def test_who_is_named_after_another_is_another(of: str) -> None:
    person, _ = matched(
        ("herself23", "MARDIYAH", None, None, None, "P", None, None, "001", HERE, "2023"),
        ("other23", f"{of} MARDIYAH", None, None, None, "P", None, None, "001", HERE, "2023"),
        ("herself24", "MARDIYAH", None, None, None, "P", None, None, "001", HERE, "2024"),
        ("other24", f"{of} MARDIYAH", None, None, None, "P", None, None, "001", HERE, "2024"),
    )
    assert person["herself23"] == person["herself24"] != person["other23"] == person["other24"]


@pytest.mark.parametrize(
    ("ages", "card", "people"), [((24, 55), None, 2), ((24, 55), CARD, 1), ((52, 55), None, 1), ((None, 55), None, 1)]
)
def test_two_of_one_name_whom_two_lists_state_with_ages_far_apart_and_without_a_card_are_two_people(
    ages: tuple[int | None, int], card: str | None, people: int
) -> None:
    rows = [
        (f"{which}{year}", "SUGENG", None, card, None, "L", None, None, "001", HERE, f"{year}")
        for which in (0, 1)
        for year in (2023, 2024)
    ]
    stated = [age and age + later for age in ages for later in (0, 1)]
    person, _ = matched(*rows, umur=stated)
    assert person["02023"] == person["02024"] and person["12023"] == person["12024"]
    assert person.nunique() == people


@pytest.mark.parametrize("numbers", [("1", "2"), ("(1)", "(2)"), ("2", "III")])
def test_two_of_one_name_whom_the_list_numbers_are_two_people(numbers: tuple[str, str]) -> None:
    person, _ = matched(
        *(
            (f"{number}{year}", f"TEGUH {number}", None, None, None, "L", None, None, "001", HERE, f"{year}")
            for number in numbers
            for year in (2023, 2024)
        ),
        umur=[38, 39, 39, 40],
    )
    one, other = numbers
    assert person[f"{one}2023"] == person[f"{one}2024"] != person[f"{other}2023"] == person[f"{other}2024"]


def test_single_names_of_one_village_are_not_one_person() -> None:
    person, _ = matched(
        ("a", "SITI", None, CARD, "1970-03-03", "P", "ISTRI", "RUSDI", "001", HERE, "2023"),
        ("b", "SITI", None, "1610050202080011", "1988-07-09", "P", "ISTRI", "JUMADI", "004", HERE, "2023"),
    )
    assert person["a"] != person["b"]


def test_brothers_of_one_card_stay_two() -> None:
    person, home = matched(
        ("a", "AHMAD FAUZI", "1610050303010002", CARD, "2001-03-03", "L", "ANAK", "RUSDI", "001", HERE, "2023"),
        ("b", "AHMAD FAISAL", "1610051111040002", CARD, "2004-11-11", "L", "ANAK", "RUSDI", "001", HERE, "2024"),
    )
    assert person["a"] != person["b"] and home["a"] == home["b"]


def test_one_head_at_one_address_says_more_than_one_head_in_one_rt() -> None:
    """Few strangers share both, though most pairs of a village that do are housemates."""
    for records in (1_000, 60_000, 1_000_000):
        others = household_weights(Model.default(), Scale(records, 2.0**-4)).others
        home = {
            (head, place): others[pack_rumah(KkLevel.MISSING, head, Agreement.SAME, place)]
            for head in RelativeLevel
            for place in PlaceLevel
        }
        for head in (RelativeLevel.SAME, RelativeLevel.SIMILAR):
            assert home[head, PlaceLevel.SAME_ADDRESS] > home[head, PlaceLevel.SAME_RT]
        assert home[RelativeLevel.DIFFERENT, PlaceLevel.SAME_ADDRESS] < 0


def test_a_family_that_moved_is_one_household() -> None:
    person, home = matched(
        ("a1", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, RUSDI, "001", HERE, "2022"),
        ("b1", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", "ISTRI", RUSDI, "001", HERE, "2022"),
        ("a2", RUSDI, RUSDI_NIK, NEW_CARD, BORN, "L", HEAD, RUSDI, "006", THERE, "2024"),
        ("b2", "MARLINA", "1610054707730002", NEW_CARD, "1973-07-07", "P", "ISTRI", RUSDI, "006", THERE, "2024"),
    )
    assert person["a1"] == person["a2"] and person["b1"] == person["b2"]
    assert home.nunique() == 1


def test_a_family_that_moved_into_a_list_without_roles_and_heads_is_one_household() -> None:
    person, home = matched(
        ("a1", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "001", HERE, "2022"),
        ("b1", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", "ISTRI", None, "001", HERE, "2022"),
        ("a2", RUSDI, RUSDI_NIK, NEW_CARD, BORN, "L", None, None, "006", THERE, "2024"),
        ("b2", "MARLINA", "1610054707730002", NEW_CARD, "1973-07-07", "P", None, None, "006", THERE, "2024"),
    )
    assert person["a1"] == person["a2"] and person["b1"] == person["b2"]
    assert home.nunique() == 1


def test_a_number_that_ends_in_nought_is_whole_where_its_column_says_so() -> None:
    stated = pd.DataFrame(
        {"record_id": ["a", "b"], "nik": "1507071407850020", "nik_status": ["sound", "numeric_doubt"]}
    )
    unstated = prepare(stated.drop(columns="nik_status"))
    prepared = prepare(stated)
    states = dict(zip(stated["record_id"].to_numpy()[prepared.order], prepared.fields[:, NIK_STATE], strict=True))
    assert states == {"a": IdentifierState.SOUND, "b": IdentifierState.PREFIX}
    assert set(unstated.fields[:, NIK_STATE]) == {IdentifierState.PREFIX}


def test_a_number_whose_last_digit_was_lost_before_its_list_was_written_is_not_that_of_a_twin() -> None:
    names, serials = ("SULASTRI", "SULASTRO", "SULASTRI"), ("10", "13", "13")
    records = pd.DataFrame({"record_id": list("abc"), "nama": names, "periode": ["2023", "2024", "2025"]}).assign(
        nik=[f"16100505051000{serial}" for serial in serials], nik_status="sound", no_kk=CARD, kode_desa=HERE,
        tanggal_lahir="2010-05-05",
    )  # fmt: skip
    assert len(set(cluster_records(records, model=Model.default()).person)) == 1


def test_a_daughter_who_marries_out_founds_a_household() -> None:
    person, home = matched(
        ("a1", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, RUSDI, "001", HERE, "2022"),
        ("c1", "DESI RAHMAWATI", "1610055212980003", CARD, "1998-12-12", "P", "ANAK", RUSDI, "001", HERE, "2022"),
        ("a2", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, RUSDI, "001", HERE, "2024"),
        (
            "c2",
            "DESI RAHMAWATI",
            "1610055212980003",
            "1610052203230051",
            "1998-12-12",
            "P",
            "ISTRI",
            "ANDI WIJAYA",
            "003",
            THERE,
            "2024",
        ),
        (
            "d2",
            "ANDI WIJAYA",
            "1610050809960006",
            "1610052203230051",
            "1996-09-08",
            "L",
            HEAD,
            "ANDI WIJAYA",
            "003",
            THERE,
            "2024",
        ),
    )
    assert person["c1"] == person["c2"]
    assert home["c1"] == home["a1"] == home["a2"] and home["c2"] == home["d2"] and home["c1"] != home["c2"]


def test_a_head_who_moved_out_stands_in_one_list_beside_those_he_left() -> None:
    child, born = "DEWI HARTONO", "1999-09-09"
    _, home = matched(
        ("a1", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, RUSDI, "001", HERE, "2022"),
        ("b1", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", "ISTRI", RUSDI, "001", HERE, "2022"),
        ("c1", child, "1610054909990001", CARD, born, "P", "ANAK", RUSDI, "001", HERE, "2022"),
        ("a2", RUSDI, RUSDI_NIK, NEW_CARD, BORN, "L", HEAD, RUSDI, "006", HERE, "2024"),
        ("b2", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", HEAD, "MARLINA", "001", HERE, "2024"),
        ("c2", child, "1610054909990001", CARD, born, "P", "ANAK", "MARLINA", "001", HERE, "2024"),
        dusun=["SATU", "SATU", "SATU", "DUA", "SATU", "SATU"],
    )
    assert home["a2"] != home["b2"] == home["c2"] == home["b1"]


def test_one_word_of_many_makes_no_two_addresses_alike() -> None:
    texts = ["JL. MERDEKA NO. 12", "JL. MERDEKA NO. 15", "JL. PASAR BARU UTARA NO. 4", "JL. PASAR GEDE SELATAN NO. 9"]
    records = pd.DataFrame({"record_id": list("abcd"), "alamat": texts})
    p = prepare(records)
    left, right = p.order.argsort()[[0, 2]].astype("int32"), p.order.argsort()[[1, 3]].astype("int32")
    levels, _ = compare_pairs(left, right, record_arrays(p))
    assert unpack_rumah(levels[:, Comparison.RUMAH]).place.tolist() == [PlaceLevel.NEAR, PlaceLevel.DIFFERENT]


def test_a_son_listed_without_a_role_who_is_head_elsewhere_has_founded_a_household() -> None:
    person, home = matched(
        ("a1", RUSDI, RUSDI_NIK, CARD, BORN, "L", None, None, "001", HERE, "2020"),
        ("c1", "AGUNG PRANATA", "1610050203960002", CARD, "1996-03-02", "L", None, None, "001", HERE, "2020"),
        ("a2", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "001", HERE, "2023"),
        ("c2", "AGUNG PRANATA", "1610050203960002", NEW_CARD, "1996-03-02", "L", HEAD, None, "006", THERE, "2023"),
        dusun=[None, None, "SATU", "DUA"],
    )
    assert person["a1"] == person["a2"] and person["c1"] == person["c2"]
    assert home["a1"] == home["a2"] == home["c1"] != home["c2"]


def test_two_families_listed_under_one_card_stay_two() -> None:
    person, home = matched(
        ("a1", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "001", HERE, "2021"),
        ("b1", "SITI", "1610054307910002", CARD, "1991-07-03", "P", "ISTRI", None, "007", HERE, "2019"),
        ("b2", "SITI", "1610054307910002", CARD, "1991-07-03", "P", None, None, "007", HERE, "2020"),
        ("c2", "KASMAN PERMANA", "1610051802920001", CARD, "1992-02-18", "L", HEAD, None, "007", HERE, "2025"),
        dusun=["SATU", "DUA", "DUA", "DUA"],
    )
    assert person["b1"] == person["b2"]
    assert home["b1"] == home["b2"] == home["c2"] != home["a1"]


def test_neighbours_whose_cards_were_issued_one_after_the_other_stay_two_families() -> None:
    following = CARD[:15] + str((int(CARD[15]) + 1) % 10)
    _, home = matched(
        ("a1", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "002", HERE, "2024"),
        ("a2", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", "ISTRI", None, "002", HERE, "2024"),
        ("b1", "SUTRISNO HADI", "1610051203650002", following, "1965-03-12", "L", HEAD, None, "002", HERE, "2024"),
        ("b2", "DIANA", "1610057112690003", following, "1969-12-31", "P", "ISTRI", None, "002", HERE, "2024"),
        dusun=["SATU"] * 4,
    )
    assert home["a1"] == home["a2"] != home["b1"] == home["b2"]


def test_a_family_with_another_head_under_a_mistyped_card_is_known_by_its_people() -> None:
    mistyped = CARD[:15] + str((int(CARD[15]) + 1) % 10)
    _, home = matched(
        ("a1", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "002", HERE, "2023"),
        ("a2", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", "ISTRI", None, "002", HERE, "2023"),
        ("a3", "YUNI ASTUTI", "1610054511080003", CARD, "2008-11-05", "P", "ANAK", None, "002", HERE, "2023"),
        ("b2", "MARLINA", "1610054707730002", mistyped, "1973-07-07", "P", HEAD, None, "002", HERE, "2024"),
        ("b3", "YUNI ASTUTI", "1610054511080003", mistyped, "2008-11-05", "P", "ANAK", None, "002", HERE, "2024"),
        dusun=["SATU"] * 5,
    )
    assert home.nunique() == 1


def test_families_whose_cards_are_of_one_day_and_office_stay_two() -> None:
    other = CARD[:15] + "9"
    _, home = matched(
        ("a", RUSDI, RUSDI_NIK, CARD, BORN, "L", None, None, "001", HERE, "2022"),
        ("b", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", None, None, "001", HERE, "2022"),
        ("x", "SUTRISNO HADI", "1610051203650002", other, "1965-03-12", "L", None, None, "006", HERE, "2024"),
        ("y", "DIANA", "1610057112690003", other, "1969-12-31", "P", None, None, "006", HERE, "2024"),
    )
    assert home["a"] == home["b"] != home["x"] == home["y"]


def test_a_hamlet_is_one_however_it_is_written() -> None:
    for several in (["DUSUN III", "DSN. 3", "TIGA", "Dusun 03"], ["WONOSARI", "DK. WNOSARI", "Dsn. Wonosarri"]):
        assert len({hamlet(text.upper()) for text in several}) == 1
    assert len({hamlet(text) for text in ("DUSUN I", "DUSUN II", "KRAJAN", "KRAJAN I", "PASIR")}) == 5


def test_somebody_listed_under_one_card_and_in_one_hamlet_is_of_one_household() -> None:
    person, home = matched(
        ("a1", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "007", HERE, "2023"),
        ("a2", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "007", HERE, "2024"),
        ("a3", RUSDI, RUSDI_NIK, CARD, BORN, "L", None, None, None, HERE, "2025"),
        dusun=["DUSUN III", "DUSUN TIGA", "DUSUN 3"],
    )
    assert person.nunique() == 1 and home.nunique() == 1


def test_a_card_that_a_spreadsheet_cut_still_finds_its_household() -> None:
    cut, of_that_day = CARD[:15] + "0", CARD[:15] + "9"
    _, home = matched(
        ("a", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "001", HERE, "2023"),
        ("b", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", "ISTRI", None, "001", HERE, "2023"),
        ("c", "YUNI ASTUTI", "1610054511080003", cut, "2008-11-05", "P", "ANAK", None, "001", HERE, "2023"),
        ("x", "SUTRISNO HADI", "1610051203650002", of_that_day, "1965-03-12", "L", HEAD, None, "006", HERE, "2023"),
        dusun=["SATU", "SATU", "SATU", "DUA"],
    )
    assert home["a"] == home["b"] == home["c"] != home["x"]


def test_a_record_without_card_finds_the_household_of_its_head_however_that_is_spelled() -> None:
    for head in ("RUSDY HARTONO", "RUSDI HARTONNO", "HARTONO RUSDI"):
        _, home = matched(
            ("a", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "001", HERE, "2023"),
            ("b", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", "ISTRI", None, "001", HERE, "2023"),
            ("c", "YUNI ASTUTI", "1610054511080003", None, "2008-11-05", "P", "ANAK", head, "001", HERE, "2023"),
            ("x", "SUTRISNO HADI", "1610051203650002", NEW_CARD, "1965-03-12", "L", HEAD, None, "001", HERE, "2023"),
            ("y", "DIANA", "1610057112690003", None, "1969-12-31", "P", "ISTRI", "SUTRISNA HADI", "001", HERE, "2023"),
        )
        assert home["a"] == home["b"] == home["c"] != home["x"] == home["y"]


def test_a_family_that_moved_and_has_a_new_head_is_one_household_by_those_it_took_along() -> None:
    person, home = matched(
        ("a1", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, None, "001", HERE, "2021"),
        ("b1", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", "ISTRI", None, "001", HERE, "2021"),
        ("c1", "YUNI ASTUTI", "1610054511080003", CARD, "2008-11-05", "P", "ANAK", None, "001", HERE, "2021"),
        ("b2", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", HEAD, None, "007", HERE, "2024"),
        ("c2", "YUNI ASTUTI", "1610054511080003", CARD, "2008-11-05", "P", "ANAK", None, "007", HERE, "2024"),
        dusun=["SATU", "SATU", "SATU", "DUA", "DUA"],
    )
    assert person["b1"] == person["b2"] and person["c1"] == person["c2"]
    assert home.nunique() == 1


def test_father_and_son_of_one_name_are_two() -> None:
    person, home = matched(
        ("a", "SUTRISNO", "1610051201650001", CARD, "1965-01-12", "L", HEAD, "SUTRISNO", "001", HERE, "2023"),
        ("b", "SUTRISNO", "1610052308920004", CARD, "1992-08-23", "L", "ANAK", "SUTRISNO", "001", HERE, "2024"),
    )
    assert person["a"] != person["b"] and home["a"] == home["b"]


def test_two_of_one_name_and_birth_date_but_of_two_fathers_are_two() -> None:
    others, _ = generate(8000, seed=3)
    said = [("a", "UMAR", "2021"), ("b", "ALI", "2024"), ("c", "H. UMAR", "2024"), ("d", "ALI BIN KASIM", "2022")]
    named = pd.DataFrame(said, columns=["record_id", "nama", "periode"])
    named["nama"] = "AHMAD BIN " + named["nama"]
    named = named.assign(tanggal_lahir="1970-01-01", jenis_kelamin="L", kode_desa=others["kode_desa"][0], sumber="DESA")
    records = pd.concat([others, named], ignore_index=True)
    person = pd.Series(cluster_records(records, model=Model.default()).person, records["record_id"])
    assert person["a"] == person["c"] and person["b"] == person["d"] and person["a"] != person["b"]


def test_a_nik_that_a_spreadsheet_cut_still_finds_its_owner() -> None:
    person, _ = matched(
        ("a", "ROHANI SAFITRI", "1610054411880007", None, "1988-11-04", "P", None, None, None, HERE, "2023"),
        ("b", "ROHANI SAPITRI", "1610054411880000", None, "1988-11-04", "P", None, None, None, THERE, "2024"),
    )
    assert person["a"] == person["b"]


def test_a_copied_nik_does_not_make_man_and_wife_one() -> None:
    person, home = matched(
        ("a", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, RUSDI, "001", HERE, "2023"),
        ("b", "MARLINA", RUSDI_NIK, CARD, "1973-07-07", "P", "ISTRI", RUSDI, "001", HERE, "2023"),
    )
    assert person["a"] != person["b"] and home["a"] == home["b"]


def test_placeholder_numbers_are_no_evidence() -> None:
    person, home = matched(
        ("a", RUSDI, "0000000000000000", "9999999999999999", BORN, "L", None, None, "001", HERE, "2023"),
        (
            "b",
            "MARWAN EFENDI",
            "0000000000000000",
            "9999999999999999",
            "1981-02-07",
            "L",
            None,
            None,
            "007",
            THERE,
            "2023",
        ),
    )
    assert person["a"] != person["b"] and home["a"] != home["b"]


def test_a_birthplace_written_wrong_does_not_part_a_person() -> None:
    rows = [
        ("a", "VERA MURNI", "1610114408880008", CARD, "1988-08-04", "P", "ANAK", "RUSDI", "001", HERE, "2023"),
        ("b", "VERA MURNI", "1610114408880008", CARD, "1988-08-04", "P", "ANAK", "RUSDI", "001", HERE, "2024"),
    ]
    records = pd.DataFrame(rows, columns=COLUMNS).assign(tempat_lahir=["OGAN ILIR", "OGA NILIR"], sumber="DESA")
    assert len(set(cluster_records(records, model=Model.default()).person)) == 1


def test_two_people_of_one_name_whose_niks_their_birth_dates_confirm_stay_two() -> None:
    person, _ = matched(
        ("a", "SITI ANGGRAENI", "1610114710860005", None, "1986-10-07", "P", "ISTRI", None, "001", HERE, "2023"),
        ("b", "SITI ANGGRAENI", "1610036106860011", None, "1986-06-21", "P", "ISTRI", None, "001", HERE, "2024"),
    )
    assert person["a"] != person["b"]


def test_two_of_one_name_who_are_heads_at_two_addresses_of_an_rt_are_two_households() -> None:
    homes = (("1968-07-21", "JL. POROS NO. 27"), ("1978-04-25", "JL. MERDEKA NO. 96"))
    rows = [
        (f"{born}{year}", "SUYATNO", None, None, born, "L", HEAD, "SUYATNO", "007", HERE, year)
        for born, _ in homes
        for year in ("2023", "2024")
    ]
    records = pd.DataFrame(rows, columns=COLUMNS).assign(sumber="DESA", rw="004")
    records["alamat"] = [address for _, address in homes for _ in range(2)]
    result = cluster_records(records, model=Model.default())
    assert result.person[0] == result.person[1] != result.person[2] == result.person[3]
    assert result.household[0] == result.household[1] != result.household[2] == result.household[3]


def test_two_cards_at_one_address_are_two_households_unless_one_is_typed_wrong() -> None:
    rows = [
        ("a", RUSDI, RUSDI_NIK, CARD, BORN, "L", HEAD, RUSDI, "001", HERE, "2023"),
        ("b", "JUMADI", "1610050202600011", NEW_CARD, "1960-02-02", "L", HEAD, "JUMADI", "001", HERE, "2023"),
        (
            "c",
            "YUSUF KARTA",
            "1610051203800002",
            "1610052511040001",
            "1980-03-12",
            "L",
            None,
            None,
            "002",
            HERE,
            "2023",
        ),
        ("d", "ROSMINI", "1610055509820004", "1610052511040007", "1982-09-15", "P", None, None, "002", HERE, "2024"),
    ]
    records = pd.DataFrame(rows, columns=COLUMNS).assign(alamat=["JL. MELATI NO. 7"] * 2 + ["JL. PASAR NO. 12"] * 2)
    home = dict(zip(records["record_id"], cluster_records(records, model=Model.default()).household, strict=True))
    assert home["a"] != home["b"] and home["c"] == home["d"]


def test_an_rt_of_which_one_card_is_known_is_no_house() -> None:
    rows = [
        ("a", RUSDI, RUSDI_NIK, CARD, BORN, "L", None, None, "001", HERE, "2023"),
        ("b", "MARLINA", "1610054707730002", CARD, "1973-07-07", "P", None, None, "001", HERE, "2023"),
        ("c", "JUMADI", "1610050202600011", None, "1960-02-02", "L", None, None, "001", HERE, "2024"),
    ]
    for address, of_card in (("DUSUN SATU RT 01/01", False), ("JL. MELATI NO. 7", True)):
        records = pd.DataFrame(rows, columns=COLUMNS).assign(alamat=address, dusun="SATU", rw="001")
        home = dict(zip(records["record_id"], cluster_records(records, model=Model.default()).household, strict=True))
        assert home["a"] == home["b"] and (home["c"] == home["a"]) == of_card


@pytest.mark.parametrize(
    ("born", "new_card", "others_until", "homes"),
    [
        ("2012-06-06", None, "2021", 1),  # a child takes along those who were seen before it came
        ("2012-06-06", None, "2025", 2),  # its mother is still listed in the other village
        ("1996-06-06", NEW_CARD, "2021", 2),  # a grown son left those of his old card
        ("1996-06-06", None, None, 2),  # or those whom no list names with him
        ("1948-06-06", NEW_CARD, "2021", 1),
    ],
)
def test_who_comes_to_another_village_alone_has_left_home_or_taken_it_along(
    born: str, new_card: str | None, others_until: str | None, homes: int
) -> None:
    child = "SUPARDI", f"161005{born[8:]}{born[5:7]}{born[2:4]}0005"
    mother = "b", "MARLINA", "1610054707500002", CARD, "1950-07-07", "P", None, None, "001", HERE, others_until
    person, home = matched(
        ("a", *child, CARD, born, "L", "ANAK", None, "001", HERE, "2021"),
        ("c", *child, new_card, born, "L", "ANAK", None, "006", THERE, "2023"),
        *([mother] if others_until else []),
    )
    assert person["a"] == person["c"] and home.nunique() == homes


def test_a_lodger_who_moves_between_two_full_houses_does_not_make_them_one() -> None:
    other, agung = "SUTRISNO HADI", "1610050203960002"
    person, home = matched(
        ("a1", RUSDI, RUSDI_NIK, None, BORN, "L", HEAD, None, "001", HERE, "2022"),
        ("b1", "MARLINA", "1610054707730002", None, "1973-07-07", "P", "ISTRI", RUSDI, "001", HERE, "2022"),
        ("c1", "AGUNG PRANATA", agung, None, "1996-03-02", "L", "FAMILI LAIN", RUSDI, "001", HERE, "2022"),
        ("c2", "AGUNG PRANATA", agung, None, "1996-03-02", "L", "FAMILI LAIN", other, "006", HERE, "2024"),
        ("x2", other, "1610051203650002", None, "1965-03-12", "L", HEAD, None, "006", HERE, "2024"),
        ("y2", "DIANA", "1610057112690003", None, "1969-12-31", "P", "ISTRI", other, "006", HERE, "2024"),
        dusun=["SATU"] * 3 + ["DUA"] * 3,
    )
    assert person["c1"] == person["c2"]
    assert home["a1"] == home["b1"] == home["c1"] != home["c2"] == home["x2"] == home["y2"]


def test_names_and_addresses_are_compared_however_they_are_parted_into_words() -> None:
    rows = [("NUR HAYATI", None), ("NURHAYATI", None), ("SLAMET", "KEBON JERUK 7"), ("SUPRIYADI", "KEBONJERUK 7")]
    records = pd.DataFrame(rows, columns=["nama", "alamat"]).assign(record_id=list("abcd"), kode_desa=HERE)
    rules = {rule["rule"]: rule["pairs_added"] for rule in cluster_records(records, model=Model.default()).report.rules}
    assert {rule: pairs for rule, pairs in rules.items() if pairs} == {"nama_rapat": 1, "alamat_rapat": 1}
