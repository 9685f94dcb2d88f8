"""The declarations are whole: every column says who may see it, every name exists, no fact stands twice."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest
import yaml

from assets.households.identity.assign import KINDS as IDENTITY_KINDS
from assets.households.linkage.constraints import REASONS as LINK_REASONS
from assets.intake.formats.sniff import _EXTENSIONS
from assets.intake.sheets.rows import KINDS as ROW_KINDS
from assets.referrals.rules import CONFIDENCES, DIRECTORATES, NOWHERE
from assets.referrals.rules import STATUSES as REFERRAL_STATUSES
from validation.categories import pmks_types
from validation.declarations import ARROW_TYPES, AUDIENCES
from validation.fields import FIELDS
from validation.nik import STATUSES_IN_A_LIST as NUMBER_STATUSES
from warehouse.tables import FOLDER, DeclarationError, Shared, declaration_files, read_declarations, tables

SHARED = {
    "patterns": {"letters": "^[a-z]+$"},
    "values": {"sides": ["left", "right"], "more": [{"same": "sides"}, "both"]},
}
WRITTEN: dict[str, Any] = {
    "one": {"description": "One", "key": ["id"], "columns": {"id": ["VARCHAR", "operasional", "Its id"]}},
    "other": {
        "description": "Other",
        "columns_of": "one",
        "columns": {"side": ["VARCHAR", "publik", "Which", {None: True, "values": "more", "references": "one.id"}]},
    },
}


def test_short_and_long_forms_say_what_they_say() -> None:
    other = read_declarations(WRITTEN, Shared(SHARED))["other"]
    assert other.names == ("id", "side")
    plain, side = other.columns
    assert (plain.nullable, plain.audience, plain.rules) == (False, "operasional", {})
    assert side.nullable and side.references == ("one", "id")
    assert side.values is not None and side.values.content == ("left", "right", "both")


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (["VARCHAR", "Which"], "needs type, audience and description"),
        (["TEXT", "publik", "Which"], "unknown type TEXT"),
        (["VARCHAR", "semua", "Which"], "unknown audience semua"),
        (["VARCHAR", "publik", "Which", {"unique": True}], "unknown rules ['unique']"),
        (["VARCHAR", "publik", "Which", {"values": "colours"}], "unknown values colours"),
        (["VARCHAR", "publik", "Which", {"pattern": "digits"}], "unknown pattern digits"),
        (["VARCHAR", "publik", "Which", {"references": "one.name"}], "one.name is no key"),
        (["VARCHAR", "publik", "Which", {"references": "none.id"}], "none.id is no key"),
    ],
)
def test_a_column_that_cannot_be_is_refused_by_name(parts: list[Any], problem: str) -> None:
    written = deepcopy(WRITTEN)
    written["other"]["columns"]["side"] = parts
    with pytest.raises(DeclarationError, match=re.escape(f"other.side: {problem}")):
        read_declarations(written, Shared(SHARED))


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"primary": ["id"]}, "unknown ['primary']"),
        ({"key": ["name"]}, "a key of undeclared columns"),
        ({"columns_of": "third"}, "columns of third, which does not exist"),
        ({"columns_of": "one", "without": ["name"]}, "without name, which is not there"),
    ],
)
def test_a_table_that_cannot_be_is_refused_by_name(entry: dict[str, Any], problem: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(f"other: {problem}")):
        read_declarations({**WRITTEN, "other": {"description": "Other"} | entry}, Shared(SHARED))


def test_every_column_of_every_table_is_described_and_says_who_may_see_it() -> None:
    for table in tables().values():
        assert table.description and table.columns
        for column in table.columns:
            assert column.description and column.audience in AUDIENCES, f"{table.name}.{column.name}"
            assert column.type in ARROW_TYPES


def test_what_is_said_of_a_person_is_sensitive_wherever_it_stands() -> None:
    personal = {
        "nik", "no_kk", "nama", "nama_asli", "tanggal_lahir", "tempat_lahir", "alamat", "dusun", "nama_ibu",
        "nama_ayah", "kepala_keluarga", "raw", "keterangan", "jenis_disabilitas", "terlantar", "status_hidup", "alasan",
    }  # fmt: skip
    open_ones = [
        f"{table.name}.{column.name}"
        for table in tables().values()
        for column in table.columns
        if column.name in personal and column.audience != "sensitif"
    ]
    assert open_ones == []


def test_categories_of_persons_are_sensitive_and_those_of_rules_and_counts_are_not() -> None:
    seen = {t.name: c.audience for t in tables().values() for c in t.columns if c.name == "kode_pmks"}
    assert {name for name, audience in seen.items() if audience != "sensitif"} == {"rules", "needs"}


def test_every_shared_pattern_and_set_of_values_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in declaration_files())
    shared = Shared(yaml.safe_load((FOLDER / "_shared.yml").read_text(encoding="utf-8")))
    unused = [name for name in shared.names if not re.search(rf"(?:values|pattern|same): {name}\b", text)]
    assert unused == []


def values(name: str, column: str) -> tuple[str, ...]:
    """The values that a column is declared to hold."""
    found = next(c for c in tables()[name].columns if c.name == column).values
    assert found is not None
    return found.content


def test_declared_values_are_those_that_the_code_makes() -> None:
    assert values("ledger", "kind") == ROW_KINDS
    assert values("submissions", "format") == (*_EXTENSIONS, "unknown")
    assert set(values("accepted", "nik_status")) == set(NUMBER_STATUSES)
    assert values("referrals", "directorate") == DIRECTORATES
    assert values("rules", "directorate") == (*DIRECTORATES, NOWHERE)
    assert values("referrals", "status") == REFERRAL_STATUSES
    assert values("referrals", "confidence") == CONFIDENCES
    assert values("identity_events", "kind") == tuple(IDENTITY_KINDS)
    assert set(values("links", "decided_by")) == {"model", "reviewer", *LINK_REASONS[1:]}
    not_asked = {"decided_different", "joined_at_last"}
    assert set(values("review_queue", "reason")) == {"uncertain_link", *LINK_REASONS[1:]} - not_asked
    assert set(values("accepted", "kode_pmks")) == set(pmks_types())


def test_the_types_of_a_row_have_one_letter_for_each_field() -> None:
    pattern = next(c.pattern for c in tables()["raw_rows"].columns if c.name == "types")
    assert pattern is not None and re.fullmatch(pattern.pattern, "t" * len(FIELDS))
