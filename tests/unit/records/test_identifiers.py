"""When a NIK or KK number is in doubt by its row, its column and its list; each limit with both its sides."""

from __future__ import annotations

from typing import Any

from tests.support.one_row import Outcome, alone, outcomes, row_of

KK = "1610050101100001"


def nik(serial: int) -> str:
    """A sound NIK of a man born on 1 July 1985."""
    return f"161005010785{serial:04}"


def numeric(field: str, numbers: list[str], **more: Any) -> list[Outcome]:
    """Rows of one list whose numbers are stored as numbers."""
    return outcomes(
        [row_of(n, **{field: number}, kinds={field: "n"}, **more) for n, number in enumerate(numbers, start=2)]
    )


def test_a_numeric_cell_that_ends_in_0_is_doubted_and_any_other_is_sound() -> None:
    sound = [nik(n) for n in (11, 12, 13, 14)]
    read = numeric("nik", [nik(10), *sound])
    assert [of["nik_status"] for of in read] == ["numeric_doubt"] + ["sound"] * 4
    assert [of["nik"] for of in read] == [nik(10), *sound]
    as_text = outcomes([row_of(2, nik=nik(10)), row_of(3, nik=nik(11))])
    assert [of["nik_status"] for of in as_text] == ["sound", "sound"]


def test_the_last_digits_are_lost_where_four_numbers_in_five_end_in_0() -> None:
    for zeros, others, status in [(4, 1, "last_digit_lost"), (3, 1, "numeric_doubt"), (7, 2, "numeric_doubt")]:
        numbers = [nik(10 * n) for n in range(1, zeros + 1)] + [nik(10 * n + 1) for n in range(1, others + 1)]
        read = numeric("nik", numbers)
        assert [of["nik_status"] for of in read] == [status] * zeros + ["sound"] * others, (zeros, others)
        assert all(("nik_doubtful" in of.found) is (n < zeros) for n, of in enumerate(read))


def test_what_is_no_number_of_16_digits_does_not_count_among_the_numeric_cells() -> None:
    """Three of four end in 0; were the short ones counted, it would be three of six, or five of six."""
    for short in ("12345", "12340"):
        read = numeric("nik", [nik(10), nik(20), nik(30), nik(40), nik(11), short, short])
        assert [of["nik_status"] for of in read] == ["last_digit_lost"] * 4 + ["sound"] + ["wrong_length"] * 2


def test_each_sheet_is_a_column_of_its_own() -> None:
    one = [row_of(n, nik=nik(10 * n), kinds={"nik": "n"}, sheet="A") for n in range(2, 6)]
    two = [row_of(n, nik=nik(10 * n + 1), kinds={"nik": "n"}, sheet="B") for n in range(2, 6)]
    two.append(row_of(9, nik=nik(990), kinds={"nik": "n"}, sheet="B"))
    assert [of["nik_status"] for of in outcomes(one + two)] == (
        ["last_digit_lost"] * 4 + ["sound"] * 4 + ["numeric_doubt"]
    )


def test_a_lost_digit_may_have_made_the_number_impossible_but_a_doubt_does_not_excuse_it() -> None:
    impossible = "1610053201850010"
    lost = numeric("nik", [impossible, nik(10), nik(20), nik(30)])
    assert [of["nik_status"] for of in lost] == ["last_digit_lost"] * 4
    kept = numeric("nik", [impossible, nik(11), nik(12), nik(13)])
    assert kept[0]["nik_status"] == "impossible_date"
    short = numeric("nik", ["120", nik(10), nik(20)])
    assert short[0]["nik_status"] == "wrong_length"


def test_kk_numbers_are_doubted_in_the_same_way() -> None:
    read = numeric("no_kk", ["1610050101100010", "1610050101100011", "1610050101100012"])
    assert [of["kk_status"] for of in read] == ["numeric_doubt", "sound", "sound"]
    assert ["kk_doubtful" in of.found for of in read] == [True, False, False]


def test_two_numbers_of_a_row_look_at_each_other() -> None:
    woman, impossible = "1610054107850003", "1610053201100001"
    cases = [
        (nik(3), KK, "sound", "sound"),
        (nik(3), nik(3), "same_as_other", "same_as_other"),
        (KK, nik(3), "sound", "sound"),
        (KK, woman, "swapped", "swapped"),
        ("", woman, "missing", "impossible_date"),
        ("12", woman, "wrong_length", "impossible_date"),
        (woman, woman, "same_as_other", "same_as_other"),
        (nik(3), impossible, "sound", "impossible_date"),
        (impossible, impossible, "impossible_date", "same_as_other"),
        ("", "", "missing", "missing"),
        ("-", "-", "placeholder", "placeholder"),
    ]
    read = alone({"nik": one, "no_kk": other} for one, other, *_ in cases)
    for (one, other, nik_status, kk_status), of in zip(cases, read, strict=True):
        assert (of["nik_status"], of["kk_status"]) == (nik_status, kk_status), (one, other)
        absent = {"missing", "placeholder"}
        assert ("nik_missing" in of.found, "kk_missing" in of.found) == (nik_status in absent, kk_status in absent)
        doubt = {"sound", *absent}
        assert ("nik_doubtful" in of.found, "kk_doubtful" in of.found) == (
            nik_status not in doubt,
            kk_status not in doubt,
        )


def test_a_number_whose_marks_were_taken_off_is_said() -> None:
    cases = {
        nik(3): False,
        f" {nik(3)} ": False,
        f"'{nik(3)}": True,
        "1610.0501.0785.0003": True,
        "": False,
        "-": False,
    }
    for (cell, said), of in zip(cases.items(), alone({"nik": cell} for cell in cases), strict=True):
        assert ("number_cleaned" in of.found) is said, cell


def found(code: str, *lists: list[dict[str, Any]]) -> list[list[bool]]:
    """Which rows of each list have a finding."""
    rows = [
        row_of(n, **{"submission_id": f"{number:064x}", **cells})
        for number, one in enumerate(lists)
        for n, cells in enumerate(one, start=2)
    ]
    said = iter(outcomes(rows))
    return [[code in next(said).found for _ in one] for one in lists]


OTHER_LIST = {"submission_id": "f" * 64}


def test_one_nik_under_two_names_is_said_on_each_of_its_rows() -> None:
    ani, udin, bad = {"nik": nik(3), "nama": "ANI"}, {"nik": nik(3), "nama": "UDIN"}, {"nik": "1610053207850003"}
    assert found(
        "nik_same_on_several_rows",
        [ani, udin, {"nik": nik(4), "nama": "UDIN"}],
        [ani, ani | {"nama": " ani "}],
        [ani, udin | {"nama": "-"}],
        [ani, udin | OTHER_LIST],
        [ani, udin | {"sheet": "Lembar 2"}],
        [ani | bad, udin | bad],
    ) == [[True, True, False], [False, False], [False, False], [False, False], [True, True], [False, False]]


def test_a_row_that_says_the_same_again_is_said_from_the_second_on() -> None:
    ani = {"nik": nik(3), "nama": "ANI"}
    assert (
        found(
            "row_repeated",
            [ani, ani, ani],
            [ani, ani | {"kategori": "RTLH"}],
            [ani, ani | {"nama": "UDIN"}],
            [ani, ani | {"nik": nik(4)}],
            [ani, ani | OTHER_LIST],
            [ani | {"nik": ""}, ani | {"nik": ""}],
        )
        == [[False, True, True]] + [[False, False]] * 5
    )


def test_two_heads_of_one_family_are_said() -> None:
    ani = {"no_kk": KK, "nama": "ANI", "hubungan": "KK"}
    udin, odd, none = ani | {"nama": "UDIN"}, {"no_kk": "1610053201100001"}, {"no_kk": ""}
    assert (
        found(
            "several_heads",
            [ani, udin, udin | {"hubungan": "anak"}],
            [ani | odd, udin | odd],
            [ani, ani],
            [ani | none, udin | none],
            [ani, udin | {"no_kk": "1610050101100002"}],
            [ani, udin | OTHER_LIST],
        )
        == [[True, True, False], [True, True]] + [[False, False]] * 4
    )


def test_a_nik_from_another_kecamatan_is_worth_knowing() -> None:
    code = "nik_of_other_district"
    cases = [
        (nik(3), "16.10.05.2036", False),
        ("1610060107850003", "16.10.05.2036", True),
        (nik(3), "16.10.01.2001", True),
        (nik(3), None, False),
        ("1610063207850003", "16.10.05.2036", False),
        ("", "16.10.05.2036", False),
    ]
    read = alone({"nik": number, "kode_desa": desa} for number, desa, _ in cases)
    for (number, desa, said), of in zip(cases, read, strict=True):
        assert (code in of.found) is said, (number, desa)


def test_the_numbers_of_women_give_away_a_list_whose_columns_were_exchanged() -> None:
    """A man's NIK in the column of cards looks like a card; from three women and a fifth of the list on it is none."""
    for women, men, swapped in [(3, 12, True), (3, 13, False), (2, 1, False)]:
        numbers = [f"161005410785{n:04}" for n in range(1, women + 1)] + [nik(n) for n in range(1, men + 1)]
        read = outcomes([row_of(n, nik=KK, no_kk=number) for n, number in enumerate(numbers, start=2)])
        assert [of["nik_status"] for of in read] == ["swapped"] * women + ["swapped" if swapped else "sound"] * men
        other = outcomes([*(row_of(n, nik=KK, no_kk=number) for n, number in enumerate(numbers, start=2)),
                          row_of(2, nik=nik(1), no_kk=KK, sheet="B")])  # fmt: skip
        assert [of["nik_status"] for of in other].count("sound") == 1 + (0 if swapped else men)
