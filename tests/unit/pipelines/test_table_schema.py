"""The Columns tab of an asset says what the declaration says."""

from __future__ import annotations

from assets.support import table_schema
from warehouse.tables import tables


def test_each_column_shows_its_type_nullability_rules_and_who_may_see_it() -> None:
    shown = {column.name: column for column in table_schema("accepted").columns}
    assert list(shown) == list(tables()["accepted"].names)
    nik, status, record = shown["nik"], shown["nik_status"], shown["record_id"]
    assert (nik.type, nik.constraints.nullable, nik.tags) == ("VARCHAR", True, {"audience": "sensitif"})
    assert (status.constraints.nullable, status.constraints.other) == (False, ["one of number_statuses"])
    assert record.constraints.unique and not status.constraints.unique


def test_a_key_of_several_columns_belongs_to_the_table_and_a_reference_to_its_column() -> None:
    schema = table_schema("ledger")
    assert schema.constraints is not None and schema.constraints.other == ["key: submission_id, sheet, row"]
    (submission, *_) = schema.columns
    assert not submission.constraints.unique
    assert submission.constraints.other == ["in submissions.submission_id"]
