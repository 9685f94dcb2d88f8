"""The two judges of a NIK read the same of it, and differ only where the kernel's docstring says so."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest

from assets.households.linkage.arrays.text import fixed_width, text_buffers
from assets.households.linkage.prepare.fields import IdentifierState, Sex
from assets.households.linkage.prepare.identifiers import LONGEST_RUN, SHARED_BY_TOO_MANY, SHORTEST, judge_identifiers
from assets.households.linkage.prepare.records import CROWDED, prepare
from validation.nik import STATUSES, WOMANS_DAY, judge

SOUND_STATUS, IMPOSSIBLE = STATUSES.index("sound"), STATUSES.index("impossible_date")
DAY, MONTH, YEAR = (a.ravel() for a in np.meshgrid(*[np.arange(100)] * 3, indexing="ij"))
LAST_DAY = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def states_of(texts: pa.Array, *, birth: bool) -> tuple[npt.NDArray[np.int32], ...]:
    starts, data = text_buffers(texts)
    letters = fixed_width(starts, data, 16)
    return judge_identifiers(letters, np.diff(starts), WOMANS_DAY if birth else 0)


def every_date(region: str, serial: str) -> pa.Array:
    """Each combination of two digits for day, month and year, as a number."""
    text = np.empty((len(DAY), 16), np.uint8)
    text[:, :6], text[:, 12:] = (np.frombuffer(part.encode(), np.uint8) for part in (region, serial))
    for at, part in ((6, DAY), (8, MONTH), (10, YEAR)):
        text[:, at], text[:, at + 1] = 48 + part // 10, 48 + part % 10
    offsets = np.arange(0, 16 * len(text) + 1, 16, dtype=np.int64)
    return pa.Array.from_buffers(pa.large_string(), len(text), [None, pa.py_buffer(offsets), pa.py_buffer(text)])


@pytest.mark.parametrize("birth", [True, False], ids=["NIK", "KK"])
@pytest.mark.parametrize(
    ("region", "serial"),
    [("161005", "0003"), ("161005", "0120"), ("161005", "9999"), ("161005", "0000"), ("991005", "0003")],
    ids=["usual serial", "last digit 0", "high serial", "serial 0000", "no such province"],
)
def test_both_judges_agree_on_every_date(region: str, serial: str, birth: bool) -> None:
    texts = every_date(region, serial)
    official = judge(texts, birth=birth)
    state, date, sex = states_of(texts, birth=birth)
    woman = birth & (DAY > WOMANS_DAY)
    day = DAY - WOMANS_DAY * woman
    in_form = (day >= 1) & (day <= 31) & (MONTH >= 1) & (MONTH <= 12)
    known = region != "991005" and serial != "0000"

    sound = official.status == SOUND_STATUS
    of_right_form = IdentifierState.PREFIX if serial.endswith("0") else IdentifierState.SOUND
    assert sound.any() == known
    assert (state[sound] == of_right_form).all()
    year, month, day_inside = (part[sound].astype(np.int32) for part in (official.year, official.month, official.day))
    assert (date[sound] - 1 == year * 10000 + month * 100 + day_inside).all()
    assert (sex[sound] == np.where(official.woman[sound], Sex.WOMAN, Sex.MAN)).all()

    asked_less = in_form & ~sound  # 30 February, or what `known` says
    if known:
        assert (day[asked_less] > LAST_DAY[MONTH[asked_less]] - (YEAR[asked_less] % 4 != 0)).all()
    assert (state[asked_less] == of_right_form).all()
    assert (date[asked_less] > 0).all()

    no_date = ~in_form
    assert (official.status[no_date] == IMPOSSIBLE).all()
    assert set(state[no_date]) <= {IdentifierState.DOUBTFUL, IdentifierState.ABSENT}
    assert not date[no_date].any() and not sex[no_date].any()
    too_often = tuple(digit * (LONGEST_RUN + 1) for digit in "09")
    repeats = [any(run in text for run in too_often) for text in texts.filter(pa.array(no_date)).to_pylist()]
    assert ((state[no_date] == IdentifierState.ABSENT) == repeats).all()


@pytest.mark.parametrize("length", range(21))
def test_both_judges_call_sound_only_what_has_sixteen_digits(length: int) -> None:
    texts = pa.array(["16100541078500031234"[:length]], pa.large_string())
    (state,), (date,), (sex,) = states_of(texts, birth=True)
    assert (judge(texts, birth=True).status[0] == SOUND_STATUS) == (state == IdentifierState.SOUND) == (length == 16)
    assert (state == IdentifierState.ABSENT) == (length < SHORTEST)
    assert (date > 0) == (sex > 0) == (length == 16)


@pytest.mark.parametrize("at", range(16))
@pytest.mark.parametrize("character", ["A", "?", "O", "/", ":"])
def test_both_judges_doubt_a_number_with_anything_but_digits(at: int, character: str) -> None:
    number = "1610054107850003"
    texts = pa.array([number[:at] + character + number[at + 1 :]], pa.large_string())
    assert judge(texts, birth=True).status[0] != SOUND_STATUS
    (state,), (date,), _ = states_of(texts, birth=True)
    assert (state, date) == (IdentifierState.DOUBTFUL, 0)


def test_what_repeats_one_character_too_often_is_a_placeholder() -> None:
    texts = pa.array(["1610051" + "8" * 8 + "3", "161005" + "8" * 9 + "3", "77777", "7777"], pa.large_string())
    state, _, _ = states_of(texts, birth=True)
    doubtful, absent = IdentifierState.DOUBTFUL, IdentifierState.ABSENT
    assert state.tolist() == [doubtful, absent, absent, absent]


@pytest.mark.parametrize(("records", "evidence"), [(SHARED_BY_TOO_MANY, True), (SHARED_BY_TOO_MANY + 1, False)])
def test_a_number_of_too_many_records_is_no_evidence(records: int, evidence: bool) -> None:
    frame = pd.DataFrame({"nik": "1610054107850003", "no_kk": "1610050101090007"}, index=range(records))
    p = prepare(frame.assign(record_id=[f"r{k}" for k in range(records)]))
    assert (p.nik > 0).all() == (p.kk > 0).all() == evidence
    assert (p.nik > 0).any() == (p.kk > 0).any() == evidence


@pytest.mark.parametrize(("records", "evidence"), [(CROWDED, True), (CROWDED + 1, False)])
def test_an_address_of_too_many_records_names_no_house(records: int, evidence: bool) -> None:
    frame = pd.DataFrame({"alamat": "PANTI JOMPO", "kode_desa": "16.10.05.2036"}, index=range(records))
    p = prepare(frame.assign(record_id=[f"r{k}" for k in range(records)]))
    assert set(p.rows["address"] >= 0) == {evidence}
