"""From what villages write to the codes of the law: known texts, bundles, misspellings, numbers, and none at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.categories import is_category, map_cell, map_text, of_group, pmks_types
from validation.vocabulary import disability_of


@pytest.mark.parametrize("code", pmks_types())
def test_every_type_is_known_by_its_name_and_by_its_code(code: str) -> None:
    name = pmks_types()[code].nama
    for text in (name, name.upper(), f"  {name} ", name.replace("terlantar", "telantar"), f"PMKS-{code}"):
        assert map_text(text).codes == (code,), text


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("ABT", "01"), ("balita telantar", "01"), ("remaja terlantar", "02"), ("anak/remaja terlantar", "02"),
        ("anak nakal", "03"), ("ABH", "03"), ("anjal", "04"), ("anak cacat", "05"), ("AKTK", "06"), ("AMPK", "07"),
        ("jompo", "08"), ("LANSIA", "08"), ("LUT", "08"), ("difabel", "09"), ("ODGJ", "09"), ("eks psikotik", "09"),
        ("WTS", "10"), ("PSK", "10"), ("GLDG", "11"), ("PGMS", "12"), ("pemulung", "13"), ("waria", "14"),
        ("eks napi", "15"), ("BWBLK", "15"), ("ODHA", "16"), ("penderita HIV/AIDS", "16"), ("NAPZA", "17"),
        ("TPPO", "18"), ("KDRT", "19"), ("TKI bermasalah", "20"), ("pekerja migran terlantar", "20"), ("KBA", "21"),
        ("pengungsi", "22"), ("WRSE", "23"), ("janda miskin", "23"), ("gakin", "24"), ("KFM", "24"), ("KBSP", "25"),
        ("suku terasing", "26"), ("rutilahu", "LEG-RTLH"), ("RS-RTLH", "LEG-RTLH"), ("keluarga rentan", "LEG-KRM"),
        ("keluarga muda miskin", "LEG-KRM"), ("penderita HIV", "16"), ("penyalahguna narkotika", "17"),
        ("mantan napi", "15"), ("PMI bermasalah", "20"), ("korban banjir", "21"), ("korban bencana banjir", "21"),
        ("korban konflik sosial", "22"),
        ("pengungsi korban bencana alam", "21"), ("pengungsi konflik sosial", "22"),
        ("suku anak dalam", "26"), ("jompo terlantar", "08"), ("lansia non potensial", "08"),
        ("anak yatim terlantar", "02"), ("anak korban kekerasan seksual", "06"), ("fakir miskin ekstrem", "24"),
    ],
)  # fmt: skip
def test_synonyms_abbreviations_and_older_names(text: str, codes: str) -> None:
    assert map_text(text).codes == (codes,)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("FM + RTLH", ("24", "LEG-RTLH")),
        ("lansia terlantar, janda miskin", ("08", "23")),
        ("lansia & fakir miskin", ("08", "24")),
        ("Fakir Miskin dan RTLH", ("24", "LEG-RTLH")),
        ("PMKS-08; PMKS-24", ("08", "24")),
        ("RTLH\nFM", ("LEG-RTLH", "24")),
        ("gepeng", ("11", "12")),
        ("gelandangan dan pengemis", ("11", "12")),
        ("FM/FM", ("24",)),
        ("Fakir Miskin - RTLH", ("24", "LEG-RTLH")),
        ("fakir miskin rtlh", ("24", "LEG-RTLH")),
        ("Anak Terlantar  Fakir Miskin, RTLH", ("02", "24", "LEG-RTLH")),
        ("anak/remaja terlantar, jompo", ("02", "08")),
        ("1. Lansia 2. RTLH", ("08", "LEG-RTLH")),
        ("a. Lansia b. RTLH", ("08", "LEG-RTLH")),
        ("Lansia juga RTLH", ("08", "LEG-RTLH")),
        ("Jenis PMKS: Lansia, RTLH", ("08", "LEG-RTLH")),
        ("komunitas adat terpencil + FM, RTLH", ("26", "24", "LEG-RTLH")),
    ],
)
def test_several_in_one_cell(text: str, codes: tuple[str, ...]) -> None:
    match = map_text(text)
    assert (match.codes, match.unmapped) == (codes, ())


def test_a_name_that_holds_a_separator_is_not_torn_apart() -> None:
    for text in ("Anak yang menjadi korban tindak kekerasan atau diperlakukan salah", "orang dengan HIV/AIDS"):
        assert len(map_text(text).codes) == 1


def test_the_known_part_counts_and_the_unknown_part_is_said() -> None:
    match = map_text("Fakir miskin; entah apa")
    assert (match.codes, match.unmapped) == (("24",), ("entah apa",))


@pytest.mark.parametrize(
    ("text", "code"),
    [("Pnyandang cacat", "09"), ("Fakir Miskn", "24"), ("Lanjut usia terlntar", "08"), ("Gelandngan", "11"),
     ("penyandang disabiltas", "09"), ("rumah tidak layak hunni", "LEG-RTLH"), ("anak jalanann", "04")],
)  # fmt: skip
def test_misspellings_map_and_say_so(text: str, code: str) -> None:
    match = map_text(text)
    assert (match.codes, match.how) == ((code,), "fuzzy")


@pytest.mark.parametrize(
    ("text", "code"),
    [("Peny. Cacat", "09"), ("Kel. Fakir Miskin", "24"), ("Klg rentan", "LEG-KRM"), ("rmh tdk layak huni", "LEG-RTLH"),
     ("Anak yg berhadapan dgn hukum", "03"), ("Tunanetra", "09"), ("wanita rawan sos. ekonomi", "23")],
)  # fmt: skip
def test_abbreviated_words_are_no_misspellings(text: str, code: str) -> None:
    match = map_text(text)
    assert (match.codes, match.how) == ((code,), "exact")


@pytest.mark.parametrize(
    "text",
    ["24. Fakir Miskin", "(24) Fakir Miskin", "24 - Fakir Miskin", "24) Fakir Miskin", "24_FM", "24-FM", "24:FM"],
)
def test_a_number_before_a_name_is_not_read(text: str) -> None:
    assert map_text(text).codes == ("24",)
    assert map_text(text.replace("24", "09")).codes == ("24",)


@pytest.mark.parametrize(
    "text",
    [
        "bukan fakir miskin",
        "wanita bukan rawan sosial ekonomi",
        "korban bencana non alam",
        "rumah layak huni",
        "anak miskin",  # no misspelt `janda miskin`
        "fakir miskin entah",
        "korban bencana",
        "anak terl",
        "kelompok tani",
        "????",
        "KM",
        "orang",
        "xyz",
        "PM",
    ],
)
def test_between_two_meanings_or_near_none_nothing_is_guessed(text: str) -> None:
    assert map_text(text).codes == ()


def test_a_misspelling_near_two_kinds_of_disability_is_of_neither() -> None:
    assert map_text("penyandang cacat berat").disability is None
    assert (map_text("disabilitas fisikk").disability, map_text("disabilitas fisik kk").disability) == (
        "fisik",
        "fisik",
    )


@pytest.mark.parametrize("text", ["rumah gak layak huni", "rumah tdak layak huni", "rumahtidak layak huni"])
def test_a_misspelt_denial_denies(text: str) -> None:
    assert map_text(text).codes == ("LEG-RTLH",)


@pytest.mark.parametrize(
    ("text", "codes", "neglected"),
    [
        ("Lansia tidak terlantar", ("08",), False), ("Lansia non-telantar", ("08",), False),
        ("anak tdk terlantar", ("02",), False), ("lanjut usia yang tidak terlantar", ("08",), False),
        ("Lansia, tidak terlantar", ("08",), False), ("Disabilitas (bukan terlantar)", ("09",), False),
        ("Disabilitas (terlantar)", ("09",), True), ("ODGJ terlantar", ("09",), True),
        ("Tuna netra, terlantar", ("09",), True), ("terlantar", (), True), ("orang terlantar", (), None),
    ],
)  # fmt: skip
def test_neglect_may_be_said_or_denied_of_any_category(text: str, codes: tuple[str, ...], neglected: bool) -> None:
    match = map_text(text)
    assert (match.codes, match.terlantar, bool(match.unmapped)) == (codes, neglected, not codes)


@pytest.mark.parametrize("text", ["9", "09", "09/24", "24", "1"])
def test_a_bare_number_means_nothing_without_a_scheme(text: str) -> None:
    assert map_text(text).codes == ()
    assert not is_category(text)


@pytest.mark.parametrize(
    ("text", "scheme", "codes"),
    [
        ("09", "permensos-8-2012", ("09",)),
        ("09", "kepmensos-24-1996", ("10",)),
        ("15", "kepmensos-24-1996", ("LEG-RTLH",)),
        ("22", "kepmensos-24-1996", ("LEG-KRM",)),
        ("09/24", "permensos-8-2012", ("09", "24")),
        ("9.0", "permensos-8-2012", ("09",)),
        ("27", "permensos-8-2012", ()),
    ],
)
def test_numbers_follow_the_declared_scheme(text: str, scheme: str, codes: tuple[str, ...]) -> None:
    assert map_text(text, scheme).codes == codes


@pytest.mark.parametrize(
    ("text", "kind", "neglected"),
    [
        ("cacat terlantar", None, True),
        ("penyandang cacat tidak terlantar", None, False),
        ("disabilitas non terlantar", None, False),
        ("disabilitas", None, None),
        ("tuna netra", "netra", None),
        ("cacat tubuh", "fisik", None),
        ("ODGJ", "mental", None),
        ("tuna grahita", "intelektual", None),
        ("cacat fisik dan mental", "ganda", None),
        ("bisu tuli", "rungu wicara", None),
        ("penyandang autis terlantar", "mental", True),
    ],
)
def test_kind_of_disability_and_neglect_out_of_the_words(text: str, kind: str | None, neglected: bool | None) -> None:
    match = map_text(text)
    assert (match.codes, match.disability, match.terlantar) == (("09",), kind, neglected)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("anak penyandang autis", ("05",)),
        ("penyandang netra", ("09",)),
        ("penyandang stroke", ()),
        ("penyandang HIV", ()),
    ],
)
def test_who_has_what_is_a_disability_by_itself_is_disabled(text: str, codes: tuple[str, ...]) -> None:
    assert map_text(text).codes == codes


@pytest.mark.parametrize(
    ("word", "kind"),
    [("daksa", "fisik"), ("Tuna Netra", "netra"), ("RUNGU WICARA", "rungu wicara"), ("down syndrome", "intelektual"),
     ("jiwa", "mental"), ("fisik & mental", "ganda"), ("sensorik", "sensorik"), ("entah", None), ("stroke", "fisik"),
     ("cerebral palsy", "fisik"), ("low vision", "netra"), ("lambat belajar", "intelektual"),
     ("skizofrenia", "mental"), ("Sensorik (Rungu)", "rungu wicara")],
)  # fmt: skip
def test_kinds_of_disability_by_their_own_words(word: str, kind: str | None) -> None:
    assert disability_of(word) == kind


@given(st.text(max_size=40), st.sampled_from([None, "permensos-8-2012", "kepmensos-24-1996"]))
def test_any_text_gives_known_codes_or_says_what_it_could_not_map(text: str, scheme: str | None) -> None:
    match = map_text(text, scheme)
    assert set(match.codes) <= pmks_types().keys()
    assert match.codes or match.unmapped or not any(map(str.isalnum, text))
    assert len(set(match.codes)) == len(match.codes)


def test_a_child_with_a_disability_is_no_misspelling_of_several_disabilities() -> None:
    match = map_text("Disabilitas anak")
    assert (match.codes, match.disability, match.how) == (("05",), None, "exact")


def test_the_table_of_categories_is_sorted_and_every_line_is_sound() -> None:
    kinds = list(pmks_types().values())
    assert [kind.kode for kind in kinds] == sorted(kind.kode for kind in kinds)
    assert len({kind.nama for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert kind.jenis_kelamin in ("", "L", "P")
        assert kind.subjek in ("person", "household")
        assert kind.golongan <= {"anak", "lansia", "disabilitas"}
        assert kind.umur_min is None or kind.umur_maks is None or kind.umur_min <= kind.umur_maks
        assert kind.subjek == "person" or (kind.umur_min, kind.umur_maks, kind.jenis_kelamin) == (None, None, "")
        assert map_text(kind.nama).codes == (kind.kode,)


def test_groups_hold_the_categories_that_say_so() -> None:
    assert of_group("disabilitas") == {"05", "09"}
    assert of_group("lansia") == {"08"}
    assert of_group("anak") == {"01", "02", "03", "04", "05", "06", "07"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("W.R.S.E", ("23",)), ("W. R. S. E.", ("23",)), ("R T L H", ("LEG-RTLH",)), ("F.M.", ("24",)),
        ("A T", ()), ("a, t", ()),
    ],
)  # fmt: skip
def test_an_abbreviation_may_be_written_letter_by_letter_but_two_letters_may_be_two_codes(
    text: str, codes: tuple[str, ...]
) -> None:
    assert map_text(text).codes == codes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Lansia Tlt", "08"), ("Ank Tlt", "02"), ("F. Miskin", "24"), ("Fakir Mskn", "24"), ("Dis. Fisik", "09"),
        ("PD Netra", "09"), ("Ex Napi", "15"), ("eks WBP", "15"), ("Perempuan rawan sosek", "23"),
        ("Kel. Bermasalah Sospsi", "25"), ("peminta minta", "12"),
    ],
)  # fmt: skip
def test_words_of_the_field(text: str, code: str) -> None:
    assert map_text(text).codes == (code,)


@pytest.mark.parametrize("text", ["janda terlantar", "orang tua", "korban kebakaran", "ODMK"])
def test_words_that_may_mean_something_else_are_not_taken_for_a_category(text: str) -> None:
    """Not every widow is poor, fires are no natural disaster, and ODMK are at risk without being disabled."""
    assert map_text(text).codes == ()


@pytest.mark.parametrize(
    ("text", "code", "kind", "neglected"),
    [
        ("Difabel ganda", "09", "ganda", None),
        ("penyandang cacat low vision", "09", "netra", None),
        ("Disabilitas polio tidak terlantar", "09", "fisik", False),
        ("Anak autis", "05", "mental", None),
        ("Anak cerebral palsy telantar", "05", "fisik", True),
    ],
)
def test_a_kind_of_disability_behind_the_word_for_it(text: str, code: str, kind: str, neglected: bool | None) -> None:
    match = map_text(text)
    assert (match.codes, match.disability, match.terlantar, match.how) == ((code,), kind, neglected, "exact")


def test_a_child_is_not_disabled_by_what_else_is_said_of_it() -> None:
    assert map_text("anak jalanan").codes == ("04",)
    assert map_text("anak sulung").codes == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Netra", "netra"),
        ("rungu wicara", "rungu wicara"),
        ("Autis", "mental"),
        ("Cerebral Palsy", "fisik"),
        ("daksa", "fisik"),
        ("netra, daksa", "ganda"),
        ("Netra + terlantar", "netra"),
        ("cacat netra dan cacat grahita", "ganda"),
        ("disabilitas sensorik, netra", "netra"),
        ("bisu; tuli", "rungu wicara"),
    ],
)
def test_in_a_cell_for_categories_a_kind_of_disability_is_one(text: str, kind: str) -> None:
    match = map_cell(text)
    assert (match.codes, match.disability, match.unmapped, match.how) == (("09",), kind, (), "exact")


@pytest.mark.parametrize("text", ["fisik", "mental", "ganda", "intelektual", "stroke", "depresi", "kusta"])
def test_words_that_may_be_said_of_other_things_are_none(text: str) -> None:
    assert map_cell(text).codes == ()


def test_a_kind_of_disability_beside_other_categories_adds_its_own() -> None:
    match = map_cell("Lansia, daksa, autis")
    assert (match.codes, match.disability, match.unmapped) == (("08", "09"), "ganda", ())
    assert map_cell("ADK, autis").codes == ("05",)
    assert map_cell("Lansia, autis, entah").unmapped == ("entah",)
    assert map_text("DESA AUTIS").codes == map_text("Autis").codes == ()
