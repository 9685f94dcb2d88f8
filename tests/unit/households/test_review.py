"""The queue asks first what changes most; a workbook goes out and comes back, and nothing unclear is taken from it."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assets.households.linkage.model.parameters import Model
from assets.households.review.actions import Applied, apply_review, effective_decisions
from assets.households.review.doubled import ANSWERED_DOUBLE, pairs_of_doubled
from assets.households.review.explain import evidence, scorer
from assets.households.review.problems import ReviewError
from assets.households.review.queue import UNCERTAIN, pair_id, review_queue, texts
from assets.households.review.second import SECOND_LOOK
from assets.households.review.workbook import (
    FIXED,
    HEADER_ROW,
    read_review_workbook,
    write_review_workbook,
)
from warehouse.home import DataHome

FIRST = HEADER_ROW + 2  # the first pair's row as a spreadsheet program counts
DECISION, WHO, WHY = (FIXED.index(name) + 1 for name in ("decision", "decided_by", "reason"))


def links(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["record_id_l", "record_id_r", "match_weight", "match_probability"])
    return frame.assign(decided_by="model").astype({"record_id_l": "str", "record_id_r": "str"})


def conflicts(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["record_id_l", "record_id_r", "reason"], dtype="str")


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
    found = review_queue(links(("a", "b", 9.0, 0.998), ("a", "c", -9.0, 0.002)), conflicts(), records(who), who)
    assert len(found) == 0
    assert UNCERTAIN[0] < 0.5 < UNCERTAIN[1]


def test_a_pair_that_joins_larger_persons_comes_first():
    who = members("abc def g h")
    open_links = links(("a", "d", -0.5, 0.4), ("g", "h", -0.5, 0.4))
    found = review_queue(open_links, conflicts(), records(who), who)
    assert asked(found) == ["ad", "gh"]
    assert found["records_changed"].tolist() == [3, 1]


def test_aid_given_twice_counts():
    who = members("a b c d")
    open_links = links(("a", "b", -0.5, 0.4), ("c", "d", -0.5, 0.4))
    found = review_queue(open_links, conflicts(), records(who, c=["05", "23"], d=["23", "05"]), who)
    assert asked(found) == ["cd", "ab"]
    assert found["referrals_shared"].tolist() == [2, 0]


def test_a_link_inside_a_person_counts_what_hangs_on_it_alone():
    who = members("abcd")
    chain = links(("a", "b", 8.0, 0.996), ("b", "c", 0.5, 0.6), ("c", "d", 8.0, 0.996))
    found = review_queue(chain, conflicts(), records(who), who)
    assert found["records_changed"].tolist() == [2]
    ring = pd.concat([chain, links(("a", "d", 8.0, 0.996))], ignore_index=True)
    assert review_queue(ring, conflicts(), records(who), who)["records_changed"].tolist() == [0]


def test_a_refused_link_is_asked_about_once_with_the_reason():
    who = members("a b")
    found = review_queue(links(("a", "b", 3.0, 0.9)), conflicts(("a", "b", "two_sound_niks")), records(who), who)
    assert found["reason"].tolist() == ["two_sound_niks"]


def test_answered_pairs_are_not_asked_again():
    who = members("a b c")
    open_links = links(("a", "b", 0.5, 0.6), ("b", "c", 0.5, 0.6)).assign(decided_by=["reviewer", "model"])
    unsure = pd.DataFrame({"record_id_l": ["b"], "record_id_r": ["c"], "decision": ["not_sure"]})
    assert asked(review_queue(open_links, conflicts(), records(who), who)) == ["bc"]
    assert asked(review_queue(open_links, conflicts(), records(who), who, unsure)) == []


def test_a_pair_with_a_withdrawn_record_is_not_asked_about():
    who = members("a")
    assert asked(review_queue(links(("a", "b", 0.5, 0.6)), conflicts(), records(who), who)) == []


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
    open_links = links(("a", "b", 0.5, 0.6), ("c", "d", 0.5, 0.6))
    queue = review_queue(open_links, conflicts(("a", "b", "two_sound_niks")), people, who)
    known = scorer(people.assign(tanggal_lahir=PEOPLE["tanggal_lahir"]), Model.default())
    path = tmp_path / "tinjauan.xlsx"
    write_review_workbook(path, queue, people, evidence(known, queue))
    return path


def fill(path: Path, cells: dict[tuple[int, int], str]) -> Path:
    book = openpyxl.load_workbook(path)
    for (row, column), text in cells.items():
        book["Tinjauan"].cell(row, column).value = text
    book.save(path)
    return path


def test_an_untouched_workbook_holds_no_answers(workbook):
    assert len(read_review_workbook(workbook)) == 0


def test_answers_come_back_with_who_and_why(workbook):
    answers = {
        (FIRST, DECISION): "SAMA",
        (FIRST, WHO): "Rina",
        (FIRST, WHY): "NIK salah ketik",
        (FIRST + 3, DECISION): "ragu",
        (FIRST + 3, WHO): "Budi",
    }
    found = read_review_workbook(fill(workbook, answers))
    assert found.to_dict("records") == [
        {"record_id_l": "a", "record_id_r": "b", "decision": "same", "decided_by": "Rina", "reason": "NIK salah ketik"},
        {"record_id_l": "c", "record_id_r": "d", "decision": "not_sure", "decided_by": "Budi", "reason": ""},
    ]


def test_the_name_on_top_holds_for_rows_without_one(workbook):
    found = read_review_workbook(fill(workbook, {(3, WHY): "Rina", (FIRST, DECISION): "RAGU"}))
    assert found["decided_by"].tolist() == ["Rina"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({(FIRST, DECISION): "mungkin", (FIRST, WHO): "Rina"}, f"Baris {FIRST}, kolom Keputusan"),
        ({(FIRST, DECISION): "BEDA", (FIRST, WHY): "tetangga"}, f"Baris {FIRST}, kolom Ditinjau oleh"),
        ({(FIRST + 3, DECISION): "SAMA", (FIRST + 3, WHO): "Rina"}, f"Baris {FIRST + 3}, kolom Alasan"),
    ],
)
def test_an_unclear_answer_is_refused_with_its_row_and_column(workbook, cells, said):
    with pytest.raises(ReviewError) as caught:
        read_review_workbook(fill(workbook, cells))
    assert len(caught.value.messages("id")) == 1
    assert caught.value.messages("id")[0].startswith(said)
    assert "mungkin" not in str(caught.value)


def test_one_unclear_answer_keeps_all_others_out(workbook):
    good = {(FIRST, DECISION): "SAMA", (FIRST, WHO): "Rina", (FIRST, WHY): "sama"}
    with pytest.raises(ReviewError):
        read_review_workbook(fill(workbook, good | {(FIRST + 3, DECISION): "x", (FIRST + 3, WHO): "Rina"}))


def test_a_moved_row_is_noticed(workbook):
    book = openpyxl.load_workbook(workbook)
    sheet = book["Tinjauan"]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.delete_rows(FIRST + 1)
    book.save(workbook)
    with pytest.raises(ReviewError, match=f"Baris {FIRST}: kedua catatan tidak lagi cocok"):
        read_review_workbook(workbook)


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


def test_applying_a_workbook_records_its_answers_once(workbook, tmp_path):
    home = DataHome(root=tmp_path / "data", inbox=tmp_path / "data" / "inbox")
    home.make()
    fill(workbook, {(3, WHY): "Rina", (FIRST, DECISION): "BEDA", (FIRST, WHY): "kembar"})
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


def test_a_workbook_with_an_unclear_answer_records_nothing(workbook, tmp_path):
    home = DataHome(root=tmp_path / "data", inbox=tmp_path / "data" / "inbox")
    home.make()
    fill(workbook, {(3, WHY): "Rina", (FIRST, DECISION): "RAGU", (FIRST + 3, DECISION): "?"})
    with pytest.raises(ReviewError):
        apply_review(home, workbook, at=datetime(2026, 3, 2))
    assert len(effective_decisions(home)) == 0
