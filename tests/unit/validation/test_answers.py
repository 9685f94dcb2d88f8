"""A directorate's answer: read strictly, and what is wrong with it is said."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from validation.answers import (
    HEADERS,
    STATUSES,
    Answer,
    day_of,
    message_of_answer,
    positions_of_columns,
    read_answer,
    reasons_of_refusal,
    text_of,
)

ID = "r1"


@pytest.mark.parametrize("status", STATUSES)
def test_an_answer_is_one_of_four_in_any_case_of_letters(status: str) -> None:
    for written in (status, status.upper(), status.title()):
        found = read_answer(ID, written, "kapasitas", "2025-08-17")
        assert found == Answer(ID, status, "kapasitas", None, "2025-08-17")


def test_only_a_refusal_must_name_its_reason() -> None:
    assert read_answer(ID, "ditolak", "", "") == "alasan_tidak_dikenal"
    assert read_answer(ID, "ditolak", "entah", "") == "alasan_tidak_dikenal"
    for status in STATUSES:
        if status != "ditolak":
            assert read_answer(ID, status, "", "") == Answer(ID, status, None, None, None)
            assert read_answer(ID, status, "sudah dihubungi", "") == Answer(ID, status, None, "sudah dihubungi", None)


@pytest.mark.parametrize("reason", ["kapasitas", "Kapasitas", "PENUH", "kuota habis", "kapasitas penuh"])
def test_a_reason_is_its_code_or_a_synonym(reason: str) -> None:
    assert read_answer(ID, "ditolak", reason, "") == Answer(ID, "ditolak", "kapasitas", None, None)


def test_a_remark_may_stand_after_the_reason() -> None:
    assert read_answer(ID, "ditolak", "penuh : sampai Mei: lihat surat", "") == Answer(
        ID, "ditolak", "kapasitas", "sampai Mei: lihat surat", None
    )


@pytest.mark.parametrize("code", reasons_of_refusal())
def test_every_reason_is_known_by_its_code_with_or_without_underscores(code: str) -> None:
    for written in (code, code.replace("_", " ")):
        found = read_answer(ID, "ditolak", written, "")
        assert isinstance(found, Answer)
        assert found.alasan_kode == code


@pytest.mark.parametrize(
    ("referral", "status", "reason", "day", "wrong"),
    [
        ("", "diterima", "", "", "rujukan_tidak_dikenal"),
        (ID, "", "", "", "jawaban_tidak_dikenal"),
        (ID, "mungkin", "", "", "jawaban_tidak_dikenal"),
        (ID, "diterima", "", "kemarin", "tanggal_jawaban_tidak_terbaca"),
        (ID, "diterima", "", "31-02-2025", "tanggal_jawaban_tidak_terbaca"),
        ("", "mungkin", "", "kemarin", "rujukan_tidak_dikenal"),
    ],
)
def test_what_is_wrong_with_an_answer_has_its_words(
    referral: str, status: str, reason: str, day: str, wrong: str
) -> None:
    assert read_answer(referral, status, reason, day) == wrong
    assert message_of_answer(wrong).endswith((".", ")"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-08-17", "2025-08-17"),
        ("2025-8-7", "2025-08-07"),
        ("2025-08-17T00:00:00", "2025-08-17"),
        ("2025-08-17 09:30", "2025-08-17"),
        ("17-08-2025", "2025-08-17"),
        ("7/8/2025", "2025-08-07"),
        ("2025-02-29", None),
        ("2025-13-01", None),
        ("17-08-25", None),
        ("2025", None),
        ("", None),
    ],
)
def test_days(text: str, day: str | None) -> None:
    assert day_of(text) == day


def test_cells_as_text() -> None:
    assert text_of(None) == ""
    assert text_of("  diterima ") == "diterima"
    assert text_of(0) == "0"
    assert text_of(date(2025, 8, 17)) == "2025-08-17"
    assert text_of(datetime(2025, 8, 17, 9, 30)) == "2025-08-17T09:30:00"


def test_the_header_row_of_a_workbook_may_hold_other_columns_in_any_order() -> None:
    assert positions_of_columns(["nama", *reversed(HEADERS), None]) == [4, 3, 2, 1]
    assert positions_of_columns([f" {name} " for name in HEADERS]) == [0, 1, 2, 3]
    assert positions_of_columns(HEADERS[1:]) is None
    assert positions_of_columns([]) is None
