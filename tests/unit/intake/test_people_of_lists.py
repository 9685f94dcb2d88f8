"""By what the people of two lists are compared: letters and digits of a NIK, else of name and birth date."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from assets.intake.inbox.comparing import key_of


@given(st.text())
@example("ß²Ⅷ_ª-٣ ")
def test_a_key_holds_the_letters_and_digits_of_a_text_one_by_one_in_capitals(text: str) -> None:
    assert key_of(text) == "".join(filter(str.isalnum, text)).upper()
