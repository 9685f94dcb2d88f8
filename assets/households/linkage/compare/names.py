"""Comparing names, and addresses, token by token.

What is compared are rows of a `NameTable` (`tokens.NameRow`): numbers of tokens and of their sound classes, so that
the letters of a token are read only where neither is the same.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import kernel
from assets.households.linkage.arrays.text import Bytes, Ints
from assets.households.linkage.compare.levels import Agreement, NameLevel, RelativeLevel
from assets.households.linkage.prepare.tokens import CUT_BIT, LENGTH_BIT, NAME_ROW, TOKENS, NameRow, NameTable

LETTER_BITS = (1 << LENGTH_BIT) - 1 - CUT_BIT
FUZZY_FROM = 4
"""Letters of the shorter of two tokens from which one edit is a typing error and no other word."""
TWO_EDITS_FROM = 8
"""Letters from which two edits are."""
VOWELS = sum(1 << (ord(letter) & 31) for letter in "AEIOU")
"""A bit for each vowel, by the last five bits of its letter."""
RARITIES = 20
"""Bins for how rare what two names share is: two bits each, from 0 (common) up."""
BITS_PER_BIN = 2.0
INITIAL_RARITY = -3.0
"""log2 of how common it is that an initial agrees: less than any name says."""


class TokenLikeness(IntEnum):
    """How alike two tokens are; the greater, the more."""

    NONE = 0
    INITIAL = 1
    TYPING_ERROR = 2
    SAME_SOUND = 3
    SAME = 4


class Words(NamedTuple):
    """What comparisons read of distinct tokens, one entry a token (`tokens.Vocabulary`).

    letters: words × WIDTH, padded with 0; length: how many; sound: number of the sound class; rarity, sound_rarity:
    log2 of the share of records that have the token, or one that sounds like it.
    """

    letters: Bytes
    length: Ints
    sound: Ints
    rarity: npt.NDArray[np.float32]
    sound_rarity: npt.NDArray[np.float32]


class Names(NamedTuple):
    """What comparisons read of distinct names (or addresses).

    rows: one `NameRow` a name; lengths: log2 of the share of records whose name has 0, 1, … TOKENS tokens; words: their
    tokens.
    """

    rows: Any
    lengths: npt.NDArray[np.float32]
    words: Words


def names_of_table(table: NameTable) -> Names:
    """Return what comparisons read of a table of names."""
    words = Words(*(getattr(table.vocabulary, part) for part in Words._fields))
    return names_of_rows(table.rows, table.lengths, words)


def names_of_rows(rows: Ints, lengths: npt.NDArray[np.float32], words: Words) -> Names:
    """Return the same from its parts; `rows`: names × ROW, as in `NameTable`."""
    return Names(rows.view(NAME_ROW)[:, 0], lengths, words)


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
    """Say whether two tokens differ by at most `limit` (1 or 2) insertions, deletions, changes or transpositions.

    `a`, `b`: letters, of which `la` and `lb` count. The distance is that of optimal string alignment.
    """
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
    """Count the bits of a number of 32 bits."""
    x = int(x)  # 64 bits: the sum below has more than 32
    x = x - ((x >> 1) & 0x55555555)
    x = (x & 0x33333333) + ((x >> 2) & 0x33333333)
    return (((x + (x >> 4)) & 0x0F0F0F0F) * 0x01010101 & 0xFFFFFFFF) >> 24


@kernel
def _begins(a: Bytes, la: int, b: Bytes) -> bool:
    """Say whether b begins with the `la` letters of a."""
    begins = True
    for k in range(la):
        begins &= a[k] == b[k]
    return begins


@kernel
def token_likeness(s: int, t: int, letters_s: int, letters_t: int, same_sound: bool, letters: Bytes) -> int:
    """Return the `TokenLikeness` of two tokens.

    `s`, `t`: their numbers; `letters_s`, `letters_t`: a bit for each letter that they have, `CUT_BIT`, and above
    `LENGTH_BIT` how many letters (`NameRow.letters`); `letters`: as in `Words`.
    """
    if s == t:
        return TokenLikeness.SAME
    if same_sound:
        return TokenLikeness.SAME_SOUND
    ls, lt = letters_s >> LENGTH_BIT, letters_t >> LENGTH_BIT
    if ls == 1 or lt == 1:
        return TokenLikeness.INITIAL if letters[s, 0] == letters[t, 0] else TokenLikeness.NONE
    if (ls < lt and letters_s & CUT_BIT and _begins(letters[s], ls, letters[t])) or (
        lt < ls and letters_t & CUT_BIT and _begins(letters[t], lt, letters[s])
    ):
        return TokenLikeness.TYPING_ERROR  # the rest of the word did not fit into its column
    shorter = min(ls, lt)
    limit = 2 if shorter >= TWO_EDITS_FROM else 1
    # An edit changes two letter bits at most: most tokens end here, before any letter is read.
    if (
        shorter < FUZZY_FROM
        or abs(ls - lt) > limit
        or _bits((letters_s ^ letters_t) & LETTER_BITS) > 2 * limit
    ):  # fmt: skip
        return TokenLikeness.NONE
    return TokenLikeness.TYPING_ERROR if edits_at_most(letters[s], ls, letters[t], lt, limit) else TokenLikeness.NONE


@kernel
def one_but_for_vowels(s: int, t: int, letters_s: int, letters_t: int, letters: Bytes) -> bool:
    """Say whether two tokens, given as in `token_likeness`, have the same consonants in the same places, and vowels in
    all others: RINA and RINI.

    A typing error seldom makes one vowel of another: it leaves a letter out, doubles it or swaps two.
    """
    length = letters_s >> LENGTH_BIT
    if length != letters_t >> LENGTH_BIT:
        return False
    for k in range(length):
        one, other = letters[s, k], letters[t, k]
        if one != other and not (VOWELS >> (one & 31) & 1 and VOWELS >> (other & 31) & 1):
            return False
    return True


@kernel
def _count_tokens(name: NameRow) -> int:
    count = 0
    for at in range(TOKENS):
        count += name.tokens[at] >= 0
    return count


@kernel
def _rarity_of_all(name: NameRow, names: Names) -> float:
    """Return log2 of how common a name is: the product of its tokens' shares and of that of its length."""
    common, count = 0.0, 0
    for at in range(TOKENS):
        if name.tokens[at] >= 0:
            common += names.words.rarity[name.tokens[at]]
            count += 1
    return float(common + names.lengths[count])


@kernel
def compare_names(a: NameRow, b: NameRow, names: Names) -> tuple[int, float]:
    """Return the `NameLevel` of two names, and log2 of how common what agrees is (0 or less).

    Each token of the shorter name is matched with one of the longer: first the same ones, then the most alike.
    """
    words = names.words
    count_a, count_b = _count_tokens(a), _count_tokens(b)
    if count_a > count_b:
        a, b, count_a, count_b = b, a, count_b, count_a
    common = 0.0
    used_a, used_b, matched = 0, 0, 0  # a bit for each token that is matched; how many are
    for x in range(count_a):
        for y in range(count_b):
            if a.tokens[x] == b.tokens[y] and not used_b >> y & 1:
                used_a |= 1 << x
                used_b |= 1 << y
                matched += 1
                common += words.rarity[a.tokens[x]]
                break
    if matched == count_a and count_a == count_b:
        return NameLevel.SAME, common + names.lengths[count_a]
    errors, of_vowels = 0, 0  # typing errors, and how many of them are other vowels
    most = 3  # the greatest likeness that is left: SAME_SOUND
    while most > 0 and matched < count_a:
        wanted, most = most, 0
        for x in range(count_a):
            if used_a >> x & 1:
                continue
            for y in range(count_b):
                if used_b >> y & 1:
                    continue
                s, t = a.tokens[x], b.tokens[y]
                like = token_likeness(s, t, a.letters[x], b.letters[y], a.sounds[x] == b.sounds[y], words.letters)
                if like < wanted:
                    most = like if like > most else most
                    continue
                used_a |= 1 << x
                used_b |= 1 << y
                matched += 1
                if like > TokenLikeness.INITIAL:
                    common += max(words.sound_rarity[s], words.sound_rarity[t])
                else:
                    common += INITIAL_RARITY
                if like == TokenLikeness.TYPING_ERROR:
                    errors += 1
                    of_vowels += one_but_for_vowels(s, t, a.letters[x], b.letters[y], words.letters)
                break
    if matched == count_a and count_a == count_b:
        return NameLevel.OTHER_VOWELS if errors > 0 and errors == of_vowels else NameLevel.FUZZY, common
    if a.joined == b.joined:
        return NameLevel.FUZZY, _rarity_of_all(b, names) - names.lengths[count_b]
    if matched == count_a and count_a > 0:
        return NameLevel.SUBSET, common
    if matched > 0:
        return NameLevel.PARTIAL, common
    return NameLevel.DIFFERENT, 0.0


@kernel
def words_spelled_alike(a: NameRow, b: NameRow, letters: Bytes) -> bool:
    """Say whether each word of the shorter of two names sounds like one of the longer or is its initial, or all letters
    are the same when spaces are left out. `letters`: as in `Words`."""
    if a.joined == b.joined:
        return True
    if _count_tokens(a) > _count_tokens(b):
        a, b = b, a
    used = 0
    for x in range(_count_tokens(a)):
        found = False
        for y in range(TOKENS):
            if found or b.tokens[y] < 0 or used >> y & 1:
                continue
            alike = a.sounds[x] == b.sounds[y]
            if a.letters[x] >> LENGTH_BIT == 1 or b.letters[y] >> LENGTH_BIT == 1:
                alike = letters[a.tokens[x], 0] == letters[b.tokens[y], 0]
            if alike:
                used |= 1 << y
                found = True
        if not found:
            return False
    return True


@kernel
def as_many_words(a: NameRow, b: NameRow) -> bool:
    """Say whether two names have as many words."""
    return _count_tokens(a) == _count_tokens(b)


@kernel
def _begins_or_ends(a: Bytes, la: int, b: Bytes, lb: int) -> bool:
    """Say whether one of two words begins, or ends, with the other."""
    shorter, begins, ends = min(la, lb), True, True
    for k in range(1, shorter + 1):
        begins &= a[k - 1] == b[k - 1]
        ends &= a[la - k] == b[lb - k]
    return begins or ends


@kernel
def nothing_alike(a: NameRow, b: NameRow, words: Words, jumbled: bool) -> bool:
    """Say whether no word of one name could be a misspelling, however bad, of a word of the other, its initial, or what
    it begins or ends with, as where a space is missing.

    A word could be a misspelling of another if two edits make one of the other, or, `jumbled`, if it shares half of its
    letters, or of the other's, whichever has more.
    """
    for x in range(TOKENS):
        for y in range(TOKENS):
            s, t = a.tokens[x], b.tokens[y]
            if s < 0 or t < 0:
                continue
            ls, lt = int(words.length[s]), int(words.length[t])
            if min(ls, lt) == 1:
                if words.letters[s, 0] == words.letters[t, 0]:
                    return False
                continue
            one, other = a.letters[x] & LETTER_BITS, b.letters[y] & LETTER_BITS
            if words.sound[s] == words.sound[t]:
                return False
            if jumbled and 2 * _bits(one & other) >= max(_bits(one), _bits(other)):
                return False
            if not jumbled and edits_at_most(words.letters[s], ls, words.letters[t], lt, 2):
                return False
            if min(ls, lt) >= FUZZY_FROM - 1 and _begins_or_ends(words.letters[s], ls, words.letters[t], lt):
                return False
    return True


@kernel
def rarity_bin(common: float) -> int:
    """Return the bin (below `RARITIES`) of log2 of how common something is."""
    return min(RARITIES - 1, int(-common / BITS_PER_BIN))


@kernel
def level_of_names(a: int, b: int, names: Names) -> int:
    """Return the `RelativeLevel` of two names, or addresses, by their numbers (-1: not stated)."""
    level = _level_of_numbers(a, b, names)
    if level == NameLevel.MISSING:
        return RelativeLevel.MISSING
    if level <= NameLevel.OTHER_VOWELS:
        return RelativeLevel.SAME
    return RelativeLevel.SIMILAR if level <= NameLevel.PARTIAL else RelativeLevel.DIFFERENT


@kernel
def compare_fathers(a: int, b: int, names: Names) -> int:
    """Return the `Agreement` of the names of two fathers, by their numbers (-1: not stated). One word of several in
    common says nothing: many are called MUHAMMAD, or ABDUL."""
    level = _level_of_numbers(a, b, names)
    if level == NameLevel.MISSING or level == NameLevel.PARTIAL:
        return Agreement.MISSING
    return Agreement.SAME if level <= NameLevel.SUBSET else Agreement.DIFFERENT


@kernel
def _level_of_numbers(a: int, b: int, names: Names) -> int:
    """Return the `NameLevel` of two names by their numbers (-1: not stated)."""
    if a < 0 or b < 0:
        return NameLevel.MISSING
    return NameLevel.SAME if a == b else compare_names(names.rows[a], names.rows[b], names)[0]


@kernel
def half_the_same(a: NameRow, b: NameRow) -> bool:
    """Say whether half of the tokens of the longer of two addresses are in both: one of many may be any road's."""
    longer, other, same = 0, 0, 0
    for x in range(TOKENS):
        longer += a.tokens[x] >= 0
        other += b.tokens[x] >= 0
        for y in range(TOKENS):
            if a.tokens[x] >= 0 and a.tokens[x] == b.tokens[y]:
                same += 1
                break
    return 2 * same >= max(longer, other)
