"""Every row leads to a run: its table says by which one it came to be as it is, or the row itself does."""

from __future__ import annotations

from datetime import datetime

import pytest

from pipelines.commands.trace import line
from pipelines.texts.lookup import Texts
from tests.support.inbox import CHILD, OLD, VILLAGE, home_in, refresh, write_list
from warehouse.connection import opened
from warehouse.contents import Parts, contents
from warehouse.home import DataHome
from warehouse.lake import declared
from warehouse.tables import lake_tables, projection
from warehouse.tracing import trace_id

Held = dict[str, Parts]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataHome, dict[str, Held]]:
    """A home after several runs, and what its tables held after each: one changes nothing, one takes back a list."""
    home, held = home_in(tmp_path_factory.mktemp("runs")), {}
    first, later = (home.inbox / "16.10.05.2036" / period / "pmks.csv" for period in ("2024", "2025"))
    other = home.inbox / "16.10.05.2037/2024/warga.csv"
    for day, run in enumerate(("begun", "same", "more", "back", "unread"), 1):
        if run == "begun":
            write_list(first, VILLAGE[:3])
        elif run == "more":
            write_list(later, [OLD, CHILD])
        elif run == "back":
            later.with_name("pmks.csv.yml").write_text("ditarik: salah kirim\n")
        elif run == "unread":
            other.parent.mkdir(parents=True)
            other.write_text("x;y\n1;2\n")
        held[run] = contents(refresh(home, run, datetime(2025, 1, day)))
    return home, held


def by_looking(held: dict[str, Held], source: str) -> str:
    """The first run since which all that is written together with a table is as it is after the last run."""
    together = lake_tables(declared(source).stage)
    states = [(run, {table: parts.get(table, {}) for table in together}) for run, parts in held.items()]
    found = states[-1][0]
    for run, state in reversed(states):
        if state != states[-1][1]:
            break
        found = run
    return found


def runs_of(home: DataHome) -> dict[tuple[str, str], str]:
    with opened(home.warehouse, read_only=True) as con:
        rows = con.execute('SELECT "table", source, run_id FROM audit.table_runs').fetchall()
    assert len(rows) == len({row[:2] for row in rows})
    return {(table, source): run for table, source, run in rows}


def test_each_table_names_the_run_since_which_it_is_as_it_is(told: tuple[DataHome, dict[str, Held]]) -> None:
    home, held = told
    found = runs_of(home)
    assert found == {key: by_looking(held, key[1]) for key in found}
    assert set(found.values()) >= {"back", "unread"}


def test_a_table_that_is_not_there_names_in_each_row_what_wrote_it(told: tuple[DataHome, dict[str, Held]]) -> None:
    home, _ = told
    known = runs_of(home).keys()
    without = {name for name, sources in projection().items() if any((name, each) not in known for each in sources)}
    by_itself = dict.fromkeys(("audit.runs", "audit.accepted_shrinks"), "run_id")
    by_itself |= dict.fromkeys(("audit.erasures", "audit.erased_rows"), "erasure_id")
    assert without == by_itself.keys()
    for name, column in by_itself.items():
        assert not next(c for c in declared(projection()[name][0]).columns if c.name == column).nullable


def test_a_trace_leads_from_a_table_to_its_run_and_back(told: tuple[DataHome, dict[str, Held]]) -> None:
    home, held = told
    found = runs_of(home)
    for (table, source), run in list(found.items())[::4]:
        assert (source, run) in {(s.values["source"], s.values["run"]) for s in trace_id(home.warehouse, table)}
    for run in held:
        wrote = [step for step in trace_id(home.warehouse, run) if step.kind == "run_wrote"]
        tables = [step.values["tables"].split(", ") for step in wrote]
        assert tables == ([sorted({table for (table, _), by in found.items() if by == run})] if wrote else [])
        assert bool(wrote) == (run in found.values())
        assert all(line(step, Texts(language)) for step in wrote for language in ("en", "id"))


def test_a_table_that_is_none_leads_nowhere(told: tuple[DataHome, dict[str, Held]]) -> None:
    assert trace_id(told[0].warehouse, "records.tidak_ada") == []
