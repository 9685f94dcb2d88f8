"""From raw rows to person records: every row ends as accepted or quarantined, and what is doubtful is said.

Danger: a doubtful number costs a person the referral. Remedy: only five things quarantine a row (no usable name, a name
of no person and nothing else of one, no village or two, no category that maps, or only categories that the row itself
contradicts); all else is a finding. Two more are nobody's fault: what the row said was erased at the person's request,
or this program fails at it (`assets/records/failing.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.records.addresses import addresses
from assets.records.births import births
from assets.records.cells import (
    ERASED,
    PLACE,
    Cells,
    Coded,
    Findings,
    Headers,
    Mask,
    Numbers,
    by_value,
    coded,
    first_rows,
    in_order,
    shared,
    strings,
)
from assets.records.failing import NOT_PROCESSED, failing_rows
from assets.records.identifiers import (
    Nik,
    from_elsewhere,
    identify,
    repeated_within_a_list,
    several_heads,
    shared_within_a_list,
)
from assets.records.lives import lives
from assets.records.names import Names, parse_names
from assets.records.row_categories import RowCategories, Sexes, categorise
from assets.records.villages import Villages, villages
from validation.borders import rows_against_rules
from validation.fields import FIELDS
from validation.record_ids import RECORD_ID_DIGITS
from validation.vocabulary import any_refusal_of, helper_of, plain_text, refusal_of, relation_of, sex_of, unknown_to
from warehouse.arrow import to_arrow
from warehouse.tables import tables

PORTION = 100_000
"""Rows that are worked on at a time."""
ACCEPTED = tables()["accepted"]
OF_FEW_TEXTS = frozenset(column.name for column in ACCEPTED.columns if column.few)
"""Text columns in which many rows say the same: each text is kept once, in memory (the lake keeps plain text)."""
_OF_LISTS = frozenset(
    column.name for column in (*ACCEPTED.columns, *tables()["quarantined"].columns) if column.type == "VARCHAR[]"
)
_TEXT_FIELDS = ("nama_ibu", "nama_ayah", "status_padan", "berita_acara", "telepon", "wali", "pendamping")


class RecordTables(NamedTuple):
    """The tables of the stage `records`; `outcomes`: submission_id, sheet, row, outcome of every data row."""

    accepted: pa.Table
    quarantined: pa.Table
    findings: pa.Table
    outcomes: pa.Table


Failed = Callable[[Exception], object]


def _raised(error: Exception) -> None:
    raise error


def build_records(raw_rows: pa.Table, columns: pa.Table, failed: Failed = _raised) -> RecordTables:
    """Parse and validate the raw rows of a partition (the table `raw_rows`) into the tables of the stage `records`.

    One output row for each input row, in `accepted` or in `quarantined`. Does not depend on the order of rows, never
    looks at the clock, repairs no identifier and defaults no category.

    Nothing is compared across submissions, so whole submissions are taken some at a time: memory then follows what
    comes out, and not the steps in between.

    `failed`: gets each error of a row that this program fails at, which is then quarantined for it.
    """
    rows, headers = in_order(raw_rows), Headers(columns)
    parts = [_build_or_set_aside(rows.slice(start, stop - start), headers, failed) for start, stop in _portions(rows)]
    return RecordTables(*(pa.concat_tables(of) for of in zip(*parts, strict=True)))


def _portions(rows: pa.Table) -> list[tuple[int, int]]:
    """Where to cut rows in order: each portion has whole submissions, and more than `PORTION` rows only if one has."""
    starts = first_rows(coded(rows["submission_id"]).codes)
    cuts = [0]
    for start, stop in zip(starts, [*starts[1:], len(rows)][: len(starts)], strict=True):
        if stop - cuts[-1] > PORTION and start > cuts[-1]:
            cuts.append(int(start))
    return list(zip(cuts, [*cuts[1:], len(rows)], strict=True))


def _build_or_set_aside(rows: pa.Table, headers: Headers, failed: Failed) -> RecordTables:
    build = partial(_build, headers=headers, failed=failed)
    try:
        return build(rows)
    except Exception as error:
        failing = failing_rows(rows, build, error)
    for each in failing.values():
        failed(each)
    at = np.isin(np.arange(len(rows)), [*failing])
    built, aside = build(rows.filter(pa.array(~at))), _set_aside(rows.filter(pa.array(at)), headers)
    others = (pa.concat_tables(both).unify_dictionaries() for both in zip(built[1:], aside, strict=True))
    return RecordTables(built.accepted, *map(in_order, others))


def _set_aside(rows: pa.Table, headers: Headers) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Rows that cannot be processed, in quarantine: all tables but that of accepted ones."""
    cells = Cells(rows, headers)
    found, whole = Findings(cells), np.arange(cells.size)
    found.add(NOT_PROCESSED, np.ones(cells.size, dtype=bool), None)
    reasons = Coded([[NOT_PROCESSED]], np.zeros(cells.size, dtype=np.int32))
    quarantined = _quarantined(_places(cells), reasons, cells, whole)
    return quarantined, found.table(), _outcomes(_places(cells), np.ones(cells.size, dtype=bool))


def _build(rows: pa.Table, headers: Headers, failed: Failed) -> RecordTables:
    cells = Cells(rows, headers)
    found = Findings(cells)
    ids = identify(cells, found)
    written = cells.texts("nama")
    names = parse_names(written)
    found.add("name_says_deceased", names.deceased, "nama")
    apart, numbers = (
        pc.match_substring_regex(cells.texts(field), pattern).to_numpy(zero_copy_only=False)
        for field, pattern in (("nama", r"\pL\s*[\n,]\s*\pL"), ("nik", r"\d{15,}\D+\d{15,}"))
    )
    found.add("name_several_persons", names.several | (apart & numbers), "nama")
    found.add("name_unknown", names.unknown, "nama")
    found.add("nik_same_on_several_rows", shared_within_a_list(cells, ids, names), "nik")
    sexes = _sexes(cells, ids.facts, found)
    born = births(cells, ids.facts, found)
    categories = categorise(cells, born, sexes, found)
    desa = villages(cells, found)
    relations = _relations(cells, found)
    found.add("row_repeated", repeated_within_a_list(cells, ids, names, categories.codes), None)
    found.add("several_heads", several_heads(cells, ids, names, relations), "hubungan")
    found.add("nik_of_other_district", from_elsewhere(ids, desa.codes), "nik")
    _note_cells(cells, found)
    numbered = ids.nik_status.mask(lambda status: status not in ("missing", "placeholder"))
    said = np.stack([numbered, sexes.stated.mask(bool), ~np.isnat(born.date)])
    other = (born.age >= 0) | relations.mask(bool)
    found.add("name_of_no_person", names.group & ~said.all(axis=0) & (said.any(axis=0) | other), "nama")
    eligible = _eligibility(cells, categories.against)
    refused = eligible.mask(lambda text: text and refusal_of(text, of_status=True))
    denied = refused & ~categories.filled
    of_house = categories.codes.mask(lambda codes: codes == ["LEG-RTLH"])
    struck_off = eligible.mask(lambda text: text and refusal_of(text, of_house=True))
    struck_off &= categories.codes.mask(lambda codes: "LEG-RTLH" in codes)
    found.add("said_not_eligible", ~denied & ((refused & ~of_house) | struck_off), "status_layak")
    reasons = _reasons(cells, names, names.group & ~said.any(axis=0) & ~other, desa, categories, denied, found)
    frame: dict[str, Any] = {
        **_places(cells),
        "kode_desa": desa.codes,
        "periode": coded(cells.table["periode"]),
        "nik": ids.nik,
        "nik_status": ids.nik_status,
        "no_kk": ids.no_kk,
        "kk_status": ids.kk_status,
        "nama": names.text,
        "nama_asli": Coded(written, np.arange(cells.size)),
        "jenis_kelamin": sexes.stated,
        "tempat_lahir": _plain(cells, "tempat_lahir"),
        "tanggal_lahir": pa.array(born.date),
        "presisi_lahir": born.precision,
        "umur": pa.array(born.age.astype(np.int64), mask=born.age < 0),
        "hubungan": relations,
        "kepala_keluarga": _plain(cells, "kepala_keluarga"),
        **addresses(cells, desa.codes, found),
        "kode_pmks": categories.codes,
        "jenis_disabilitas": categories.disability,
        "terlantar": _booleans(categories.terlantar),
        **{name: _plain(cells, name) for name in _TEXT_FIELDS},
        "status_hidup": lives(cells, categories.gone),
        "status_layak": eligible,
    }
    return _tables(frame, reasons, cells, found, failed)


def _places(cells: Cells) -> dict[str, Any]:
    return {
        "record_id": _record_ids(cells),
        "submission_id": cells.submission,
        "sheet": cells.place.map(lambda place: place[1]),
        "row": pa.array(cells.rows),
    }


def _record_ids(cells: Cells) -> Coded[str]:
    prefixes = ["\x1f".join((*place, "")).encode() for place in cells.place.values]
    places, rows = cells.place.codes.tolist(), cells.rows.tolist()
    ids = [
        sha256(b"%b%d" % (prefixes[place], row)).hexdigest()[:RECORD_ID_DIGITS]
        for place, row in zip(places, rows, strict=True)
    ]
    return Coded(ids, np.arange(len(ids)))


def _tables(
    frame: dict[str, Any], reasons: Coded[list[str]], cells: Cells, found: Findings, failed: Failed
) -> RecordTables:
    bad = reasons.mask(bool)
    good = np.flatnonzero(~bad)
    accepted = pa.table({name: _column(name, frame[name], good) for name in ACCEPTED.names})
    against_rules, error = rows_against_rules(ACCEPTED, to_arrow(ACCEPTED.name, accepted))
    if error is not None:
        failed(error)
        unfit = np.isin(np.arange(cells.size), good[against_rules])
        found.add(NOT_PROCESSED, unfit, None)
        codes = np.where(unfit, len(reasons.values), reasons.codes)
        return _tables(frame, Coded([*reasons.values, [NOT_PROCESSED]], codes), cells, found, failed)
    return RecordTables(
        accepted, _quarantined(frame, reasons, cells, np.flatnonzero(bad)), found.table(), _outcomes(frame, bad)
    )


def _quarantined(frame: dict[str, Any], reasons: Coded[list[str]], cells: Cells, rows: Numbers) -> pa.Table:
    columns = {name: _column(name, frame[name], rows) for name in ("record_id", *PLACE)}
    columns["reasons"] = _column("reasons", reasons, rows)
    columns["raw"] = pc.fill_null(cells.table["raw"].take(pa.array(rows)), "")
    return pa.table(columns)


def _outcomes(frame: dict[str, Any], bad: Mask) -> pa.Table:
    columns = {name: _column(name, frame[name], None) for name in PLACE}
    columns["outcome"] = shared(Coded(["accepted", "quarantined"], bad.astype(np.int32)))
    return pa.table(columns)


def _column(name: str, of: Coded[Any] | pa.Array, rows: Numbers | None) -> pa.Array:
    """A column of a table at some rows (None: at all): texts, lists, or what is an array already."""
    if not isinstance(of, Coded):
        return of if rows is None else of.take(pa.array(rows))
    taken = of if rows is None else of.taken(rows)
    if name in OF_FEW_TEXTS:
        return shared(taken)
    if name in _OF_LISTS:
        return pa.array(taken.values, pa.list_(pa.string())).take(pa.array(taken.codes))
    return strings(taken)


def _booleans(said: Coded[bool | None]) -> pa.Array:
    return pa.array(said.mask(bool), mask=said.mask(lambda value: value is None))


def _reasons(
    cells: Cells,
    names: Names,
    no_person: Mask,
    desa: Villages,
    categories: RowCategories,
    denied: Mask,
    found: Findings,
) -> Coded[list[str]]:
    """Why a row is quarantined, as codes of findings; an empty list for an accepted row.

    `no_person`: rows whose name is of no person, and that say nothing else of one; `denied`: rows that name no category
    and say that the person is not eligible.
    """
    erased = cells.erased()
    none_left = categories.codes.mask(lambda codes: not codes)
    why: dict[str, tuple[Mask, str | None]] = {
        "name_missing": (~names.usable, "nama"),
        "no_person": (no_person, "nama"),
        "village_of_row_unknown": (desa.codes.mask(lambda code: code is None) & ~desa.disputed, "desa"),
        "village_of_row_disputed": (desa.disputed, "desa"),
        "category_missing": (~categories.filled & ~denied, "kategori"),
        "not_pmks": (denied, "kategori"),
        "category_unknown": (categories.filled & ~categories.stated, "kategori"),
        "all_categories_contradicted": (categories.stated & none_left, "kategori"),
        ERASED: (erased, None),
    }
    bits = np.zeros(len(names.usable), dtype=np.int64)
    for bit, (code, (mask, field)) in enumerate(why.items()):
        found.add(code, mask, field)
        holds = mask if code == ERASED else mask & ~erased
        bits |= holds.astype(np.int64) << bit
    lists: list[list[str]] = [
        [code for bit, code in enumerate(why) if held >> bit & 1] for held in range(2 ** len(why))
    ]
    return Coded(lists, bits)


def _plain(cells: Cells, field: str) -> Coded[str | None]:
    return cells.text(field).map(plain_text)


def _sexes(cells: Cells, nik: Nik, found: Findings) -> Sexes:
    texts = cells.text("jenis_kelamin")
    stated = texts.map(sex_of)
    by_nik = Coded([None, "L", "P"], np.where(nik.day > 0, 1 + nik.woman, 0))
    found.add("sex_unknown", texts.mask(unknown_to(sex_of)), "jenis_kelamin")
    differs = by_value(lambda own, other: own and other and own != other, stated, by_nik).mask(bool)
    found.add("sex_not_that_of_nik", differs & nik.trusted, "jenis_kelamin")
    return Sexes(stated, by_nik, nik.trusted)


def _relations(cells: Cells, found: Findings) -> Coded[str | None]:
    texts = cells.text("hubungan")
    found.add("relation_unknown", texts.mask(unknown_to(relation_of)), "hubungan")
    return texts.map(relation_of)


def _eligibility(cells: Cells, of_category: Coded[str]) -> Coded[str | None]:
    """What the cell of categories says against eligibility, or else what its own column states of it, or else what the
    status or the remarks say against it. In a list of unfit houses that is said of the house."""
    others = by_value(_refused, cells.text("status_hidup"), cells.text("keterangan").map(_refused_by).merged())
    own = _plain(cells, "status_layak").map(lambda said: (said and helper_of(said)) or said)
    return by_value(lambda said, of, other: of or said or other, own, of_category, others)


def _refused_by(said: str) -> str:
    return any_refusal_of(said) or helper_of(said, in_remarks=True) or ""


def _refused(status: str, by_remark: str) -> str | None:
    return refusal_of(status, of_status=True) or _refused_by(status) or by_remark or None


def _note_cells(cells: Cells, found: Findings) -> None:
    for field in FIELDS:
        found.add("error_cell", cells.is_kind(field, "e"), field)
        found.add("uncalculated", cells.is_kind(field, "u"), field)
    found.add("hidden_row", pc.fill_null(cells.table["tersembunyi"], fill_value=False).to_numpy(), None)
