"""Reference pages are made from what they describe, are current, and leave nothing out."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from assets.intake.formats.messages import messages
from pipelines.cli import COMMANDS, main
from pipelines.definitions import defs
from pipelines.docs.checks import checks_page
from pipelines.docs.commands import commands_page, findings_page, helps
from pipelines.docs.flow import page, picture
from pipelines.docs.lineage import lineage_page
from pipelines.docs.tables import lake_reference, reference
from pipelines.texts import lookup
from tests.support.finished import PMKS, pmks
from validation.findings import CATALOGUE
from warehouse.connection import opened
from warehouse.projection import declared_of

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    "checks.md": checks_page,
    "commands.md": commands_page,
    "data-flow.svg": picture,
    "findings.md": findings_page,
    "lake.md": lake_reference,
    "lineage.html": lineage_page,
    "stages.md": page,
    "warehouse.md": reference,
}
OF_ONE_PATTERN = re.compile(r"^(gamma)_.+$")
"""Columns that a table has one of for each comparison stand in the page once, as a pattern."""


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_the_one_that_make_docs_writes(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == in_a_new_process(PAGES[name]), "run: make docs"


def in_a_new_process(page: Callable[[], str]) -> str:
    """`page()`, as `make docs` computes it: click keeps on a command the help option of whoever invoked it first."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(page).result()


def columns_of(warehouse: Path) -> list[tuple[str, str, str, str | None]]:
    """Table, column, type and comment of everything in a warehouse file."""
    with opened(warehouse, read_only=True) as con:
        found: list[tuple[str, str, str, str | None]] = con.execute(
            "SELECT schema_name || '.' || table_name, column_name, data_type, comment FROM duckdb_columns() "
            "WHERE NOT internal AND database_name = current_database() ORDER BY ALL"
        ).fetchall()
    return found


def sections() -> dict[str, str]:
    page = (DOCS / "warehouse.md").read_text(encoding="utf-8")
    return {part.split("\n", 1)[0].strip(): part for part in page.split("\n### ")[1:]}


def test_every_column_of_a_finished_warehouse_stands_in_the_page_with_its_type(finished: Path) -> None:
    documented = sections()
    present = columns_of(finished / "warehouse.duckdb")
    assert {table for table, *_ in present} == set(documented)
    for table, column, kind, _ in present:
        alike = OF_ONE_PATTERN.sub(r"\1_<comparison>", column)
        row = f"| `{column}` | {kind} |" if alike == column else f"`{alike}` {kind}"
        assert row in documented[table], f"{table}.{column}"


def test_every_table_and_column_of_a_finished_warehouse_carries_its_description(finished: Path) -> None:
    undescribed = [
        f"{table}.{column}"
        for table, column, _, comment in columns_of(finished / "warehouse.duckdb")
        if not comment and not OF_ONE_PATTERN.match(column)
    ]
    assert undescribed == []
    with opened(finished / "warehouse.duckdb", read_only=True) as con:
        silent = con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL "
            "UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL"
        ).fetchall()
    assert silent == []


def test_keys_are_keys_in_a_finished_warehouse(finished: Path) -> None:
    tables = sorted({table for table, *_ in columns_of(finished / "warehouse.duckdb")})
    with opened(finished / "warehouse.duckdb", read_only=True) as con:
        for table in tables:
            present = {row[0] for row in con.execute(f"DESCRIBE {table}").fetchall()}
            key = [f'"{column}"' for column in declared_of(table).key if column in present]
            if key:
                again = con.execute(
                    f"SELECT count(*) FROM (FROM {table} SELECT 1 GROUP BY {', '.join(key)} HAVING count(*) > 1)"
                ).fetchone()
                assert again == (0,), f"{table} is declared to have no two rows with the same {', '.join(key)}"


def test_the_page_names_every_command() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    for name, _ in helps(main, "pmks"):
        assert f"\n## {name}\n" in page


def test_the_installed_program_lists_the_commands_of_the_page() -> None:
    shown = pmks("--help")
    assert shown.returncode == 0, f"{PMKS}: {shown.stderr}"
    for name in COMMANDS:
        assert re.search(rf"^  {name} +\S", shown.stdout, flags=re.MULTILINE)


def test_the_page_explains_every_code_of_a_finding() -> None:
    page = (DOCS / "findings.md").read_text(encoding="utf-8")
    assert [code for code in (*CATALOGUE, *messages()) if f"\n| `{code}` | " not in page] == []


def test_every_code_that_a_run_gives_is_explained(finished: Path) -> None:
    with opened(finished / "warehouse.duckdb", read_only=True) as con:
        codes = con.execute(
            "SELECT code FROM records.findings UNION SELECT unnest(reasons) FROM records.quarantined "
            "UNION SELECT reason_code FROM intake.submissions WHERE reason_code IS NOT NULL"
        ).fetchall()
    assert codes
    assert {code for (code,) in codes} <= {*CATALOGUE, *messages()}


def test_the_page_of_checks_leaves_out_no_asset_and_nothing_that_may_be_wrong() -> None:
    page = (DOCS / "checks.md").read_text(encoding="utf-8")
    graph = defs.resolve_asset_graph()
    named = [key.to_user_string() for key in graph.get_all_asset_keys()] + [key.name for key in graph.asset_check_keys]
    codes = [key.removeprefix("doctor.").removesuffix("_do") for key in lookup.table() if key.endswith("_do")]
    assert named and codes
    assert [name for name in [*named, *codes] if f"| `{name}` |" not in page] == []
