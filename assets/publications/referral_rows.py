"""The rows of one directorate: its referrals with who and where, before anything is hidden.

A list of a million people is put together as columns: for each key its row in the other table is found once, and what
is wanted of it is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, reduce
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.publications.doubles import possible_doubles
from validation.categories import pmks_types, restricted_categories
from validation.regions import village
from warehouse.tables import ARROW_TYPES

ORDER = ["kode_desa", "nama", "kode_pmks", "referral_id"]
SHARED = ("unit", "tujuan", "tujuan_kini", "alasan", "basis", "rule_id", "rule_set", "run_id")
"""Texts of referrals that many of them share, long ones among them. Like the names of places they are kept once
(dictionaries of Arrow), from the reading to the files: else they are most of a list."""
_NAMES = ("kategori", "desa", "kecamatan", "kabupaten", "provinsi")


@cache
def columns() -> pd.DataFrame:
    """The published columns in order, from `referral_columns.csv`, one row a column."""
    path = Path(__file__).parent / "referral_columns.csv"
    return pd.read_csv(path, dtype={"sheet_order": "Int64", "width": "Int64"})


class SheetColumn(NamedTuple):
    """A published column as the sheet of all columns shows it: `width` in letters, `is_answer`: filled in there."""

    column: str
    header: str
    width: int
    is_date: bool
    is_answer: bool
    description: str


@cache
def sheet_columns() -> list[SheetColumn]:
    """The columns of the sheet of all columns, in its order."""
    shown = columns().dropna(subset=["sheet_order"]).sort_values("sheet_order")
    return [
        SheetColumn(
            row["column"], row["header"], row["width"], row["type"] == "DATE", row["source"] == "answer",
            row["description"],
        )
        for row in shown.to_dict("records")
    ]  # fmt: skip


def columns_of(source: str, *keys: str) -> list[str]:
    """The columns of persons or households that `referral_table` reads: `keys`, those of `source`, and the address."""
    return [*keys, *columns()[columns()["source"].isin([source, "address"])]["column"]]


def referral_table(
    directorate: str,
    referrals: pd.DataFrame,
    persons: pd.DataFrame,
    households: pd.DataFrame,
    answers: pd.DataFrame,
    possible: pd.DataFrame,
) -> pa.Table:
    """The table of one directorate before any policy: columns and types of `referral_columns.csv`, by village and name,
    texts that repeat as dictionaries (`SHARED`; they may come so, too).

    A person's address is that of the person's latest list, or else the household's. `answers`: the answer that counts
    for each referral (`latest_answers`), shown beside it. `possible`: pairs of households that may be one. Raises
    `ValueError` if a referral's person or household is missing.
    """
    is_mine = referrals["directorate"] == directorate
    mine = referrals if is_mine.all() else referrals[is_mine]
    of = {source: group["column"].tolist() for source, group in columns().groupby("source")}
    made = {name: _as_array(mine[name], name) for name in of["referral"]}
    home = _rows_of([made["household_id"]], households["household_id"])[0]
    heads = _taken(home, households, {"head": "head_person_id"})
    person, head = _rows_of([made["person_id"], heads["head"]], persons["person_id"])
    for key, rows in (("person_id", person), ("household_id", home)):
        if rows.null_count:
            absent = f"{rows.null_count} referrals of {directorate} have a {key}"
            raise ValueError(f"{absent} that is not in the table of {key}s")
    order = _order(made | _taken(person, persons, {"nama": "nama"}))
    made = {name: values.take(order) for name, values in made.items()}
    home, person, head = (rows.take(order) for rows in (home, person, head))
    made |= _taken(home, households, {"anggota": "members"})
    made |= _taken(person, persons, _same([*of["person"], *of["address"]]))
    at_home = _taken(home, households, _same(of["address"]))
    homeless = reduce(pc.and_, [made[name].is_null() for name in of["address"]])
    made |= {name: pc.if_else(homeless, at_home[name], made[name]) for name in of["address"]}
    made |= _taken(head, persons, {"kepala": "nama"})
    code = made["kode_pmks"]
    made["terbatas"] = pc.is_in(code, pa.array(sorted(restricted_categories()), code.type))
    kinds = pd.DataFrame([(kind, of_kind.nama) for kind, of_kind in pmks_types().items()], columns=["kode", "kategori"])
    for keys, frame, key in (
        (code, kinds, "kode"),
        (made["referral_id"], _answered(answers), "referral_id"),
        (made["referral_id"], possible_doubles(mine, possible), "referral_id"),
        (made["kode_desa"], places(mine["kode_desa"]), "kode_desa"),
    ):
        made |= _beside(keys, frame, key, _same(name for name in frame.columns if name != key))
    schema = pa.schema(
        [
            pa.field(name, _type_of(name), metadata={"description": text})
            for name, text in columns()[["column", "description"]].itertuples(index=False)
        ]
    )
    return pa.Table.from_arrays([made[name] for name in schema.names], schema=schema)


def _order(made: Mapping[str, pa.Array]) -> pa.Array:
    """The rows by village and name. All else is taken in this order at once, or it would be moved twice."""
    by = pa.table({name: made[name] for name in ORDER})
    return pc.sort_indices(by, [(name, "ascending") for name in ORDER])


@cache
def _type_of(column: str) -> pa.DataType:
    """The type in which a published column is kept; that of ids for a key."""
    kinds = dict(zip(columns()["column"], columns()["type"], strict=True))
    kind = ARROW_TYPES[kinds.get(column, "VARCHAR")]
    return pa.dictionary(pa.int32(), kind) if column in (*SHARED, *_NAMES) else kind


def in_full(table: pa.Table) -> pa.Table:
    """A table with texts in the place of dictionaries, as its readers expect it."""
    fields = [f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields, table.schema.metadata))


def _as_array(values: pd.Series, column: str) -> pa.Array:
    """The values of a published column in its type."""
    array = pa.array(values, from_pandas=True).cast(_type_of(column))
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _rows_of(keys: Sequence[pa.Array], known: pd.Series) -> list[pa.Array]:
    """The row of each key in the table whose keys are `known`, for several columns of as many keys at once, since a
    table of a million people takes a while to look up in; null where there is none."""
    kind, count = keys[0].type, len(keys[0])
    rows = pc.index_in(pa.concat_arrays([column.cast(kind) for column in keys]), _as_array(known, "").cast(kind))
    return [rows.slice(at * count, count) for at in range(len(keys))]


def _same(names: Iterable[str]) -> dict[str, str]:
    return {name: name for name in names}


def _beside(keys: pa.Array, frame: pd.DataFrame, key: str, names: Mapping[str, str]) -> dict[str, pa.Array]:
    """For each of some keys what its row in a frame says: columns by their published name and that in the frame."""
    return _taken(_rows_of([keys], frame[key])[0], frame, names)


def _taken(rows: pa.Array, frame: pd.DataFrame, names: Mapping[str, str]) -> dict[str, pa.Array]:
    """What some rows of a frame say, as `_beside`."""
    return {name: _as_array(frame[source], name).take(rows) for name, source in names.items()}


def _answered(answers: pd.DataFrame) -> pd.DataFrame:
    """What the workbook's columns for answers say of each referral: as a directorate would type it."""
    reason = answers["alasan_kode"].str.cat(answers["keterangan"], sep=": ")
    reason = reason.fillna(answers["alasan_kode"]).fillna(answers["keterangan"])
    filled = answers[["referral_id"]].assign(jawaban=answers["status"], alasan_jawaban=reason)
    return filled.assign(tanggal_jawaban=pd.to_datetime(answers["tanggal_jawaban"]).astype("datetime64[us]"))


def places(codes: pd.Series) -> pd.DataFrame:
    """Names of the villages and what they lie in; an unknown code keeps empty names."""
    known = {code: village(code) for code in codes.dropna().unique()}
    rows = [(c, v.name, v.kecamatan, v.kabupaten, v.provinsi) for c, v in known.items() if v is not None]
    return pd.DataFrame(rows, columns=["kode_desa", "desa", "kecamatan", "kabupaten", "provinsi"], dtype="str")
