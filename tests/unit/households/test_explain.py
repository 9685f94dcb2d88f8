"""An explanation adds up to the score that decides, and says in words what the numbers say."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from assets.households.linkage.compare.records import LEVEL_COLUMNS, record_arrays
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.weighing import NO_CUT, packed_weights, weigh
from assets.households.review.explain import SHOWN, evidence, explain, number, percent, scorer, sentences
from assets.households.review.waterfall import FOR, waterfall

SVG = "{http://www.w3.org/2000/svg}"
PEOPLE = pd.DataFrame(
    [
        ("a", "SITI MARWIYAH", "1610054107850001", "P", "1985-07-01", "KEPALA KELUARGA", "L1"),
        ("b", "SITI MARWIAH", "1610054107850001", "P", "1985-07-01", "KEPALA KELUARGA", "L2"),
        ("c", "BAMBANG SUPENO", "1610051203790002", "L", "1979-03-12", "SUAMI", "L1"),
        ("d", "SITI", None, "P", None, None, "L3"),
        ("e", "SITI MARWIYAH", None, "P", "1985-07-21", None, "L3"),
    ],
    columns=["record_id", "nama", "nik", "jenis_kelamin", "tanggal_lahir", "hubungan", "submission_id"],
).assign(kode_desa="16.10.05.2036", no_kk="1610050101100003", dusun="KRAJAN", rt="001", rw="002")


@pytest.fixture(scope="module")
def known():
    return scorer(PEOPLE, Model.default())


PAIRS = [(a, b) for a in "abcde" for b in "abcde" if a != b]


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_shares_and_prior_add_up_to_the_weight_that_the_engine_gives(known, left, right):
    explained = explain(known, left, right)
    places = [known.position[known.rows.get_loc(r)] for r in (left, right)]
    levels = np.zeros(LEVEL_COLUMNS, np.int32)
    engine = weigh(*places, record_arrays(known.prepared), packed_weights(known.weights), levels, NO_CUT)
    assert explained.weight == pytest.approx(engine, abs=1e-6)
    assert explained.comparisons["weight"].sum() + explained.prior == pytest.approx(engine, abs=1e-6)
    assert explained.probability == pytest.approx(1 / (1 + 2.0**-engine))


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_every_tip_really_turns_the_answer(known, left, right):
    explained = explain(known, left, right)
    assert ((explained.tips["weight_then"] >= 0) != (explained.weight >= 0)).all()
    assert explained.tips["comparison"].is_unique
    assert explained.tips["word"].notna().all()


def test_the_sentence_of_a_link_names_what_supports_it_and_its_answer(known):
    explained = explain(known, "a", "b")
    assert "ORANG YANG SAMA" in explained.sentence and "NIK sama (+" in explained.sentence
    assert explained.rival in ("housemate", "twin", "unrelated")


def test_the_sentence_can_be_english(known):
    explained = explain(known, "a", "c", language="en").sentence
    assert "DIFFERENT PEOPLE" in explained and "the names differ (−" in explained and "catatan" not in explained
    assert "the NIK is the same (+" in explain(known, "a", "b", language="en").sentence


def test_the_sentence_of_a_non_link_names_what_speaks_against_it(known):
    explained = explain(known, "a", "c")
    assert "ORANG YANG BERBEDA" in explained.sentence
    assert "namanya berbeda (−" in explained.sentence and "jenis kelaminnya berbeda" in explained.sentence


def test_the_sentence_shows_no_personal_value(known):
    values = {v for c in ("nama", "nik", "no_kk", "dusun", "tanggal_lahir") for v in PEOPLE[c].dropna()}
    assert not [v for left, right in PAIRS for v in values if v in explain(known, left, right).sentence]


def test_what_else_decided_stands_last(known):
    assert explain(known, "a", "b", decided="Peninjau memutuskan BEDA.").sentence.endswith("Peninjau memutuskan BEDA.")


def test_evidence_lists_every_comparison_of_every_pair_with_a_word(known):
    found = evidence(known, pd.DataFrame({"record_id_l": ["a", "a"], "record_id_r": ["b", "c"]}))
    assert len(found) == 2 * (len(SHOWN) + 2)
    assert found.loc[found["comparison"].isin(list(SHOWN)), "word"].notna().all()


def test_an_unknown_record_is_refused(known):
    with pytest.raises(KeyError, match="not among the records"):
        explain(known, "a", "nobody")


def test_each_level_of_each_comparison_has_one_sentence_and_no_other_has():
    table = sentences()
    wanted = sorted((c, level) for c, levels in SHOWN.items() for level in levels)
    assert list(zip(table["comparison"], table["level"], strict=True)) == wanted
    assert (table[["word", "text", "english"]] != "").all(axis=None)


@pytest.mark.parametrize(("value", "shown"), [(0.5, "50 %"), (0.0005, "kurang dari 0,1 %"), (0.995, "99,5 %")])
def test_a_probability_reads_as_indonesian(value, shown):
    assert percent(value) == shown


def test_a_weight_reads_as_indonesian():
    assert number(12.34) == "+12,3"


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_the_waterfall_ends_at_the_weight_and_shows_no_personal_value(known, left, right, language):
    explained = explain(known, left, right, language=language, decided="Tercatat sebagai dua orang <sekarang>.")
    drawn = ElementTree.fromstring(waterfall(explained, language))
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    bars = [(float(bar.get("x")), float(bar.get("width")), bar.get("fill")) for bar in drawn.findall(f"{SVG}rect")[1:]]
    at = zero = float(drawn.find(f"{SVG}line").get("x1"))
    for x, width, colour in bars[:-1]:
        assert (x if colour == FOR else x + width) == pytest.approx(at, abs=0.2)
        at = x + width if colour == FOR else x
    x, width, _ = bars[-1]
    assert (x + width if explained.weight >= 0 else x) == pytest.approx(at, abs=0.5)
    assert (x if explained.weight >= 0 else x + width) == pytest.approx(zero, abs=0.2)
    assert number(explained.weight, language) in texts and "Tercatat sebagai dua orang <sekarang>." in texts
    assert percent(explained.probability, language) in texts[0]
    values = {v for c in ("nama", "nik", "no_kk", "dusun", "tanggal_lahir") for v in PEOPLE[c].dropna()}
    assert not [v for v in values for text in texts if v in text]
