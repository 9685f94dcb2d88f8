"""What two records say about being one person: a level of agreement for each comparison.

`COMPARISONS` names the levels; level 0 is always "one of the two does not say". What people of one household share
(KK, head of household, place) is one joint comparison, `rumah`, because it agrees as a whole: four agreements of
housemates are one piece of evidence and not four.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import compiled, kernel
from assets.households.linkage.arrays.text import Bytes, Hashes, Ints
from assets.households.linkage.prepare.records import (
    ADDRESS,
    AGED,
    BIRTHPLACE,
    DAY,
    DUSUN,
    FATHER,
    HEAD,
    KK,
    LIST,
    MONTH,
    MOTHER,
    NIK,
    NIK_DATE,
    NIK_SEX,
    NIK_STATE,
    OWN,
    ROLE,
    RT,
    RW,
    SELF,
    SEX,
    VILLAGE,
    YEAR,
    Prepared,
)
from assets.households.linkage.prepare.tokens import JOINED, LENGTH_BIT, LETTER, SOUND, TOKENS, NameTable

COMPARISONS: dict[str, tuple[str, ...]] = {
    "nama": ("missing", "same", "fuzzy", "subset", "partial", "different"),
    "lahir": (
        "missing", "same", "same_heaped", "swap_or_digit", "same_year_heaped", "same_day_and_month",
        "year_near", "same_year", "different",
    ),
    "nik": ("missing", "same", "prefix", "one_digit_off", "same_date_and_region", "different", "different_doubtful"),
    "jenis_kelamin": ("missing", "same", "different"),
    "tempat_lahir": ("missing", "same", "different"),
    "hubungan": ("missing", "same", "child_grown", "different"),
    "daftar": ("missing", "same", "different"),
    "ibu": ("missing", "same", "similar", "different"),
    "ayah": ("missing", "same", "different"),
    "umur": ("missing", "close", "near", "different"),
}  # fmt: skip
KK_LEVELS = ("missing", "same", "near", "different")
HEAD_LEVELS = ("missing", "same", "similar", "different")
VILLAGE_LEVELS = ("missing", "same", "different")
PLACE_LEVELS = ("missing", "same_address", "same_rt", "near", "different")
CELLS = len(KK_LEVELS) * len(HEAD_LEVELS) * len(VILLAGE_LEVELS) * len(PLACE_LEVELS)
FIELDS = len(COMPARISONS)
SIZES = tuple(len(v) for v in COMPARISONS.values())
RARITIES = 20
"""Bins of two bits for how rare the agreeing parts of two names are."""
LETTER_BITS = (1 << LENGTH_BIT) - 1
SERIAL_BITS = np.uint64(16)
"""The last four digits of an identifier, its serial number, as `encode.packed_digits` packs them."""
Tables = tuple[Any, ...]
OF_WORDS = ("letters", "length", "sound", "rarity", "sound_rarity")
"""What comparisons read of words (`Vocabulary`), in the order in which they take it."""


def kernel_tables(p: Prepared) -> Tables:
    """Return the arrays that the compiled comparisons read, in the order in which they take them."""
    return tables_of(p.fields, _kernel_names(p.names), _kernel_names(p.addresses))


def tables_of(fields: Ints, names: Tables, addresses: Tables) -> Tables:
    """Return those arrays for records (`Prepared.fields`) whose names and addresses are in `names` and `addresses`:
    their rows, how rare each number of words is, and `OF_WORDS`.
    """
    digits = fields.view(np.uint64)
    return (fields, digits[:, NIK // 2], digits[:, KK // 2], names, addresses, (fields[:, OWN:], *names[1:]))


def _kernel_names(t: NameTable) -> Tables:
    return (t.rows, t.lengths, tuple(getattr(t.vocabulary, name) for name in OF_WORDS))


@kernel
def one_edit_at_most(a: Bytes, at: int, la: int, b: Bytes, bt: int, lb: int) -> bool:
    """Say whether a[at:la] and b[bt:lb] differ by at most one insertion, deletion, change or transposition."""
    if abs((la - at) - (lb - bt)) > 1:
        return False
    while at < la and bt < lb and a[at] == b[bt]:
        at += 1
        bt += 1
    while la > at and lb > bt and a[la - 1] == b[lb - 1]:
        la -= 1
        lb -= 1
    ra, rb = la - at, lb - bt
    return (ra <= 1 and rb <= 1) or (ra == 2 and rb == 2 and a[at] == b[bt + 1] and a[at + 1] == b[bt])


@kernel
def edits_at_most(a: Bytes, la: int, b: Bytes, lb: int, limit: int) -> bool:
    """Say whether two tokens differ by at most `limit` (1 or 2) insertions, deletions, changes or transpositions."""
    if limit == 1:
        return one_edit_at_most(a, 0, la, b, 0, lb)
    if abs(la - lb) > 2:
        return False
    at = 0
    while at < la and at < lb and a[at] == b[at]:
        at += 1
    swapped = at + 1 < la and at + 1 < lb and a[at] == b[at + 1] and a[at + 1] == b[at]
    return (
        (swapped and one_edit_at_most(a, at + 2, la, b, at + 2, lb))
        or one_edit_at_most(a, min(at + 1, la), la, b, min(at + 1, lb), lb)
        or one_edit_at_most(a, min(at + 1, la), la, b, at, lb)
        or one_edit_at_most(a, at, la, b, min(at + 1, lb), lb)
    )


@kernel
def _bits(x: int) -> int:
    x = x - ((x >> 1) & 0x55555555)
    x = (x & 0x33333333) + ((x >> 2) & 0x33333333)
    return (((x + (x >> 4)) & 0x0F0F0F0F) * 0x01010101 & 0xFFFFFFFF) >> 24


@kernel
def token_likeness(s: int, t: int, letters_s: int, letters_t: int, same_sound: bool, letters: Bytes) -> int:
    """Return 4 for the same token, 3 for the same sound, 2 for a typing error, 1 for an initial, 0 for none.

    `letters_s`, `letters_t`: the letters that each has and its length, as in `NameTable.rows`.
    """
    if s == t:
        return 4
    if same_sound:
        return 3
    ls, lt = letters_s >> LENGTH_BIT, letters_t >> LENGTH_BIT
    if ls == 1 or lt == 1:
        return 1 if letters[s, 0] == letters[t, 0] else 0
    shorter = min(ls, lt)
    limit = 2 if shorter >= 8 else 1
    if shorter < 4 or abs(ls - lt) > limit or _bits((letters_s ^ letters_t) & LETTER_BITS) > 2 * limit:
        return 0
    return 2 if edits_at_most(letters[s], ls, letters[t], lt, limit) else 0


@kernel
def _common_to_all(a: int, names: Tables) -> float:
    rows, lengths, words = names
    common, count = 0.0, 0
    for at in range(TOKENS):
        if rows[a, at] >= 0:
            common += words[3][rows[a, at]]
            count += 1
    return float(common + lengths[count])


@kernel
def compare_names(a: int, b: int, names: Tables) -> tuple[int, float]:
    """Return the level of two names (numbers in `names`), and log2 of how common what agrees is."""
    if a == b:
        return 1, _common_to_all(a, names)
    rows, lengths, words = names
    letters, _, _, rarity, sound_rarity = words
    na, nb_ = 0, 0
    for at in range(TOKENS):
        na += rows[a, at] >= 0
        nb_ += rows[b, at] >= 0
    if na > nb_:
        a, b, na, nb_ = b, a, nb_, na
    common = 0.0
    used_a, used_b, matched = 0, 0, 0
    for x in range(na):
        for y in range(nb_):
            if rows[a, x] == rows[b, y] and not used_b >> y & 1:
                used_a |= 1 << x
                used_b |= 1 << y
                matched += 1
                common += rarity[rows[a, x]]
                break
    if matched == na and na == nb_:
        return 1, common + lengths[na]
    most = 3
    while most > 0 and matched < na:
        wanted, most = most, 0
        for x in range(na):
            if used_a >> x & 1:
                continue
            for y in range(nb_):
                if used_b >> y & 1:
                    continue
                s, t = rows[a, x], rows[b, y]
                sounds = rows[a, SOUND + x] == rows[b, SOUND + y]
                like = token_likeness(s, t, rows[a, LETTER + x], rows[b, LETTER + y], sounds, letters)
                if like < wanted:
                    most = max(most, like)
                    continue
                used_a |= 1 << x
                used_b |= 1 << y
                matched += 1
                common += max(sound_rarity[s], sound_rarity[t]) if like > 1 else -3.0
                break
    if matched == na and na == nb_:
        return 2, common
    if rows[a, JOINED] == rows[b, JOINED]:
        return 2, _common_to_all(b, names) - lengths[nb_]
    if matched == na and na > 0:
        return 3, common
    return (4, common) if matched else (5, 0.0)


@kernel
def level_of_names(a: int, b: int, names: Tables) -> int:
    """Return 1 for two names that are the same or nearly, 2 for some likeness, 3 for none, 0 where one is missing."""
    if a < 0 or b < 0:
        return 0
    if a == b:
        return 1
    level, _ = compare_names(a, b, names)
    return 1 if level <= 2 else (2 if level <= 4 else 3)


@kernel
def heaped(month: int, day: int) -> bool:
    """Say whether a day of the year is one that is written for want of a known one."""
    return month == 0 or (day == 1 and (month == 1 or month == 7)) or (month == 12 and day == 31)


@kernel
def compare_dates(y1: int, m1: int, d1: int, y2: int, m2: int, d2: int) -> int:
    """Return the level of two birth dates, of which parts may be 0 (unknown)."""
    gap = abs(y1 - y2)
    if y1 == y2 and m1 == m2 and d1 == d2:
        return 2 if heaped(m1, d1) else 1
    if y1 == y2 and (heaped(m1, d1) or heaped(m2, d2)):
        return 4
    if m1 == 0 or m2 == 0:
        return 6 if gap <= 2 else 8
    if y1 == y2:
        return 3 if (m1 == m2 or d1 == d2 or (m1 == d2 and d1 == m2)) else 7
    if m1 == m2 and d1 == d2 and not heaped(m1, d1):
        return 5
    if gap % 10 == 0 and gap == 10 and m1 == m2:
        return 6
    return 6 if gap <= 2 and (m1 == m2 or d1 == d2) and not heaped(m1, d1) else 8


@kernel
def digits_off(a: np.uint64, b: np.uint64) -> int:
    """Return 0 for equal numbers, 1 for one digit or one transposition, 15 if only the last of 16 differs, else 99."""
    if a == b:
        return 0
    apart = a ^ b
    apart |= apart >> np.uint64(2)
    apart = (apart | apart >> np.uint64(1)) & np.uint64(0x1111111111111111)
    last = apart & (~apart + np.uint64(1))
    if apart == last:
        return 15 if last == 1 else 1
    before = last << np.uint64(4)
    if apart == last | before:
        low, high = last * np.uint64(15), before * np.uint64(15)
        if (a & low) << np.uint64(4) == b & high and (b & low) << np.uint64(4) == a & high:
            return 1
    if (a & np.uint64(15) == 0) or (b & np.uint64(15) == 0):
        return 1 if _one_shifted(a, b) else 99
    return 99


@kernel
def _one_shifted(a: np.uint64, b: np.uint64) -> bool:
    """Say whether leaving one digit out of one of two numbers of unlike length gives the other."""
    la, lb = 16, 16
    while la > 0 and a >> np.uint64(4 * (16 - la)) & np.uint64(15) == 0:
        la -= 1
    while lb > 0 and b >> np.uint64(4 * (16 - lb)) & np.uint64(15) == 0:
        lb -= 1
    if abs(la - lb) != 1:
        return False
    if la > lb:
        a, b = b, a
    at = np.uint64(60)
    while at > 0 and (a ^ b) >> at & np.uint64(15) == 0:
        at -= np.uint64(4)
    rest = (np.uint64(1) << at << np.uint64(4)) - np.uint64(1)  # from the first digit that differs on
    return bool((a & rest) == (b << np.uint64(4)) & rest)


@kernel
def compare_niks(p: int, q: int, f: Ints, nik: Hashes) -> int:
    """Return the level of two NIKs."""
    if nik[p] == 0 or nik[q] == 0:
        return 0
    if nik[p] == nik[q]:
        return 1
    off = digits_off(nik[p], nik[q])
    if off == 15:
        return 2 if f[p, NIK_STATE] == 3 or f[q, NIK_STATE] == 3 else 3
    if off <= 1:
        return 3
    if (nik[p] ^ nik[q]) >> SERIAL_BITS == 0:
        return 4
    return 5 if f[p, NIK_STATE] >= 2 and f[q, NIK_STATE] >= 2 else 6


@kernel
def compare_kks(p: int, q: int, kk: Hashes) -> int:
    """Return the level of two KK numbers."""
    if kk[p] == 0 or kk[q] == 0:
        return 0
    if kk[p] == kk[q]:
        return 1
    return 2 if digits_off(kk[p], kk[q]) <= 15 else 3


@kernel
def half_the_same(a: int, b: int, rows: Ints) -> bool:
    """Say whether half of the words of the longer of two addresses are in both: one of many may be any road's."""
    longer, other, same = 0, 0, 0
    for x in range(TOKENS):
        longer += rows[a, x] >= 0
        other += rows[b, x] >= 0
        for y in range(TOKENS):
            if rows[a, x] >= 0 and rows[a, x] == rows[b, y]:
                same += 1
                break
    return 2 * same >= max(longer, other)


@kernel
def compare_places(p: int, q: int, f: Ints, addresses: Tables) -> int:
    """Return the level of two places within their villages."""
    a, b = f[p, ADDRESS], f[q, ADDRESS]
    likeness = level_of_names(a, b, addresses)
    if likeness == 1 and addresses[0][a, 1] >= 0:
        return 1
    if likeness == 2 and not half_the_same(a, b, addresses[0]):
        likeness = 3
    dusun = f[p, DUSUN] >= 0 and f[q, DUSUN] >= 0
    rt = f[p, RT] >= 0 and f[q, RT] >= 0
    rw = f[p, RW] >= 0 and f[q, RW] >= 0
    same_dusun = dusun and f[p, DUSUN] == f[q, DUSUN]
    same_rt = rt and f[p, RT] == f[q, RT]
    same_rw = rw and f[p, RW] == f[q, RW]
    if same_dusun and same_rt and (same_rw or not rw):
        return 2
    if likeness == 1 or likeness == 2 or same_dusun or (same_rt and same_rw):
        return 3
    differs = likeness == 3 or dusun or (rt and not same_rt) or (rw and not same_rw)
    return 4 if differs else 0


@kernel
def compare_births(p: int, q: int, f: Ints, nik_level: int) -> tuple[int, int]:
    """Return the levels of two birth dates and, where one is known from an age only, of two ages.

    Where a date is missing, and a NIK too, the date inside the other NIK serves.
    """
    y1, m1, d1 = f[p, YEAR], f[p, MONTH], f[p, DAY]
    y2, m2, d2 = f[q, YEAR], f[q, MONTH], f[q, DAY]
    if nik_level == 0:
        inside = f[p, NIK_DATE] - 1
        if y1 == 0 and y2 > 0 and inside >= 0:
            y1, m1, d1 = y2 - (y2 - inside // 10000) % 100, inside // 100 % 100, inside % 100
            y1 += 100 if y2 - y1 > 50 else 0
        inside = f[q, NIK_DATE] - 1
        if y2 == 0 and y1 > 0 and inside >= 0:
            y2, m2, d2 = y1 - (y1 - inside // 10000) % 100, inside // 100 % 100, inside % 100
            y2 += 100 if y1 - y2 > 50 else 0
    if y1 == 0 or y2 == 0:
        return 0, 0
    if f[p, AGED] == 1 or f[q, AGED] == 1:
        gap = abs(y1 - y2)
        return 0, 1 if gap <= 1 else (2 if gap <= 3 else 3)
    return compare_dates(y1, m1, d1, y2, m2, d2), 0


@kernel
def compare_facts(p: int, q: int, tables: Tables, levels: Ints) -> None:
    """Write the levels of what is compared as plain numbers: all but names and places."""
    f, nik = tables[0], tables[1]
    levels[:] = 0
    levels[2] = compare_niks(p, q, f, nik)
    levels[1], levels[9] = compare_births(p, q, f, levels[2])
    sp, sq = f[p, SEX], f[q, SEX]
    if levels[2] == 0:
        sp = sp if sp > 0 else f[p, NIK_SEX]
        sq = sq if sq > 0 else f[q, NIK_SEX]
    if sp > 0 and sq > 0:
        levels[3] = 1 if sp == sq else 2
    if f[p, BIRTHPLACE] >= 0 and f[q, BIRTHPLACE] >= 0:
        levels[4] = 1 if f[p, BIRTHPLACE] == f[q, BIRTHPLACE] else 2
    rp, rq = f[p, ROLE], f[q, ROLE]
    if rp >= 0 and rq >= 0:
        grown = (rp <= 1 and (rq == 2 or rq == 4)) or (rq <= 1 and (rp == 2 or rp == 4))
        levels[5] = 1 if rp == rq else (2 if grown else 3)
    if f[p, LIST] >= 0 and f[q, LIST] >= 0:
        levels[6] = 1 if f[p, LIST] == f[q, LIST] else 2


@kernel
def compare_own_names(p: int, q: int, tables: Tables, levels: Ints) -> int:
    """Write the level of two persons' names, and return the bin of how rare it is that they agree so."""
    own = tables[5]
    if own[0][p, 0] < 0 or own[0][q, 0] < 0:
        return 0
    levels[0], common = compare_names(p, q, own)
    return min(RARITIES - 1, int(-common / 2.0))


@kernel
def compare_parents(p: int, q: int, tables: Tables, levels: Ints) -> None:
    """Write the levels of the names of two persons' mothers and fathers."""
    f, names = tables[0], tables[3]
    levels[7] = level_of_names(f[p, MOTHER], f[q, MOTHER], names)
    s, t = f[p, FATHER], f[q, FATHER]
    if s >= 0 and t >= 0:
        letters, length, sound, _, _ = names[2]
        ls, lt = int(length[s]), int(length[t])
        shorter = min(ls, lt)
        alike = sound[s] == sound[t] or (
            shorter >= 4 and edits_at_most(letters[s], ls, letters[t], lt, 2 if shorter >= 8 else 1)
        )
        levels[8] = 1 if alike else 2


@kernel
def compare_villages(p: int, q: int, f: Ints) -> int:
    """Return the level of two villages."""
    if f[p, VILLAGE] < 0 or f[q, VILLAGE] < 0:
        return 0
    return 1 if f[p, VILLAGE] == f[q, VILLAGE] else 2


@kernel
def compare_heads(p: int, q: int, tables: Tables) -> int:
    """Return the level of two heads of household; where both are their own head, it adds nothing to their names."""
    f = tables[0]
    alone = f[p, SELF] == 1 and f[q, SELF] == 1
    return 0 if alone else level_of_names(f[p, HEAD], f[q, HEAD], tables[3])


@kernel
def cell_of_home(kk: int, head: int, village: int, place: int) -> int:
    """Return the cell of `rumah`."""
    return ((kk * 4 + head) * 3 + village) * 5 + place


@kernel
def compare(p: int, q: int, tables: Tables, levels: Ints) -> int:
    """Write the levels of all comparisons into `levels` (the last: the cell of `rumah`), return the rarity bin."""
    f, kk = tables[0], tables[2]
    compare_facts(p, q, tables, levels)
    rare = compare_own_names(p, q, tables, levels)
    compare_parents(p, q, tables, levels)
    head, place = compare_heads(p, q, tables), compare_places(p, q, f, tables[4])
    levels[FIELDS] = cell_of_home(compare_kks(p, q, kk), head, compare_villages(p, q, f), place)
    return rare


@compiled
def compare_pairs(left: Ints, right: Ints, tables: Tables) -> tuple[npt.NDArray[np.int16], Ints]:
    """Return the levels of many pairs (one row a pair) and their rarity bins."""
    levels = np.zeros((len(left), FIELDS + 1), np.int16)
    bins = np.zeros(len(left), np.int32)
    one = np.zeros(FIELDS + 1, np.int32)
    for k in range(len(left)):
        bins[k] = compare(left[k], right[k], tables, one)
        levels[k] = one
    return levels, bins
