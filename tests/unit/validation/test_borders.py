"""A table that breaks its declaration is refused: the message names table, column, rule and row ids, and no value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from assets.records.building import OF_FEW_TEXTS
from assets.records.names import parse_name
from tests.support.declared import content, frame
from tests.support.records import built, raw_row
from validation.borders import InvalidTableError, check_references, check_table
from warehouse.tables import arrow_schema, tables

ACCEPTED = tables()["accepted"]
ROWS = [
    raw_row(2, nama="SITI AMINAH", nik="1610054107850003", kategori="Fakir Miskin", rt="3", rw="1"),
    raw_row(3, nama="KARTO", nik="1610050107650007", kategori="RTLH", jenis_kelamin="L"),
]
HIDDEN = "Karto 1610050107650007"
"""A text that no column allows and no message may repeat."""


def accepted(**wrong: object) -> pa.Table:
    """Accepted records as the records room makes them, the second with these values."""
    made = built(ROWS).accepted
    rows: list[dict[str, Any]] = made.astype("object").where(made.notna(), None).to_dict("records")
    rows[1] |= wrong
    return content(ACCEPTED, rows)


def refused(check: Callable[[], None]) -> InvalidTableError:
    with pytest.raises(InvalidTableError) as found:
        check()
    return found.value


def test_what_the_records_room_makes_passes_and_keeps_repeated_texts_once_in_memory() -> None:
    made = built(ROWS).accepted
    check_table(ACCEPTED, accepted())
    assert len(made) == len(ROWS)
    assert {name for name in made if made[name].dtype == "category"} == OF_FEW_TEXTS
    assert "kode_desa" in OF_FEW_TEXTS and "nik" not in OF_FEW_TEXTS


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("submission_id", None, "not null"), ("kode_desa", None, "not null"), ("kk_status", None, "not null"),
        ("kode_desa", HIDDEN, "pattern village"), ("kode_desa", "1610052036", "pattern village"),
        ("periode", "2024-13", "pattern period"), ("rt", "1", "pattern three_digits"),
        ("nama", "", "pattern a_character"), ("nik_status", HIDDEN, "one of number_statuses"),
        ("jenis_kelamin", "X", "one of sexes"), ("presisi_lahir", "jam", "one of birth_precisions"),
        ("status_hidup", HIDDEN, "one of life_statuses"), ("umur", 126, "at least 0, at most 125"),
        ("umur", -1, "at least 0, at most 125"), ("kode_pmks", ["24", HIDDEN], "one of pmks_types"),
        ("kode_pmks", [], "not empty"), ("row", 0, "at least 1"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_allowed_is_named_by_column_rule_and_row_id(column: str, value: Any, rule: str) -> None:
    held = accepted(**{column: value})
    record = held["record_id"][1].as_py()
    error = refused(lambda: check_table(ACCEPTED, held))
    assert str(error) == f"table accepted breaks its declaration: {column}: {rule} (1 row: record_id={record})"


def test_an_initial_is_a_name_and_stops_no_run() -> None:
    name = parse_name("R").text
    check_table(ACCEPTED, accepted(nama=name))


def test_a_key_that_is_wrong_itself_is_not_named() -> None:
    error = refused(lambda: check_table(ACCEPTED, accepted(record_id=HIDDEN)))
    assert str(error).endswith("record_id: pattern record_id (1 row: row 1)")


def test_rows_that_share_a_key_are_refused() -> None:
    error = refused(lambda: check_table(ACCEPTED, pa.concat_tables([accepted(), accepted()])))
    (violation,) = error.violations
    ids = [f"record_id={record}" for record in accepted()["record_id"].to_pylist()]
    assert violation == ("record_id", "no two rows alike", 4, (*ids, *ids))


def test_all_violations_are_listed_at_once_in_the_order_of_columns_and_none_with_a_value() -> None:
    wrong = {"nama": "", "kode_desa": HIDDEN, "umur": 999, "nik_status": None, "kode_pmks": [HIDDEN]}
    error = refused(lambda: check_table(ACCEPTED, accepted(**wrong)))
    assert [violation.column for violation in error.violations] == [
        "kode_desa",
        "nik_status",
        "nama",
        "umur",
        "kode_pmks",
    ]
    assert not [value for value in (HIDDEN, "KARTO", "999", "1610050107650007") if value in str(error)]


def test_few_of_many_wrong_rows_are_named_and_all_are_counted() -> None:
    rows = content(
        tables()["row_outcomes"], [{"submission_id": "s", "sheet": "", "row": -at, "outcome": "x"} for at in range(9)]
    )
    error = refused(lambda: check_table(tables()["row_outcomes"], rows))
    assert [(violation.column, violation.rows) for violation in error.violations] == [("row", 9), ("outcome", 9)]
    assert {len(violation.examples) for violation in error.violations} == {5}
    assert ", …)" in str(error)


def test_a_sensitive_part_of_a_key_is_never_shown() -> None:
    unrouted = tables()["unrouted"]
    held = pa.Table.from_pandas(frame("unrouted", {"kode_pmks": "16", "reason_code": HIDDEN}), arrow_schema("unrouted"))
    error = refused(lambda: check_table(unrouted, held))
    assert str(error).endswith("reason_code: one of unrouted_reasons (1 row: person_id=x household_id=x)")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda held: held.drop_columns("nik"), "nik: declared column is missing"),
        (lambda held: held.append_column("catatan", held["nik"]), "catatan: column is not declared"),
        (lambda held: held.select(held.schema.names[::-1]), "record_id: column is in another position"),
        (lambda held: held.select([*held.schema.names[1:], held.schema.names[0]]), "column is in another position"),
        (lambda held: held.select([held.schema.names[-1], *held.schema.names[:-1]]), "column is in another position"),
        (lambda held: held.set_column(3, "row", held["sheet"]), "row: type BIGINT"),
    ],
)
def test_other_columns_or_types_than_declared_are_refused(change: Callable[[pa.Table], pa.Table], said: str) -> None:
    assert said in str(refused(lambda: check_table(ACCEPTED, change(accepted()))))


def test_an_open_table_may_hold_more_columns() -> None:
    links = tables()["links"]
    held = pa.Table.from_pandas(frame("links", {}), arrow_schema("links"), preserve_index=False)
    check_table(links, held.append_column("gamma_nama", pa.array([1], pa.int8())))


def memberships(*records: str | None) -> pa.Table:
    return pa.Table.from_pandas(frame("membership", *({"record_id": r} for r in records)), arrow_schema("membership"))


@pytest.mark.parametrize("known", [["a", "b"], ["a", "b", *(str(n) for n in range(5000))]], ids=["few", "many"])
def test_a_reference_to_nothing_is_refused_by_row_id(known: list[str]) -> None:
    membership = tables()["membership"]
    targets = {("accepted", "record_id"): pa.array(known)}
    check_references(membership, memberships("a", "b", "a"), lambda *of: targets[of])
    error = refused(lambda: check_references(membership, memberships("a", HIDDEN, "b"), lambda *of: targets[of]))
    assert str(error).endswith("record_id: references accepted.record_id (1 row: row 1)")


def test_a_long_column_of_few_texts_is_checked_like_a_short_one() -> None:
    membership, known = tables()["membership"], {("accepted", "record_id"): pa.array(["a", "b"])}
    long = memberships("a", "b", HIDDEN).take(pa.array([0, 1] * 10_000 + [2]))
    check_references(membership, long.slice(0, 20_000), lambda *of: known[of])
    error = refused(lambda: check_references(membership, long, lambda *of: known[of]))
    assert str(error).endswith("record_id: references accepted.record_id (1 row: row 20000)")


def test_null_refers_to_nothing_and_a_table_that_was_never_written_is_not_compared_with() -> None:
    outcomes = tables()["outcomes"]
    held = pa.Table.from_pandas(frame("outcomes", {"submission_id": "s"}), arrow_schema("outcomes"))
    check_references(outcomes, held, lambda *of: pa.array(["s"]))
    check_references(outcomes, held, lambda *of: None)
    with pytest.raises(InvalidTableError, match=r"submission_id: references submissions.submission_id \(1 row"):
        check_references(outcomes, held, lambda *of: pa.array([], pa.string()))


def test_an_empty_table_holds_whatever_is_declared() -> None:
    for name, table in tables().items():
        check_table(table, arrow_schema(name).empty_table())
        check_references(table, arrow_schema(name).empty_table(), lambda *of: pa.array([], pa.string()))


def test_frames_of_missing_values_hold_no_rows_that_pass() -> None:
    missing = pd.DataFrame({name: pd.Series([None], dtype="object") for name in ACCEPTED.names})
    error = refused(lambda: check_table(ACCEPTED, pa.Table.from_pandas(missing, arrow_schema("accepted"))))
    required = [column.name for column in ACCEPTED.columns if not column.nullable]
    assert [violation.column for violation in error.violations] == required
