"""NIK and KK numbers as digits, what each is worth as evidence, and the birth date and sex inside a NIK."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from assets.households.linkage.arrays.compiled import compiled, kernel
from assets.households.linkage.arrays.text import (
    Bytes,
    Hashes,
    Ints,
    Records,
    codes_and_values,
    fixed_width,
    looked_up,
    packed_digits,
    remap,
    text_buffers,
    text_column,
    text_hashes,
)
from assets.households.linkage.prepare.fields import DIGITS, NIK_DATE, NIK_SEX, NIK_STATE, IdentifierState, Sex
from validation.nik import WOMANS_DAY

SHARED_BY_TOO_MANY = 40
"""An identifier that more records carry than any person is listed is a placeholder, and evidence of nothing."""
SHORTEST, LONGEST_RUN = 5, 8
"""Characters that an identifier has at least, and how often the same may stand in a row: else it is a placeholder."""
_PRESENT = {"sound", "wrong_length", "impossible_date", "last_digit_lost", "numeric_doubt", "swapped", "same_as_other"}


def nik_numbers(records: Records, common: Hashes | None, fields: Ints) -> Hashes:
    """Return the digits of each record's NIK as `packed_digits`, 0 where there is none, and write into `fields` what it
    is worth as evidence, and the birth date and sex inside; `common` as in `prepare`."""
    return _identifier(records, "nik", common, fields)


def card_numbers(records: Records, common: Hashes | None = None) -> Hashes:
    """Return the digits of each record's card as `packed_digits`, 0 where there is none; `common` as in `prepare`."""
    return _identifier(records, "no_kk", common)


def _identifier(records: Records, column: str, common: Hashes | None, fields: Ints | None = None) -> Hashes:
    """Return the digits of an identifier, 0 where it is none or a placeholder. Its state is told by its own digits and,
    where given, its status; of a NIK it is written into `fields`."""
    born = fields is not None
    codes, values = codes_and_values(text_column(records, column), len(records))
    texts = pc.replace_substring_regex(values, r"[\s.'-]+", "")
    letters = fixed_width(*text_buffers(texts), DIGITS)
    lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    states, dates, sexes = judge_identifiers(letters, lengths, WOMANS_DAY if born else 0)
    often = np.bincount(codes[codes >= 0], minlength=len(values)) > SHARED_BY_TOO_MANY
    often = often if common is None else np.isin(text_hashes(values), common)
    states[often] = IdentifierState.ABSENT
    state = remap(codes, states, IdentifierState.ABSENT)
    status = "nik_status" if born else "kk_status"
    if status in records.columns:
        given = records[status]
        state[~given.isin(_PRESENT).to_numpy()] = IdentifierState.ABSENT
        lost = given.isin(["last_digit_lost", "numeric_doubt"]).to_numpy() & (state != IdentifierState.ABSENT)
        state[lost] = IdentifierState.PREFIX
        judged_sound = given.eq("sound").fillna(False).to_numpy(bool)  # by its whole column, not by its last digit
        state[judged_sound & (state == IdentifierState.PREFIX)] = IdentifierState.SOUND
        doubted = ~lost & given.ne("sound").fillna(True).to_numpy(bool)
        state[doubted & (state == IdentifierState.SOUND)] = IdentifierState.DOUBTFUL
    if fields is not None:
        fields[:, NIK_STATE] = state
        fields[:, NIK_DATE], fields[:, NIK_SEX] = remap(codes, dates, 0), remap(codes, sexes, 0)
    out = looked_up(packed_digits(letters), codes)
    out[state == IdentifierState.ABSENT] = 0
    return out


@kernel
def _two_digits(characters: Bytes, at: int) -> int:
    return (int(characters[at]) - 48) * 10 + int(characters[at + 1]) - 48


@compiled
def judge_identifiers(letters: Bytes, lengths: npt.NDArray[np.int64], womans_day: int) -> tuple[Ints, Ints, Ints]:
    """Return the `IdentifierState` of each NIK or KK number, and the date (yymmdd + 1) and `Sex` inside.

    `letters`: numbers × 16, the characters without separators, padded with 0; `lengths`: how many there were;
    `womans_day`: what is added to the day of a woman's birth, 0 for KK numbers.

    There are two judges of a number. `validation.nik.judge` says what is wrong with it, for those who correct it. This
    one says what it is worth as evidence, also for records that come without a status (`pmks match`); where they have
    one, `nik_numbers` lets the status decide. Both read the same date and sex, and agree on every number but these
    (`tests/unit/households/test_identifier_states.py` runs both on every date and kind of serial):

    * Any day up to 31 will do in any month, any two digits for a province, and serial 0000: such a number is wrong, but
      two records that both carry it are of one person as surely as with any other.
    * A last digit 0 makes PREFIX of a sound number: one record alone does not show whether a spreadsheet put it there.
    * A placeholder is what is shorter than `SHORTEST` or repeats a character more than `LONGEST_RUN` times: there is no
      list of words and sequences, for what many records share is left out anyway (`SHARED_BY_TOO_MANY`).
    """
    n = len(lengths)
    states, dates, sexes = np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32)
    for k in range(n):
        run, longest, all_digits = 1, 1, True
        for at in range(min(lengths[k], DIGITS)):
            c = letters[k, at]
            all_digits &= c >= 48 and c <= 57
            if at > 0:
                run = run + 1 if c == letters[k, at - 1] else 1
                longest = max(longest, run)
        if lengths[k] < SHORTEST or longest > LONGEST_RUN or longest >= lengths[k]:
            continue
        states[k] = IdentifierState.DOUBTFUL
        if lengths[k] != DIGITS or not all_digits:
            continue
        d, m, y = _two_digits(letters[k], 6), _two_digits(letters[k], 8), _two_digits(letters[k], 10)
        woman = 0 < womans_day < d
        if woman:
            d -= womans_day
        if d < 1 or d > 31 or m < 1 or m > 12:
            continue
        states[k] = IdentifierState.SOUND if letters[k, 15] != 48 else IdentifierState.PREFIX
        dates[k] = y * 10000 + m * 100 + d + 1
        sexes[k] = Sex.WOMAN if woman else Sex.MAN
    return states, dates, sexes
