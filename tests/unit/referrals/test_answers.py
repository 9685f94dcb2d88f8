"""A row of a returned workbook is an answer, or a message says what is wrong with it; nothing is guessed."""

from __future__ import annotations

from itertools import permutations

import pandas as pd
import pytest

from assets.referrals.answers import latest_answers
from validation.answers import Answer, message_of_answer, read_answer


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (("diterima", "", ""), ("diterima", None, None, None)),
        (("DITOLAK", "penuh", "17/8/2025"), ("ditolak", "kapasitas", None, "2025-08-17")),
        (("ditolak", "lain: sakit: kota", "2025-08-17T00:00:00"), ("ditolak", "lainnya", "sakit: kota", "2025-08-17")),
        (("ditolak", "Tidak Ditemukan", ""), ("ditolak", "tidak_ditemukan", None, None)),
        (("selesai", "sudah kembali ke keluarga", ""), ("selesai", None, "sudah kembali ke keluarga", None)),
    ],
)  # fmt: skip
def test_what_is_clear_is_read(said: tuple[str, str, str], answer: tuple[str | None, ...]) -> None:
    assert read_answer("R1", *said) == Answer("R1", *answer)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("referral", "said", "code"),
    [
        ("R1", ("mungkin", "", ""), "jawaban_tidak_dikenal"),
        ("R1", ("", "penuh", ""), "jawaban_tidak_dikenal"),
        ("R1", ("ditolak", "", ""), "alasan_tidak_dikenal"),
        ("R1", ("ditolak", "entahlah", ""), "alasan_tidak_dikenal"),
        ("R1", ("ditolak", "entahlah: penuh", ""), "alasan_tidak_dikenal"),
        ("R1", ("diterima", "", "31-02-2025"), "tanggal_jawaban_tidak_terbaca"),
        ("R1", ("diterima", "", "kapan-kapan"), "tanggal_jawaban_tidak_terbaca"),
        ("", ("diterima", "", ""), "rujukan_tidak_dikenal"),
    ],
)
def test_what_is_not_clear_has_a_message(referral: str, said: tuple[str, str, str], code: str) -> None:
    assert read_answer(referral, *said) == code
    assert message_of_answer(code)


def test_the_answer_received_last_counts_whatever_day_stands_in_it() -> None:
    said = [
        ("R1", "dilayani", "2025-03-01", 1),
        ("R1", "diterima", "2025-01-01", 2),
        ("R2", "diterima", "2025-01-01", 1),
        ("R2", "selesai", None, 2),
        ("R3", "ditolak", None, 4),
        ("R3", "diterima", "2025-01-01", 3),
    ]
    ledger = pd.DataFrame(said, columns=["referral_id", "status", "tanggal_jawaban", "seq"])
    counted = latest_answers(ledger).set_index("referral_id")["status"]
    assert counted.to_dict() == {"R1": "diterima", "R2": "selesai", "R3": "ditolak"}


def test_of_answers_that_came_in_one_look_the_one_of_the_latest_day_counts_in_whatever_order_they_were_read() -> None:
    said = [
        ("R1", "dilayani", "2025-03-01", 2),
        ("R1", "diterima", "2025-01-01", 2),
        ("R1", "ditolak", None, 2),
        ("R1", "selesai", "2025-04-01", 1),
    ]
    for ordered in permutations(said):
        ledger = pd.DataFrame(ordered, columns=["referral_id", "status", "tanggal_jawaban", "seq"])
        assert latest_answers(ledger)["status"].tolist() == ["dilayani"]
