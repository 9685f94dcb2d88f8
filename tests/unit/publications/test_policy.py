"""What is published of a column is what its declaration says, and nothing is published that says nothing."""

from __future__ import annotations

import hmac
import stat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.publications.list_files import published_table
from assets.publications.masks import DOT, masked
from assets.publications.policy import Pseudonyms, form_of, shaped
from assets.publications.referral_rows import columns, referral_table
from tests.support.published import NONE_POSSIBLE, frames
from validation.categories import pmks_types, restricted_categories
from warehouse.secret_key import SecretKeyError, derived, secret_key
from warehouse.tables import DeclarationError, Shared, lake_tables, read_declarations

KEYS = Pseudonyms(b"k" * 32, "rehsos")
IDENTIFYING = [
    "nama",
    "nik",
    "no_kk",
    "jenis_kelamin",
    "tanggal_lahir",
    "umur",
    "alamat",
    "dusun",
    "rt",
    "rw",
    "kepala",
]


@given(st.text(max_size=24))
def test_a_masked_number_shows_at_most_its_ends_and_keeps_its_length(number: str) -> None:
    shown = masked(number)
    assert len(shown) == len(number)
    kept = [at for at, letter in enumerate(shown) if letter != DOT]
    assert all(shown[at] == number[at] for at in kept)
    assert len(number) < 12 or number.count(DOT) or len(kept) == 8
    assert len(number) >= 12 or not kept


def test_a_column_without_a_form_is_not_published_and_no_other_table_publishes_anything() -> None:
    published = {(t.name, c.name) for t in lake_tables().values() for c in t.columns if c.published}
    shown = {tuple(name.split(".")) for name in columns()["declared"]}
    of_answers = {("answers", "alasan_kode")}
    inherited = {(table, column) for table, column in published if table in ("history",)}
    assert published - inherited == shown | of_answers
    table = pa.table({"kode_pmks": ["08"], "nama_ibu": ["X"]})
    rules = {"kode_pmks": "referrals.kode_pmks", "nama_ibu": "persons.nama_ibu"}
    for publication in ("directorate", "restricted"):
        assert shaped(table, rules, publication, KEYS).column_names == ["kode_pmks"]
        assert form_of("persons.nama_ibu", publication) is None


def test_a_policy_that_does_not_exist_is_refused() -> None:
    shared = {"patterns": {}, "values": {}, "policies": {"open": {"directorate": "whole"}}}
    table = {"t": {"description": "d", "columns": {"c": ["VARCHAR", "publik", "x", {"published": "opne"}]}}}
    with pytest.raises(DeclarationError, match=r"t\.c: unknown published opne"):
        read_declarations(table, Shared(shared))
    with pytest.raises(DeclarationError, match="policy open: unknown"):
        Shared(shared | {"policies": {"open": {"directorate": "hole"}}})


def test_restricted_categories_are_named_in_the_restricted_publication_only() -> None:
    assert restricted_categories() <= set(pmks_types())
    assert restricted_categories() == {"03", "06", "10", "16", "17", "18", "19"}
    whole = referral_table("rehsos", *frames()[:4], NONE_POSSIBLE)
    default = published_table(whole, "directorate", KEYS).to_pandas()
    assert default[IDENTIFYING].isna().all(axis=None)
    assert default["kode_pmks"].tolist() == ["16"] * 6 and default["terbatas"].all()
    restricted = published_table(whole, "restricted", KEYS).to_pandas().set_index("referral_id")
    expected = whole.to_pandas().set_index("referral_id")
    assert restricted["nik"].to_dict() == expected["nik"].to_dict()
    assert restricted["nama"].to_dict() == expected["nama"].to_dict()
    assert default["referral_id"].tolist() == sorted(default["referral_id"]), "order tells nothing of a name"


@given(st.lists(st.text(max_size=24) | st.none(), min_size=1), st.integers(0, 3))
def test_a_column_is_masked_as_each_of_its_numbers(numbers: list[str | None], before: int) -> None:
    table = pa.table({"nik": pa.array([*["1"] * before, *numbers], pa.string()).slice(before)})
    table = table.append_column("kode_pmks", pa.array(["08"] * len(numbers)))
    rules = {"nik": "persons.nik", "kode_pmks": "referrals.kode_pmks"}
    shown = shaped(table, rules, "directorate", KEYS)["nik"].to_pylist()
    assert shown == [None if number is None else masked(number) for number in numbers]


def test_pseudonyms_join_within_a_directorate_and_never_between_two() -> None:
    ids = pa.array(["P0123456789ABCDEF", "P0123456789ABCDEG", "P0123456789ABCDEF"])
    mine = KEYS.of(ids, "directorate").to_pylist()
    assert mine[0] == mine[2] != mine[1]
    others = [Pseudonyms(KEYS.key, "jamsos").of(ids, "directorate"), ids, KEYS.of(ids, "sealed")]
    others.append(Pseudonyms(b"l" * 32, "rehsos").of(ids, "directorate"))
    assert not set(mine) & {one for several in others for one in several.to_pylist()}
    lists = KEYS.of(pa.array([["x" * 32], ["a" * 32, "b" * 32], None, ["a" * 32]]).slice(1), "directorate").to_pylist()
    assert len(lists[0]) == 2 and lists[1] is None and lists[2] == lists[0][:1]


def test_a_pseudonym_is_the_keyed_hash_in_the_letters_of_the_ids() -> None:
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    ids = [f"P{number:016d}" for number in range(50)]
    for one, made in zip(ids, KEYS.of(pa.array(ids), "directorate").to_pylist(), strict=True):
        hashed = hmac.digest(derived(KEYS.key, "rehsos directorate"), one.encode(), "sha256")
        number, expected = int.from_bytes(hashed[:10], "big"), ""
        for _ in range(16):
            number, digit = divmod(number, 32)
            expected = letters[digit] + expected
        assert made == f"P{expected}"
    records = [f"{number:032x}" for number in range(50)]
    for one, made in zip(records, KEYS.of(pa.array(records), "directorate").to_pylist(), strict=True):
        assert made == hmac.new(derived(KEYS.key, "rehsos directorate"), one.encode(), "sha256").hexdigest()[:32]


@pytest.mark.parametrize("ids", [[None, "P0123456789ABCDEF"], [None, None], [[], ["a" * 32]], [None, ["a" * 32]]])
def test_what_is_missing_has_no_pseudonym(ids: list[Any]) -> None:
    kind = pa.string() if ids[1] is None or isinstance(ids[1], str) else pa.list_(pa.string())
    made = KEYS.of(pa.array(ids, kind), "directorate").to_pylist()
    assert made[0] == ids[0]
    assert ids[1] is None or (len(made[1]) == len(ids[1]) and made[1] != ids[1])


def test_a_sealed_row_cannot_be_joined_to_the_named_rows_of_its_household() -> None:
    lists = frames()
    rows = lists.referrals[lists.referrals["directorate"] == "rehsos"].index
    lists.referrals.loc[rows[:3], "kode_pmks"] = "08"
    lists.referrals.loc[rows, ["person_id", "household_id"]] = ["p0", "h0"]
    table: pa.Table = published_table(referral_table("rehsos", *lists[:4], NONE_POSSIBLE), "directorate", KEYS)
    frame = table.to_pandas()
    for column in ("person_id", "household_id"):
        named, hidden = frame.loc[~frame["terbatas"], column], frame.loc[frame["terbatas"], column]
        assert set(named) and set(hidden) and not set(named) & set(hidden)


def test_the_secret_key_is_made_once_for_its_owner_only_and_a_torn_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "pseudonyms.key"
    key = secret_key(path)
    assert len(key) == 32 and secret_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert derived(key, "rehsos") != derived(key, "jamsos") != key
    whole = path.read_text()
    flipped = f"{'1' if whole[0] != '1' else '2'}{whole[1:]}"
    for torn in ("", "zz", key.hex()[:20], flipped, whole[:-4]):
        path.write_text(torn)
        with pytest.raises(SecretKeyError, match="holds no whole key"):
            secret_key(path)
        assert path.read_text() == torn
    path.write_text(key.hex())  # as an older program wrote it
    assert secret_key(path) == key


def test_a_lost_key_is_not_made_anew_where_pseudonyms_were_handed_out(tmp_path: Path) -> None:
    path = tmp_path / "pseudonyms.key"
    with pytest.raises(SecretKeyError, match="is gone"):
        secret_key(path, used=True)
    assert not path.exists()
    assert secret_key(path) == secret_key(path, used=True)
