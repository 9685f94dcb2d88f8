"""Answers of directorates: taken once, never repeated, and counted as met and unmet need."""

from __future__ import annotations

from typing import Any

import pandas as pd

from assets.referrals.answers import ANSWER_COLUMNS, append_answers, needs, unknown_answers

NOTHING = pd.DataFrame({name: pd.Series(dtype="str") for name in ANSWER_COLUMNS}).astype(
    {"row": "int64", "received_at": "datetime64[us]"}
)
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
    return {**usual, "referral_id": referral, "status": status, "submission_id": book, "row": row,
            "received_at": received, "seq": day, **said}  # fmt: skip


def raw(*answers: dict[str, Any]) -> pd.DataFrame:
    text = [name for name in (*ANSWER_COLUMNS, "directorate") if name not in ("answer_id", "row", "received_at")]
    return pd.DataFrame(list(answers)).astype(dict.fromkeys(text, "str"))


def kept(ledger: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(ledger["referral_id"], ledger["status"], strict=True))


def test_answers_are_kept_in_the_order_in_which_they_came() -> None:
    said = raw(answer("R2", "ditolak", book="s2", day=2), answer("R2", "diterima", row=3), answer("R1", "diterima"))
    ledger = append_answers(NOTHING, said, REFERRALS)
    assert kept(ledger) == [("R1", "diterima"), ("R2", "diterima"), ("R2", "ditolak")]
    assert list(ledger.columns) == list(ANSWER_COLUMNS)
    assert ledger["answer_id"].is_unique and set(ledger["answer_id"].str.len()) == {32}


def test_a_workbook_is_taken_once() -> None:
    said = raw(answer("R1", "diterima"))
    ledger = append_answers(NOTHING, said, REFERRALS)
    assert kept(append_answers(ledger, said, REFERRALS)) == [("R1", "diterima")]
    changed = raw(answer("R1", "ditolak"), answer("R2", "diterima", row=3))
    assert kept(append_answers(ledger, changed, REFERRALS)) == [("R1", "diterima")], "not even if it is read otherwise"


def test_an_answer_that_repeats_what_stands_adds_nothing_but_a_new_one_does() -> None:
    ledger = append_answers(NOTHING, raw(answer("R1", "diterima")), REFERRALS)
    again = append_answers(ledger, raw(answer("R1", "diterima", book="s2", day=2)), REFERRALS)
    pd.testing.assert_frame_equal(again, ledger)
    for said in (
        {"status": "ditolak"},
        {"keterangan": "pindah"},
        {"tanggal_jawaban": "2025-01-02"},
        {"alasan_kode": "x"},
    ):
        more = answer("R1", "diterima", book="s2", day=2) | said
        assert len(append_answers(ledger, raw(more), REFERRALS)) == 2, said
    back = append_answers(
        ledger, raw(answer("R1", "ditolak", book="s2", day=2), answer("R1", "diterima", book="s3", day=3)), REFERRALS
    )
    assert kept(back) == [("R1", "diterima"), ("R1", "ditolak"), ("R1", "diterima")]


def test_what_the_ledger_holds_is_never_dropped_even_where_it_repeats_itself() -> None:
    ledger = append_answers(NOTHING, raw(answer("R1", "diterima")), REFERRALS)
    twice = pd.concat([ledger, ledger], ignore_index=True)
    assert len(append_answers(twice, raw(answer("R2", "diterima", book="s2")), REFERRALS)) == 3


def test_an_answer_counts_only_from_the_directorate_that_was_asked() -> None:
    said = raw(answer("R3", "diterima", row=5), answer("R9", "diterima", row=4), answer("R1", "diterima", row=6))
    assert kept(append_answers(NOTHING, said, REFERRALS)) == [("R1", "diterima")]
    strange = unknown_answers(said, REFERRALS)
    assert list(strange["referral_id"]) == ["R9", "R3"], "by workbook, sheet and row"
    assert strange["message"].str.len().gt(0).all()


def test_need_is_met_where_served_unmet_where_waiting_and_neither_where_refused() -> None:
    said = [
        answer("R1", "dilayani"),
        answer("R2", "ditolak", row=3),
        answer("R3", "diterima", row=4, directorate="jamsos"),
    ]
    ledger = append_answers(NOTHING, raw(*said), REFERRALS)
    found = needs(REFERRALS, ledger).set_index(["directorate", "kode_desa"])
    counts = ["rujukan", "belum_dijawab", "diterima", "ditolak", "dilayani", "selesai", "terpenuhi", "belum_terpenuhi"]
    assert found.loc[("rehsos", "V1"), counts].tolist() == [2, 0, 0, 1, 1, 0, 1, 0]
    assert found.loc[("rehsos", "V2"), counts].tolist() == [1, 1, 0, 0, 0, 0, 0, 1]
    assert found.loc[("jamsos", "V1"), counts].tolist() == [1, 0, 1, 0, 0, 0, 0, 1]
    finished = append_answers(ledger, raw(answer("R1", "selesai", book="s2", day=2)), REFERRALS)
    served = needs(REFERRALS, finished).set_index(["directorate", "kode_desa"])
    assert served.loc[("rehsos", "V1"), counts].tolist() == [2, 0, 0, 1, 0, 1, 1, 0]
