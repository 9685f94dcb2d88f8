"""From any id of a finished warehouse the way leads to cells that really hold it, and past nobody's name."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl

from pipelines.commands.trace import line
from pipelines.texts.lookup import Texts
from warehouse.connection import opened
from warehouse.tracing import trace_id

CELL = re.compile(r"record (?P<record>[0-9a-f]{32}) \(accepted\): (?P<path>.+), sheet (?P<sheet>.+), row (?P<row>\d+)")


def ask(home: Path, sql: str) -> list[tuple[str, ...]]:
    with opened(home / "warehouse.duckdb", read_only=True) as con:
        return con.execute(sql).fetchall()


def traced(home: Path, any_id: str) -> str:
    return "\n".join(line(step, Texts("en")) for step in trace_id(home / "warehouse.duckdb", any_id))


def test_every_referral_leads_to_its_rule_its_basis_and_every_record_it_rests_on(finished: Path) -> None:
    for directorate in ("rehsos", "dayasos", "jamsos"):
        shown = "referral_id, rule_id, rule_set, basis, record_ids"
        rows = ask(finished, f"SELECT {shown} FROM referrals.{directorate} ORDER BY 1 LIMIT 8")
        assert rows
        for referral, rule, rules, basis, records in rows:
            lines = traced(finished, referral)
            assert f"referral {referral} to {directorate}" in lines
            assert f"rule {rule} of rule set {rules}" in lines
            assert basis in lines
            assert all(f"record {record} (accepted)" in lines for record in records)
            assert "held from" in lines


def test_the_cells_that_a_trace_names_hold_the_name_in_the_archived_file(finished: Path) -> None:
    found = ask(
        finished,
        "SELECT record_id, nama_asli, submission_id FROM records.accepted "
        "JOIN intake.submissions s USING (submission_id) WHERE s.format = 'xlsx' AND \"row\" > 3 "
        "ORDER BY hash(record_id) LIMIT 6",
    )
    for record, name, submission in found:
        lines = traced(finished, record)
        place = CELL.search(lines)
        cell = re.search(r"\bnama ([A-Z]+\d+)\b", lines)
        assert place is not None and cell is not None
        archived = finished / "archive" / submission[:2] / submission
        with archived.open("rb") as content:
            book = openpyxl.load_workbook(content, data_only=True)
        assert book[place["sheet"]][cell[1]].value == name


def test_persons_households_and_submissions_are_found_too(finished: Path) -> None:
    ((person, household, record, submission),) = ask(
        finished,
        "SELECT person_id, household_id, record_id, submission_id FROM households.membership "
        "JOIN records.accepted USING (record_id) ORDER BY ALL LIMIT 1",
    )
    assert f"record {record} (accepted)" in traced(finished, person)
    assert f"record {record} (accepted)" in traced(finished, household)
    assert re.search(r" referral R\w+ to (rehsos|dayasos|jamsos)", traced(finished, household))
    assert re.search(r"accepted; rows \d+, data \d+, accepted \d+", traced(finished, submission))


def test_a_row_in_quarantine_is_traced_to_its_place_and_reasons(finished: Path) -> None:
    for record, reasons, row in ask(finished, 'SELECT record_id, reasons, "row" FROM records.quarantined'):
        lines = traced(finished, record)
        assert f"record {record} (quarantined)" in lines
        assert f"row {row}" in lines
        assert all(f"error {reason}" in lines for reason in reasons)


def test_a_trace_names_no_person_and_no_number(finished: Path) -> None:
    people = ask(finished, "SELECT record_id, nama, nik, no_kk FROM records.accepted ORDER BY hash(record_id) LIMIT 30")
    for record, *private in people:
        lines = traced(finished, record)
        assert not [value for value in private if value and value in lines]


def test_an_unknown_id_leads_nowhere(finished: Path) -> None:
    assert trace_id(finished / "warehouse.duckdb", "R0' OR '1'='1") == []
