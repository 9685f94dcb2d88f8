"""Ids are looked for where they can stand, by the forms in which they are declared and written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from warehouse.connection import opened
from warehouse.id_forms import (
    HOUSEHOLD,
    MOST_TYPOS,
    PERSON,
    PERSON_OR_HOUSEHOLD,
    RECORD,
    REFERRAL,
    SUBMISSION,
    Form,
)
from warehouse.projection import declared_of

DECLARED = (
    (REFERRAL, "referrals.history", "referral_id"),
    (PERSON_OR_HOUSEHOLD, "households.events", "other_id"),
    (RECORD, "records.accepted", "record_id"),
    (SUBMISSION, "intake.submissions", "submission_id"),
)
FORMS = (PERSON, HOUSEHOLD, *(form for form, *_ in DECLARED))


def ids_of(form: Form) -> st.SearchStrategy[str]:
    others = st.text(form.letters, min_size=form.length - 1, max_size=form.length - 1)
    return st.builds(str.__add__, st.sampled_from(form.first or form.letters), others)


@pytest.mark.parametrize(("form", "table", "column"), DECLARED)
@given(st.data())
def test_a_form_is_what_is_declared(form: Form, table: str, column: str, data: st.DataObject) -> None:
    (declared,) = [each.pattern for each in declared_of(table).columns if each.name == column]
    assert declared is not None
    pattern = str(declared.content[0])
    assert form.is_of(data.draw(st.from_regex(pattern.replace("$", r"\Z"))))
    written = data.draw(ids_of(form))
    assert re.fullmatch(pattern, written)
    assert form.is_of(written)
    for other in (written[:-1], written + written[-1], written[:-1] + "!", "!" + written[1:]):
        assert not form.is_of(other)


@given(st.data())
def test_what_an_id_may_be_mistyped_as_or_hold_is_never_passed_over(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(FORMS))
    wanted = data.draw(ids_of(form))
    typed = list(wanted)
    for _ in range(MOST_TYPOS):
        at = data.draw(st.integers(0, len(typed) - 1))
        typed[at : at + data.draw(st.integers(0, 1))] = data.draw(st.text(st.characters(codec="ascii"), max_size=1))
    text = form.written("".join(typed))
    assert form.may_be_mistyped_as(text) or Levenshtein.distance(text, wanted) > MOST_TYPOS
    start, end = sorted(data.draw(st.tuples(st.integers(0, form.length), st.integers(0, form.length))))
    assert end - start == form.length or form.may_hold(form.written(wanted[start:end].swapcase()))
    assert form.written(wanted.lower()) == form.written(wanted.upper()) == wanted


def test_every_id_of_a_home_has_its_form(finished: Path) -> None:
    with opened(finished / "warehouse.duckdb", read_only=True) as con:
        for form, table in ((PERSON, "households.persons"), (HOUSEHOLD, "households.households")):
            column = declared_of(table).key[0]
            ids = [any_id for (any_id,) in con.execute(f"SELECT {column} FROM {table}").fetchall()]
            assert ids
            assert all(form.is_of(any_id) for any_id in ids)
