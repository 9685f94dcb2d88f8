"""Hamlets however they are written: Roman numerals, words and digits are one number, names are read by consonants."""

from __future__ import annotations

import pytest

from validation.hamlets import ROMAN, hamlet

_UNITS = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def roman(number: int) -> str:
    """A number in Roman numerals, unit by unit."""
    text = ""
    for worth, letters in _UNITS:
        text += letters * (number // worth)
        number %= worth
    return text


@pytest.mark.parametrize("number", range(1, 20))
def test_roman_numerals_up_to_nineteen_are_numbers(number: int) -> None:
    assert ROMAN[roman(number)] == number
    assert hamlet(f"DUSUN {roman(number)}") == hamlet(f"DSN. {number:02d}") == str(number)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("WONOSARI", "WNSR"),
        ("AMBARAWA", "AMBRW"),
        ("OMBAK", "OMBK"),
        ("DK. TEGAL SARI", "TGL SR"),
        ("MANGGA DUA", "MNG 2"),
    ],
)
def test_a_name_is_its_first_letter_and_its_consonants(text: str, key: str) -> None:
    assert hamlet(text) == key
