"""The cases of `tests/spec/<profile>.csv`: one line an expected referral (or its absence) of one invented person.

A case is all lines with one `kasus`; they repeat the same facts. `umur_kepala`: empty where the person heads the
household, `?` where another does whose age is not stated, else that other's age. `anggota_lain`: ages of further
people listed in the household, `|` between them.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from assets.referrals.routing import route
from assets.referrals.rules import RuleSet
from tests.support.referrals import Row, frames

SPEC = Path(__file__).parents[1] / "spec"
FACTS = ["kode_pmks", "umur", "jenis_kelamin", "jenis_disabilitas", "terlantar", "status_hidup", "umur_kepala",
         "anggota_lain", "kode_desa", "periode"]  # fmt: skip
OUTCOME = ["ke", "tujuan", "status", "aturan", "kalimat"]
Outcome = set[tuple[str, ...]]


def read_cases(profile: str) -> pd.DataFrame:
    """The table of one profile, all text, in the order written."""
    return pd.read_csv(SPEC / f"{profile}.csv", dtype=str, keep_default_na=False)


def expected(cases: pd.DataFrame) -> dict[str, Outcome]:
    """By case what must come of it."""
    return {str(name): set(lines[OUTCOME].itertuples(index=False, name=None)) for name, lines in cases.groupby("kasus")}


def as_lines(cases: pd.DataFrame, names: list[str], found: dict[str, Outcome]) -> str:
    """The lines of some cases with what was found of them, as the table has them."""
    facts = cases.drop_duplicates("kasus").set_index("kasus", drop=False)[["kasus", *FACTS]]
    lines = [[*facts.loc[name], *outcome] for name in names for outcome in sorted(found[name])]
    return pd.DataFrame(lines).to_csv(index=False, header=False)


def outcomes(cases: pd.DataFrame, rules: RuleSet) -> dict[str, Outcome]:
    """By case what the rules make of the person's category, each case in a household of its own."""
    first = cases.drop_duplicates("kasus")
    rows = [row for case in first.to_dict("records") for row in _listed(case)]
    routed = route(*frames(rows), rules)
    wanted = set(zip(first["kasus"], first["kode_pmks"], strict=True))
    found: dict[str, Outcome] = {str(name): set() for name in first["kasus"]}
    referrals = routed.referrals.assign(ke=routed.referrals["directorate"], kalimat=routed.referrals["alasan"])
    unrouted = routed.unrouted.assign(ke="tidak_dirujuk", tujuan="").rename(
        columns={"reason_code": "status", "reason": "kalimat"}
    )
    for frame in (referrals, unrouted):
        referred = frame.rename(columns={"rule_id": "aturan"})[["household_id", "kode_pmks", *OUTCOME]].fillna("")
        for home, code, *outcome in referred.itertuples(index=False, name=None):
            if (home, code) in wanted:
                found[home].add(tuple(outcome))
    return found


def _listed(case: Row) -> list[Row]:
    """The rows that list a case's person and household; whoever is first heads it."""
    stated = {column: case[column] or None for column in ("jenis_kelamin", "jenis_disabilitas", "status_hidup")}
    person = stated | {
        "kode_pmks": [case["kode_pmks"]],
        "umur": int(case["umur"]) if case["umur"] else None,
        "terlantar": {"ya": True, "tidak": False, "": None}[case["terlantar"]],
    }
    head = [] if not case["umur_kepala"] else [None if case["umur_kepala"] == "?" else int(case["umur_kepala"])]
    others = [int(age) for age in case["anggota_lain"].split("|") if age]
    family = [{"kode_pmks": ["13"], "umur": age} for age in (*head, *others)]
    members = [*family[: len(head)], person, *family[len(head) :]]
    return [
        {
            **member,
            "record_id": f"{case['kasus']}#{place}",
            "person_id": f"{case['kasus']}#{place}",
            "household_id": case["kasus"],
            "kode_desa": case["kode_desa"],
            "periode": case["periode"],
        }
        for place, member in enumerate(members)
    ]
