"""Referring one person after the other, as slowly and obviously as can be; and small worlds to refer in."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from assets.referrals.outgrown import SUCCESSIONS
from assets.referrals.rules import NOWHERE, RuleSet
from validation.categories import pmks_types
from validation.periods import period_end
from validation.vocabulary import refusal_of

Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]
Row = dict[str, Any]
SPEC = Path(__file__).parents[1] / "spec"
RECORD = {
    "jenis_kelamin": "str", "tanggal_lahir": "datetime64[us]", "umur": "Int64", "jenis_disabilitas": "str",
    "terlantar": "boolean", "status_hidup": "str", "status_padan": "str", "status_layak": "str", "berita_acara": "str",
    "telepon": "str", "wali": "str", "pendamping": "str",
}  # fmt: skip


def frames(rows: list[Row]) -> Frames:
    """Records, membership, persons and households of listings given as dicts with `record_id`, `person_id`,
    `household_id`, `kode_desa`, `periode`, `kode_pmks` and any field of `RECORD`; the household's first is its head."""
    rows = sorted(rows, key=lambda row: row["record_id"])
    listed = pd.DataFrame(
        rows, columns=["record_id", "person_id", "household_id", "kode_desa", "periode", "kode_pmks", *RECORD]
    )
    listed = listed.astype(
        {**RECORD, "record_id": "str", "person_id": "str", "household_id": "str", "kode_desa": "str", "periode": "str"}
    )
    late = listed.sort_values(["periode", "record_id"], kind="stable")
    persons = late.groupby("person_id", as_index=False)[
        ["household_id", "kode_desa", "jenis_kelamin", "tanggal_lahir"]
    ].last()
    persons["hubungan"] = pd.Series([None] * len(persons), dtype="str")
    homes = late.groupby("household_id", as_index=False).agg(
        kode_desa=("kode_desa", "last"), head_person_id=("person_id", "first")
    )
    homes["kepala_tercatat"] = True
    return (
        listed.drop(columns=["person_id", "household_id"]),
        listed[["record_id", "person_id", "household_id"]],
        persons,
        homes,
    )


def refer_row_by_row(
    records: pd.DataFrame, membership: pd.DataFrame, persons: pd.DataFrame, households: pd.DataFrame, rules: RuleSet
) -> set[tuple[str, ...]]:
    """(directorate, subject id, category, rule, status, *evidence) of every referral, and the same without a status of
    everyone left out, whose subject is a person and whose rule, for the dead, is `meninggal`."""
    whose = membership.set_index("record_id").to_dict("index")
    rows: list[Row] = [row | whose[row["record_id"]] for row in records.to_dict("records")]
    person = persons.set_index("person_id").to_dict("index")
    for p, whole in person.items():
        whole["tanggal_lahir"] = birth(whole["tanggal_lahir"], [row for row in rows if row["person_id"] == p])
    home = households.set_index("household_id").to_dict("index")
    by_person, listed_in = defaultdict(list), defaultdict(set)
    for row in rows:
        by_person[row["person_id"]].append(row)
        listed_in[row["household_id"]].add(row["person_id"])
    dead = {p for p in person if latest(by_person[p], "status_hidup") == "meninggal"}
    away = {p for p in person if said_away(by_person[p])}
    refused = {(p, of): said_not_eligible(by_person[p], of_house=of) for p in person for of in (True, False)}
    current = {h: {p for p in person if person[p]["household_id"] == h} - dead for h in home}
    on = max((period_end(row["periode"]) for row in rows), default=date.min)
    valid = [(rules.line(i), rules.conditions[i]) for i in rules.in_force(on)]
    claims = defaultdict(list)
    for row in rows:
        for code in row["kode_pmks"]:
            shared = pmks_types()[code].subjek == "household"
            claims[shared, row["household_id"] if shared else row["person_id"], code].append(row)
    found = set()
    followed_by = dict(SUCCESSIONS[["kode_pmks", "berlanjut_ke"]].itertuples(index=False, name=None))
    for (shared, subject, code), evidence in claims.items():
        later = claims.get((False, subject, followed_by.get(code)), [])
        if later and subject not in dead and grown_out(evidence, later, person[subject]["tanggal_lahir"], code, on):
            found |= {(NOWHERE, subject, code, "berganti_kategori", row["record_id"]) for row in evidence}
            continue
        living = [row for row in evidence if row["person_id"] not in dead]
        if not living and shared and (listed_in[subject] | current[subject]) - dead:
            living = evidence
        for row in evidence:
            if row not in living:
                found.add((NOWHERE, row["person_id"], code, "meninggal", row["record_id"]))
        if not living:
            continue
        last = max(living, key=lambda row: (period_end(row["periode"]), row["periode"]))
        h = subject if shared else person[last["person_id"]]["household_id"]
        facts = facts_of(by_person[last["person_id"]], person, last, shared, home[h], h, current, listed_in, dead, rows)
        for line, conditions in valid:
            if line["kode_pmks"] == code and conditions.hold(facts):
                ids = sorted(row["record_id"] for row in living)
                if line["directorate"] == NOWHERE:
                    found |= {(NOWHERE, row["person_id"], code, line["rule_id"], row["record_id"]) for row in living}
                else:
                    emptied = shared and subject not in {known["household_id"] for known in person.values()}
                    there = (current[subject] - away) if shared else {subject} - away
                    doubted = emptied or last["person_id"] in dead or not there
                    doubted |= all(refused[row["person_id"], code == "LEG-RTLH"] for row in living)
                    doubted |= code in ("01", "02", "08") and denies_neglect(living)
                    status = "perlu_verifikasi" if doubted else line["status"]
                    found.add((line["directorate"], subject, code, line["rule_id"], status, *ids))
    return found


def grown_out(evidence: list[Row], later: list[Row], born: Any, code: str, on: date) -> bool:
    """Whether the category that follows stands in a later list than all that state `code`, and on the day `on` the
    person is too old for it or of unknown age."""
    last, now = (max(period_end(row["periode"]) for row in rows) for rows in (evidence, later))
    years = age(born, on)
    return now > last and (years is None or years > (pmks_types()[code].umur_maks or 0))


def latest(rows: list[Row], column: str) -> Any:
    said = [row for row in rows if not pd.isna(row[column])]
    if not said:
        return None
    end = max(period_end(row["periode"]) for row in said)
    values = {row[column] for row in said if period_end(row["periode"]) == end}
    return values.pop() if len(values) == 1 else None


def said_away(rows: list[Row]) -> bool:
    """Whether a list of the latest moment that names the person says of them that they moved or died."""
    end = max(period_end(row["periode"]) for row in rows)
    return any(row["status_hidup"] in ("pindah", "meninggal") for row in rows if period_end(row["periode"]) == end)


def said_not_eligible(rows: list[Row], *, of_house: bool) -> bool:
    """Whether a list of the latest moment that names the person says of them that they are not to be helped."""
    end = max(period_end(row["periode"]) for row in rows)
    now = [row["status_layak"] for row in rows if period_end(row["periode"]) == end]
    return any(not pd.isna(said) and refusal_of(said, of_status=True, of_house=of_house) is not None for said in now)


def denies_neglect(rows: list[Row]) -> bool:
    """Whether one of the latest rows denies that the person is neglected."""
    end = max(period_end(row["periode"]) for row in rows)
    said = [row["terlantar"] for row in rows if period_end(row["periode"]) == end]
    return any(not pd.isna(neglected) and not neglected for neglected in said)


def birth(known: Any, rows: list[Row]) -> Any:
    """The known birth date, else the first day of the month as many years before the end of the latest list that states
    an age."""
    years = latest(rows, "umur")
    if not pd.isna(known) or years is None:
        return known
    end = pd.Timestamp(max(period_end(row["periode"]) for row in rows if not pd.isna(row["umur"])))
    return end.replace(day=1, year=end.year - int(years))


def age(born: Any, end: Any) -> int | None:
    if pd.isna(born):
        return None
    end = pd.Timestamp(end)
    years = end.year - born.year - ((end.month, end.day) < (born.month, born.day))
    return years if years >= 0 else None


def facts_of(own, person, last, shared, home, h, current, listed_in, dead, rows) -> Row:  # type: ignore[no-untyped-def]
    neglect = latest(own, "terlantar")
    members = current[h] or (listed_in[h] - dead)
    end = max(period_end(row["periode"]) for row in rows if row["household_id"] == h)
    codes = {p: {c for row in rows if row["person_id"] == p for c in row["kode_pmks"]} for p in members}
    ages = {p: age(person[p]["tanggal_lahir"], end) for p in members}
    frail = {p for p in members if (ages[p] or 0) >= 60 or codes[p] & {"05", "08", "09"}}
    child = {p for p in members if (codes[p] & {f"0{i}" for i in range(1, 8)} if ages[p] is None else ages[p] < 18)}
    many = len(members) > 1
    return {
        "needs_neglect": "unstated" if neglect is None else str(bool(neglect)).lower(),
        "sex": latest(own, "jenis_kelamin") or "unstated",
        "disability": latest(own, "jenis_disabilitas") or "unstated",
        "age": age(person[last["person_id"]]["tanggal_lahir"], period_end(last["periode"])),
        "area": "perkotaan" if (home if shared else person[last["person_id"]])["kode_desa"][9] == "1" else "perdesaan",
        "household": ("keluarga" if many else "sendiri") + ("_rentan" if frail or (child and not many) else ""),
        "head_age": age(person[home["head_person_id"]]["tanggal_lahir"], end),
    }  # fmt: skip


def routed_set(referrals: pd.DataFrame, unrouted: pd.DataFrame) -> set[tuple[str, ...]]:
    """What `route` found, in the form of `refer_row_by_row`."""
    found = set()
    for row in referrals.to_dict("records"):
        subject = row["person_id"] if row["subject"] == "person" else row["household_id"]
        said = (row["directorate"], subject, row["kode_pmks"], row["rule_id"], row["status"])
        found.add((*said, *sorted(row["record_ids"])))
    for row in unrouted.to_dict("records"):
        of_router = {"perlu_konfirmasi_meninggal": "meninggal", "berganti_kategori": "berganti_kategori"}
        rule = of_router.get(row["reason_code"], row["rule_id"])
        found |= {(NOWHERE, row["person_id"], row["kode_pmks"], rule, record) for record in row["record_ids"]}
    return found
