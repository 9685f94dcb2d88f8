"""Names and addresses as tokens: what two spellings of one name have in common, for matching only.

The tables beside this file say which words are titles, which abbreviations stand for which name and which letters
sound alike (old spelling, Arabic transliteration). A name as it was written is never changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.households.linkage.arrays.compiled import compiled
from assets.households.linkage.arrays.text import (
    Bytes,
    Hashes,
    Ints,
    fixed_width,
    hash_texts,
    mix,
    remap,
    text_buffers,
    text_hashes,
)
from assets.households.linkage.prepare.house_numbers import numbers_of
from validation.cleaning import clean
from validation.vocabulary import unknown_name_pattern

TOKENS = 5
"""Tokens of a name that are compared; what follows is ignored."""
WIDTH = 12
"""Letters of a token that are compared."""
TOKEN, SOUND, LETTER, JOINED, ROW = 0, TOKENS, 2 * TOKENS, 3 * TOKENS, 3 * TOKENS + 1
"""Columns of `NameTable.rows` where the parts of a `NameRow` begin, and how many there are."""
_PARTS = [
    ("tokens", np.int32, TOKENS),
    ("sounds", np.int32, TOKENS),
    ("letters", np.int32, TOKENS),
    ("joined", np.int32),
]
NAME_ROW = np.dtype((np.record, np.dtype(_PARTS, align=True)))
"""The same as a structure, by which compiled code reads a row: `NameRow`."""
LENGTH_BIT = 27
"""Where the length of a token stands above the bits of the letters that it has."""
CUT_BIT = 1
"""Bit beside those of the letters of the last word of a name that may have been cut: no letter of a name has it."""
COLUMN_WIDTHS = (20, 25, 30)
"""Characters after which old systems cut a name."""
PARTICLES = ("I", "NI")
"""What a Balinese man's name, or a woman's, begins with, before the order of birth."""
_OF_ANOTHER = (
    r"^(BAYI|ISTE?RI|JANDA|SUAMI|BY|ANAK DARI) "
    r"(?:(?:ALM|ALMH|ALMARHUM|ALMARHUMAH|BAPAK|BPK|BU|DARI|IBU|NY|NYONYA|PAK|SDR|SDRI|TN|TUAN) )*"
)
"""Before somebody else's name: BAYI NY SITI is not SITI. It is read as one word with what follows."""
_NUMBERED = r"(?i)[ .(]+([1-5]|III?)[ )]*$"
"""Behind a name: by SLAMET 1 and SLAMET 2 a list tells two people of one name apart."""
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Vocabulary:
    """Distinct tokens: text, letters and their number, sound class, a bit for each letter that it has (hashed), and
    log2 of the share of records that have it, or one that sounds like it."""

    text: pa.Array
    letters: Bytes
    length: Ints
    sound: Ints
    used: Ints
    sound_hash: Hashes
    rarity: npt.NDArray[np.float32]
    sound_rarity: npt.NDArray[np.float32]


class WordKind(IntEnum):
    """What a word of a name is (`names_titles.csv`). A DEGREE is left out only behind a name, at the end with the
    LETTERs beside it (S.PD.I); what follows a PATRONYM (BIN, BINTI) is the father's name."""

    NAME = 0
    TITLE = 1
    DEGREE = 2
    PATRONYM = 3
    LETTER = 4


class NameRow(Protocol):
    """One name as `NAME_ROW` lays it out: 64 bytes, one cache line, all that comparing two names reads first.

    tokens: their numbers in the vocabulary (-1 pads); sounds: the numbers of their sound classes (-1 pads); letters: a
    bit for each letter that a token has, `CUT_BIT` if it may go on and, from `LENGTH_BIT` on, how many letters it has;
    joined: a hash of all letters without spaces.
    """

    tokens: Ints
    sounds: Ints
    letters: Ints
    joined: int


@dataclass(frozen=True)
class NameTable:
    """Distinct names, one row a name: `rows` (names × ROW) as `NameRow` says; `token_set`, a hash of the tokens in any
    order; `numbers`, of addresses, what their numbers are (`house_numbers.Numbers`).
    """

    rows: Ints
    token_set: Hashes
    numbers: Ints
    vocabulary: Vocabulary
    lengths: npt.NDArray[np.float32]
    """log2 of the share of records whose name has 0, 1, 2 … tokens."""

    @property
    def tokens(self) -> Ints:
        """The numbers of each name's tokens (-1 pads)."""
        return self.rows[:, TOKEN:SOUND]

    def stated(self, names: Ints) -> Ints:
        """Return numbers of names (-1: none), -1 also where a text says none: `-`, `...`."""
        return np.where(np.append(self.tokens[:, 0] >= 0, False)[names], names, -1)


@cache
def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(_HERE / name, dtype=str, keep_default_na=False)


@cache
def _sound_rules() -> list[tuple[str, str]]:
    rules = _table("names_phonetics.csv").sort_values("order")
    return list(zip(rules["old"], rules["new"], strict=True))


@cache
def sound_of(token: str) -> str:
    """Return the sound class of a token.

    >>> sound_of("YUSUF") == sound_of("JOESOEF"), sound_of("ABDULLAH") == sound_of("ABDULLA")
    (False, True)
    """
    out = token
    for old, new in _sound_rules():
        if old in out:
            out = out.replace(old, new)
    out = re.sub(r"(.)\1+", r"\1", out)
    return out[:-1] if len(out) > 3 and out[-1] in "HK" else out


def name_table(values: pa.Array) -> tuple[NameTable, Ints]:
    """Split distinct names into tokens by the tables of titles, patronyms and abbreviations; return the table, and for
    each of its names the number of the father's, -1 where it says none.

    `values`: distinct texts, no nulls. Titles and degrees go, unless nothing would be left; what follows BIN, BINTI
    is the father's name: a name of its own, behind all others. I and NI go before a name by the order of birth, which
    is written out (I MD is I MADE), as is a number behind a name. A text without letters, or one that says that the
    name is not known, has no tokens.
    """
    known = pc.if_else(pc.match_substring_regex(values, unknown_name_pattern()), "", values)
    named = pc.replace_substring_regex(clean(_numbers_in_words(known), r"\p{L}"), _OF_ANOTHER, r"\1")
    offsets, raw_codes, raw_tokens = _split(named)
    words = raw_tokens.to_pylist()
    titles = _table("names_titles.csv")
    kind_of = dict(zip(titles["token"], [WordKind[kind.upper()] for kind in titles["kind"]], strict=True))
    short = _table("names_abbreviations.csv")
    everywhere = dict(zip(*(short.loc[short["where"] == "any", c] for c in ("token", "full")), strict=True))
    in_front = everywhere | dict(zip(short["token"], short["full"], strict=True))
    kinds = np.array([kind_of.get(w, WordKind.NAME if len(w) > 1 else WordKind.LETTER) for w in words], np.int8)
    usual, first = [everywhere.get(w, w) for w in words], [in_front.get(w, w) for w in words]
    orders = dict(zip(*(_table("names_birth_order.csv")[c] for c in ("token", "full")), strict=True))
    texts = pa.array([*usual, *first, *(orders.get(w, w) for w in words)], pa.large_string()).dictionary_encode()
    numbers = texts.indices.to_numpy(zero_copy_only=False).astype(np.int32).reshape(3, len(words))
    numbers[2][[w not in orders for w in words]] = -1
    particles = np.array([w in PARTICLES for w in words], bool)
    spans, child = _fathers_apart(offsets, raw_codes, kinds)
    tokens = _arrange_names(spans, raw_codes, kinds, particles, *numbers)
    father = np.full(len(spans), -1, np.int32)
    father[child] = np.arange(len(values), len(spans), dtype=np.int32)
    cut = np.isin(pc.utf8_length(values).to_numpy(zero_copy_only=False), COLUMN_WIDTHS)
    cut = np.append(cut & (father[: len(values)] < 0), cut[child])
    return _finish(tokens, _vocabulary(texts.dictionary), cut), father


def _numbers_in_words(names: pa.Array) -> pa.Array:
    """Write out the numbers behind names (`names_numbers.csv`)."""
    words = dict(zip(*(_table("names_numbers.csv")[c] for c in ("token", "full")), strict=True))
    numbered = pc.match_substring_regex(names, _NUMBERED)
    found = names.filter(numbered).to_pylist()
    written = [re.sub(_NUMBERED, lambda number: f" {words[number[1].upper()]}", name) for name in found]
    return pc.replace_with_mask(names, numbered, pa.array(written, names.type))


def address_table(values: pa.Array) -> NameTable:
    """Split distinct addresses into tokens; words that only say what kind of place it is are left out.

    A text without letters and digits has no tokens.
    """
    texts = clean(values, r"\p{L}\p{N}")
    offsets, raw_codes, raw_tokens = _split(texts)
    generic = set(_table("address_words.csv")["token"])
    words = raw_tokens.to_pylist()
    kinds = np.array([WordKind.TITLE if w in generic else WordKind.NAME for w in words], np.int8)
    plain = pa.array([w.lstrip("0") or "0" for w in words], pa.large_string()).dictionary_encode()
    numbers = plain.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    none = np.zeros(len(words), bool)
    spans = np.stack([offsets[:-1], offsets[1:]], axis=1)
    tokens = _arrange_names(spans, raw_codes, kinds, none, numbers, numbers, numbers)
    return replace(_finish(tokens, _vocabulary(plain.dictionary), none[:0]), numbers=numbers_of(texts))


def hashes_of_sounds(tokens: list[str]) -> Hashes:
    """Return the hash of each token's sound class, as in `Vocabulary.sound_hash`."""
    return text_hashes(pa.array([sound_of(t) for t in tokens], pa.large_string()))


def with_rarity(
    table: NameTable,
    shares: npt.NDArray[np.float64],
    sound_shares: npt.NDArray[np.float64],
    floor: float,
    lengths: list[float],
) -> NameTable:
    """Set how rare each token is: `shares` is the share of records that have it, `sound_shares` of those that have one
    that sounds like it, neither taken below `floor`.

    `lengths`: the share of records whose name has 0, 1, 2 … tokens.
    """
    v = table.vocabulary
    rarity = [np.log2(np.clip(s, floor, 0.5)).astype(np.float32) for s in (shares, sound_shares)]
    vocabulary = replace(v, rarity=rarity[0], sound_rarity=rarity[1])
    length_rarity = np.log2(np.clip(lengths, 1e-3, 1)).astype(np.float32)
    return replace(table, vocabulary=vocabulary, lengths=length_rarity)


def token_counts(table: NameTable, names: Ints) -> npt.NDArray[np.int64]:
    """Count for each token the records whose name (`names`: number of the name, -1 none) has it."""
    per_name = np.bincount(names[names >= 0], minlength=len(table.tokens))
    used = table.tokens >= 0
    weights = np.repeat(per_name[:, None], TOKENS, axis=1)[used]
    size = len(table.vocabulary.text)
    return np.bincount(table.tokens[used], weights, minlength=size).astype(np.int64)


def _split(texts: pa.Array) -> tuple[npt.NDArray[np.int64], Ints, pa.Array]:
    """Return where the words of each cleaned text begin (the last entry: where all end), their codes, and the words by
    code. An empty text has none."""
    lists = pc.split_pattern(pc.if_else(pc.equal(texts, ""), None, texts), " ")
    encoded = lists.flatten().dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return (
        lists.offsets.to_numpy().astype(np.int64) - lists.offsets[0].as_py() if len(texts) else np.zeros(1, np.int64),
        codes,
        encoded.dictionary,
    )


def may_be_cut(rows: Ints) -> npt.NDArray[np.bool_]:
    """Say whether the end of each name may be missing. `rows`: as in `NameTable`."""
    return np.asarray((rows[:, LETTER:JOINED] & CUT_BIT).any(axis=1))


def table_of_tokens(tokens: Ints, words: pa.Array, cut: npt.NDArray[np.bool_], numbers: Ints) -> NameTable:
    """Return the table of names whose tokens are known (names × TOKENS, by number of the distinct `words`).

    `cut`: whether the end of each name may be missing (`CUT_BIT`); `numbers`: as in `NameTable`.
    """
    return replace(_finish(tokens, _vocabulary(words), cut), numbers=numbers)


def _vocabulary(texts: pa.Array) -> Vocabulary:
    sounds = pa.array([sound_of(t) for t in texts.to_pylist()], pa.large_string()).dictionary_encode()
    offsets, data = text_buffers(texts)
    sound = sounds.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    spread = hash_texts(*text_buffers(sounds.dictionary), np.uint64(len(sounds.dictionary)))
    unknown = np.zeros(len(texts), np.float32)
    length = np.minimum(np.diff(offsets), WIDTH).astype(np.int32)
    letters = fixed_width(offsets, data, WIDTH)
    used = np.bitwise_or.reduce(np.where(letters > 0, 1 << (letters.astype(np.int64) & 31), 0), axis=1, initial=0)
    used &= ~CUT_BIT
    spread = spread[sound] if len(sound) else spread
    return Vocabulary(texts, letters, length, sound, used.astype(np.int32), spread, unknown, unknown)


def _finish(tokens: Ints, v: Vocabulary, cut: npt.NDArray[np.bool_]) -> NameTable:
    """Make a table of tokens (names × TOKENS). `cut`: whether the end of each name may be missing; empty: of none."""
    token_set, joined = _name_hashes(tokens, text_hashes(v.text), v.letters)
    rows = np.full((len(tokens), ROW), -1, np.int32)
    rows[:, TOKEN:SOUND] = tokens
    rows[:, SOUND:LETTER] = remap(tokens, v.sound, -1)
    rows[:, LETTER:JOINED] = remap(tokens, v.used & ((1 << LENGTH_BIT) - 1) | v.length << LENGTH_BIT, 0)
    names = np.flatnonzero(cut)
    rows[names, LETTER + np.maximum((tokens[names] >= 0).sum(axis=1) - 1, 0)] |= CUT_BIT
    rows[:, JOINED] = joined.astype(np.uint32).view(np.int32)
    none = np.zeros(len(tokens), np.int32)
    return NameTable(rows, token_set, none, v, np.zeros(TOKENS + 1, np.float32))


@compiled
def _fathers_apart(
    offsets: npt.NDArray[np.int64], codes: Ints, kinds: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where the words of each name begin and end (names × 2), without the father's, then where those of each
    father's name do; and for each of these the number of the name that says it.

    The words of name k are codes[offsets[k]:offsets[k + 1]]; `kinds`: by code (`WordKind`).
    """
    n, fathers = len(offsets) - 1, 0
    spans, child = np.empty((2 * n, 2), np.int64), np.empty(n, np.int64)
    for k in range(n):
        spans[k] = offsets[k], offsets[k + 1]
        end = offsets[k + 1]
        for at in range(offsets[k] + 1, end - 1):
            if kinds[codes[at]] == WordKind.PATRONYM:
                if spans[k, 1] < end and at > spans[k, 1] + 1:  # the father's own father
                    spans[n + fathers - 1, 1] = at
                    break
                if spans[k, 1] < end:
                    continue
                spans[k, 1] = at
                spans[n + fathers] = at + 1, end
                child[fathers] = k
                fathers += 1
    return spans[: n + fathers].copy(), child[:fathers].copy()


@compiled
def _arrange_names(
    spans: npt.NDArray[np.int64], codes: Ints, kinds: npt.NDArray[np.int8], particles: npt.NDArray[np.bool_],
    usual: Ints, first: Ints, order: Ints,
) -> Ints:  # fmt: skip
    """Return the tokens of each name (names × TOKENS, -1 pads).

    The words of name k are codes[spans[k, 0]:spans[k, 1]]; by code, `kinds` (`WordKind`), whether a word is one of
    `PARTICLES`, and the tokens that it stands for: usually, as the first of several, and as the order of birth behind a
    particle (-1: it is none).
    """
    out = np.full((len(spans), TOKENS), -1, np.int32)
    for k in range(len(spans)):
        a, end = spans[k]
        behind, degree = end, end
        while behind > a + 1 and kinds[codes[behind - 1]] in (WordKind.DEGREE, WordKind.LETTER):
            behind -= 1
            if kinds[codes[behind]] == WordKind.DEGREE:
                degree = behind
        if degree < end:
            end = behind
        used = 0
        if a + 1 < end and particles[codes[a]] and order[codes[a + 1]] >= 0:
            out[k, 0] = order[codes[a + 1]]
            used, a = 1, a + 2
        for at in range(a, end):
            kind = kinds[codes[at]]
            if kind == WordKind.TITLE or (kind == WordKind.DEGREE and used > 0):
                continue
            if used < TOKENS:
                out[k, used] = first[codes[at]] if used == 0 and at + 1 < end else usual[codes[at]]
                used += 1
        if used == 0 and end > a:
            out[k, 0] = usual[codes[a]]
    return out


@compiled
def _name_hashes(tokens: Ints, texts: Hashes, letters: Bytes) -> tuple[Hashes, Hashes]:
    """Return for each name a hash of its tokens in any order, and one of its letters without spaces.

    `tokens`: names × TOKENS; `texts`: a hash of each token's text; `letters`: as in `Vocabulary`.
    """
    n = len(tokens)
    token_set, joined = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    for k in range(n):
        h = np.uint64(0xCBF29CE484222325)
        last = np.uint8(0)
        for at in range(TOKENS):
            t = tokens[k, at]
            if t < 0:
                break
            token_set[k] += mix(texts[t] + np.uint64(0x9E3779B97F4A7C15))
            for c in letters[t]:
                if c == 0:
                    break
                if c != last:  # NURHAYATI and NUR RHAYATI, ABDURRAHMAN and ABDUR RAHMAN
                    h = (h ^ np.uint64(c)) * np.uint64(0x100000001B3)
                last = c
        joined[k] = mix(h)
    return token_set, joined
