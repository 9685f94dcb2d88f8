"""Answers of directorates: taken once, never repeated, and counted as met and unmet need."""

from __future__ import annotations

from typing import Any

import pandas as pd

from assets.referrals.answers import (
    TWICE_RECORDED,
    Kept,
    found_twice,
    latest_answers,
    needs,
    open_refusals,
    take_answers,
)
from validation.answers import reasons_of_refusal
from warehouse.tables import arrow_schema

NOTHING = Kept(*(arrow_schema(name).empty_table().to_pandas() for name in
                 ("answers", "answers_refused", "answer_workbooks")))  # fmt: skip
REFERRALS = pd.DataFrame(
    {
        "referral_id": ["R1", "R2", "R3", "R4"],
        "directorate": ["rehsos", "rehsos", "jamsos", "rehsos"],
        "kode_desa": ["V1", "V1", "V1", "V2"],
        "kode_pmks": ["12", "12", "24", "12"],
        "tujuan": ["panti"] * 4,
    },
    dtype="str",
)


def answer(referral: str, status: str, *, book: str = "s1", row: int = 2, day: int = 1, **said: Any) -> dict[str, Any]:
    usual = {
        "directorate": "rehsos",
        "sheet": "Rujukan",
        "alasan_kode": None,
        "keterangan": None,
        "tanggal_jawaban": None,
    }
    received = pd.Timestamp(2025, 1, day)
    return {**usual, "referral_id": referral, "status": status, "submission_id": book, "row": row, "terbit": 0,
            "salah": None, "tertulis": "[]", "received_at": received, "seq": day, **said}  # fmt: skip


def raw(*answers: dict[str, Any]) -> pd.DataFrame:
    kinds = {"row": "int64", "seq": "int64", "terbit": "Int64", "received_at": "datetime64[us]"}
    frame = pd.DataFrame(list(answers))
    return frame.astype({name: kinds.get(name, "str") for name in frame.columns})


def kept(taken: Kept) -> list[tuple[str, str]]:
    return list(zip(taken.answers["referral_id"], taken.answers["status"], strict=True))


def refused(taken: Kept) -> dict[int, str]:
    return dict(zip(taken.refused["row"], taken.refused["salah"], strict=True))


def test_answers_are_kept_in_the_order_in_which_they_came() -> None:
    said = raw(answer("R2", "ditolak", book="s2", day=2), answer("R2", "diterima", row=3), answer("R1", "diterima"))
    taken = take_answers(NOTHING, said, REFERRALS)
    assert kept(taken) == [("R1", "diterima"), ("R2", "diterima"), ("R2", "ditolak")]
    assert taken.answers["answer_id"].is_unique and set(taken.answers["answer_id"].str.len()) == {32}
    assert taken.workbooks[["submission_id", "terisi", "dicatat"]].to_numpy().tolist() == [["s1", 2, 2], ["s2", 1, 1]]


def test_a_workbook_is_taken_once_even_if_nothing_of_it_was_new() -> None:
    first = answer("R1", "diterima")
    taken = take_answers(NOTHING, raw(first), REFERRALS)
    changed = raw(answer("R1", "ditolak"), answer("R2", "diterima", row=3))
    assert kept(take_answers(taken, changed, REFERRALS)) == [("R1", "diterima")], "not even if it is read otherwise"
    again, served = answer("R1", "diterima", book="s2", day=2), answer("R1", "dilayani", book="s3", day=3)
    taken = take_answers(take_answers(taken, raw(first, again), REFERRALS), raw(first, again, served), REFERRALS)
    assert kept(taken) == [("R1", "diterima"), ("R1", "dilayani")]
    assert kept(take_answers(taken, raw(first, again, served), REFERRALS)) == kept(taken)


def test_an_answer_that_repeats_what_stands_adds_nothing_but_a_new_one_does() -> None:
    taken = take_answers(NOTHING, raw(answer("R1", "diterima")), REFERRALS)
    again = take_answers(taken, raw(answer("R1", "diterima", book="s2", day=2)), REFERRALS)
    pd.testing.assert_frame_equal(again.answers, taken.answers)
    for said in (
        {"status": "ditolak"},
        {"keterangan": "pindah"},
        {"tanggal_jawaban": "2025-01-02"},
        {"alasan_kode": "x"},
    ):
        more = answer("R1", "diterima", book="s2", day=2) | said
        assert len(take_answers(taken, raw(more), REFERRALS).answers) == 2, said


def test_what_a_workbook_showed_when_it_was_made_is_no_answer() -> None:
    taken = take_answers(NOTHING, raw(answer("R1", "diterima"), answer("R1", "dilayani", book="s2", day=2)), REFERRALS)
    for terbit, counted in ((1, "dilayani"), (2, "diterima")):
        old = raw(answer("R1", "diterima", book="s3", day=3, terbit=terbit))
        assert kept(take_answers(taken, old, REFERRALS))[-1] == ("R1", counted), terbit
    without_number = raw(answer("R1", "diterima", book="s3", day=3, terbit=None))
    assert kept(take_answers(taken, without_number, REFERRALS))[-1] == ("R1", "dilayani")


def test_every_row_of_a_workbook_is_counted_once_as_recorded_refused_or_standing() -> None:
    taken = take_answers(NOTHING, raw(answer("R1", "diterima"), answer("R2", "diterima", row=3)), REFERRALS)
    rows = [answer(name, "diterima", book="s2", day=2, row=row) for row, name in enumerate(("R1", "R2", "R4", "R9"), 2)]
    workbook = take_answers(taken, raw(*rows), REFERRALS).workbooks.set_index("submission_id").loc["s2"]
    assert workbook[["terisi", "dicatat", "ditolak", "tetap"]].tolist() == [4, 1, 1, 2]


def test_rows_of_one_workbook_that_answer_twice_are_refused_and_cost_no_other_row() -> None:
    taken = take_answers(
        NOTHING,
        raw(
            answer("R1", "diterima"), answer("R1", "ditolak", row=3), answer("R2", "diterima", row=4),
            answer("R2", "diterima", row=5), answer("R4", "dilayani", row=6),
        ),
        REFERRALS,
    )  # fmt: skip
    assert kept(taken) == [("R2", "diterima"), ("R4", "dilayani")]
    assert refused(taken) == {2: "jawaban_bertentangan", 3: "jawaban_bertentangan", 5: "jawaban_ganda"}
    assert taken.refused["pesan"].str.len().gt(0).all()


def test_a_day_that_has_not_come_where_the_sun_rises_first_is_refused() -> None:
    for day, salah in (("2025-01-01", {}), ("2025-01-02", {2: "tanggal_jawaban_belum_tiba"})):
        said = answer("R1", "diterima", tanggal_jawaban=day, received_at=pd.Timestamp("2025-01-01 14:59"))
        assert refused(take_answers(NOTHING, raw(said), REFERRALS)) == salah
    said = answer("R1", "diterima", tanggal_jawaban="2025-01-02", received_at=pd.Timestamp("2025-01-01 15:00"))
    assert refused(take_answers(NOTHING, raw(said), REFERRALS)) == {}


def test_an_answer_counts_only_from_the_directorate_that_was_asked() -> None:
    said = raw(answer("R3", "diterima", row=5), answer("R9", "diterima", row=4), answer("R1", "diterima", row=6))
    taken = take_answers(NOTHING, said, REFERRALS)
    assert kept(taken) == [("R1", "diterima")]
    assert list(taken.refused["referral_id"]) == ["R9", "R3"], "by workbook, sheet and row"
    assert refused(taken) == dict.fromkeys((4, 5), "rujukan_tidak_dikenal")


def test_a_refused_row_waits_until_its_referral_is_answered_and_one_of_nobody_until_something_comes() -> None:
    first = [answer("R1", "x", salah="jawaban_tidak_dikenal"), answer("R9", "diterima", row=3)]
    other = answer("R2", "diterima", book="s2", day=2)
    solved = answer("R1", "diterima", book="s3", day=3)
    for rows, waiting in (([], ["R1", "R9"]), ([other], ["R1"]), ([other, solved], [])):
        known = raw(*first, *rows)
        taken = take_answers(NOTHING, known, REFERRALS)
        assert list(open_refusals(taken.refused, taken.workbooks, known, taken.answers)["referral_id"]) == waiting


def test_a_change_that_was_refused_waits_though_the_next_workbook_shows_the_answer_before_it() -> None:
    first = raw(answer("R1", "diterima"))
    change = answer("R1", "x", book="s2", day=2, terbit=1, salah="jawaban_tidak_dikenal")
    shown, said = (answer("R1", status, book="s3", day=3, terbit=1) for status in ("diterima", "selesai"))
    for rows, waiting in (([], ["R1"]), ([shown], ["R1"]), ([said], []), ([shown | {"terbit": None}], [])):
        known = pd.concat([first, raw(change, *rows)], ignore_index=True)
        taken = take_answers(NOTHING, known, REFERRALS)
        assert list(open_refusals(taken.refused, taken.workbooks, known, taken.answers)["referral_id"]) == waiting


def test_need_is_met_where_served_unmet_where_waiting_and_neither_where_refused() -> None:
    said = [
        answer("R1", "dilayani"),
        answer("R2", "ditolak", row=3),
        answer("R3", "diterima", row=4, directorate="jamsos"),
    ]
    ledger = take_answers(NOTHING, raw(*said), REFERRALS)
    found = needs(REFERRALS, ledger.answers).set_index(["directorate", "kode_desa"])
    counts = ["rujukan", "belum_dijawab", "diterima", "ditolak", "dilayani", "selesai", "terpenuhi", "belum_terpenuhi"]
    assert found.loc[("rehsos", "V1"), counts].tolist() == [2, 0, 0, 1, 1, 0, 1, 0]
    assert found.loc[("rehsos", "V2"), counts].tolist() == [1, 1, 0, 0, 0, 0, 0, 1]
    assert found.loc[("jamsos", "V1"), counts].tolist() == [1, 0, 1, 0, 0, 0, 0, 1]
    finished = take_answers(ledger, raw(answer("R1", "selesai", book="s2", day=2)), REFERRALS)
    served = needs(REFERRALS, finished.answers).set_index(["directorate", "kode_desa"])
    assert served.loc[("rehsos", "V1"), counts].tolist() == [2, 0, 0, 1, 0, 1, 1, 0]


def test_who_was_found_twice_is_who_is_refused_so_now() -> None:
    said = [
        answer("R1", "ditolak", alasan_kode=TWICE_RECORDED),
        answer("R2", "ditolak", row=3, alasan_kode=TWICE_RECORDED),
        answer("R2", "diterima", book="s2", day=2),
        answer("R3", "ditolak", row=4, directorate="jamsos", alasan_kode="kapasitas"),
    ]
    kept = latest_answers(take_answers(NOTHING, raw(*said), REFERRALS).answers)
    holding = REFERRALS.assign(person_id="P" + REFERRALS["referral_id"])
    assert found_twice(kept, holding) == {"PR1"} and TWICE_RECORDED in reasons_of_refusal()
    assert found_twice(kept, holding[:0]) == frozenset()
