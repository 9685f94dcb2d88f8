"""Words for sex, relation, disability and for nothing at all, with the marks that people write around them."""

from __future__ import annotations

import pytest

from validation.vocabulary import (
    disability_of,
    is_placeholder,
    placeholders,
    plain_text,
    relation_of,
    sex_of,
    unknown_to,
)


@pytest.mark.parametrize("text", placeholders())
def test_every_placeholder_stands_for_nothing_however_it_is_written(text: str) -> None:
    for written in (text, text.upper(), f"  {text} ", f"'{text}"):
        assert is_placeholder(written), written
        assert plain_text(written) is None, written


@pytest.mark.parametrize("text", ["SITI", "Nihilawati", "Tidar", "belum punya rumah", "5", "b", "(x)", "1. ANI"])
def test_what_only_begins_like_a_placeholder_stands_for_itself(text: str) -> None:
    assert not is_placeholder(text)
    assert plain_text(text) == text.upper()


@pytest.mark.parametrize(
    ("text", "plain"),
    [("  jl.  melati\xa0no 5 ", "JL. MELATI NO 5"), ("'kerta", "KERTA"), ("", None), ("  ", None), ("''", None)],
)
def test_text_is_kept_trimmed_in_capitals_with_single_spaces(text: str, plain: str | None) -> None:
    assert plain_text(text) == plain


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("Anak ke-2", "ANAK"), ("anak 2", "ANAK"), ("Anak II", "ANAK"), ("Istri kedua", "ISTRI"),
        ("istri ke 2", "ISTRI"), ("Anak-3", "ANAK"), ("ke 2", None), ("2", None), ("II", None),
        ("Anak asuh 2", None), ("Anaki", None),
    ],
)  # fmt: skip
def test_which_child_or_wife_somebody_is_does_not_matter(text: str, relation: str | None) -> None:
    assert relation_of(text) == relation


@pytest.mark.parametrize("text", ["2. Perempuan", "(2) perempuan", "[2] PEREMPUAN", "2 = Perempuan", "02-perempuan"])
def test_the_code_that_a_form_prints_before_a_word_is_not_read(text: str) -> None:
    assert sex_of(text) == "P"
    assert relation_of("3. Istri") == "ISTRI"
    assert disability_of("1) Tuna Netra") == "netra"


@pytest.mark.parametrize("text", ["laki - laki", "laki-laki", "Laki  -  Laki", "LAKI - LAKI."])
def test_blanks_around_a_dash_do_not_count(text: str) -> None:
    assert sex_of(text) == "L"


def test_a_sex_that_is_misspelt_in_its_vowels_is_read_and_no_other_word() -> None:
    women, men = (
        ("prempuan", "perempuaan", "PERAMPUAN", "permpuan", "2. prempuan"),
        ("laki laku", "lk-laki", "Laki-lakii"),
    )
    assert [sex_of(text) for text in (*women, *men)] == ["P"] * len(women) + ["L"] * len(men)
    assert [sex_of(text) for text in ("loka", "luka", "waria", "perumahan", "parampung", "lika")] == [None] * 6


@pytest.mark.parametrize("text", ["1. Tidak ada", "(2) tidak ada", "[1] TIDAK ADA", "3 = tidak ada"])
def test_a_placeholder_may_stand_after_the_code_of_a_form(text: str) -> None:
    assert is_placeholder(text)


def test_a_text_is_unknown_where_it_says_something_that_is_not_understood() -> None:
    unknown = unknown_to(sex_of)
    assert [unknown(text) for text in ("waria", "9", "P", "-", "", "  ")] == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("fisik", ["CP", "orang kecil", "kusta", "kaki buntung", "lumpuh layu", "Cacat kusta"]),
        ("intelektual", ["Down syndrom", "slow learner", "lambat belajar"]),
        ("mental", ["Autis", "hiperaktif", "depresi", "sakit jiwa", "Autisme"]),
        ("ganda", ["autis dan tuna rungu", "CP, down syndrome"]),
        ("netra", ["Netra total", "Tuna netra (sebagian)", "buta sejak lahir", "Netra kiri"]),
        ("fisik", ["Daksa ringan", "fisik - berat", "Cacat kaki kanan", "Daksa (kaki)"]),
        ("ganda", ["Ganda netra rungu", "Disabilitas ganda (CP)"]),
        (None, ["katarak", "diabetes", "berat", "sejak lahir", "(netra)"]),
    ],
)
def test_kinds_of_disability_by_what_the_law_explains_them_with_and_by_how_much_of_it(
    kind: str | None, words: list[str]
) -> None:
    assert [disability_of(word) for word in words] == [kind] * len(words)
