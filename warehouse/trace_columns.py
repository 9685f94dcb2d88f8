"""From a table to the runs that wrote its rows; from a column back to all that it is made from and forwards to what is
made of it, as declared, without any row."""

from __future__ import annotations

from warehouse.trace_steps import Looked, Step, ask, minute, step_of


def column_steps(look: Looked, any_id: str) -> list[Step]:
    """The way of a column (`households.persons.nik`, `published.rujukan.nik`); [] for what is none.

    Each column on the way back stands once, nearest first, with its own sources.
    """
    table, _, column = any_id.rpartition(".")
    steps: list[Step] = []
    ahead, seen = [(table, column)], {(table, column)}
    while ahead:
        place, *ahead = ahead
        sources = ask(
            look,
            'SELECT source_table, source_column, how FROM audit.column_lineage WHERE "table" = ? AND "column" = ? '
            "ORDER BY ALL",
            *place,
        )
        if sources:
            how = ", ".join(dict.fromkeys(how for *_, how in sources))
            named = ", ".join(f"{a}.{b}" for a, b, _ in sources)
            steps.append(step_of("made_from" if steps else "column", id=".".join(place), how=how, sources=named))
        new = [(a, b) for a, b, _ in sources if (a, b) not in seen]
        seen |= set(new)
        ahead += new
    made = ask(
        look,
        'SELECT DISTINCT "table" || \'.\' || "column" FROM audit.column_lineage '
        "WHERE source_table = ? AND source_column = ? ORDER BY ALL",
        table,
        column,
    )
    if made:
        steps.append(step_of("goes_into", id=any_id, columns=", ".join(name for (name,) in made)))
    return steps


def table_steps(look: Looked, any_id: str) -> list[Step]:
    """The runs by which the rows of a table (`records.accepted`) came to be as they are, one for each lake table that
    it is made from; [] for what is none."""
    runs = ask(
        look, 'SELECT source, run_id, finished_at FROM audit.table_runs WHERE "table" = ? ORDER BY source', any_id
    )
    return [step_of("table_run", id=any_id, source=source, run=run, at=minute(at)) for source, run, at in runs]


def tables_of_run(look: Looked, run_id: str) -> list[str]:
    """The tables of which rows are today as a run wrote them."""
    found = ask(look, 'SELECT DISTINCT "table" FROM audit.table_runs WHERE run_id = ? ORDER BY 1', run_id)
    return [name for (name,) in found]
