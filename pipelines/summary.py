"""What a newcomer wants to see after a run: counts that balance, causes, and what to try next. Never a person."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.records.failing import NOT_PROCESSED
from pipelines.texts.lookup import Texts, english
from validation.categories import pmks_types
from validation.directorates import directorates
from validation.findings import CATALOGUE
from warehouse.archive import SET_ASIDE
from warehouse.chain import last_head
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.registered import lost_originals, not_registered
from warehouse.repairs import repairs

if TYPE_CHECKING:
    from assets.intake.inbox.sent_again import SentAgain

OUTCOMES = ("accepted", "held", "rejected", "superseded", "withdrawn")
MOST_CAUSES = 3
MOST_WAITING = 10
Ask = Callable[[str], list[Any]]
"""Runs a query on the warehouse and returns its rows."""
WAITING, UNACCOUNTED = "waiting", "unaccounted"
FILES = "SELECT outcome, count(*) FROM intake.submissions GROUP BY 1"
ROWS = "SELECT kind, count(*) FROM intake.rows GROUP BY 1"
PEOPLE = """
SELECT count(*), greatest(count(DISTINCT household_id), (SELECT count(*) FROM households.households))
FROM households.persons
"""
UNROUTED = "SELECT count(*) FROM referrals.unrouted"
HELD = """
SELECT path, outcome, reason_code, reason FROM intake.submissions
WHERE outcome IN ('held', 'rejected') ORDER BY path
"""
ENDS_OF_DATA_ROWS = f"""
SELECT CASE WHEN r.outcome IS NOT NULL THEN r.outcome
            WHEN s.outcome IN ('held', 'withdrawn') OR (s.outcome = 'superseded' AND s.reason_code IS NOT NULL)
            THEN '{WAITING}' ELSE '{UNACCOUNTED}' END, count(*)
FROM intake.rows r JOIN intake.submissions s USING (submission_id) WHERE r.kind = 'data' GROUP BY 1
"""
"""What became of data rows. Without an outcome they wait in files that wait for a person (or were withdrawn or replaced
while they waited, for `reason_code`); of all others a run must say what became of them."""
CAUSES = """
SELECT code, count(*) AS n
FROM (SELECT submission_id, unnest(reasons) AS code FROM records.quarantined)
JOIN intake.submissions USING (submission_id) WHERE outcome = 'accepted'
GROUP BY 1 ORDER BY n DESC, code
"""
"""Rows in quarantine, of the lists that count, by the code of each reason, the most frequent first; a row may have
several."""
SENT_AGAIN = "SELECT 1 FROM records.findings WHERE code = 'sent_again_elsewhere' LIMIT 1"
_FEWEST_PEOPLE = 5
"""So few people of a list may well have moved."""
OF_ANOTHER_VILLAGE = f"""
WITH people AS MATERIALIZED (
    SELECT person_hash FROM households.membership JOIN records.accepted USING (record_hash)
    GROUP BY 1 HAVING min(hash(kode_desa)) <> max(hash(kode_desa))),
newest AS (SELECT kode_desa, max(left(periode, 4)) AS tahun FROM records.accepted GROUP BY 1),
in_two AS MATERIALIZED (
    SELECT DISTINCT submission_id, kode_desa, person_hash FROM people JOIN households.membership USING (person_hash)
    JOIN records.accepted USING (record_hash) JOIN newest USING (kode_desa) WHERE left(periode, 4) = tahun),
doubtful AS MATERIALIZED (SELECT submission_id FROM in_two GROUP BY 1 HAVING count(*) >= {_FEWEST_PEOPLE}),
lists AS (
    SELECT submission_id, kode_desa, count(DISTINCT person_hash) AS people
    FROM records.accepted JOIN doubtful USING (submission_id) JOIN households.membership USING (record_hash)
    GROUP BY ALL)
SELECT this.path, count(*) AS shared, lists.people, older.kode_desa, other.path
FROM in_two AS newer JOIN lists USING (submission_id, kode_desa)
JOIN in_two AS older ON newer.person_hash = older.person_hash AND newer.kode_desa <> older.kode_desa
JOIN intake.submissions AS this ON this.submission_id = newer.submission_id
JOIN intake.submissions AS other ON other.submission_id = older.submission_id
WHERE this.received_at >= other.received_at
GROUP BY ALL HAVING shared >= {_FEWEST_PEOPLE} AND 2 * shared >= lists.people ORDER BY ALL
"""
"""Lists of which at least half of the people stand in the newest list of another village, too, which did not come
later: most often a list that was put into the folder of another village, and moves its people there."""
SHORTENED = f"""
SELECT this.path, this.rows_accepted, max(replaced.rows_accepted) AS before
FROM intake.submissions AS this JOIN intake.submissions AS replaced ON replaced.superseded_by = this.submission_id
WHERE this.outcome = 'accepted'
  AND this.received_at >= (SELECT max(received_at) FROM intake.submissions) - INTERVAL 31 DAY
GROUP BY ALL HAVING before - this.rows_accepted >= {_FEWEST_PEOPLE} AND 2 * this.rows_accepted < before ORDER BY ALL
"""
"""Lists of the last month with less than half of the rows of one that they replaced: perhaps not the whole list."""


@contextmanager
def _asking(home: DataHome) -> Iterator[Ask]:
    with opened(home.warehouse, read_only=True) as con:
        yield lambda sql: con.execute(sql).fetchall()


def counts(home: DataHome) -> dict[str, object]:
    """What a run came to, for other programs: what `show_summary` shows, whole, by the codes of the warehouse."""
    with _asking(home) as ask:
        people, households = ask(PEOPLE)[0]
        return {
            "files": dict(ask(FILES)),
            "rows": dict(ask(ROWS)),
            "data_rows": dict(ask(ENDS_OF_DATA_ROWS)),
            "people": people,
            "households": households,
            "referrals": {directorate: dict(ask(referrals_of(directorate))) for directorate in directorates()},
            "unrouted": ask(UNROUTED)[0][0],
            "quarantine": dict(ask(CAUSES)),
            "waiting": [{"path": path, "outcome": outcome, "reason": code} for path, outcome, code, _ in ask(HELD)],
            "of_another_village": [
                {"path": path, "both": both, "people": people, "kode_desa": code, "other_path": other}
                for path, both, people, code, other in ask(OF_ANOTHER_VILLAGE)
            ],
            "shortened": [{"path": path, "rows": rows, "before": before} for path, rows, before in ask(SHORTENED)],
            "sent_again": [each._asdict() for each in _sent_again(home, ask)],
            "not_registered": not_registered(Lake(home.lake)),
        }


def show_to_mend(home: DataHome, console: Console, say: Texts) -> None:
    """Print only what somebody has to mend: files and answers that wait, and originals that are lost."""
    with _asking(home) as ask:
        _show_to_mend(home, console, say, ask)


def show_summary(home: DataHome, console: Console, say: Texts, *, changed: bool | None = None) -> None:
    """Print files and rows by outcome, people, households, referrals, and the largest causes of quarantine.

    `changed`: whether the run that has just ended changed anything; None where there was no run.
    """
    with _asking(home) as ask:
        _show_files(console, say, ask)
        people, households = ask(PEOPLE)[0]
        console.print("\n" + say("summary.people", people=people, households=households), highlight=False)
        _show_referrals(console, say, ask)
        _show_causes(console, say, ask)
        _show_to_mend(home, console, say, ask)
        example = ask(f"SELECT min(referral_id) FROM referrals.{next(iter(directorates()))}")[0][0]
    number, head = last_head(home)
    if head:
        console.print("\n" + say("summary.head", head=head, number=number), highlight=False, soft_wrap=True)
    if changed is False:
        console.print("\n" + say("summary.unchanged"))
    _show_next(home, console, say, example)


def _show_next(home: DataHome, console: Console, say: Texts, referral: str | None) -> None:
    command, folder = _from_here(Path(sys.argv[0])), _from_here(home.root)
    hints = [
        ("tables", f"{folder}/warehouse.duckdb {say('summary.and')} {folder}/published/"),
        ("corrections", f"{folder}/corrections/"),
        ("reports", f"{folder}/published/laporan/"),
    ]
    if referral:
        hints.insert(0, ("trace", f"{command} trace {referral} --data {folder}"))
    console.print("\n" + say("summary.next"))
    for number, (what, where) in enumerate(hints, start=1):
        hint = f"  {number}. {say(f'summary.next_{what}')}:\n     [bold]{where}[/]"
        console.print(hint, highlight=False, soft_wrap=True)


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _show_files(console: Console, say: Texts, ask: Ask) -> None:
    files = dict(ask(FILES))
    rows = dict(ask(ROWS))
    data = dict(ask(ENDS_OF_DATA_ROWS))

    def counted(group: str, counts: dict[str, int], names: list[str]) -> str:
        return "  ".join(f"{say(f'{group}.{name}')} {say.number(counts[name])}" for name in names)

    table = Table(title=say("summary.title"), title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    by_outcome = counted("outcome", files, [name for name in OUTCOMES if files.get(name)])
    table.add_row(say("summary.files"), say.number(sum(files.values())), by_outcome)
    rows.setdefault("data", 0)
    by_kind = counted("kind", rows, ["data", *sorted(rows.keys() - {"data"})])
    table.add_row(say("summary.rows"), say.number(sum(rows.values())), by_kind)
    ended = {name: data.get(name, 0) for name in ("accepted", "quarantined")}
    by_end = counted("outcome", ended, list(ended))
    waiting = rows["data"] - sum(ended.values())
    if waiting:
        by_end += f"  {say('summary.in_held_files')} {say.number(waiting)}"
    sign = say("summary.not_balanced" if UNACCOUNTED in data else "summary.balanced")
    table.add_row(say("summary.data_rows"), say.number(rows["data"]), f"{by_end}  {sign}")
    console.print(table)


def _show_referrals(console: Console, say: Texts, ask: Ask) -> None:
    table = Table(title="\n" + say("summary.referrals"), title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column(say("summary.category"))
    for directorate in directorates():
        table.add_column(directorate, justify="right")
    counts = {(d, code): count for d in directorates() for code, count in ask(referrals_of(d))}
    for code in sorted({code for _, code in counts}):
        cells = [say.number(counts[d, code]) if (d, code) in counts else "" for d in directorates()]
        table.add_row(f"{code} {pmks_types()[code].nama}", *cells)
    totals = [sum(count for (d, _), count in counts.items() if d == name) for name in directorates()]
    table.add_row(f"[bold]{say('summary.all')}[/]", *(f"[bold]{say.number(total)}[/]" for total in totals))
    console.print(table)
    console.print(say("summary.unrouted", count=ask(UNROUTED)[0][0]), highlight=False)


def _show_causes(console: Console, say: Texts, ask: Ask) -> None:
    causes = ask(CAUSES)[:MOST_CAUSES]
    if causes:
        console.print("\n" + say("summary.causes"))
        for cause, count in causes:
            text = meaning(say, cause, CATALOGUE[cause]["message"])
            console.print(f"  {say.number(count)}  {cause}: {text}", highlight=False, soft_wrap=True)


def _show_to_mend(home: DataHome, console: Console, say: Texts, ask: Ask) -> None:
    _show_waiting(console, say, ask)
    _show_of_another_village(console, say, ask)
    _show_shortened(console, say, ask)
    _show_sent_again(home, console, say, ask)
    _show_failing_rows(console, say, ask)
    _show_answers(home, console, say, ask)
    _show_not_registered(home, console, say)
    _show_lost(home, console, say)


def _show_waiting(console: Console, say: Texts, ask: Ask) -> None:
    waiting = ask(f"{HELD} LIMIT {MOST_WAITING}")
    if waiting:
        console.print("\n" + say("summary.held"))
        for path, outcome, code, reason in waiting:
            line = f"  {say(f'outcome.{outcome}')}  {path}\n    {meaning(say, code, reason)}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _show_of_another_village(console: Console, say: Texts, ask: Ask) -> None:
    found = ask(OF_ANOTHER_VILLAGE)
    if found:
        console.print("\n" + say("summary.of_another_village"))
        for path, both, people, code, other in found[:MOST_WAITING]:
            line = say("summary.of_village", both=both, people=people, code=code, path=escape(other))
            console.print(f"  {escape(path)}\n    {line}", highlight=False, soft_wrap=True)
        console.print("  " + say("summary.if_another_village"), highlight=False, soft_wrap=True)


def _show_shortened(console: Console, say: Texts, ask: Ask) -> None:
    found = ask(SHORTENED)
    if found:
        console.print("\n" + say("summary.shortened"))
        for path, rows, before in found[:MOST_WAITING]:
            line = say("summary.shorter", rows=rows, before=before)
            console.print(f"  {escape(path)}\n    {line}", highlight=False, soft_wrap=True)
        console.print("  " + say("summary.if_shortened"), highlight=False, soft_wrap=True)


def _sent_again(home: DataHome, ask: Ask) -> list[SentAgain]:
    """The copies of lists of which a finding tells; frames are imported only where there is one."""
    if not ask(SENT_AGAIN):
        return []
    from assets.intake.inbox.sent_again import sent_again

    lake = Lake(home.lake)
    return sent_again(*(lake.read(table) for table in ("submissions", "receipts", "outcomes")))


def _show_sent_again(home: DataHome, console: Console, say: Texts, ask: Ask) -> None:
    """Name the files that are the bytes of a list of another village or period."""
    found = _sent_again(home, ask)
    if found:
        console.print("\n" + say("summary.sent_again"))
        for each in found[:MOST_WAITING]:
            line = say("summary.counts_for", where=" ".join(each.counts_for), missing=" ".join(each.sent_for))
            console.print(f"  {escape(each.path)}\n    {line}", highlight=False, soft_wrap=True)
        if len(found) > MOST_WAITING:
            console.print("  " + say("summary.more", count=len(found) - MOST_WAITING), highlight=False)


def _show_failing_rows(console: Console, say: Texts, ask: Ask) -> None:
    """Say where the program itself fails at rows: no village can mend that."""
    count = dict(ask(CAUSES)).get(NOT_PROCESSED)
    if count:
        console.print("\n" + say("summary.failing_rows", count=count), highlight=False, soft_wrap=True)


def _show_answers(home: DataHome, console: Console, say: Texts, ask: Ask) -> None:
    """Name the workbooks of answers of which rows lie with the directorate to be mended, the newest first."""
    refused = ask(
        "SELECT directorate, path, submission_id, ditolak, dicatat FROM referrals.answer_workbooks "
        "JOIN intake.submissions USING (submission_id) WHERE ditolak > 0 ORDER BY seq DESC"
    )
    waiting = [row for row in refused if any((home.published / row[0]).glob(f"perbaikan/* {row[2][:8]}.xlsx"))]
    if waiting:
        console.print("\n" + say("summary.answers"))
        for directorate, path, _, count, taken in waiting[:MOST_WAITING]:
            line = say("summary.answers_of", refused=count, taken=taken, folder=f"published/{directorate}/perbaikan/")
            console.print(f"  {escape(path)}\n    {line}", highlight=False, soft_wrap=True)


def _show_not_registered(home: DataHome, console: Console, say: Texts) -> None:
    """Name what the last run saw in the inbox and could not take: it is in no count above."""
    waiting = not_registered(Lake(home.lake))
    if not waiting:
        return
    console.print(f"\n{say('summary.not_registered', count=len(waiting))}", highlight=False)
    for path, reason in list(waiting.items())[:MOST_WAITING]:
        console.print(f"  {escape(path)}\n    {say(f'summary.{reason}')}", highlight=False, soft_wrap=True)
    if len(waiting) > MOST_WAITING:
        console.print("  " + say("summary.more", count=len(waiting) - MOST_WAITING), highlight=False)


def _show_lost(home: DataHome, console: Console, say: Texts) -> None:
    """Name the lists whose archived bytes are damaged or lost; they count as they were last read."""
    lost = lost_originals(home, Lake(home.lake))
    if not len(lost):
        return
    console.print(
        "\n" + say("summary.lost_originals", count=len(lost), folder=home.archive / SET_ASIDE), soft_wrap=True
    )
    for path in sorted(each.path for each in lost)[:MOST_WAITING]:
        console.print(f"  {path}", markup=False, highlight=False, soft_wrap=True)
    if len(lost) > MOST_WAITING:
        console.print("  " + say("summary.more", count=len(lost) - MOST_WAITING), highlight=False)


def referrals_of(directorate: str) -> str:
    """The query for a directorate's referrals by category."""
    return f"SELECT kode_pmks, count(*) FROM referrals.{directorate} GROUP BY 1 ORDER BY 1"


def show_repairs(home: DataHome, console: Console, say: Texts, *, since: datetime) -> None:
    """Say what was found damaged since a moment (UTC) and what was done about it."""
    done = repairs(home.lake, since=since)
    if not done:
        return
    console.print("\n" + say("repair.title"))
    for repair in done[:MOST_WAITING]:
        console.print(f"  {say(f'repair.{repair.kind}', what=escape(repair.what))}", highlight=False, soft_wrap=True)
    if len(done) > MOST_WAITING:
        console.print("  " + say("summary.more", count=len(done) - MOST_WAITING), highlight=False)


def meaning(say: Texts, code: str, indonesian: str) -> str:
    """What a finding says in the language of `say`: the English is general, `indonesian` names the sheet and so on."""
    return indonesian if say.language == "id" else english("finding")[code]
