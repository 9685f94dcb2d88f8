"""Which columns are published, to whom and in which form: read off the declarations, and nothing else gets out.

Danger: a NIK that everybody may read, two directorates that join their files by a person's id, or a person with HIV
who is named in a list that lies on a desk. Remedy: a column is published only where its declaration names a form;
numbers are masked, ids are pseudonyms that differ by directorate, and referrals in a restricted category are without
whatever tells who it is, except in the restricted file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.publications.masks import DOT, SHOWN_ENDS
from validation.categories import restricted_categories
from warehouse.secret_key import derived
from warehouse.tables import tables

DIRECTORATE, SEALED, RESTRICTED = "directorate", "sealed", "restricted"
_CROCKFORD = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", dtype=np.uint8)
"""The letters of our ids, which leave out what can be misread."""
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_RECORD_ID_DIGITS = 32
_BLOCK = hashlib.sha256().block_size


def form_of(declared: str, publication: str) -> str | None:
    """The form in which a declared column (`persons.nik`) is published; None: not at all."""
    table, _, name = declared.partition(".")
    columns = {column.name: column for column in tables()[table].columns}
    return columns[name].published.get(publication)


@dataclass(frozen=True)
class Pseudonyms:
    """Makes pseudonyms of one directorate: the same id always gets the same one, another directorate's never."""

    key: bytes
    directorate: str

    def of(self, ids: pa.Array, purpose: str) -> pa.Array:
        """Pseudonyms in the form of the ids, of one purpose: those of two purposes cannot be joined either. Lists of
        ids give lists."""
        if pa.types.is_list(ids.type):
            made = self.of(ids.values, purpose)
            return pa.ListArray.from_buffers(ids.type, len(ids), ids.buffers()[:2], offset=ids.offset, children=[made])
        coded, key = ids.dictionary_encode(), derived(self.key, f"{self.directorate} {purpose}")
        names = coded.dictionary
        digests = hmac_digests(key, names.to_pylist())
        made, is_record = _in_hex(digests), pc.equal(pc.utf8_length(names), _RECORD_ID_DIGITS)
        if not pc.all(is_record).as_py():
            own = pc.binary_join_element_wise(pc.utf8_slice_codeunits(names, 0, 1), _in_letters(digests), "")
            made = pc.if_else(is_record, made, own)
        return made.take(coded.indices)


def hmac_digests(key: bytes, texts: Sequence[str]) -> npt.NDArray[np.uint8]:
    """HMAC-SHA-256 (RFC 2104) of each text, a row each. The key is hashed once for all of them; the library's own call
    does so for each, and takes three times as long.

    >>> import hmac
    >>> hmac_digests(b"key", ["text"]).tobytes() == hmac.digest(b"key", b"text", "sha256")
    True
    """
    block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    made = []
    for text in texts:
        within, whole = inner.copy(), outer.copy()
        within.update(text.encode())
        whole.update(within.digest())
        made.append(whole.digest())
    return np.frombuffer(b"".join(made), dtype=np.uint8).reshape(len(made), outer.digest_size)


def _in_letters(digests: npt.NDArray[np.uint8]) -> pa.Array:
    """The first 80 bits of each digest in 16 letters."""
    halves = np.zeros((len(digests), 2, 8), dtype=np.uint8)
    halves[:, :, 3:] = digests[:, :10].reshape(-1, 2, 5)
    numbers = halves.view(">u8").astype(np.uint64)
    digits = numbers >> np.arange(35, -1, -5, dtype=np.uint64) & np.uint64(31)
    return _texts(_CROCKFORD[digits.reshape(len(digests), 16).astype(np.intp)])


def _in_hex(digests: npt.NDArray[np.uint8]) -> pa.Array:
    """The first digits of each digest as text, as many as a record's id has."""
    digits = np.stack([digests >> 4, digests & 15], axis=2).reshape(len(digests), 2 * digests.shape[1])
    return _texts(_HEX[digits[:, :_RECORD_ID_DIGITS]])


def _texts(letters: npt.NDArray[np.uint8]) -> pa.Array:
    """One text a row of letters."""
    count, width = letters.shape
    ends = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(letters.tobytes()))


def shaped(
    table: pa.Table,
    declared: Mapping[str, str],
    publication: str,
    pseudonyms: Pseudonyms,
    made: dict[tuple[str, str], pa.Array] | None = None,
) -> pa.Table:
    """The columns of a table that one publication has, each in its form.

    `declared`: for each column the declared column whose rule it follows. In the files of a directorate, rows of
    restricted categories follow the rule for `sealed`. `made`: columns of the same table in a form that another
    publication has made already; what is made here is added.
    """
    made = {} if made is None else made
    sealed = pc.is_in(table["kode_pmks"].combine_chunks(), pa.array(sorted(restricted_categories()), pa.string()))
    hides = publication == DIRECTORATE and bool(pc.any(sealed).as_py())
    at = np.arange(len(table))
    at[sealed.to_numpy(zero_copy_only=False)] = len(table) + np.arange(pc.sum(sealed).as_py() or 0)
    fields, columns = [], []
    for name, rule in declared.items():
        form = form_of(rule, publication)
        if form is None:
            continue
        fields.append(table.schema.field(name))
        if (name, form) not in made:
            made[name, form] = _in_form(table[name].combine_chunks(), form, pseudonyms, DIRECTORATE)
        column = made[name, form]
        if hides and (form == "pseudonym" or form_of(rule, SEALED) != form):
            hidden = _in_form(table[name].combine_chunks().filter(sealed), form_of(rule, SEALED), pseudonyms, SEALED)
            column = pa.concat_arrays([column, hidden]).take(pa.array(at))
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _in_form(values: pa.Array, form: str | None, pseudonyms: Pseudonyms, purpose: str) -> pa.Array:
    if form is None:
        return pa.nulls(len(values), values.type)
    if form == "masked":
        return _all_masked(values)
    return pseudonyms.of(values, purpose) if form == "pseudonym" else values


def _all_masked(numbers: pa.Array) -> pa.Array:
    """Each number of a column as `masked` has it."""
    lengths = pc.utf8_length(numbers)
    hidden = pc.subtract(lengths, 2 * SHOWN_ENDS)
    ends = [pc.utf8_slice_codeunits(numbers, 0, SHOWN_ENDS), pc.utf8_slice_codeunits(numbers, -SHOWN_ENDS, None)]
    shown = pc.binary_join_element_wise(ends[0], pc.binary_repeat(DOT, pc.max_element_wise(hidden, 0)), ends[1], "")
    return pc.if_else(pc.less(hidden, SHOWN_ENDS), pc.binary_repeat(DOT, lengths), shown)
