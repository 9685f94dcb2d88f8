"""What a data home came to: who is who, who lives where, who is referred; whatever the ids and the history."""

from __future__ import annotations

from pathlib import Path

from warehouse.connection import opened

PARTITION_OF_PERSONS = "SELECT list(record_id ORDER BY record_id) FROM households.membership GROUP BY {} ORDER BY ALL"
REFERRED = """
SELECT directorate, subject, kode_pmks, rule_id, status, list_sort(record_ids)
FROM (SELECT *, 'rehsos' AS directorate FROM referrals.rehsos UNION ALL BY NAME
      SELECT *, 'dayasos' AS directorate FROM referrals.dayasos UNION ALL BY NAME
      SELECT *, 'jamsos' AS directorate FROM referrals.jamsos) ORDER BY ALL
"""


def ask(home: Path, *queries: str) -> list[list[tuple[object, ...]]]:
    with opened(home / "warehouse.duckdb", read_only=True) as con:
        return [con.execute(query).fetchall() for query in queries]


def result_of(home: Path) -> list[list[tuple[object, ...]]]:
    """What incremental and whole runs must agree on: records, who is who, who lives where, who is referred."""
    return ask(
        home,
        "SELECT record_id, kode_desa, periode, nik, nama, kode_pmks FROM records.accepted ORDER BY ALL",
        "SELECT record_id, reasons FROM records.quarantined ORDER BY ALL",
        PARTITION_OF_PERSONS.format("person_id"),
        PARTITION_OF_PERSONS.format("household_id"),
        REFERRED,
    )
