"""From any id of a finished warehouse the way leads to cells that really hold it, and past nobody's name."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from datetime import datetime
from io import BytesIO, StringIO
from itertools import islice
from pathlib import Path

import odfdo
import openpyxl
import pytest
from click.testing import CliRunner
from lxml import html
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
from python_calamine import CalamineWorkbook

from pipelines.commands.trace import line, trace
from pipelines.texts.lookup import Texts
from tests.support.finished import pmks
from tests.support.inbox import VILLAGE, home_in, refresh, write_list
from warehouse.connection import opened
from warehouse.id_hashes import BITS
from warehouse.lake import Lake
from warehouse.near_ids import near
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


def value_in(content: bytes, kind: str, sheet: str, cell: str) -> str:
    """What a cell of an archived file holds, past all of our own reading and, but for .xls, by another library."""
    column, row = coordinate_from_string(cell)
    right, down = column_index_from_string(column) - 1, row - 1
    if kind == "xlsx":
        return str(openpyxl.load_workbook(BytesIO(content), data_only=True)[sheet][cell].value)
    if kind == "xls":
        rows = (
            CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        )
        return str(rows[down][right])
    if kind == "ods":
        return str(odfdo.Document(BytesIO(content)).body.get_table(name=sheet).get_value((right, down)))
    if kind == "html":
        return str(html.fromstring(content).xpath("//tr")[down].xpath("./td|./th")[right].text_content()).strip()
    text = content.decode("utf-8-sig")
    return next(islice(csv.reader(StringIO(text), csv.Sniffer().sniff(text[:2000], ",;|\t")), down, None))[right]


def test_the_cells_that_a_trace_names_hold_the_name_in_the_archived_file(finished: Path) -> None:
    found = ask(
        finished,
        "SELECT s.format, record_id, nama_asli, submission_id FROM records.accepted "
        'JOIN intake.submissions s USING (submission_id) WHERE "row" > 3 '
        "QUALIFY row_number() OVER (PARTITION BY s.format ORDER BY hash(record_id)) <= 3 ORDER BY ALL",
    )
    assert {kind for kind, *_ in found} == {"csv", "html", "ods", "xls", "xlsx"}
    for kind, record, name, submission in found:
        lines = traced(finished, record)
        place = CELL.search(lines)
        cell = re.search(r"\bnama ([A-Z]+\d+)\b", lines)
        assert place is not None and cell is not None
        content = (finished / "archive" / submission[:2] / submission).read_bytes()
        assert value_in(content, kind, place["sheet"], cell[1]).strip() == name, (kind, cell[1])


def test_a_value_from_another_row_is_traced_to_the_cell_that_holds_it(finished: Path) -> None:
    values = Lake(finished / "lake").read("raw_rows").set_index(["submission_id", "sheet", "row"])
    found = ask(
        finished,
        'SELECT submission_id, sheet, "row", field, origin, cell FROM intake.sources '
        "JOIN intake.submissions USING (submission_id) WHERE format = 'xlsx' AND field <> 'kategori' "
        "ORDER BY origin, 1, 2, 3, 4",
    )
    books = {}
    for submission, sheet, row, field, _, cell in found:
        if submission not in books:
            archived = (finished / "archive" / submission[:2] / submission).read_bytes()
            books[submission] = openpyxl.load_workbook(BytesIO(archived), data_only=True)
        assert str(values.loc[(submission, sheet, row), field]) in str(books[submission][sheet][cell].value)
    submission, sheet, row, field, origin, cell = found[0]
    assert origin == "above"
    lines = traced(finished, f"{submission}!{sheet}!{row}")
    assert f"    {field} from {cell}: a row above" in lines
    assert not re.search(rf"\b{field} [A-Z]+{row}\b", lines)
    assert re.search(
        rf"  {cell} gives {field} to \d+ rows, {row} to \d+", traced(finished, f"{submission}!{sheet}!{cell}")
    )


def test_the_trace_of_a_file_names_the_columns_that_nobody_knew(tmp_path: Path) -> None:
    """And no others: the religion is known, and of no use."""
    home = home_in(tmp_path)
    path = write_list(home.inbox / "16.10.05.2036/2024/daftar.csv", VILLAGE)
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    lines = [f"{first};AGAMA;KODE QWX", *(f"{line};ISLAM;a{n}" for n, line in enumerate(rest))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    refresh(home, "r", datetime(2026, 1, 2))
    assert len(ask(home.root, "SELECT header FROM intake.columns WHERE field IS NULL AND mapped_by = 'ignored'")) == 1
    said = [each for each in traced(home.root, "16.10.05.2036/2024/daftar.csv").splitlines() if "nobody knows" in each]
    letter = get_column_letter(lines[0].count(";") + 1)
    assert len(said) == 1 and said[0].endswith(f"!{letter}1 KODE QWX")


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


def test_whatever_has_an_id_is_found_and_said_in_both_languages(finished: Path) -> None:
    ((referral, person, rule, rules, run),) = ask(
        finished, "SELECT referral_id, person_id, rule_id, rule_set, run_id FROM referrals.jamsos ORDER BY 1 LIMIT 1"
    )
    ((path, village, submission),) = ask(
        finished,
        "SELECT path, kode_desa, submission_id FROM intake.submissions WHERE outcome = 'superseded' ORDER BY 1 LIMIT 1",
    )
    kinds = {
        referral: "referral", person: "person", rule: "rule_of", rules: "rule_of", run: "run", path: "submission",
        village: "village", village.replace(".", ""): "village", submission: "submission",
    }  # fmt: skip
    for any_id, kind in kinds.items():
        steps = trace_id(finished / "warehouse.duckdb", any_id)
        assert steps[0].kind == kind, any_id
        assert all(line(step, Texts(language)) for step in steps for language in ("en", "id"))
    assert "  replaced by " in traced(finished, submission)


def test_a_cell_leads_forwards_to_the_person_and_the_referrals(finished: Path) -> None:
    ((referral, record, submission, path, sheet, row, person),) = ask(
        finished,
        'SELECT l.referral_id, l.record_id, submission_id, path, sheet, "row", l.person_id FROM audit.lineage l '
        "JOIN referrals.rehsos USING (referral_id) WHERE sheet <> '' ORDER BY 1, 2 LIMIT 1",
    )
    letter = re.search(r"\bnama ([A-Z]+)\d+\b", traced(finished, record))
    assert letter is not None
    for file in (path, submission):
        lines = traced(finished, f"{file}!{sheet.lower()}!{letter[1].lower()}{row}")
        assert f"row {row}: data, accepted" in lines
        assert f"cell {letter[1]}{row} is read as nama" in lines
        assert f"record {record} (accepted)" in lines
        assert f"is person {person}" in lines
        assert f"referral {referral} to rehsos" in lines
    ((header,),) = ask(finished, f"SELECT min(header_row) FROM intake.columns WHERE submission_id = '{submission}'")
    assert f"row {header}: header" in traced(finished, f"{path}!{sheet}!{header}")


def test_a_column_leads_back_to_the_cells_and_forwards_to_what_is_published(finished: Path) -> None:
    lines = traced(finished, "published.rujukan.nik").splitlines()
    assert lines[0] == "column published.rujukan.nik (masked): persons.nik"
    assert any(line.startswith("  raw_rows.nik (made): ") for line in lines)
    assert re.search("  accepted.nik goes into: .*persons.nik,", traced(finished, "accepted.nik"))


def test_a_person_shows_what_joined_their_records(finished: Path) -> None:
    ((person, left, right, decided_by),) = ask(
        finished,
        "SELECT m.person_id, record_id_l, record_id_r, decided_by FROM households.links "
        "JOIN households.membership m ON m.record_id = record_id_l ORDER BY match_weight DESC, 2, 3 LIMIT 1",
    )
    assert re.search(
        rf"compared {left} and {right}: weight [\d.]+, probability [\d.]+, decided by {decided_by} \(nama \d",
        traced(finished, person),
    )


def test_a_wrong_id_is_answered_with_those_near_it(finished: Path) -> None:
    warehouse = finished / "warehouse.duckdb"
    ((referral, record),) = ask(finished, "SELECT referral_id, record_ids[1] FROM referrals.rehsos ORDER BY 1 LIMIT 1")
    for wrong in (referral[:-1] + ("0" if referral[-1] != "0" else "1"), referral[:14], referral.lower()):
        assert referral in near(warehouse, wrong), wrong
    assert near(warehouse, record[:-1]) == [record]
    assert near(warehouse, "zzzz'; DROP TABLE x") == []
    said = pmks("trace", referral[:-1], "--data", finished, "--lang", "en")
    assert said.returncode == 1
    assert f"Did you mean:\n  {referral}" in said.stderr


def test_an_id_with_any_two_letters_wrong_is_found(finished: Path) -> None:
    warehouse = finished / "warehouse.duckdb"
    ((person,),) = ask(finished, "SELECT min(person_id) FROM households.persons")
    for first, second in ((0, 1), (0, len(person) // 2), (2, len(person) - 1), (len(person) // 2, len(person) - 2)):
        letters = list(person)
        letters[first] = letters[second] = "*"
        assert near(warehouse, "".join(letters)) == [person]
    assert near(warehouse, person[:3] + person[5:]) == [person]
    assert near(warehouse, "***" + person[3:]) == []


def test_what_became_of_every_list_is_counted_as_by_looking_at_every_referral(finished: Path) -> None:
    mine = "(SELECT record_id FROM records.accepted WHERE submission_id = '{}')"
    people = f"SELECT count(*), count(DISTINCT person_id) FROM households.membership WHERE record_id IN {mine}"
    of = (
        "SELECT count(DISTINCT referral_id) FROM referrals.{}, unnest(record_ids) AS e(record_id) "
        f"WHERE e.record_id IN {mine}"
    )
    for (submission,) in ask(finished, "SELECT DISTINCT submission_id FROM records.accepted"):
        steps = trace_id(finished / "warehouse.duckdb", submission)
        (counted,) = [step.values for step in steps if step.kind == "people"]
        assert [(int(counted["records"]), int(counted["people"]))] == ask(finished, people.format(submission))
        for step in (step.values for step in steps if step.kind == "referrals"):
            ((count,),) = ask(finished, of.format(step["directorate"], submission))
            assert int(step["count"]) == count


def test_a_file_without_ids_as_numbers_says_the_same(finished: Path, tmp_path: Path) -> None:
    """As an older program wrote it."""
    older = tmp_path / "older.duckdb"
    shutil.copy(finished / "warehouse.duckdb", older)
    with opened(older, read_only=False) as con:
        numbers = con.execute(
            "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
            "WHERE regexp_full_match(column_name, '(person|household|record)_hash(_r)?')"
        ).fetchall()
        for table, column in numbers:
            con.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    assert len(numbers) == 11
    ((person, household, record, referral, village),) = ask(
        finished,
        "SELECT person_id, household_id, record_ids[1], referral_id, kode_desa FROM referrals.rehsos "
        "ORDER BY len(record_ids) DESC, 4 LIMIT 1",
    )
    for any_id in (person, household, record, referral, village):
        steps = trace_id(finished / "warehouse.duckdb", any_id)
        assert steps and steps == trace_id(older, any_id)


@pytest.mark.parametrize(
    ("table", "column", "number"),
    [
        ("households.membership", "record_id", "record_hash"), ("households.membership", "person_id", "person_hash"),
        ("households.membership", "household_id", "household_hash"),
        ("households.links", "record_id_r", "record_hash_r"), ("records.accepted", "record_id", "record_hash"),
        ("referrals.jamsos", "person_id", "person_hash"), ("referrals.rehsos", "household_id", "household_hash"),
    ],
)  # fmt: skip
def test_an_id_as_a_number_is_the_end_of_its_md5(finished: Path, table: str, column: str, number: str) -> None:
    """So that whoever opens the file with another program can look for one, too."""
    rows = ask(finished, f"SELECT {column}, {number} FROM {table}")
    assert rows
    for text, found in rows:
        lower = hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:]
        assert found == int.from_bytes(lower, "little") % 2**BITS


def test_the_steps_are_there_for_other_programs(finished: Path) -> None:
    ((referral,),) = ask(finished, "SELECT min(referral_id) FROM referrals.dayasos")
    steps = json.loads(pmks("trace", referral, "--data", finished, "--json").stdout)
    assert [step["kind"] for step in steps][:2] == ["referral", "rule"]
    assert steps[0]["id"] == referral


def test_a_page_says_what_is_printed_and_every_link_leads_to_a_step(finished: Path, tmp_path: Path) -> None:
    warehouse = finished / "warehouse.duckdb"
    with opened(warehouse, read_only=True) as con:
        (person,) = con.execute(
            "SELECT person_id FROM households.membership GROUP BY 1 ORDER BY count(*) DESC, 1"
        ).fetchall()[0]
    told = CliRunner().invoke(trace, [person, "--data", str(finished), "--html", str(tmp_path / "way.html")])
    assert told.exit_code == 0, told.output
    page = html.fromstring((tmp_path / "way.html").read_text())
    said = [" ".join("".join(li.xpath("./text() | ./a/text()")).split()) for li in page.xpath("//li")]
    steps = trace_id(warehouse, person)
    assert said == [" ".join(line(step, Texts("en")).split()) for step in steps]
    assert [li.get("id") for li in page.xpath("//main/ul/li")] == [person]
    goals = page.xpath("//a/@href")
    assert goals and {goal[1:] for goal in goals} <= set(page.xpath("//li/@id"))


def test_a_referral_that_ended_and_an_id_that_was_merged_are_still_explained(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    village = home.inbox / "16.10.05.2036/2024"
    write_list(village / "pmks.csv", VILLAGE)
    refresh(home, "first", datetime(2025, 1, 1))
    (village / "pmks.csv.yml").write_text("ditarik: salah kirim\n")
    write_list(home.inbox / "16.10.05.2036/2025/pmks.csv", VILLAGE[3:])
    refresh(home, "second", datetime(2025, 1, 2))
    ((referral, directorate, person),) = ask(
        home.root,
        "SELECT referral_id, directorate, person_id FROM referrals.history WHERE person_id NOT IN "
        "(SELECT person_id FROM households.persons) ORDER BY 1 LIMIT 1",
    )
    lines = traced(home.root, referral)
    assert f"referral {referral} to {directorate}, ended" in lines
    assert "held from 2025-01-01 00:00 until 2025-01-02 00:00" in lines
    assert f"person {person}: has no records since 2025-01-02 00:00, run second" in traced(home.root, person)
