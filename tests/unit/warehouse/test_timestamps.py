"""Time stamps of the head: what is asked for, and which replies of an authority prove something."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from warehouse.chain import last_head, ledger_of, read_chain
from warehouse.home import DataHome
from warehouse.timestamps import TimeStampError, read_certificates, read_timestamp, stamped, timestamp_query

STAMPS = Path(__file__).parents[2] / "fixtures" / "timestamps"
CA = STAMPS / "ca.pem"


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    """A home with the chain of which the time stamps are."""
    home = DataHome(root=tmp_path / "home", inbox=tmp_path / "inbox")
    home.make()
    home.audit.mkdir()
    home.warehouse.touch()
    shutil.copy(STAMPS / "chain.jsonl", ledger_of(home))
    return home


def pmks(home: DataHome, *arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, [*map(str, arguments), "--data", str(home.root)])


def test_a_query_asks_for_the_head_itself_and_no_two_are_the_same(home: DataHome, tmp_path: Path) -> None:
    first = ledger_of(home).read_bytes().splitlines(keepends=True)[0]
    ledger_of(home).write_bytes(first)
    query = tmp_path / "head.tsq"
    shown = pmks(home, "witness", "--timestamp-query", query)
    number, head = last_head(home)
    assert shown.exit_code == 0 and f"pmks {number} {head}" in shown.stdout
    answered = (STAMPS / "query.tsq").read_bytes()
    for made in (query.read_bytes(), answered):
        assert bytes.fromhex(head) in made
    assert timestamp_query(home) != timestamp_query(home)


def test_a_time_stamp_says_which_entry_was_there_when_and_who_says_so(home: DataHome) -> None:
    links, _ = read_chain(ledger_of(home))
    link, stamp = stamped(links, STAMPS / "granted.tsr", read_certificates(CA))
    assert (link.line, stamp.head, stamp.by) == (1, links[0].head, "CN=Cap Waktu Contoh,O=Otoritas Contoh")
    assert stamp.at.isoformat() == "2026-11-28T08:40:12"


@pytest.mark.parametrize(
    ("reply", "trusted", "fault"),
    [
        ("granted.tsr", "another.pem", "not_trusted"),
        ("granted.tsr", None, "not_trusted"),
        ("refused.tsr", "ca.pem", "not_granted"),
        ("other.tsr", "ca.pem", "other_head"),
        ("sha512.tsr", "ca.pem", "other_head"),
        ("query.tsq", "ca.pem", "no_reply"),
        ("gone.tsr", "ca.pem", "no_reply"),
    ],
)
def test_what_proves_nothing_is_told_by_its_reason(home: DataHome, reply: str, trusted: str | None, fault: str) -> None:
    links, _ = read_chain(ledger_of(home))
    with pytest.raises(TimeStampError, match=fault):
        stamped(links, STAMPS / reply, read_certificates(STAMPS / trusted) if trusted else None)


def test_a_changed_bit_anywhere_or_a_lost_end_leaves_no_other_time_stamp() -> None:
    whole, trusted = (STAMPS / "granted.tsr").read_bytes(), read_certificates(CA)
    said = read_timestamp(whole, trusted)
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        for torn in (bytes(changed), whole[:at]):
            try:
                assert read_timestamp(torn, trusted)[:2] == said[:2], at
            except TimeStampError:
                continue


def test_verify_checks_it_offline_and_names_what_is_wrong(home: DataHome) -> None:
    good = ("verify", "--quick", "--timestamp", STAMPS / "granted.tsr", "--ca", CA)
    shown = pmks(home, *good)
    assert "yes  The chain has the head that the time stamp is of" in shown.output
    assert "Entry 1 was there at 2026-11-28T08:40:12 UTC, says CN=Cap Waktu Contoh,O=Otoritas Contoh." in shown.output
    (said,) = json.loads(pmks(home, *good, "--json").stdout)["timestamps"]
    assert (said["entry"], said["at"]) == (1, "2026-11-28T08:40:12")
    other = pmks(home, "verify", "--quick", "--timestamp", STAMPS / "other.tsr", "--ca", CA)
    assert "NO   The chain has the head that the time stamp is of\n       it stamps something else" in other.output
    assert "was there at" not in other.output
    ledger_of(home).write_bytes(ledger_of(home).read_bytes().replace(b"r1", b"r9"))
    assert "no head of this chain" in pmks(home, *good).output
    assert pmks(home, "verify", "--timestamp", STAMPS / "granted.tsr", "--ca", STAMPS / "query.tsq").exit_code == 2
