"""The chain shows what was changed in it, by itself, by its signatures, and against what somebody else keeps."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from warehouse.chain import (
    ISSUED,
    RUN,
    Witness,
    add_link,
    handed_out,
    head_of,
    last_head,
    last_run,
    latest,
    ledger_of,
    links_that_say,
    note_issued,
    read_chain,
    read_witnesses,
    witness_line,
)
from warehouse.home import DataHome
from warehouse.signing import SigningKeyError, public_key

KINDS, WHAT = (RUN, ISSUED, "opened"), ("jamsos", "reports", "run")


def home_in(folder: Path, key: Path | None = None) -> DataHome:
    home = DataHome(root=folder / "home", inbox=folder / "inbox", signing_key=key)
    home.make()
    return home


def pem(folder: Path, name: str = "key.pem", key: object = None) -> Path:
    private = key or Ed25519PrivateKey.generate()
    path = folder / name
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))  # type: ignore[attr-defined]
    return path


def filled(home: DataHome, entries: int = 3) -> DataHome:
    for number in range(entries):
        add_link(home, RUN, {"run_id": f"r{number}"})
    return home


def test_each_entry_names_the_head_before_it(tmp_path: Path) -> None:
    home = filled(home_in(tmp_path))
    links, problems = read_chain(ledger_of(home))
    assert problems == []
    assert [link.said["previous"] for link in links[1:]] == [link.head for link in links[:-1]]
    assert [link.said["number"] for link in links] == [1, 2, 3]
    assert last_head(home) == (3, links[-1].head)
    assert ledger_of(home).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["change", "delete", "insert", "swap", "no JSON", "no object"])
def test_a_change_of_a_line_is_found_in_it_or_behind_it(tmp_path: Path, damage: str) -> None:
    home = filled(home_in(tmp_path), 4)
    lines = ledger_of(home).read_bytes().splitlines()
    lines = {
        "change": [lines[0], lines[1].replace(b"r1", b"rX"), *lines[2:]],
        "delete": [lines[0], *lines[2:]],
        "insert": [lines[0], lines[0], *lines[1:]],
        "swap": [lines[0], lines[2], lines[1], lines[3]],
        "no JSON": [lines[0], b"{", *lines[2:]],
        "no object": [lines[0], b"[]", *lines[2:]],
    }[damage]
    ledger_of(home).write_bytes(b"\n".join(lines) + b"\n")
    _, problems = read_chain(ledger_of(home))
    assert problems and min(int(each.rpartition(" ")[2]) for each in problems) in (2, 3)


@given(
    st.lists(
        st.one_of(
            st.builds(lambda kind, what: {"kind": kind, "what": what}, st.sampled_from(KINDS), st.sampled_from(WHAT)),
            st.sampled_from(["", "{", "[]", '{"entry": "issued"}', '"run"']),
        )
    )
)
def test_entries_that_say_something_are_those_of_the_whole_chain(said: list[dict[str, str] | str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = home_in(Path(folder))
        home.audit.mkdir()
        lines = [each if isinstance(each, str) else json.dumps({"entry": each}) for each in said]
        ledger_of(home).write_text("".join(f"{line}\n" for line in lines))
        links, _ = read_chain(ledger_of(home))
        assert last_run(home) == latest(links, RUN)
        for what in WHAT:
            found = [link for link in links_that_say(ledger_of(home), what) if link.said["what"] == what]
            assert found[::-1] == [link for link in links if link.said["what"] == what]
    assert list(links_that_say(ledger_of(home), RUN)) == []


def test_a_missing_or_empty_chain_is_a_problem_and_a_torn_one_can_be_added_to(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    assert read_chain(ledger_of(home)) == ([], ["chain.jsonl"])
    assert (head_of(home), last_head(home)) == ("", (0, ""))
    filled(home)
    whole = ledger_of(home).read_bytes()
    ledger_of(home).write_bytes(whole[:-9])
    add_link(home, RUN, {"run_id": "next"})
    links, problems = read_chain(ledger_of(home))
    assert [link.said["run_id"] for link in links] == ["r0", "r1", "next"]
    assert problems == ["chain.jsonl, line 3"]
    ledger_of(home).write_bytes(b"")
    assert read_chain(ledger_of(home)) == ([], ["chain.jsonl"])


def test_only_files_that_changed_are_named_again_and_those_taken_back_are_gone(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    note_issued(home, "rehsos", {"a": "1", "b": "2"})
    note_issued(home, "jamsos", {"c": "3"})
    note_issued(home, "rehsos", {"a": "1", "b": "2"})
    note_issued(home, "rehsos", {"b": "4"})
    links, _ = read_chain(ledger_of(home))
    assert [(link.kind, link.said["files"], link.said["gone"]) for link in links] == [
        (ISSUED, {"a": "1", "b": "2"}, []),
        (ISSUED, {"c": "3"}, []),
        (ISSUED, {"b": "4"}, ["a"]),
    ]
    assert handed_out(links) == {"b": "4", "c": "3"}


def test_a_signature_is_of_the_entry_and_of_no_other(tmp_path: Path) -> None:
    key = pem(tmp_path)
    home = filled(home_in(tmp_path, key))
    links, problems = read_chain(ledger_of(home))
    assert problems == []
    assert {link.key for link in links} == {public_key(key)}
    lines = [json.loads(line) for line in ledger_of(home).read_bytes().splitlines()]
    for forged in ({"signature": lines[0]["signature"]}, {"key": "00" * 32}, {"key": ""}, {"signature": "zz"}):
        content = [*lines[:2], lines[2] | forged]
        ledger_of(home).write_text("\n".join(json.dumps(line) for line in content))
        assert "chain.jsonl, line 3" in read_chain(ledger_of(home))[1], forged


def test_the_public_half_of_a_key_is_the_same_key(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    half = tmp_path / "public.pem"
    half.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert public_key(half) == public_key(pem(tmp_path, key=private))


def test_a_key_that_cannot_be_used_is_refused_by_name(tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_text("no key")
    rsa = pem(tmp_path, "rsa.pem", generate_private_key(65537, 1024))
    home = home_in(tmp_path)
    for path in (other, rsa, tmp_path / "absent.pem", pem(home.audit.parent, "inside.pem")):
        with pytest.raises(SigningKeyError, match=path.name):
            add_link(home_in(tmp_path, path), RUN, {})
        if path.name != "inside.pem":
            with pytest.raises(SigningKeyError, match=path.name):
                public_key(path)


def test_a_witness_is_read_from_its_lines_and_from_heads_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    head, other = "ab" * 32, "cd" * 32
    kept.write_text(f"catatan kantor\n{witness_line(7, head, '2025-01-01T00:00:00Z')}\n\nbukti: {other}\n")
    assert read_witnesses(kept) == [Witness(7, head), Witness(0, other)]
