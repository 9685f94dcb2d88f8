"""A sign-off covers a run and all before it, nothing after it, and nobody can lend it to another run or officer."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.commands.signoff import signoff
from tests.unit.warehouse.test_chain import home_in, pem
from warehouse.chain import RUN, Link, add_link, ledger_of, read_chain
from warehouse.home import DataHome
from warehouse.signing import SigningKeyError
from warehouse.signoffs import NothingToSignError, Unsigned, sign_off, unsigned, wrong_sign_offs

AT = datetime(2025, 1, 5)
WHO = {"name": "Rina", "office": "Dinas Sosial", "note": "diperiksa"}


def a_run(home: DataHome, run_id: str, **tables: str) -> None:
    held = {table: {"rows": 1, "content": content} for table, content in tables.items()}
    add_link(home, RUN, {"run_id": run_id, "ended_at": "2025-01-01T00:00:00", "tables": held})


def links_of(home: DataHome) -> list[Link]:
    links, problems = read_chain(ledger_of(home))
    assert problems == []
    return links


def test_what_changes_after_a_sign_off_is_unsigned_until_the_next(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    with pytest.raises(NothingToSignError):
        sign_off(home, **WHO, at=AT)
    a_run(home, "r1", referrals="a", history="a")
    assert unsigned(links_of(home)) == Unsigned(["r1"], [])
    sign_off(home, **WHO, at=AT)
    assert unsigned(links_of(home)) == Unsigned([], [])
    a_run(home, "r2", referrals="b", history="a")
    a_run(home, "r3", referrals="b", history="a", answers="c")
    assert unsigned(links_of(home)) == Unsigned(["r2", "r3"], ["answers", "referrals"])
    head = next(link.head for link in links_of(home) if link.said.get("run_id") == "r2")
    with pytest.raises(NothingToSignError):
        sign_off(home, **WHO, at=AT, head=head)
    sign_off(home, **WHO, at=AT)
    assert unsigned(links_of(home)) == Unsigned([], [])
    assert wrong_sign_offs(links_of(home)) == []


@pytest.mark.parametrize("change", ["name", "head", "officer_key"])
def test_a_sign_off_with_a_key_cannot_be_changed_though_the_chain_is_written_anew(tmp_path: Path, change: str) -> None:
    home, key = home_in(tmp_path), pem(tmp_path)
    a_run(home, "r1")
    a_run(home, "r2")
    sign_off(home, **WHO, at=AT, key=key)
    *runs, signed = [json.loads(line)["entry"] for line in ledger_of(home).read_bytes().splitlines()]
    assert wrong_sign_offs(links_of(home)) == []
    first = links_of(home)[0].head
    signed[change] = {"name": "Orang lain", "head": first, "officer_key": "00" * 32}[change]
    ledger_of(home).unlink()
    for entry in (*runs, signed):
        add_link(home, entry["kind"], {k: v for k, v in entry.items() if k not in ("kind", "number", "previous")})
    assert wrong_sign_offs(links_of(home)) == ["3 signed"]


def test_a_sign_off_of_what_is_no_run_before_it_is_named(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    a_run(home, "r1")
    add_link(home, "signed", WHO | {"head": "0" * 64, "run_id": "r1", "at": AT.isoformat()})
    assert wrong_sign_offs(links_of(home)) == ["2 signed"]


def test_a_key_in_the_data_home_is_refused(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    a_run(home, "r1")
    with pytest.raises(SigningKeyError):
        sign_off(home, **WHO, at=AT, key=pem(home.root))


def test_the_command_signs_and_shows(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.warehouse.write_bytes(b"")
    a_run(home, "r1", referrals="a")
    where = ["--data", str(home.root), "--lang", "en"]
    assert CliRunner().invoke(signoff, [*where, "--name", "Rina"]).exit_code == 2
    signed = CliRunner().invoke(
        signoff, [*where, "--name", "Rina", "--office", "Dinas Sosial", "--key", str(pem(tmp_path))]
    )
    assert (signed.exit_code, "r1" in signed.output) == (0, True), signed.output
    a_run(home, "r2", referrals="b")
    shown = CliRunner().invoke(signoff, where).output
    assert "Rina, Dinas Sosial" in shown and "with a key" in shown
    assert "1 run" in shown and "referrals" in shown
