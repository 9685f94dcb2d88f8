"""From raw rows to person records: every row ends as accepted or quarantined, and what is doubtful is said.

Danger: a doubtful number costs a person the referral. Remedy: only four things quarantine a row (no usable name, no
village, no category that maps, or only categories that the row itself contradicts); all else is a finding.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from assets.records.addresses import parse_address, parse_unit
from assets.records.births import births
from assets.records.cells import PLACE, Cells, Findings, Mask, Texts, array, by_value
from assets.records.identifiers import identify, shared_within_a_list
from assets.records.names import parse_name
from assets.records.row_categories import RowCategories, as_boolean, categorise
from assets.records.villages import villages
from validation.fields import FIELDS
from validation.models import ACCEPTED_COLUMNS, AcceptedRecord, QuarantinedRecord, validate
from validation.nik import Facts
from validation.vocabulary import is_placeholder, relation_of, sex_of

RECORD_ID_DIGITS = 32
_LIFE = {"1": "hidup", "2": "meninggal", "3": "pindah"}
_TEXT_FIELDS = ("nama_ibu", "nama_ayah", "status_padan", "status_layak", "berita_acara")


@dataclass(frozen=True)
class RecordTables:
    """The frames of border 2; `outcomes`: submission_id, sheet, row, outcome of every data row."""

    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    findings: pd.DataFrame
    outcomes: pd.DataFrame


def record_id(submission_id: str, sheet: str, row: int) -> str:
    """The stable id of a row: the same bytes, sheet and row always give the same."""
    whole = f"{submission_id}\x1f{sheet}\x1f{row}".encode()
    return hashlib.sha256(whole).hexdigest()[:RECORD_ID_DIGITS]


def build_records(raw_rows: pd.DataFrame, columns: pd.DataFrame) -> RecordTables:
    """Parse and validate the raw rows of a partition (border 1 of docs/architecture.md) into the frames of border 2.

    One output row for each input row, in `accepted` or in `quarantined`. Does not depend on the order of rows, never
    looks at the clock, repairs no identifier and defaults no category. Raises `validation.models.InvalidFrameError` if
    what it made breaks its own model.
    """
    cells = Cells(raw_rows, columns)
    found = Findings(cells, columns)
    ids = identify(cells, found)
    names = by_value(parse_name, cells.text("nama"))
    shown = array([n.text for n in names])
    found.add("name_says_deceased", np.array([n.deceased for n in names], dtype=bool), "nama")
    found.add("name_several_persons", np.array([n.several for n in names], dtype=bool), "nama")
    found.add("nik_same_on_several_rows", shared_within_a_list(cells, ids, shown), "nik")
    sex = _sexes(cells, ids.facts, found)
    born = births(cells, ids.facts, found)
    stated_sexes = [{s for s in (own, nik.sex) if s} for own, nik in zip(sex, ids.facts, strict=True)]
    categories = categorise(cells, born.ages, stated_sexes, found)
    desa = villages(cells, found)
    frame = pd.DataFrame(
        {
            "record_id": [record_id(*place) for place in cells.frame[PLACE].itertuples(index=False)],
            **{name: cells.frame[name] for name in (*PLACE, "periode")},
            "kode_desa": desa,
            "nik": ids.nik,
            "nik_status": ids.nik_status,
            "no_kk": ids.no_kk,
            "kk_status": ids.kk_status,
            "nama": shown,
            "nama_asli": cells.text("nama"),
            "jenis_kelamin": sex,
            "tempat_lahir": _plain(cells, "tempat_lahir"),
            "tanggal_lahir": pd.Series(pd.to_datetime(pd.Series(born.date), errors="raise")).astype("datetime64[us]"),
            "presisi_lahir": born.precision,
            "umur": pd.Series(born.age).astype("Int64"),
            "hubungan": _relations(cells, found),
            "kepala_keluarga": _plain(cells, "kepala_keluarga"),
            **_addresses(cells, found),
            "kode_pmks": pd.Series(categories.codes, dtype="object"),
            "jenis_disabilitas": categories.disability,
            "terlantar": as_boolean(categories.terlantar),
            **{name: _plain(cells, name) for name in _TEXT_FIELDS},
            "status_hidup": _life(cells),
        }
    )
    _note_cells(cells, found)
    reasons = _reasons(frame, categories, found)
    return _tables(frame, reasons, cells, found)


def _tables(frame: pd.DataFrame, reasons: list[list[str]], cells: Cells, found: Findings) -> RecordTables:
    bad = np.array([bool(r) for r in reasons], dtype=bool)
    texts = [c for c, kind in AcceptedRecord.columns().items() if kind == "str"]
    accepted = frame.loc[~bad, list(ACCEPTED_COLUMNS)].astype(dict.fromkeys(texts, "str")).reset_index(drop=True)
    quarantined = frame.loc[bad, ["record_id", *PLACE]].assign(
        reasons=pd.Series(array(reasons)[bad], index=frame.index[bad], dtype="object"), raw=cells.frame.loc[bad, "raw"]
    )
    outcomes = frame[PLACE].assign(outcome=np.where(bad, "quarantined", "accepted"))
    return RecordTables(
        validate(AcceptedRecord, accepted),
        validate(QuarantinedRecord, quarantined.reset_index(drop=True)),
        found.frame(),
        outcomes,
    )


def _reasons(frame: pd.DataFrame, categories: RowCategories, found: Findings) -> list[list[str]]:
    none_left = np.array([not codes for codes in categories.codes], dtype=bool)
    why: dict[str, tuple[Mask, str]] = {
        "name_missing": (frame["nama"].isna().to_numpy(), "nama"),
        "village_of_row_unknown": (frame["kode_desa"].isna().to_numpy(), "desa"),
        "category_missing": (~categories.told, "kategori"),
        "category_unknown": (categories.told & ~categories.stated, "kategori"),
        "all_categories_contradicted": (categories.stated & none_left, "kategori"),
    }
    for code, (mask, field) in why.items():
        found.add(code, mask, field)
    return [[code for code, (mask, _) in why.items() if mask[i]] for i in range(len(frame))]


def _plain_text(text: str) -> str | None:
    plain = " ".join(text.replace("\xa0", " ").split()).strip("'’`").strip()
    return None if not plain or is_placeholder(plain) else plain.upper()


def _plain(cells: Cells, field: str) -> Texts:
    return array(by_value(_plain_text, cells.text(field)))


def _sexes(cells: Cells, niks: list[Facts], found: Findings) -> Texts:
    texts = cells.text("jenis_kelamin")
    sex = array(by_value(sex_of, texts))
    unknown = [bool(t.strip()) and not is_placeholder(t) and s is None for t, s in zip(texts, sex, strict=True)]
    found.add("sex_unknown", np.array(unknown, dtype=bool), "jenis_kelamin")
    against = [bool(s and nik.sex and s != nik.sex) for s, nik in zip(sex, niks, strict=True)]
    found.add("sex_not_that_of_nik", np.array(against, dtype=bool), "jenis_kelamin")
    return sex


def _relations(cells: Cells, found: Findings) -> Texts:
    texts = cells.text("hubungan")
    relation = array(by_value(relation_of, texts))
    unknown = [bool(t.strip()) and not is_placeholder(t) and r is None for t, r in zip(texts, relation, strict=True)]
    found.add("relation_unknown", np.array(unknown, dtype=bool), "hubungan")
    return relation


def _addresses(cells: Cells, found: Findings) -> dict[str, Texts]:
    address = _plain(cells, "alamat")
    inside = by_value(parse_address, array([a or "" for a in address]))
    rt = by_value(parse_unit, cells.text("rt"), cells.kind("rt").astype(str))
    rw = by_value(parse_unit, cells.text("rw"), cells.kind("rw").astype(str))
    dusun = _plain(cells, "dusun")
    from_date = (cells.kind("rt") == b"d") | (cells.kind("rw") == b"d")
    found.add("rt_rw_from_date", from_date, "rt")
    split = [
        bool((d is None and a.dusun) or (one[0] is None and a.rt) or (two[0] is None and one[1] is None and a.rw))
        for d, one, two, a in zip(dusun, rt, rw, inside, strict=True)
    ]
    found.add("address_split", np.array(split, dtype=bool), "alamat")
    return {
        "alamat": address,
        "dusun": array([d or a.dusun for d, a in zip(dusun, inside, strict=True)]),
        "rt": array([one[0] or a.rt for one, a in zip(rt, inside, strict=True)]),
        "rw": array([two[0] or one[1] or a.rw for one, two, a in zip(rt, rw, inside, strict=True)]),
    }


def _life_status(own: str, remark: str) -> str | None:
    for text in (own.strip().lower(), remark.lower()):
        if any(word in text for word in ("meninggal", "wafat", "almarhum", "mati")):
            return "meninggal"
        if "pindah" in text:
            return "pindah"
    plain = own.strip().lower()
    return "hidup" if plain in {"hidup", "aktif"} else _LIFE.get(plain)


def _life(cells: Cells) -> Texts:
    remark = array(
        [r if any(w in r.lower() for w in ("meninggal", "wafat", "pindah")) else "" for r in cells.text("keterangan")]
    )
    return array(by_value(_life_status, cells.text("status_hidup"), remark))


def _note_cells(cells: Cells, found: Findings) -> None:
    for field in FIELDS:
        found.add("error_cell", cells.kind(field) == b"e", field)
        found.add("uncalculated", cells.kind(field) == b"u", field)
    hidden: Any = cells.frame["tersembunyi"].fillna(False).to_numpy(dtype=bool)
    found.add("hidden_row", hidden, None)
