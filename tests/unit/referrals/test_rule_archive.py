"""An auditor can show, from the data home alone, by which rule text every referral was made."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import datetime
from pathlib import Path

import pandas as pd

from assets.referrals.rules import COLUMNS, load_rules
from tests.support.inbox import VILLAGE, home_in, refresh, write_list
from warehouse.connection import opened

PROVED = """
SELECT count(*) FROM referrals.history AS h
LEFT JOIN audit.rules AS r USING (rule_set, rule_id) WHERE h.basis != r.basis || ': ' || r.citation OR r.rule_id IS NULL
"""


def test_the_rules_of_every_run_are_kept_as_they_were(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    write_list(home.inbox / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE)
    refresh(home, "r1", datetime(2025, 1, 1))
    refresh(dataclasses.replace(home, profile="sk-101-2022"), "r2", datetime(2025, 1, 2))
    used = {load_rules(name).hash: load_rules(name) for name in ("full-2012", "sk-101-2022")}
    kept = {path.stem: path for path in (home.archive / "rules").iterdir()}
    assert set(kept) == set(used)
    for rule_set, path in kept.items():
        assert load_rules(path).hash == rule_set
        lines = pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")
        content = json.dumps(lines, sort_keys=True, ensure_ascii=False)
        assert hashlib.sha256(content.encode()).hexdigest() == rule_set, "the hash can be made again without us"
    with opened(home.warehouse, read_only=True) as con:
        shown = con.execute(f"SELECT rule_set, {', '.join(COLUMNS)} FROM audit.rules ORDER BY 1, 2").df()
        assert con.execute(PROVED).fetchall() == [(0,)]
    for rule_set, rules in used.items():
        mine = shown.loc[shown["rule_set"] == rule_set, list(COLUMNS)].astype("str").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, rules.rules, check_dtype=False)
