"""Where a text stops being a category: how close a spelling must be, how clearly, and where a cell is cut.

Likeness is rapidfuzz's ratio: 100 times twice the letters in common (in order), over the letters of both.
"""

from __future__ import annotations

import dataclasses

import pytest
from rapidfuzz.fuzz import ratio

from validation.categories import is_category, map_text, pmks_types


@pytest.mark.parametrize(
    ("text", "meant", "likeness", "code"),
    [
        ("masyaraka mskn", "masyarakat miskin", 90.3, "24"),
        ("disabilas bet", "disabilitas berat", 86.7, "09"),
        ("masyarkt mskn", "masyarakat miskin", 86.7, "24"),
        ("difarel", "difabel", 85.7, None),
        ("leg kkm", "leg krm", 85.7, None),
        ("msyrakt misk", "masyarakat miskin", 82.8, None),
    ],
)
def test_a_misspelling_counts_from_86_in_100_on(text: str, meant: str, likeness: float, code: str | None) -> None:
    assert ratio(text, meant) == pytest.approx(likeness, abs=0.05)
    assert map_text(text).codes == ((code,) if code else ())


@pytest.mark.parametrize(
    ("text", "first", "second", "ahead", "code"),
    [
        ("eks napa", "eks napza", "eks napi", 6.6, "17"),
        ("ana terlanta", "anak terlantar", "lansia terlantar", 6.6, "02"),
        ("anao terlantar", "anak terlantar", "lansia terlantar", 6.2, "02"),
        ("eks nap", "eks napi", "eks napza", 5.8, None),
        ("tuna wiar", "tuna wicara", "tuna wisma", 5.8, None),
        ("eks napzi", "eks napi", "eks napza", 5.2, None),
    ],
)
def test_between_two_meanings_one_must_be_6_ahead(
    text: str, first: str, second: str, ahead: float, code: str | None
) -> None:
    assert ratio(text, first) - ratio(text, second) == pytest.approx(ahead, abs=0.06)
    assert map_text(text).codes == ((code,) if code else ())


def test_two_spellings_of_one_meaning_do_not_compete() -> None:
    assert map_text("disabilitas fisikk").codes == ("09",)
    assert map_text("anak jalanan n").codes == ("04",)


@pytest.mark.parametrize(("text", "codes"), [("difabl", ("09",)), ("lansi", ()), ("lanssia", ()), ("jompoo", ())])
def test_a_short_word_is_no_misspelling_of_another(text: str, codes: tuple[str, ...]) -> None:
    """Only known texts of seven letters and more may be misspelt: `lansia` and `jompo` are too short for it."""
    assert map_text(text).codes == codes


def test_how_a_text_was_understood_is_said() -> None:
    assert map_text("Fakir Miskin").how == "exact"
    assert map_text("Fakir Miskn").how == "fuzzy"
    assert map_text("PMKS-24").how == "code"
    assert map_text("24", "permensos-8-2012").how == "code"
    assert map_text("Fakir Miskn; RTLH").how == "fuzzy"
    assert map_text("RTLH; Fakir Miskn").how == "fuzzy"


@pytest.mark.parametrize(
    ("text", "codes", "unmapped"),
    [
        ("entah apa; fakir miskin", ("24",), ("entah apa",)),
        ("FM + entah apa + RTLH", ("24", "LEG-RTLH"), ("entah apa",)),
        ("FM, RTLH, entah apa", ("24", "LEG-RTLH"), ("entah apa",)),
        ("; FM", ("24",), ()),
        ("FM;", ("24",), ()),
        ("xx / yy", (), ("xx", "yy")),
        ("", (), ()),
        ("   ", (), ()),
        ("fakir miskin rtlh entah", (), ("fakir miskin rtlh entah",)),
        ("RTLH FM RTLH", ("LEG-RTLH", "24"), ()),
    ],
)
def test_each_part_of_a_cell_counts_or_is_named(text: str, codes: tuple[str, ...], unmapped: tuple[str, ...]) -> None:
    match = map_text(text)
    assert (match.codes, match.unmapped) == (codes, unmapped)
    assert is_category(text) is (bool(codes) and not unmapped)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Fakir Miskin (KFM lama)", ("24",)),
        ("(RTLH)", ("LEG-RTLH",)),
        ("(RTLH) (lama)", ("LEG-RTLH",)),
        ("entah (RTLH)", ()),
        ("Fakir Miskn (lama)", ("24",)),
        ("24. RTLH", ("LEG-RTLH",)),
        ("24.", ()),
        ("Lansia (FM)", ("08", "24")),
        ("Lansia (FM) (RTLH)", ("08", "24", "LEG-RTLH")),
        ("Perempuan rawan sosial ekonomi (PRSE)", ("23",)),
        ("Lansia (FM lama)", ("08",)),
    ],
)
def test_what_stands_in_parentheses_counts_where_it_is_known_and_what_it_explains_too(
    text: str, codes: tuple[str, ...]
) -> None:
    assert map_text(text).codes == codes


@pytest.mark.parametrize(
    ("text", "code", "kind", "neglected"),
    [
        ("Anak cacat (tuna netra)", "05", "netra", None),
        ("Penyandang disabilitas terlantar (ODGJ)", "09", "mental", True),
        ("Cacat netra (disabilitas fisik tidak terlantar)", "09", "netra", None),
        ("Tuna netra (cacat terlantar)", "09", "netra", True),
    ],
)
def test_a_disability_in_parentheses_is_the_kind_and_neglect_of_the_one_before(
    text: str, code: str, kind: str | None, neglected: bool | None
) -> None:
    match = map_text(text)
    assert (match.codes, match.disability, match.terlantar) == ((code,), kind, neglected)


@pytest.mark.parametrize(
    ("text", "scheme", "codes"),
    [
        ("PMKS 09", None, ("09",)),
        ("PPKS no. 9", None, ("09",)),
        ("kode 09", "kepmensos-24-1996", ("10",)),
        ("PMKS-09 penyandang disabilitas", None, ("09",)),
        ("PMKS-27", None, ()),
        ("PMKS-99", None, ()),
        ("PMKS-LEG-RTLH", None, ("LEG-RTLH",)),
        ("pmks-leg-rtlh", None, ("LEG-RTLH",)),
        ("PMKS-LEG-TIDAK", None, ()),
        ("009", "permensos-8-2012", ("09",)),
        ("0", "permensos-8-2012", ()),
        ("26", "permensos-8-2012", ("26",)),
        ("1; 2", "permensos-8-2012", ("01", "02")),
    ],
)
def test_a_number_is_a_code_after_its_word_or_under_a_scheme(
    text: str, scheme: str | None, codes: tuple[str, ...]
) -> None:
    assert map_text(text, scheme).codes == codes


def test_neglect_comes_from_the_first_part_that_says_it_and_kinds_from_all() -> None:
    match = map_text("RTLH; cacat terlantar; tuna netra; penyandang cacat tidak terlantar")
    assert (match.disability, match.terlantar) == ("netra", True)
    match = map_text("cacat non terlantar, tuna rungu, tuna netra, cacat terlantar")
    assert (match.disability, match.terlantar) == ("ganda", False)


def test_ages_and_sex_of_a_category_are_those_of_the_regulation() -> None:
    """Permensos 8/2012: a neglected toddler is at most 5, an elderly person at least 60, WRSE are women."""
    kinds = pmks_types()
    assert (kinds["01"].umur_min, kinds["01"].umur_maks) == (0, 5)
    assert (kinds["02"].umur_min, kinds["02"].umur_maks) == (6, 18)
    assert (kinds["08"].umur_min, kinds["08"].umur_maks) == (60, None)
    assert (kinds["23"].jenis_kelamin, kinds["24"].jenis_kelamin) == ("P", "")
    assert (kinds["24"].umur_min, kinds["24"].umur_maks) == (None, None)


def test_what_many_rows_share_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        map_text("FM").codes = ()  # type: ignore[misc]
