"""The saved state of a match: whole, or as it was before, or none; whatever file is damaged or writing interrupted."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.identity.survivorship import OF_RECORDS
from assets.households.linkage.blocking import Blocking
from assets.households.linkage.incremental.content import content_hashes
from assets.households.linkage.incremental.match_state import STATE_FILE, DamagedStateError, MatchState, state_after
from assets.households.linkage.incremental.update import update
from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.parameters import Model
from assets.households.review.queue import OF_QUESTIONS
from tests.support.damage import flipped
from tests.support.matching import NO_DECISIONS, partition

MODEL, RULES = Model.default(), replace(Blocking.load(), pairs_per_record=1000)


def village(people: int) -> pd.DataFrame:
    """Invent couples, each person on two lists."""
    rows = [
        {
            "record_id": f"r{year}-{k:03d}", "nama": f"{'SITI' if k % 2 else 'BUDI'} {'ABCDEFGHIJ'[k // 2 % 10]}NI",
            "no_kk": f"16100522089{k // 2:05d}", "tanggal_lahir": f"19{50 + k % 40}-05-{1 + k % 28:02d}",
            "kode_desa": "16.10.05.2036", "periode": year,
        }
        for year in ("2023", "2024") for k in range(people)
    ]  # fmt: skip
    return pd.DataFrame(rows).sort_values("record_id", ignore_index=True)


@pytest.fixture(scope="module")
def state() -> MatchState:
    records = village(50)
    return state_after(records, cluster_records(records, model=MODEL, blocking=RULES), RULES, NO_DECISIONS)


def test_updates_of_a_loaded_state_equal_a_match_from_scratch(state: MatchState, tmp_path: Path) -> None:
    state.save(tmp_path, "one")
    for step, count in enumerate((51, 53, 52, 56)):
        records = village(count)
        before = MatchState.load(tmp_path, "one" if step == 0 else str(step))
        assert before is not None
        found = update(before, records, model=MODEL, blocking=RULES, decisions=NO_DECISIONS)
        found.state.save(tmp_path, str(step + 1))
        whole = cluster_records(records, model=MODEL, blocking=RULES)
        assert partition(records["record_id"], found.person) == partition(records["record_id"], whole.person)
        assert partition(records["record_id"], found.household) == partition(records["record_id"], whole.household)
    assert len([p for p in tmp_path.iterdir() if p.is_dir()]) == 1


def test_a_state_of_another_context_is_not_loaded(state: MatchState, tmp_path: Path) -> None:
    assert MatchState.load(tmp_path, "one") is None
    state.save(tmp_path, "one")
    assert MatchState.load(tmp_path, "another") is None


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scramble(path: Path) -> None:
    path.write_bytes(b"torn" * 100)


DAMAGES: list[Callable[[Path], None]] = [
    lambda folder: cut(folder / STATE_FILE),
    lambda folder: scramble(folder / STATE_FILE),
    lambda folder: (folder / STATE_FILE).write_bytes(b""),
    lambda folder: cut(next(folder.glob("rows-*/records/content"))),
    lambda folder: next(folder.glob("rows-*/records/fields")).unlink(),
    lambda folder: shutil.rmtree(next(folder.glob("rows-*"))),
    lambda folder: flipped(next(folder.glob("rows-*/records/nik"))),
    lambda folder: flipped(next(folder.glob("rows-*/villages/text"))),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_means_no_state_until_one_is_saved_again(
    state: MatchState, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    state.save(tmp_path, "one")
    damage(tmp_path)
    if (tmp_path / STATE_FILE).exists():
        with pytest.raises(DamagedStateError):
            MatchState.load(tmp_path, "one")
    state.save(tmp_path, "one")
    assert MatchState.load(tmp_path, "one") is not None


@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_no_flipped_bit_of_what_a_match_decided_is_read(state: MatchState, where: float, bit: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state.save(folder, "one")
        content = bytearray((folder / STATE_FILE).read_bytes())
        content[int(where * len(content))] ^= 1 << bit
        (folder / STATE_FILE).write_bytes(content)
        try:
            read = MatchState.load(folder, "one")
        except DamagedStateError:
            return
        assert read is not None
        for field in fields(state):
            if field.name not in ("store", "files"):
                np.testing.assert_array_equal(getattr(read, field.name), getattr(state, field.name))


def test_rows_of_a_save_that_was_interrupted_do_not_count(state: MatchState, tmp_path: Path) -> None:
    state.save(tmp_path, "one")
    before = MatchState.load(tmp_path, "one")
    assert before is not None
    assert before.files is not None
    folder, rows = before.files
    for name, table in update(before, village(54), model=MODEL, blocking=RULES, decisions=NO_DECISIONS).state.store:
        table.write(folder / name, *rows[name])  # and was killed
    again = MatchState.load(tmp_path, "one")
    assert again is not None
    records = village(52)
    got = update(again, records, model=MODEL, blocking=RULES, decisions=NO_DECISIONS)
    whole = cluster_records(records, model=MODEL, blocking=RULES)
    assert partition(records["record_id"], got.person) == partition(records["record_id"], whole.person)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 40])
def test_content_hashes_differ_where_a_text_differs_or_is_missing_and_nowhere_else(length: int) -> None:
    texts = ["x" * length, "x" * length + "y", "y" + "x" * length, None, "x" * (length + 30)]
    records = pd.DataFrame({"record_id": list("abcde"), "nama": texts, "alamat": texts[::-1]})
    content = content_hashes(records)
    assert len(set(content.tolist())) == len(records)
    for k in range(len(records)):
        assert content_hashes(records.iloc[k : k + 1])[0] == content[k]
    assert content_hashes(records.assign(nama=None))[0] != content_hashes(records.assign(nama=""))[0]
    swapped = records.rename(columns={"nama": "alamat", "alamat": "nama"})
    assert content_hashes(swapped)[0] != content[0]


@pytest.mark.parametrize("column", sorted({*OF_RECORDS, *OF_QUESTIONS} - {"record_id"}))
def test_the_content_hash_covers_all_that_describes_people_or_is_asked_about_them(column: str) -> None:
    records = pd.DataFrame({"record_id": ["a"], column: ["x"]})
    assert content_hashes(records)[0] != content_hashes(records.assign(**{column: "y"}))[0]
