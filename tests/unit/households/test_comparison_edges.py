"""Comparisons at their edges: every digit and position, which tokens are matched, how rare what agrees is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from assets.households.linkage.arrays.text import packed_digits
from assets.households.linkage.compare.dates import full_year
from assets.households.linkage.compare.identifiers import (
    EQUAL,
    LAST_OFF,
    MANY_OFF,
    ONE_OFF,
    digits_off,
    same_but_serial,
)
from assets.households.linkage.compare.levels import Comparison, NameLevel
from assets.households.linkage.compare.names import RARITIES, TokenLikeness
from assets.households.linkage.compare.records import compare_pairs, record_arrays
from assets.households.linkage.prepare.records import prepare
from assets.households.linkage.prepare.tokens import TOKENS, with_rarity

NUMBER = "1234567890123456"


def packed(*numbers: str) -> np.ndarray:
    letters = [np.frombuffer(number.encode().ljust(16, b"\0"), np.uint8) for number in numbers]
    return packed_digits(np.stack(letters))


def off(a: str, b: str) -> int:
    """Compare two numbers, both ways: the result must be the same."""
    one, other = packed(a, b)
    there, back = int(digits_off(one, other)), int(digits_off(other, one))
    assert there == back
    return there


def names(a: str, b: str, bits: dict[str, int] | None = None, length_bits: tuple[int, ...] = ()) -> tuple[int, int]:
    """Return the level of two names and the bin of how rare it is, the same both ways.

    `bits`: how rare tokens are, as log2 of one in how many records has them, by their beginning; likewise
    `length_bits`, names of 0, 1, … tokens. What is not named is in every other record (1 bit, the least).
    """
    p = prepare(pd.DataFrame({"record_id": ["a", "b"], "nama": [a, b]}))
    texts = p.names.vocabulary.text.to_pylist()
    share = np.array([2.0 ** -next((n for start, n in (bits or {}).items() if t.startswith(start)), 1) for t in texts])
    lengths = [2.0**-n for n in length_bits] or [1.0] * (TOKENS + 1)
    p = replace(p, names=with_rarity(p.names, share, share, 2.0**-60, lengths))
    levels, rarity = compare_pairs(*np.array([[0, 1], [1, 0]], np.int32), record_arrays(p))
    assert (levels[0] == levels[1]).all() and rarity[0] == rarity[1]
    return int(levels[0, Comparison.NAMA]), int(rarity[0])


@pytest.mark.parametrize("at", range(16))
def test_any_digit_in_place_of_any_other_is_one_edit(at: int) -> None:
    for a in "0123456789":
        for b in "0123456789":
            one, other = (NUMBER[:at] + digit + NUMBER[at + 1 :] for digit in (a, b))
            assert off(one, other) == (EQUAL if a == b else LAST_OFF if at == 15 else ONE_OFF)


def test_two_neighbours_swapped_are_one_edit_and_any_other_two_digits_are_more() -> None:
    for at in range(15):
        before, a, b, behind = NUMBER[:at], NUMBER[at], NUMBER[at + 1], NUMBER[at + 2 :]
        assert off(NUMBER, before + b + a + behind) == ONE_OFF
        for one, other in ((b, "0" if a != "0" else "1"), ("0" if b != "0" else "1", a)):
            if one != a and other != b:
                assert off(NUMBER, before + one + other + behind) == MANY_OFF
    for at in range(14):
        a, between, b = NUMBER[at : at + 3]
        assert off(NUMBER, NUMBER[:at] + b + between + a + NUMBER[at + 3 :]) == MANY_OFF


def test_one_digit_left_out_is_one_edit_and_two_are_more() -> None:
    for length in (16, 15, 12):
        whole = NUMBER[:length]
        for at in range(length):
            shorter = whole[:at] + whole[at + 1 :]
            assert off(whole, shorter) == (LAST_OFF if at == 15 else ONE_OFF)
            assert off(whole, shorter[:-1]) == MANY_OFF
            if 0 < at < length - 1:
                assert off(whole, "0" + shorter[1:]) == MANY_OFF
    assert off("1234", "12") == MANY_OFF and off("1234", "") == MANY_OFF and off("1", "") == ONE_OFF


def test_the_first_twelve_digits_are_region_and_date() -> None:
    for at in range(16):
        other = NUMBER[:at] + str((int(NUMBER[at]) + 1) % 10) + NUMBER[at + 1 :]
        assert bool(same_but_serial(*packed(NUMBER, other))) == (at >= 12)


@pytest.mark.parametrize(
    ("two_digits", "other", "year"),
    [
        (85, 1985, 1985), (84, 1985, 1984), (86, 1985, 1986), (0, 1999, 2000), (99, 2000, 1999), (0, 2000, 2000),
        # half a century back, but not more; else the next century
        (35, 1985, 1935), (34, 1985, 2034), (50, 2000, 1950), (49, 2000, 2049),
    ],
)  # fmt: skip
def test_two_digits_stand_for_the_year_nearest_to_the_other(two_digits: int, other: int, year: int) -> None:
    assert full_year(two_digits, other) == year


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        # each token is matched once
        ("SITI SITI", "SITI AMINAH", NameLevel.PARTIAL),
        ("SITI SITI", "SITI SITI AMINAH", NameLevel.SUBSET),
        ("SITI", "SITI SITI", NameLevel.SUBSET),
        ("RINO RINO", "RITO AMINAH", NameLevel.PARTIAL),
        ("BUDI SUKARNO", "SUKARNO SOEKARNO", NameLevel.PARTIAL),
        ("BUDI RINO", "R RITO", NameLevel.PARTIAL),
        # in any order
        ("AMINAH SITI NUR", "NUR SITI AMINAH", NameLevel.SAME),
        ("AMINAH SITI NUR", "NUR SITI AMINA", NameLevel.FUZZY),
        # five tokens count, what follows does not
        ("ADI BUDI CITRA DEWI EKO", "ADI BUDI CITRA DEWI EKO FAJAR", NameLevel.SAME),
        ("ADI BUDI CITRA DEWI EKO", "ADI BUDI CITRA DEWI FAJAR", NameLevel.PARTIAL),
        # a letter alone is a name that nobody knows; beside others it is an initial
        ("W", "WAHYUDI", 0),
        ("A", "B", 0),
        ("ALI W", "ALI BUDI", NameLevel.PARTIAL),
        ("ALI W", "ALI WAHYUDI SANTOSO", NameLevel.SUBSET),
        ("AN", "ANTO", NameLevel.DIFFERENT),
        # one sound, however many letters differ
        ("SOEKARNO", "SUKARNO", NameLevel.FUZZY),
        ("SOEDJONO", "SUJONO", NameLevel.FUZZY),
        # the shorter of two tokens decides how many edits are one typing error
        ("SUKARMIN", "SUGARMI", NameLevel.DIFFERENT),
        ("SUKARMIN", "SUKARMI", NameLevel.FUZZY),
        ("SUKARMIN", "SUKARMINTO", NameLevel.FUZZY),
        ("SUKARMIN", "SUKARMINTOA", NameLevel.DIFFERENT),
        ("RINO", "RINOTO", NameLevel.DIFFERENT),
        ("RINO", "RITA", NameLevel.DIFFERENT),
        ("RINO", "RIN", NameLevel.DIFFERENT),
        # letters without spaces
        ("NUR HAYATI", "NURHAYATI", NameLevel.FUZZY),
        ("NUR HAYATI", "HAYATINUR", NameLevel.DIFFERENT),
    ],
)
def test_which_names_agree(a: str, b: str, expected: NameLevel) -> None:
    assert names(a, b)[0] == expected


@pytest.mark.parametrize(
    ("a", "b", "bits", "level", "shared"),
    [
        ("SITI AMINAH", "AMINAH SITI", {"SITI": 4, "AMIN": 10}, NameLevel.SAME, 14),
        ("SITI AMINAH", "SITI ROHANI", {"SITI": 4, "AMIN": 10}, NameLevel.PARTIAL, 4),
        ("SITI", "SITI ROHANI", {"SITI": 4, "ROHANI": 10}, NameLevel.SUBSET, 4),
        ("SITI", "ROHANI", {"SITI": 4, "ROHANI": 10}, NameLevel.DIFFERENT, 0),
        # of two that differ by a typing error, or sound alike, the commoner counts
        ("RINO", "RITO", {"RINO": 6, "RITO": 12}, NameLevel.FUZZY, 6),
        ("SOEKARNO", "SUKARNO", {"SOE": 12, "SUK": 8}, NameLevel.FUZZY, 8),
        # an initial agrees in one of eight
        ("ALI W", "ALI WAHYUDI", {"ALI": 4, "W": 16}, NameLevel.FUZZY, 7),
        ("ALI W", "ALI WAHYUDI", {"ALI": 5, "W": 16}, NameLevel.FUZZY, 8),
        # letters without spaces: all tokens of the name that has more
        ("NUR HAYATI", "NURHAYATI", {"NURH": 30, "NUR": 4, "HAYATI": 8}, NameLevel.FUZZY, 12),
        # what is most alike is matched first: the same before the same sound, that before a typing error or an initial
        ("SUKARNO SOEKARNO", "SUKARNO BUDI", {"SUK": 12, "SOE": 4}, NameLevel.PARTIAL, 12),
        ("RINO SOEKARNO", "SUKARNO RITO", {"RI": 6, "S": 10}, NameLevel.FUZZY, 16),
        ("SUKARNI SOEKARNO", "SUKARNO", {"SUKARNI": 4, "SUKARNO": 12, "SOE": 12}, NameLevel.SUBSET, 12),
        ("S SUKARNI", "SUKARNO", {"S": 12}, NameLevel.SUBSET, 12),
        ("S RINO", "RITO SUKARNO", {"RI": 9, "SUK": 12, "S": 12}, NameLevel.FUZZY, 12),
    ],
)  # fmt: skip
def test_how_rare_what_two_names_share_is(a: str, b: str, bits: dict[str, int], level: NameLevel, shared: int) -> None:
    assert names(a, b, bits) == (level, shared // 2)


def test_how_many_tokens_a_name_has_is_shared_by_names_that_are_the_same_and_by_no_others() -> None:
    bits, lengths = {"SITI": 4, "AMINAH": 4, "NUR": 4, "HAYATI": 4}, (0, 2, 6, 8, 8, 8)
    assert names("SITI", "SITI", bits, lengths) == (NameLevel.SAME, 3)
    assert names("SITI AMINAH", "AMINAH SITI", bits, lengths) == (NameLevel.SAME, 7)
    assert names("SITI", "SITI AMINAH", bits, lengths) == (NameLevel.SUBSET, 2)
    assert names("NUR HAYATI", "NURHAYATI", bits, lengths) == (NameLevel.FUZZY, 4)


def test_what_is_rarer_than_every_bin_is_in_the_last() -> None:
    assert names("SITI", "SITI", {"SITI": 37}) == (NameLevel.SAME, RARITIES - 2)
    assert names("SITI", "SITI", {"SITI": 50}) == (NameLevel.SAME, RARITIES - 1)


def test_likeness_of_tokens_rises_from_none_to_the_same() -> None:
    assert [each.value for each in TokenLikeness] == list(range(5))
    assert TokenLikeness(0).name == "NONE" and TokenLikeness(4).name == "SAME"
