"""What `pmks plan` prints is in one language; only what a referral itself says is quoted."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from rich.console import Console

from assets.referrals.plan import CHANGE_COLUMNS, COUNTED, DIMENSIONS, Plan
from pipelines.commands.plan import _plain, show_plan
from pipelines.texts.lookup import Texts

DIRECTORATES = ("rehsos", "dayasos", "jamsos")
LEAVING = {"perubahan": "keluar", "directorate": "rehsos", "alasan": "Berkas desa ditarik"}


def plan_of(*entries: dict[str, str], reworded: int = 0) -> Plan:
    frame = pd.DataFrame([dict.fromkeys(CHANGE_COLUMNS, "x") | entry for entry in entries], columns=CHANGE_COLUMNS)
    values = [{"direktorat": "rehsos", "nilai": "x", **dict.fromkeys(COUNTED, 1)}]
    totals = pd.concat([pd.DataFrame(values).assign(dimensi=dimension) for dimension in DIMENSIONS])
    counts = dict.fromkeys(DIRECTORATES, 1200)
    return Plan(frame, totals, counts, counts, reworded)


def shown(plan: Plan, language: str) -> str:
    console = Console(width=80, record=True, quiet=False, file=None)
    with console.capture() as capture:
        show_plan(plan, console, Texts(language))
    return capture.get()


@pytest.mark.parametrize(
    ("language", "wanted", "other"),
    [
        ("en", ["Referrals", "directorate", "now", "leave", "The file of the village was withdrawn", "By age", "1,200"],
         ["Rujukan", "sekarang", "Berkas desa ditarik", "keluar"]),
        ("id", ["Rujukan", "direktorat", "sekarang", "keluar", "Berkas desa ditarik", "Menurut umur", "1.200"],
         ["Referrals", "now", "leave", "withdrawn"]),
    ],
)  # fmt: skip
def test_titles_columns_kinds_and_endings_are_in_the_language(
    language: str, wanted: list[str], other: list[str]
) -> None:
    text = shown(plan_of(LEAVING), language)
    assert [word for word in wanted if word not in text] == []
    assert [word for word in other if word in text] == []


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Nothing would change."), ("id", "Tidak ada yang akan berubah.")]
)
def test_a_plan_without_changes_says_so(language: str, said: str) -> None:
    assert said in shown(plan_of(), language)
    assert said not in shown(plan_of(reworded=3), language)


def test_other_programs_get_each_change_and_nothing_that_json_lacks() -> None:
    said = json.loads(json.dumps(_plain(plan_of(LEAVING, {"dari": None})), allow_nan=False))
    assert said["changes"] and said["before"] == dict.fromkeys(DIRECTORATES, 1200)
    assert [entry["perubahan"] for entry in said["entries"]] == ["keluar", "x"]
    assert said["entries"][1]["dari"] is None
