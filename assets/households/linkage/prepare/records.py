"""Records as arrays: each column cleaned and coded once, so that comparing two records touches integers only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.households.linkage.arrays.text import (
    Hashes,
    Ints,
    Records,
    codes_and_values,
    column_hashes,
    looked_up,
    mixed,
    remap,
    row_hashes,
    text_column,
    text_hashes,
)
from assets.households.linkage.prepare.fields import (
    ADDRESS,
    BIRTHPLACE,
    CROWD,
    DAY,
    DUSUN,
    FATHER,
    FROM_AGE,
    HEAD,
    IS_HEAD,
    KK,
    LIST,
    MONTH,
    MOTHER,
    NAME,
    NIK,
    PERIOD,
    RECORD_ROW,
    ROLE,
    RT,
    RW,
    SEX,
    VILLAGE,
    YEAR,
    Role,
    Sex,
    no_fields,
    put_in_order,
)
from assets.households.linkage.prepare.house_numbers import Numbers
from assets.households.linkage.prepare.identifiers import card_numbers, nik_numbers
from assets.households.linkage.prepare.tokens import NameTable, address_table, name_table
from validation.cleaning import clean
from validation.hamlets import hamlet
from validation.periods import end_month

_REGION = re.compile(r"^(?:KAB|KABUPATEN|KOTA|DUSUN|DSN|DK|DUKUH)\.? ")
CROWDED = 150
"""Records of one address above which it names a hamlet or an institution and no house."""


@dataclass(frozen=True)
class Prepared:
    """One row a record in canonical order, whatever order the records came in.

    It sorts by village, card or head of household, and hash of the record's id, so that what is compared together is
    together in memory.

    `order` maps canonical to input rows; `sort_key` and `record_hash` are what it sorts by; `fields` (records ×
    COLUMNS) holds what `RecordRow` says; `texts` for each column of distinct texts the hash of each code's text, which
    is the same in every set of records.
    """

    order: npt.NDArray[np.int64]
    sort_key: Hashes
    record_hash: Hashes
    fields: Ints
    names: NameTable
    addresses: NameTable
    texts: dict[int, Hashes]

    def __len__(self) -> int:
        return len(self.order)

    @property
    def row_of(self) -> npt.NDArray[np.int64]:
        """The canonical row of each input row: `order` the other way round."""
        rows = np.empty(len(self), np.int64)
        rows[self.order] = np.arange(len(self))
        return rows

    def hashes_of(self, field: int) -> Hashes:
        """Return the hash of each record's text in one of the columns of `texts`, 0 where there is none."""
        return looked_up(self.texts[field], self.fields[:, field])

    @property
    def rows(self) -> npt.NDArray[np.void]:
        """The fields as structures, one `RecordRow` a record, over the same memory: `rows["year"]`."""
        return self.fields.view(RECORD_ROW)[:, 0]

    @property
    def nik(self) -> Hashes:
        """The digits of the NIKs as `packed_digits`, 0 where there are none."""
        return self.rows["nik"]

    @property
    def kk(self) -> Hashes:
        """The digits of the KKs, likewise."""
        return self.rows["kk"]


def prepare(records: Records, placeholders: dict[str, Hashes] | None = None, hashes: Hashes | None = None) -> Prepared:
    """Clean and code the columns that matching uses; of the contract's columns only `record_id` is required.

    `placeholders`: for `nik` and `no_kk` the hashes of the texts that too many records carry, for `alamat` those of
    crowded addresses (`address_hashes`), where the records are a part of a larger set; else they are counted.
    `hashes`: what `hashes_of_ids` gives, where the ids themselves were left behind.
    Raises ValueError where a record id is missing or stands twice. Writes nothing back: cleaned values serve
    comparison only.
    """
    n = len(records)
    hashes = hashes_of_ids(records) if hashes is None else hashes
    fields, common = no_fields(n), placeholders or {}
    texts: dict[int, Hashes] = {}
    names = _names(records, fields)
    village = column_hashes(records, "kode_desa")
    addresses = _addresses(records, village, common.get("alamat"), fields)
    for column, field, read in (
        ("dusun", DUSUN, hamlet), ("kode_desa", VILLAGE, region), ("tempat_lahir", BIRTHPLACE, region),
    ):  # fmt: skip
        fields[:, field], texts[field] = _plain(records, column, read)
    fields[:, RT], fields[:, RW] = _number(records, "rt"), _number(records, "rw")
    fields[:, LIST], texts[LIST] = list_numbers(records)
    fields[:, PERIOD] = _periods(records)
    _dates(records, fields)
    fields[:, SEX] = _sexes(records)
    fields[:, ROLE] = _roles(records)
    own = names.token_set
    heads = (fields[:, NAME] >= 0) & (looked_up(own, fields[:, NAME]) == looked_up(own, fields[:, HEAD]))
    fields[:, IS_HEAD] = heads | (fields[:, ROLE] == Role.HEAD)
    digits = fields.view(np.uint64)
    digits[:, NIK // 2] = nik_numbers(records, common.get("nik"), fields)
    digits[:, KK // 2] = card_numbers(records, common.get("no_kk"))
    sort_key = _sort_keys(village, digits[:, KK // 2], fields[:, HEAD], names)
    order = np.lexsort((hashes, sort_key))
    put_in_order(fields, order, names.rows)
    return Prepared(order, sort_key[order], hashes[order], fields, names, addresses, texts)


def hashes_of_ids(records: Records) -> Hashes:
    """Return a hash of each record's id. Raises ValueError where an id is missing or stands twice."""
    ids = text_column(records, "record_id")
    if ids is None or ids.null_count:
        raise ValueError("every record needs a record_id")
    hashes = text_hashes(ids)
    in_order = np.sort(hashes)
    if (in_order[1:] == in_order[:-1]).any() and records["record_id"].duplicated().any():
        raise ValueError("a record_id stands on more than one row")
    return hashes


def _names(records: Records, fields: Ints) -> NameTable:
    """Return the names of people, heads, mothers and fathers, and write their numbers into `fields`."""
    people = _shared(records, ("nama", "kepala_keluarga", "nama_ibu", "nama_ayah"))
    names, father = name_table(people.values)
    for field, codes in zip((NAME, HEAD, MOTHER, FATHER), people.codes, strict=True):
        fields[:, field] = names.stated(codes)
    fields[:, FATHER] = np.where(fields[:, FATHER] >= 0, fields[:, FATHER], remap(fields[:, NAME], father, -1))
    return names


def _addresses(records: Records, village: Hashes, common: Hashes | None, fields: Ints) -> NameTable:
    """Return the addresses, and write their numbers, and which are crowded (`common`: as in `prepare`), into
    `fields`."""
    texts = _shared(records, ("alamat",))
    addresses, at = address_table(texts.values), texts.codes[0]
    crowded = _crowded(_address_hashes(row_hashes(at, texts.values), village), common)
    fields[:, ADDRESS] = np.where(crowded, -1, addresses.stated(at))
    of_one = np.isin(addresses.numbers, (Numbers.HOUSE, Numbers.INSTITUTION))
    numbered = np.where(of_one, addresses.token_set, np.uint64(0))
    fields.view(np.uint64)[:, CROWD // 2] = np.where(crowded, looked_up(numbered, at), 0)
    return addresses


def address_hashes(records: Records) -> Hashes:
    """Return a hash of each record's address and village as they are written, 0 where there is no address."""
    return _address_hashes(column_hashes(records, "alamat"), column_hashes(records, "kode_desa"))


def _address_hashes(address: Hashes, village: Hashes) -> Hashes:
    return np.where(address == 0, 0, mixed(address, village))


def _crowded(addresses: Hashes, common: Hashes | None) -> npt.NDArray[np.bool_]:
    """Say which records have an address that too many records have."""
    if common is not None:
        return np.isin(addresses, common)
    number = pd.factorize(addresses)[0]
    return np.asarray((np.bincount(number, minlength=1)[number] > CROWDED) & (addresses > 0))


def _sort_keys(village: Hashes, kk: Hashes, head: Ints, names: NameTable) -> Hashes:
    """Return for each record a key that sorts by village and, within it, by card or head of household."""
    heads = np.append(names.vocabulary.sound_hash, np.uint64(0))[names.tokens].sum(axis=1, dtype=np.uint64)
    household = np.where(kk > 0, kk, looked_up(heads, head))
    top, rest = np.uint64(40), np.uint64(24)
    return np.asarray(village >> top << top | household * np.uint64(0x9E3779B97F4A7C15) >> rest)


@dataclass(frozen=True)
class _Shared:
    codes: Ints
    values: pa.Array


def _shared(records: Records, columns: tuple[str, ...]) -> _Shared:
    """Code several columns by one list of distinct texts."""
    parts = [codes_and_values(text_column(records, c), len(records)) for c in columns]
    joined = pa.concat_arrays([values for _, values in parts]).dictionary_encode()
    numbers = joined.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    starts = np.cumsum([0] + [len(values) for _, values in parts])
    codes = [remap(c, numbers[starts[k] : starts[k + 1]], -1) for k, (c, _) in enumerate(parts)]
    return _Shared(np.stack(codes), joined.dictionary)


def region(text: str) -> str:
    """Leave out of a cleaned place the word that only says its level."""
    return _REGION.sub("", text)


def cleaned_places(values: pa.Array) -> list[str]:
    """Leave of the texts of places their letters, digits and full stops."""
    cleaned: list[str] = clean(values, r"\p{L}\p{N}.").to_pylist()
    return cleaned


def _plain(records: Records, column: str, read: Callable[[str], str]) -> tuple[Ints, Hashes]:
    """Code a column by its cleaned text, as `read` once for each distinct one."""
    codes, values = codes_and_values(text_column(records, column), len(records))
    cleaned = pa.array(map(read, cleaned_places(values)), pa.large_string()).dictionary_encode()
    numbers = cleaned.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    empty = pc.index(cleaned.dictionary, "").as_py()
    return remap(codes, np.where(numbers == empty, -1, numbers), -1), text_hashes(cleaned.dictionary)


def _number(records: Records, column: str) -> Ints:
    codes, values = codes_and_values(text_column(records, column), len(records))
    digits = pc.struct_field(pc.extract_regex(values, r"(?P<d>\d{1,4})"), "d")
    numbers = digits.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    return remap(codes, np.where(numbers == 0, -1, numbers), -1)


LISTED_BY = ("submission_id", "sheet", "sumber", "periode", "kode_desa")
"""The columns that say of which list a record is."""


def list_numbers(records: Records) -> tuple[Ints, Hashes]:
    """Number the lists: one submission's sheet, or one source in one period and village."""
    source = "submission_id" if "submission_id" in records.columns else "sumber"
    if source not in records.columns:
        return np.full(len(records), -1, np.int32), np.zeros(0, np.uint64)
    rest = ["sheet"] if source == "submission_id" and "sheet" in records.columns else ["periode", "kode_desa"]
    key, values = codes_and_values(text_column(records, source), len(records))
    out, spread = key.astype(np.int64), row_hashes(key, values)
    for column in rest:
        more, values = codes_and_values(text_column(records, column), len(records))
        out = out * (len(values) + 1) + more + 1
        spread = spread * np.uint64(0x9E3779B97F4A7C15) + row_hashes(more, values)
    packed, first = pd.factorize(out)[0].astype(np.int32), ~pd.Series(out).duplicated().to_numpy()
    return np.where(key < 0, -1, packed).astype(np.int32), spread[first]


def _periods(records: Records) -> Ints:
    """Months since year 0 at the end of each record's period (`2024`, `2024-S1`, `2024-06`), 0 where there is none."""
    codes, values = codes_and_values(text_column(records, "periode"), len(records))
    ends = [end_month(v) for v in values.to_pylist()]
    return remap(codes, np.array(ends, np.int32), 0)


def _dates(records: Records, fields: Ints) -> None:
    codes, values = codes_and_values(text_column(records, "tanggal_lahir"), len(records))
    ymd = pc.extract_regex(values, r"^(?P<y>\d{4})\D?(?P<m>\d\d)\D?(?P<d>\d\d)")
    dmy = pc.extract_regex(values, r"^(?P<d>\d{1,2})\D(?P<m>\d{1,2})\D(?P<y>\d{4})")
    year = pc.extract_regex(values, r"^(?P<y>\d{4})")
    for part, place in (("y", YEAR), ("m", MONTH), ("d", DAY)):
        found = pc.coalesce(pc.struct_field(ymd, part), pc.struct_field(dmy, part))
        if part == "y":
            found = pc.coalesce(found, pc.struct_field(year, part))
        fields[:, place] = remap(codes, found.cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False), 0)
    fields[:, FROM_AGE] = 0
    if "presisi_lahir" in records.columns:
        rough = records["presisi_lahir"]
        fields[rough.isin(["tahun", "umur"]).to_numpy(), MONTH : DAY + 1] = 0
        fields[rough.eq("bulan").fillna(False).to_numpy(bool), DAY] = 0
        fields[rough.eq("umur").fillna(False).to_numpy(bool), FROM_AGE] = 1
    if "umur" in records.columns:
        age = pd.to_numeric(records["umur"], errors="coerce").fillna(-1).to_numpy(np.float64).astype(np.int32)
        use = (fields[:, YEAR] == 0) & (age >= 0) & (fields[:, PERIOD] > 0)
        fields[use, YEAR] = (fields[use, PERIOD] - 1) // 12 - age[use]
        fields[use, FROM_AGE] = 1


def _sexes(records: Records) -> Ints:
    codes, values = codes_and_values(text_column(records, "jenis_kelamin"), len(records))
    meaning = {"L": Sex.MAN, "M": Sex.MAN, "P": Sex.WOMAN, "F": Sex.WOMAN, "W": Sex.WOMAN}
    sexes = [meaning.get(v[:1].upper(), Sex.UNKNOWN) for v in values.to_pylist()]
    return remap(codes, np.array(sexes, np.int32), Sex.UNKNOWN)


@cache
def _relation_groups() -> dict[str, int]:
    table = pd.read_csv(Path(__file__).parent / "relations.csv", dtype=str)
    return {r: Role[g.upper()] for r, g in zip(table["relation"], table["group"], strict=True)}


def _roles(records: Records) -> Ints:
    codes, values = codes_and_values(text_column(records, "hubungan"), len(records))
    groups = _relation_groups()
    return remap(codes, np.array([groups.get(v.strip().upper(), -1) for v in values.to_pylist()], np.int32), -1)


def village_hashes(records: Records) -> Hashes:
    """Return the hash of each record's village, in the order given (else as `Prepared.hashes_of`)."""
    codes, texts = _plain(records, "kode_desa", region)
    return looked_up(texts, codes)
