"""The queue asks first what changes most; a workbook goes out and comes back, and nothing unclear is taken from it."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import average, cut_tree

from assets.households.linkage.model.parameters import Model
from assets.households.review.actions import Applied, apply_review, effective_decisions
from assets.households.review.candidates import cut_in_two
from assets.households.review.doubled import ANSWERED_DOUBLE, pairs_of_doubled
from assets.households.review.explain import evidence, scorer
from assets.households.review.pair_sheet import HEADER_ROW, PART
from assets.households.review.problems import ReviewError
from assets.households.review.queue import RIGHT, mended, pair_id, review_queue, texts
from assets.households.review.second import SECOND_LOOK
from assets.households.review.workbook import read_review_workbook, write_review_workbook
from tests.support.reviewing import REVIEWER, answer_rows, cells_of_answer, fill
from warehouse.home import DataHome

AS_BEFORE = Path(__file__).parents[2] / "fixtures" / "review-0.1.0.xlsx"
"""A workbook as it was handed out up to 0.1.0, filled in: of the pairs below, SAMA and RAGU."""
AB, CD = frozenset("ab"), frozenset("cd")


def links(*rows: tuple[str, str, float, float], refused: str = "model") -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["record_id_l", "record_id_r", "match_weight", "match_probability"])
    return frame.assign(decided_by=refused).astype({"record_id_l": "str", "record_id_r": "str"})


def members(persons: str) -> pd.DataFrame:
    rows = [(record, f"P{n}", "H0") for n, person in enumerate(persons.split()) for record in person]
    return pd.DataFrame(rows, columns=["record_id", "person_id", "household_id"], dtype="str")


def records(membership: pd.DataFrame, **codes: list[str]) -> pd.DataFrame:
    ids = membership["record_id"]
    return pd.DataFrame({"record_id": ids, "kode_pmks": [codes.get(r, []) for r in ids]})


def asked(queue: pd.DataFrame) -> list[str]:
    return (queue["record_id_l"] + queue["record_id_r"]).tolist()


def test_certain_links_are_not_asked_about():
    who = members("ab c")
    assert asked(review_queue(links(("a", "b", 14.0, 0.999), ("a", "c", -5.9, 0.002)), records(who), who)) == []


def test_two_people_are_one_question_shown_by_the_records_most_alike():
    who = members("ab c d")
    open_links = links(("a", "c", 6.0, 0.5), ("b", "c", 7.0, 0.6), ("c", "d", 7.0, 0.6))
    found = review_queue(open_links, records(who), who)
    assert sorted(asked(found)) == ["bc", "cd"]
    assert found["records_changed"].tolist() == [1, 1]


def test_what_is_known_of_all_records_of_two_people_counts():
    """Of two pairs that are alike in their strongest link, that is asked about whose other records do not disagree."""
    who = members("ab c de f")
    found = review_queue(links(("a", "c", 7.0, 0.6), ("b", "c", 7.0, 0.6), ("d", "f", 7.0, 0.6)), records(who), who)
    chance = found.set_index("record_id_r")["match_probability"]
    assert chance["c"] > chance.get("f", 0.0)


def test_who_may_be_several_others_is_less_probably_each_of_them():
    """All that is known of a and b alone, and of e and f, is the same; a may be c or d as well."""
    who = members("a b c d e f")
    alike = [(one, other, 7.0, 0.6) for one, other in ("ab", "ac", "ad", "ef")]
    found = review_queue(links(*alike), records(who), who)
    chance = dict(zip(asked(found), found["match_probability"], strict=True))
    assert chance["ab"] == chance["ac"] == chance["ad"] < chance["ef"]


def test_aid_given_twice_counts():
    who = members("a b c d")
    open_links = links(("a", "b", 6.0, 0.5), ("c", "d", 6.0, 0.5))
    found = review_queue(open_links, records(who, c=["05", "23"], d=["23", "05"]), who)
    assert asked(found) == ["cd", "ab"]
    assert found["referrals_shared"].tolist() == [2, 0]
    assert found["expected_change"].iloc[0] == pytest.approx(3 * found["expected_change"].iloc[1])


def test_a_person_is_asked_about_where_the_halves_hang_together_least():
    who = members("abcd")
    sure = [("a", "b", 12.0, 0.999), ("c", "d", 12.0, 0.999)]
    weak = [("a", "c", 0.5, 0.93), ("a", "d", 1.0, 0.94), ("b", "c", -2.0, 0.9), ("b", "d", 0.0, 0.93)]
    codes = {"a": ["05"], "b": ["23"], "c": ["05"], "d": ["05"]}
    found = review_queue(links(*sure, *weak), records(who, **codes), who)
    assert asked(found) == ["bc"], "the two records that agree least"
    assert (found["records_changed"].tolist(), found["referrals_shared"].tolist()) == ([2], [1])


@given(
    st.integers(3, 7).flatmap(
        lambda n: st.lists(st.integers(0, 5), min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2)
    )
)
def test_a_tree_is_cut_in_two_as_the_library_cuts_it(distances: list[int]):
    tree = average(np.array(distances, float))
    assert cut_in_two(tree).tolist() == cut_tree(tree, [2])[:, 0].tolist()


def test_a_refused_link_is_asked_about_with_the_reason():
    who = members("a b")
    found = review_queue(links(("a", "b", 9.0, 0.9), refused="group_disagrees"), records(who), who)
    assert found["reason"].tolist() == ["group_disagrees"]


def test_what_was_answered_of_two_people_is_not_asked_again_by_other_records():
    who = members("ab c d")
    open_links = links(("a", "c", 6.0, 0.5), ("b", "c", 7.0, 0.6), ("c", "d", 7.0, 0.6))
    unsure = pd.DataFrame({"record_id_l": ["a"], "record_id_r": ["c"], "decision": ["not_sure"]})
    assert asked(review_queue(open_links, records(who), who, unsure)) == ["cd"]


def test_a_half_is_not_asked_about_again():
    who = members("ab")
    link = links(("a", "b", 0.5, 0.93))
    assert asked(review_queue(link, records(who), who)) == ["ab"]
    same = pd.DataFrame({"record_id_l": ["a"], "record_id_r": ["b"], "decision": ["same"]})
    assert asked(review_queue(link, records(who), who, same)) == []


def test_a_pair_with_a_withdrawn_record_is_not_asked_about():
    who = members("a")
    assert asked(review_queue(links(("a", "b", 7.0, 0.6)), records(who), who)) == []


@given(st.floats(0, 1), st.booleans(), st.floats(1, 100))
def test_an_answer_is_worth_what_it_takes_away_less_what_it_spoils(one: float, together: bool, cost: float):
    """The slow way: all four cases of what is so and what is answered, before and after."""
    loss = {(True, True): 0.0, (True, False): cost, (False, True): 1.0, (False, False): 0.0}
    expected = 0.0
    for is_one, chance in ((True, one), (False, 1 - one)):
        for is_right, how_often in ((True, RIGHT), (False, 1 - RIGHT)):
            after = is_one if is_right else not is_one
            expected += chance * how_often * (loss[together, is_one] - loss[after, is_one])
    got = mended(pd.Series([one]), pd.Series([together]), cost)
    assert got.iloc[0] == pytest.approx(expected, abs=1e-9)


def test_the_dearer_a_wrong_merge_the_surer_two_people_must_be_and_the_less_sure_one():
    who = members("a b cd")
    open_links = links(("a", "b", 6.0, 0.5), ("c", "d", 2.0, 0.95))
    of = {cost: asked(review_queue(open_links, records(who), who, cost=cost)) for cost in (0.05, 5.0, 5000.0)}
    assert (of[0.05], of[5.0], of[5000.0]) == (["ab"], ["ab", "cd"], ["cd"])


PEOPLE = pd.DataFrame(
    [
        ("a", "SITI MARWIYAH", "1610054107850001", "P", "1985-07-01", "KEPALA KELUARGA", 7),
        ("b", "=SITI MARWIAH", "1610054107850007", "P", "1985-07-01", "KEPALA KELUARGA", 12),
        ("c", "BAMBANG SUPENO", None, "L", "1979-03-12", "SUAMI", 8),
        ("d", "BAMBANG", "1610051203790002", "L", "1979-01-01", "SUAMI", 9),
    ],
    columns=["record_id", "nama", "nik", "jenis_kelamin", "tanggal_lahir", "hubungan", "row"],
).assign(kode_desa="16.10.05.2036", no_kk="1610050101100003", dusun="KRAJAN", rt="001", rw="002", sheet="LANSIA")


@pytest.fixture
def workbook(tmp_path) -> Path:
    people = PEOPLE.assign(
        tanggal_lahir=pd.to_datetime(PEOPLE["tanggal_lahir"]), periode="2024", kode_pmks=[["05"], ["05"], ["09"], []]
    )
    who = members("a b cd")
    open_links = links(("a", "b", 7.0, 0.6), ("c", "d", 0.5, 0.93)).assign(decided_by=["two_sound_niks", "model"])
    queue = review_queue(open_links, people, who)
    known = scorer(people.assign(tanggal_lahir=PEOPLE["tanggal_lahir"]), Model.default())
    path = tmp_path / "tinjauan.xlsx"
    write_review_workbook(path, queue, people, evidence(known, queue))
    return path


@pytest.fixture
def rows(workbook) -> dict[frozenset[str], int]:
    return answer_rows(openpyxl.load_workbook(workbook)["Tinjauan"])


def test_an_untouched_workbook_holds_no_answers(workbook):
    assert len(read_review_workbook(workbook)) == 0


ANSWERED = [
    {"record_id_l": "a", "record_id_r": "b", "decision": "same", "decided_by": "Rina", "reason": "NIK salah ketik"},
    {"record_id_l": "c", "record_id_r": "d", "decision": "not_sure", "decided_by": "Budi", "reason": ""},
]


def test_answers_come_back_with_who_and_why(workbook, rows):
    cells = cells_of_answer(rows[AB], "SAMA", "Rina", "NIK salah ketik") | cells_of_answer(rows[CD], "ragu", "Budi")
    assert read_review_workbook(fill(workbook, cells)).to_dict("records") == ANSWERED


def test_a_workbook_of_0_1_0_that_comes_back_late_is_still_read(tmp_path):
    assert read_review_workbook(AS_BEFORE).to_dict("records") == ANSWERED
    path = Path(shutil.copy(AS_BEFORE, tmp_path / "x.xlsx"))
    with pytest.raises(ReviewError, match="Baris 9, Keputusan"):
        read_review_workbook(fill(path, {(9, 2): "mungkin"}))
    with pytest.raises(ReviewError, match="Baris 9: kedua catatan tidak lagi cocok"):
        read_review_workbook(fill(path, {(9, 21): "e"}))


def test_the_name_on_top_holds_for_pairs_without_one(workbook, rows):
    found = read_review_workbook(fill(workbook, {REVIEWER: "Rina"} | cells_of_answer(rows[AB], "RAGU")))
    assert found["decided_by"].tolist() == ["Rina"]


@pytest.mark.parametrize(
    ("pair", "said", "message"),
    [
        (AB, ("mungkin", "Rina", ""), "Keputusan"),
        (AB, ("BEDA", "", "tetangga"), "Ditinjau oleh"),
        (CD, ("SAMA", "Rina", ""), "Alasan"),
    ],
)
def test_an_unclear_answer_is_refused_with_its_row_and_name(workbook, rows, pair, said, message):
    with pytest.raises(ReviewError) as caught:
        read_review_workbook(fill(workbook, cells_of_answer(rows[pair], *said)))
    assert len(caught.value.messages("id")) == 1
    assert caught.value.messages("id")[0].startswith(f"Baris {rows[pair]}, {message}")
    assert "mungkin" not in str(caught.value)


def test_one_unclear_answer_keeps_all_others_out(workbook, rows):
    good = cells_of_answer(rows[AB], "SAMA", "Rina", "sama")
    with pytest.raises(ReviewError):
        read_review_workbook(fill(workbook, good | cells_of_answer(rows[CD], "x", "Rina")))


def rearranged(path: Path, arrange: Callable[[list[list[str]]], list[list[str]]]) -> Path:
    """The workbook with its rows under the header (as lists of cells) arranged otherwise."""
    book = openpyxl.load_workbook(path)
    sheet = book["Tinjauan"]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEADER_ROW + 2)]
    sheet.delete_rows(HEADER_ROW + 2, len(lines))
    for line in arrange(lines):
        sheet.append(line)
    book.save(path)
    return path


@pytest.mark.parametrize(
    "arrange",
    [
        lambda lines: lines[1:],
        lambda lines: [*lines[:3], *lines[4:]],
        lambda lines: lines[:-1],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: sorted(lines, key=str),
        lambda lines: [lines[0], *lines[2:], lines[1]],
    ],
)
def test_rows_that_were_moved_or_deleted_are_noticed(workbook, arrange):
    with pytest.raises(ReviewError, match="kedua catatan tidak lagi cocok"):
        read_review_workbook(rearranged(workbook, arrange))


def test_a_pair_that_was_copied_may_not_be_answered_otherwise(workbook, rows):
    filled = fill(workbook, {REVIEWER: "Rina"} | cells_of_answer(rows[AB], "BEDA", "", "kembar"))
    length = rows[AB] - HEADER_ROW
    twice = rearranged(filled, lambda lines: lines + lines[:length])
    assert len(read_review_workbook(twice)) == 1
    first, again = [
        row for row in range(1, 60) if openpyxl.load_workbook(twice)["Tinjauan"].cell(row, 2).value == "BEDA"
    ]
    with pytest.raises(ReviewError, match=f"Baris {again}: pasangan ini sudah diputuskan lain di baris {first}"):
        read_review_workbook(fill(twice, cells_of_answer(again, "RAGU")))


def test_what_an_answer_would_do_to_referrals_is_said_of_that_answer(tmp_path):
    people = records(members("a b cd"), a=["05"], b=["05"], c=["05"], d=["05"]).merge(
        PEOPLE.drop(columns="nama").assign(nama="SITI"), on="record_id"
    )
    queue = review_queue(links(("a", "b", 7.0, 0.6), ("c", "d", 0.5, 0.93)), people, members("a b cd"))
    path = tmp_path / "tinjauan.xlsx"
    write_review_workbook(path, queue, people.assign(periode="2024"), evidence(scorer(people, Model.default()), queue))
    shown = "\n".join(str(row[0].value) for row in openpyxl.load_workbook(path)["Tinjauan"].iter_rows(max_col=1))
    assert "Sekarang DUA orang" in shown and "SAMA: 1 catatan berpindah dan 1 rujukan ganda menjadi satu." in shown
    assert "Sekarang SATU orang" in shown and "BEDA: 1 catatan berpindah dan 1 rujukan menjadi dua." in shown


def test_both_records_stand_side_by_side_and_what_differs_is_marked(workbook, rows):
    sheet = openpyxl.load_workbook(workbook)["Tinjauan"]
    lines = {sheet.cell(row, 1).value: row for row in range(HEADER_ROW + 3, rows[AB])}
    said = {name: [sheet.cell(row, column).value for column in (2, 3, 4)] for name, row in lines.items()}
    assert said["Nama"][:2] == ["SITI MARWIYAH", "=SITI MARWIAH"] and said["Nama"][2].startswith("≠ mirip (")
    assert said["NIK"][2].startswith("≠ ") and said["No. KK"][2].startswith("sama")
    assert said["Kategori"][:2] == ["Anak dengan kedisabilitasan"] * 2
    assert said["Desa"][0] == "Tanjung Pasir, Pemulutan" and "Nama ibu" not in said
    fills = {name: sheet.cell(row, 2).fill.fgColor.rgb for name, row in lines.items()}
    assert fills["Nama"] == fills["NIK"] != fills["No. KK"]


def test_pairs_are_printed_on_a4_none_cut_by_the_end_of_a_page(tmp_path):
    """Of 40 pairs, each is whole on its page, and no page is empty by half."""
    names = [f"SUMIATI BINTI {number}" for number in range(80)]
    people = PEOPLE.iloc[[0] * 80].assign(
        record_id=[f"r{n:02}" for n in range(80)], nama=names, kode_pmks=[["24"]] * 80
    )
    people = people.assign(tanggal_lahir=pd.to_datetime(people["tanggal_lahir"]), periode="2024").reset_index(drop=True)
    who = pd.DataFrame({"record_id": people["record_id"], "person_id": people["record_id"], "household_id": "H"})
    pairs = links(*((f"r{n:02}", f"r{n + 1:02}", 7.0, 0.6) for n in range(0, 80, 2)))
    queue = review_queue(pairs, people, who)
    known = scorer(people.assign(tanggal_lahir=people["tanggal_lahir"].dt.strftime("%Y-%m-%d")), Model.default())
    write_review_workbook(tmp_path / "x.xlsx", queue, people, evidence(known, queue))
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["Tinjauan"]
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation, sheet.page_setup.fitToWidth) == (
        9,
        "portrait",
        None,
    )
    breaks = [each.id for each in sheet.row_breaks.brk]
    assert {sheet.cell(row + 1, PART + 1).value.split("/")[0] for row in breaks} == {"1"}
    assert 10 <= len(breaks) + 1 <= 20


@pytest.mark.parametrize("content", [b"", b"nama;keputusan\n", b"PK\x03\x04broken"])
def test_another_file_is_refused_in_words(tmp_path, content):
    (tmp_path / "x.xlsx").write_bytes(content)
    with pytest.raises(ReviewError, match=r"\.xlsx"):
        read_review_workbook(tmp_path / "x.xlsx")


def test_a_workbook_of_another_kind_is_refused_in_words(tmp_path):
    openpyxl.Workbook().save(tmp_path / "x.xlsx")
    with pytest.raises(ReviewError, match="bukan lembar tinjauan"):
        read_review_workbook(tmp_path / "x.xlsx")


def test_identifiers_are_text_and_nothing_from_the_data_is_a_formula(workbook):
    sheet = openpyxl.load_workbook(workbook)["Tinjauan"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "1610054107850001" in [cell.value for cell in cells]
    assert "=SITI MARWIAH" in [cell.value for cell in cells]
    with zipfile.ZipFile(workbook) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_the_workbook_offers_the_three_answers(workbook):
    offered = openpyxl.load_workbook(workbook)["Tinjauan"].data_validations.dataValidation
    assert {v.formula1 for v in offered} == {'"SAMA,BEDA,RAGU"'}
    assert sum(len(v.sqref.ranges) for v in offered) == 2


def test_the_workbook_is_readable_by_its_owner_only(workbook):
    assert workbook.stat().st_mode & 0o077 == 0


def test_every_reason_of_the_clustering_has_a_sentence():
    from assets.households.linkage.constraints import REASONS

    assert set(texts()["reasons"]) == {*REASONS, "uncertain_link", ANSWERED_DOUBLE, SECOND_LOOK} - {""}


def test_who_officers_found_twice_is_asked_with_who_is_most_like_them():
    """Of P0 (a, b) the pair with d, however unlikely; of P3 (e) that with d; of P4, compared with nobody, none."""
    who = members("ab c d e f")
    compared = links(
        ("a", "b", 9.0, 0.998), ("a", "c", -9.0, 0.002), ("b", "d", -7.0, 0.01), ("d", "e", 0.5, 0.6),
        ("c", "d", 3.0, 0.9),
    )  # fmt: skip
    found = pairs_of_doubled({"P0", "P3", "P4"}, compared, records(who), who)
    assert set(asked(found)) == {"bd", "de"} and set(found["reason"]) == {ANSWERED_DOUBLE}
    assert found["rank"].tolist() == [1, 2]
    assert len(pairs_of_doubled({"P4"}, compared, records(who), who)) == 0


def test_a_pair_has_one_id_in_either_order():
    assert pair_id("a", "b") == pair_id("b", "a") != pair_id("a", "c")


def test_applying_a_workbook_records_its_answers_once(workbook, rows, tmp_path):
    home = DataHome(root=tmp_path / "data", inbox=tmp_path / "data" / "inbox")
    home.make()
    fill(workbook, {REVIEWER: "Rina"} | cells_of_answer(rows[AB], "BEDA", "", "kembar"))
    made = apply_review(home, workbook, at=datetime(2026, 3, 2))
    assert made.recorded == len(made.decision_ids) > 0
    assert apply_review(home, workbook, at=datetime(2026, 3, 3)) == Applied(made.decision_ids, 0, 0)
    (row,) = effective_decisions(home).to_dict("records")
    assert (row["record_id_l"], row["record_id_r"], row["decision"], row["decided_by"]) == (
        "a",
        "b",
        "different",
        "Rina",
    )


def test_a_workbook_with_an_unclear_answer_records_nothing(workbook, rows, tmp_path):
    home = DataHome(root=tmp_path / "data", inbox=tmp_path / "data" / "inbox")
    home.make()
    fill(workbook, {REVIEWER: "Rina"} | cells_of_answer(rows[AB], "RAGU") | cells_of_answer(rows[CD], "?"))
    with pytest.raises(ReviewError):
        apply_review(home, workbook, at=datetime(2026, 3, 2))
    assert len(effective_decisions(home)) == 0
