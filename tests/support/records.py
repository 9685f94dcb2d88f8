"""Raw rows to play with, and the rules of the records room once more: slow, a row at a time, without any array.

The oracle shares with the room what reads one text (`parse_date`, `map_text` and their like, which have tests of their
own) and nothing else: NIK and KK, ages, contradictions, lists and findings are all worked out again here.
"""

from __future__ import annotations

import calendar
import contextlib
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from assets.records.addresses import parse_address, parse_unit, within
from assets.records.building import build_records
from assets.records.dates import Order, parse_age, parse_date
from assets.records.names import parse_name
from validation.categories import map_cell, map_text, pmks_types
from validation.fields import FIELDS
from validation.periods import period_end
from validation.regions import regency_codes
from validation.vocabulary import disability_of, is_placeholder, plain_text, relation_of, sex_of
from warehouse.arrow import to_arrow, to_pandas
from warehouse.tables import arrow_schema

DESA = "16.10.05.2036"
LETTERS = {name: chr(ord("A") + n) if n < 26 else "A" + chr(ord("A") + n - 26) for n, name in enumerate(FIELDS)}
Row = dict[str, Any]
HIDDEN = {"found", "reasons", "facts", "ages", "trusted"}
"""What the oracle notes down on the way."""


def raw_row(row: int = 2, *, kinds: Mapping[str, str] | None = None, **cells: Any) -> Row:
    """One row of `raw_rows`: fields by name, `kinds` for cells that are not text, and columns that are no fields."""
    own = {name: cells.pop(name) for name in [*cells] if name not in FIELDS}
    types = {name: "t" for name, text in cells.items() if text} | dict(kinds or {})
    return {
        "submission_id": "a" * 64,
        "sheet": "Sheet1",
        "row": row,
        "header_row": 1,
        "kode_desa": DESA,
        "periode": "2024",
        "skema_kode": None,
        "kategori_tanda": [],
        "kategori_berkas": [],
        "types": "".join(types.get(name, ".") for name in FIELDS),
        "filled": "",
        "raw": json.dumps({LETTERS[name]: text for name, text in cells.items()}),
        "tersembunyi": False,
        **dict.fromkeys(FIELDS),
        **cells,
        **own,
    }


def raw_table(rows: Sequence[Row]) -> pa.Table:
    """Raw rows as the table that the lake holds."""
    frame = pd.DataFrame(list(rows), columns=list(raw_row()))
    lists = {"kategori_tanda", "kategori_berkas"}
    texts = {name: "str" for name in frame.columns if name not in {"row", "header_row", "tersembunyi", *lists}}
    kinds: Any = {**texts, "row": "Int64", "header_row": "Int64", "tersembunyi": "boolean"}
    return to_arrow("raw_rows", frame.astype(kinds).astype(dict.fromkeys(lists, "object")))


def columns_of(rows: Sequence[Row], meanings: Mapping[str, Mapping[str, str]] | None = None) -> pa.Table:
    """The columns of those rows' lists: every field has one; `meanings`: the codes that a field's column declares."""
    code_maps = {name: json.dumps(codes) for name, codes in (meanings or {}).items()}
    keys = sorted({(r["submission_id"], r["sheet"], r["header_row"]) for r in rows})
    names = ("submission_id", "sheet", "header_row", "column", "field", "code_map")
    held = [(*key, LETTERS[name], name, code_maps.get(name)) for key in keys for name in FIELDS]
    schema = pa.schema([arrow_schema("columns").field(name) for name in names])
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in held], schema)


class Built(NamedTuple):
    """What the records room makes of rows, as frames."""

    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    findings: pd.DataFrame
    outcomes: pd.DataFrame


def built(rows: Sequence[Row], meanings: Mapping[str, Mapping[str, str]] | None = None) -> Built:
    """Raw rows through the records room."""
    return Built(*map(to_pandas, build_records(raw_table(rows), columns_of(rows, meanings))))


@dataclass
class Judged:
    """What the oracle makes of rows: records by place, reasons by place, and findings as (place, code, field)."""

    accepted: dict[tuple[str, str, int], Row] = field(default_factory=dict)
    quarantined: dict[tuple[str, str, int], list[str]] = field(default_factory=dict)
    findings: list[tuple[tuple[str, str, int], str, str | None]] = field(default_factory=list)


def judge_row_by_row(rows: Sequence[Row]) -> Judged:
    """Validate raw rows the simplest way there is."""
    made = Judged()
    rows = sorted(rows, key=place_of)
    read = [_read(row) for row in rows]
    _numeric_doubt(rows, read)
    orders = _orders(rows, read)
    for row, of, order in zip(rows, read, orders, strict=True):
        _numbers_together(of)
        _born(row, of, order)
        _categories(row, of)
    _within_lists(rows, read)
    for row, of in zip(rows, read, strict=True):
        place = place_of(row)
        made.findings += [(place, code, name) for code, name in of["found"]]
        if of["reasons"]:
            made.quarantined[place] = of["reasons"]
        else:
            made.accepted[place] = {k: of[k] for k in of if k not in HIDDEN} | {
                "record_id": hashlib.sha256("\x1f".join(map(str, place)).encode()).hexdigest()[:32]
            }
    return made


def place_of(row: Mapping[str, Any]) -> tuple[str, str, int]:
    """Submission, sheet and row."""
    return row["submission_id"], row["sheet"], row["row"]


def _kind(row: Row, name: str) -> str:
    return str(row["types"][FIELDS.index(name)])


def _text(row: Row, name: str) -> str:
    return "" if _kind(row, name) in "eu" else row[name] or ""


def _read(row: Row) -> Row:
    found: list[tuple[str, str | None]] = []
    for name in FIELDS:
        found += [
            (code, name) for kind, code in (("e", "error_cell"), ("u", "uncalculated")) if _kind(row, name) == kind
        ]
    if row["tersembunyi"]:
        found.append(("hidden_row", None))
    of: Row = {"found": found}
    for name, status in (("nik", "nik_status"), ("no_kk", "kk_status")):
        of[name], of[status], facts = number(_text(row, name), birth=name == "nik")
        if of[name] is not None and of[name] != _text(row, name).strip():
            found.append(("number_cleaned", name))
        of.setdefault("facts", facts)
    name = parse_name(_text(row, "nama"))
    of["nama"] = name.text
    two = re.search(r"[^\W\d_]\s*[\n,]\s*[^\W\d_]", _text(row, "nama")) and re.search(
        r"\d{15,}\D+\d{15,}", _text(row, "nik")
    )
    found += [("name_says_deceased", "nama")] * name.deceased
    found += [("name_several_persons", "nama")] * bool(name.several or two)
    found += [("name_unknown", "nama")] * name.unknown
    of["jenis_kelamin"], of["hubungan"] = sex_of(_text(row, "jenis_kelamin")), relation_of(_text(row, "hubungan"))
    for name_, key in (("jenis_kelamin", "sex_unknown"), ("hubungan", "relation_unknown")):
        said = _text(row, name_)
        if said.strip() and not is_placeholder(said) and of[name_] is None:
            found.append((key, name_))
    _address(row, of)
    return of


def number(text: str, *, birth: bool) -> tuple[str | None, str, tuple[int, int, int, str] | None]:
    """Digits, status, and day, month, two-digit year and sex, of a NIK or KK."""
    whole = re.sub(r"^\s*([0-8]\d{14}[1-9])[.,]00?\s*$", r"\1", text, flags=re.ASCII)
    bare = "".join(c for c in whole if not c.isspace() and c not in ".,;:*'’`‘()-–\xa0\u200b\ufeff")
    bare = re.sub("^(no)?(nik|ktp|kk)", "", bare, flags=re.IGNORECASE)
    if not text.strip():
        return None, "missing", None
    if is_placeholder(text.strip()) or not any(map(str.isdigit, bare)) or len(set(bare)) == 1:
        return None, "placeholder", None
    if bare in {"1234567890123456", "0123456789012345", "9876543210987654"}:
        return None, "placeholder", None
    known = bare[:15] if len(bare) == 16 and bare[15] == "?" else bare
    if not (known.isascii() and known.isdigit()) or len(bare) != 16:
        return (text.strip() if "e+" in text.lower() else bare), "wrong_length", None
    day, month, year = int(bare[6:8]), int(bare[8:10]), int(bare[10:12])
    woman, day = birth and day > 40, day - 40 * (birth and day > 40)
    days = calendar.monthrange(2000 + year, month)[1] if 1 <= month <= 12 else 0
    possible = 1 <= day <= days and bare[:2] in {code[:2] for code in regency_codes()} and set(bare[12:]) != {"0"}
    status = "last_digit_lost" if bare[15] == "?" else "sound" if possible else "impossible_date"
    return bare, status, (day, month, year, "P" if woman else "L") if possible else None


def _numeric_doubt(rows: Sequence[Row], read: Sequence[Row]) -> None:
    for name, status in (("nik", "nik_status"), ("no_kk", "kk_status")):
        endings = defaultdict(list)
        for row, of in zip(rows, read, strict=True):
            if _kind(row, name) == "n" and len(of[name] or "") >= 16:
                endings[row["submission_id"], row["sheet"]].append((of, of[name].endswith("0")))
        for column in endings.values():
            lost = sum(zero for _, zero in column) >= 0.8 * len(column)
            for of, zero in column:
                if zero and of[status] == "sound":
                    of[status] = "last_digit_lost" if lost else "numeric_doubt"
                elif zero and lost and of[status] == "impossible_date":
                    of[status] = "last_digit_lost"


def _numbers_together(of: Row) -> None:
    if of["nik"] is not None and of["nik"] == of["no_kk"]:
        of["kk_status"] = "same_as_other"
        if of["nik_status"] == "sound":
            of["nik_status"] = "same_as_other"
    elif of["kk_status"] == "impossible_date" and of["nik_status"] == "sound":
        as_nik = number(of["no_kk"], birth=True)[2]
        if as_nik and as_nik[3] == "P":
            of["nik_status"] = of["kk_status"] = "swapped"
    for name, status, what in (("nik", "nik_status", "nik"), ("no_kk", "kk_status", "kk")):
        if of[status] in ("missing", "placeholder"):
            of["found"].append((f"{what}_missing", name))
        elif of[status] != "sound":
            of["found"].append((f"{what}_doubtful", name))
    of["trusted"] = of["facts"] is not None and of["nik_status"] not in ("swapped", "same_as_other")
    if of["trusted"] and of["jenis_kelamin"] and of["jenis_kelamin"] != of["facts"][3]:
        of["found"].append(("sex_not_that_of_nik", "jenis_kelamin"))


def _orders(rows: Sequence[Row], read: Sequence[Row]) -> list[Order]:
    """Whether each date is read day or month first: by its column and sign, else its column, else its file."""
    texts = [_text(row, "tanggal_lahir") for row in rows]
    possible = [_possible_orders(text) for text in texts]
    orders, unclear = [], defaultdict(list)
    for row, text, mine in zip(rows, texts, possible, strict=True):
        order, clear = Order.DAY_FIRST, False
        for same in (
            lambda r, t: (r["submission_id"], r["sheet"], "/" in t),
            lambda r, t: (r["submission_id"], r["sheet"]),
            lambda r, t: r["submission_id"],
        ):
            here = [p for r, t, p in zip(rows, texts, possible, strict=True) if same(r, t) == same(row, text)]
            days, months = here.count({Order.DAY_FIRST}), here.count({Order.MONTH_FIRST})
            if days or months:
                clear = 20 * min(days, months) <= max(days, months)
                order = Order.MONTH_FIRST if clear and months > days else Order.DAY_FIRST
                break
        orders.append(order)
        if not clear and len(mine) == 2:
            unclear[row["submission_id"], row["sheet"], "birth_dates_order_unclear"].append(row)
        elif order is Order.MONTH_FIRST and Order.MONTH_FIRST in mine:
            unclear[row["submission_id"], row["sheet"], "birth_dates_month_first"].append(row)
    first = {(place_of(where[0]), code) for (_, _, code), where in unclear.items()}
    for row, of in zip(rows, read, strict=True):
        of["found"] += [(code, "tanggal_lahir") for place, code in first if place == place_of(row)]
    return orders


def _possible_orders(text: str) -> set[Order]:
    """The orders in which three numbers are a day; empty where both give the same one."""
    numbers = re.fullmatch(r"(\d\d)[-/](\d\d)[-/](\d\d|\d{4})", text)
    if numbers is None:
        return set()
    first, second, last = map(int, numbers.groups())
    days = {}
    for order, day, month in ((Order.DAY_FIRST, first, second), (Order.MONTH_FIRST, second, first)):
        with contextlib.suppress(ValueError):
            days[order] = date(last + 2000 * (last < 100), month, day)
    sound = {order for order, day in days.items() if day > date(1900, 1, 1)}
    return set() if len(sound) == 2 and len(set(days.values())) == 1 else sound


def _born(row: Row, of: Row, order: Order) -> None:
    end, found = period_end(row["periode"]), of["found"]
    said = parse_date(_text(row, "tanggal_lahir"), _kind(row, "tanggal_lahir"), order)
    stated = _text(row, "umur")
    age = parse_age(stated)
    if age is None and stated.strip() and not is_placeholder(stated):
        found.append(("age_unreadable", "umur"))
    age = said.age if age is None else age
    days = []
    for century in (1900, 2000) if said.two_digits else (0,):
        try:
            day = date((said.year or 0) + century, said.month or 1, said.day or 1)
        except ValueError:
            continue
        days += [day] * (day <= end)
    if said.two_digits and age is not None:
        days.sort(key=lambda day: (abs(end.year - day.year - age), day))
    else:
        days.sort(reverse=True)
    born, precision = (days[0], said.precision) if days else (None, None)
    problems = {"unreadable", "impossible", "month_first", "day_first"}
    if said.problem == "serial":
        found.append(("birth_date_from_serial", "tanggal_lahir"))
    elif said.problem in problems - {"impossible"}:
        found.append((f"birth_date_{said.problem}", "tanggal_lahir"))
    if said.problem == "impossible" or (said.year is not None and born is None):
        found.append(("birth_date_impossible", "tanggal_lahir"))
    if said.year is None and age is not None:
        born, precision = date(end.year - age, 1, 1), "umur"
        found.append(("age_only", "umur"))
    if precision in ("tahun", "bulan"):
        found.append(("birth_year_only", "tanggal_lahir"))
    facts = of["facts"]
    if precision == "hari" and of["trusted"]:
        mine, its = (born.day, born.month, born.year % 100), facts[:3]
        swapped = mine != its and (mine[1], mine[0], mine[2]) == its
        if mine != its:
            code = "birth_date_swapped_with_nik" if swapped else "birth_date_not_that_of_nik"
            found.append((code, "tanggal_lahir"))
    of["tanggal_lahir"], of["presisi_lahir"], of["umur"] = born, precision, age
    of["ages"] = {} if age is None else {"age": {age}}
    if born and precision != "umur":
        early = precision != "tahun" and (end.month, end.day) < (born.month, born.day)
        maybe = precision == "tahun" and end.month < 12 and end.year > born.year
        of["ages"]["date"] = {(years := end.year - born.year - early), years - maybe}
    if facts:
        to_come = (end.month, end.day) < (facts[1], facts[0])
        of["ages"]["nik"] = {y for c in (1900, 2000) if 0 <= (y := end.year - c - facts[2] - to_come) <= 110}


def _categories(row: Row, of: Row) -> None:
    scheme, found = row["skema_kode"], of["found"]
    own = map_cell(_text(row, "kategori"), scheme)
    more = [*row["kategori_tanda"], *row["kategori_berkas"]]
    matches = [
        own,
        *(map_text(f"PMKS-{t}" if t in pmks_types() else t, None if t in pmks_types() else scheme) for t in more),
    ]
    named = sorted({code for match in matches for code in match.codes})
    of["kode_pmks"] = [code for code in named if not _contradicted(code, of)]
    if own.how == "fuzzy" and own.codes:
        found.append(("category_fuzzy", "kategori"))
    if own.unmapped and named:
        found.append(("category_part_unknown", "kategori"))
    if of["kode_pmks"] and of["kode_pmks"] != named:
        found.append(("category_contradicted", "kategori"))
    if any(_near(code, of) for code in of["kode_pmks"]):
        found.append(("age_at_the_limit", "kategori"))
    if any(_windowed(code) and not _ages(of, speaking=True) and not _fits(code, of, 0) for code in of["kode_pmks"]):
        found.append(("age_unknown", "tanggal_lahir"))
    _disability_and_neglect(row, of, matches)
    desa = row["kode_desa"]
    group = bool(of["nama"]) and parse_name(of["nama"]).group
    said = [of["nik"], of["jenis_kelamin"], of["tanggal_lahir"]]
    other = of["umur"] is not None or of["hubungan"] is not None
    if group and None in said and (any(said) or other):
        found.append(("name_of_no_person", "nama"))
    why = {
        "name_missing": (of["nama"] is None, "nama"),
        "no_person": (group and not any(said) and not other, "nama"),
        "village_of_row_unknown": (desa is None, "desa"),
        "category_missing": (not any(m.codes or m.unmapped for m in matches), "kategori"),
        "category_unknown": (not named and any(m.unmapped for m in matches), "kategori"),
        "all_categories_contradicted": (bool(named) and not of["kode_pmks"], "kategori"),
    }
    of["reasons"] = [code for code, (holds, _) in why.items() if holds]
    found += [(code, name) for code, (holds, name) in why.items() if holds]
    if of["nik_status"] == "sound" and desa and of["nik"][:6] != desa[:8].replace(".", ""):
        found.append(("nik_of_other_district", "nik"))
    of["kode_desa"] = desa


def _windowed(code: str) -> bool:
    kind = pmks_types()[code]
    return bool(kind.umur_min) or kind.umur_maks is not None


def _ages(of: Row, *, speaking: bool) -> set[int]:
    sources = {s: a for s, a in of["ages"].items() if s != "nik" or of["trusted"] or not speaking}
    return {age for ages in sources.values() for age in ages}


def _fits(code: str, of: Row, tolerance: int) -> bool:
    kind = pmks_types()[code]
    least, most = (kind.umur_min or 0) - tolerance, (999 if kind.umur_maks is None else kind.umur_maks) + tolerance
    return any(least <= age <= most for age in _ages(of, speaking=False))


def _contradicted(code: str, of: Row) -> bool:
    right = pmks_types()[code].jenis_kelamin
    said, by_nik = of["jenis_kelamin"], of["facts"][3] if of["facts"] else None
    if right and right not in (said, by_nik) and (said or (by_nik and of["trusted"])):
        return True
    return bool(_ages(of, speaking=True)) and not _fits(code, of, 1)


def _near(code: str, of: Row) -> bool:
    return bool(_ages(of, speaking=True)) and _fits(code, of, 1) and not _fits(code, of, 0)


def _disability_and_neglect(row: Row, of: Row, matches: Sequence[Any]) -> None:
    said = _text(row, "jenis_disabilitas").strip()
    none = {"", "-", "tidak", "tidak ada", "x"}
    kind = None if said.lower() in none else disability_of(said) or ""
    if kind == "":
        of["found"].append(("disability_unknown", "jenis_disabilitas"))
    own = matches[: 1 + len(row["kategori_tanda"])]
    kinds = {m.disability for m in own} - {None} or {m.disability for m in matches} - {None}
    kinds -= {"sensorik"} if len(kinds) > 1 else set()
    of["jenis_disabilitas"] = kind or ("ganda" if len(kinds) > 1 else min(kinds, default=None))
    words = {
        "ya": True,
        "tidak": False,
        "terlantar": True,
        "tidak terlantar": False,
        "belum dapat bantuan": None,
        "": None,
    }
    stated = [words[_text(row, name).lower()] for name in ("terlantar", "keterangan")]
    of["terlantar"] = next((t for t in (*stated, *(m.terlantar for m in matches)) if t is not None), None)
    if {"05", "09"} & set(of["kode_pmks"]):
        if of["jenis_disabilitas"] is None:
            of["found"].append(("disability_kind_missing", "jenis_disabilitas"))
        if of["terlantar"] is None:
            of["found"].append(("neglect_not_stated", "terlantar"))


def _address(row: Row, of: Row) -> None:
    address, dusun = plain_text(_text(row, "alamat")), plain_text(_text(row, "dusun"))
    rt, rw = (parse_unit(_text(row, name), _kind(row, name)) for name in ("rt", "rw"))
    for name in ("rt", "rw"):
        said = _text(row, name)
        unread = said.strip() and not is_placeholder(said) and parse_unit(said, "t")[0] is None
        if unread and _kind(row, name) != "d":
            of["found"].append(("rt_rw_unreadable", name))
    if "d" in (_kind(row, "rt"), _kind(row, "rw")):
        of["found"].append(("rt_rw_from_date", "rt"))
    own = [dusun, rt[0] or (rw[0] if rw[1] else None), rw[1] or rw[0] or rt[1]]
    there, elsewhere = within(parse_address(address or ""), row["kode_desa"])
    if elsewhere:
        of["found"].append(("address_of_other_village", "alamat"))
    whole = [mine or other for mine, other in zip(own, there, strict=True)]
    if whole != own:
        of["found"].append(("address_split", "alamat"))
    of["alamat"], (of["dusun"], of["rt"], of["rw"]) = address, whole


def _within_lists(rows: Sequence[Row], read: Sequence[Row]) -> None:
    names: dict[Any, set[str]] = defaultdict(set)
    heads: dict[Any, set[str]] = defaultdict(set)
    seen = set()
    for row, of in zip(rows, read, strict=True):
        if of["nik_status"] == "sound" and of["nama"]:
            names[row["submission_id"], of["nik"]].add(of["nama"])
        if of["hubungan"] == "KEPALA KELUARGA" and of["no_kk"] and of["nama"]:
            heads[row["submission_id"], of["no_kk"]].add(of["nama"])
    for row, of in zip(rows, read, strict=True):
        if of["nik_status"] == "sound":
            key = (row["submission_id"], of["nik"], of["nama"], tuple(of["kode_pmks"]))
            of["found"] += [("row_repeated", None)] * (key in seen)
            seen.add(key)
            if len(names[key[:2]]) > 1:
                of["found"].append(("nik_same_on_several_rows", "nik"))
        if of["hubungan"] == "KEPALA KELUARGA" and len(heads.get((row["submission_id"], of["no_kk"]), ())) > 1:
            of["found"].append(("several_heads", "hubungan"))
