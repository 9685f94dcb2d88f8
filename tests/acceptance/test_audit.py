"""The auditors' file has every table, says of nobody who it is, and leads from a referral to its cells by itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assets.publications.standing import DATABASE
from pipelines.commands.audit import audit
from pipelines.commands.trace import trace
from pipelines.erasure.copies import remove_leftovers
from pipelines.proof.auditing import MASKED, WHOLE
from pipelines.proof.chain_claims import other_files
from validation.declarations import Column
from warehouse.access import access_ledger
from warehouse.auditors_file import form_of
from warehouse.chain import ledger_of, read_chain
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.projection import project

COMMAND = CliRunner(env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def home(scene: DataHome, tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    """A home with both files of an auditor. Read only."""
    copy = Path(shutil.copytree(scene.root, tmp_path_factory.mktemp("audit") / "home"))
    made = DataHome(root=copy, inbox=scene.inbox, settle_seconds=0.0, workers=1)
    project(Lake(made.lake), made.warehouse)
    assert ask(made).exit_code == 0
    assert ask(made, "--whole", "--reason", "pemeriksaan").exit_code == 0
    return made


def ask(home: DataHome, *options: str) -> Result:
    return COMMAND.invoke(audit, ["--data", str(home.root), "--lang", "en", *options])


def file_of(home: DataHome, name: str = MASKED) -> Path:
    return home.published / "audit" / name


def broken(home: DataHome) -> list[str]:
    links, _ = read_chain(ledger_of(home))
    return other_files(home, links)


def test_no_cell_of_it_says_who_somebody_is(home: DataHome) -> None:
    named = ["nama", "nik", "no_kk", "alamat", "nama_ibu"]
    people = Lake(home.lake).read("accepted")[named].astype("object").to_numpy().ravel().tolist()
    private = {value for value in people if isinstance(value, str) and len(value) > 3}
    assert private
    with opened(file_of(home), read_only=True) as con:
        columns = con.execute(
            "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
            "WHERE data_type LIKE 'VARCHAR%' AND NOT internal ORDER BY ALL"
        ).fetchall()
        for table, column in columns:
            held = con.execute(f'SELECT DISTINCT "{column}"::VARCHAR FROM {table}').fetchall()
            assert not [1 for (text,) in held if text and any(value in text for value in private)], f"{table}.{column}"
        numbers = con.execute("SELECT nik FROM records.accepted WHERE nik IS NOT NULL").fetchall()
    assert numbers and all(number[4:-4] == "•" * (len(number) - 8) for (number,) in numbers)


def test_it_has_as_many_rows_as_the_warehouse_and_the_whole_one_the_same(home: DataHome) -> None:
    for name in (MASKED, WHOLE):
        with opened(file_of(home, name), read_only=True) as con:
            con.execute(f"ATTACH '{home.warehouse}' AS source (READ_ONLY)").fetchall()
            for table in ("records.accepted", "referrals.history", "audit.checks", "audit.column_lineage"):
                other = con.execute(f"SELECT * FROM source.{table} EXCEPT ALL SELECT * FROM {table}").fetchall()
                rows = [con.execute(f"SELECT count(*) FROM {t}").fetchall() for t in (table, f"source.{table}")]
                assert rows[0] == rows[1]
                assert bool(other) == (name == MASKED and table == "records.accepted"), table
            assert con.execute("SELECT count(*) FROM referrals.as_of(TIMESTAMP '2030-01-01')").fetchall() != [(0,)]
            entries = con.execute("SELECT head FROM audit.chain ORDER BY line").fetchall()
            assert entries == [(link.head,) for link in read_chain(ledger_of(home))[0][: len(entries)]]


def test_a_referral_is_traced_in_it_without_a_data_home(home: DataHome, tmp_path: Path) -> None:
    alone = shutil.copy(file_of(home), tmp_path / "alone.duckdb")
    referral = Lake(home.lake).read("referrals")["referral_id"].min()
    there = COMMAND.invoke(trace, [referral, "--data", str(home.root)])
    assert there.output.startswith(f"referral {referral}")
    assert COMMAND.invoke(trace, [referral, "--file", str(alone)]).output == there.output


def test_the_whole_one_wants_a_reason_and_is_logged(home: DataHome) -> None:
    assert ask(home, "--whole").exit_code == ask(home, "--reason", "tanpa alasan").exit_code == 2
    last = json.loads(access_ledger(home).read_text().splitlines()[-1])
    assert (last["file"], last["purpose"]) == (f"published/audit/{WHOLE}", "pemeriksaan")


def test_a_changed_file_is_found_and_one_that_is_gone_is_no_loss(home: DataHome, tmp_path: Path) -> None:
    copy = DataHome(root=Path(shutil.copytree(home.root, tmp_path / "home")), inbox=home.inbox)
    assert broken(copy) == []
    file_of(copy, WHOLE).unlink()
    assert broken(copy) == []
    file_of(copy).write_bytes(file_of(copy).read_bytes() + b"\0")
    assert broken(copy) == [f"published/audit/{MASKED}"]
    remove_leftovers(copy)  # as an erasure does; the refresh after it makes directorates' databases again
    assert {path.rpartition("/")[2] for path in broken(copy)} == {DATABASE} and not file_of(copy).exists()


def test_what_is_said_of_a_person_and_not_declared_is_hidden() -> None:
    assert form_of(Column("agama", "VARCHAR", "", "sensitif")) == "hidden"
    assert form_of(Column("nik", "VARCHAR", "", "sensitif")) == "masked"
    assert form_of(Column("path", "VARCHAR", "", "operasional")) == "whole"
