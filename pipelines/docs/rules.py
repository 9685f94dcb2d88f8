"""The pages of `docs/rules/`: what each profile says of each category, in words, with the cases that show it.

`python -m pipelines.docs.rules tests/spec docs/rules` writes them anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from assets.referrals.conditions import Conditions, table
from assets.referrals.rules import NOWHERE, REASONS, RuleSet, load_rules, profiles
from assets.referrals.sentences import because
from validation.categories import pmks_types
from warehouse.files import write_whole

_ABOUT = table("profiles.csv").set_index("profil")["keterangan"]
_FACTS = {
    "umur": "{} tahun", "jenis_kelamin": "{}", "jenis_disabilitas": "disabilitas {}", "terlantar": "terlantar: {}",
    "status_hidup": "{}", "umur_kepala": "kepala keluarganya orang lain (umur: {})",
    "anggota_lain": "anggota lain (umur: {})", "kode_desa": "desa {}",
}  # fmt: skip


def rule_page(rules: RuleSet, cases: pd.DataFrame) -> str:
    """One profile as Markdown (Indonesian). `cases`: the spec table of the profile, one line an expected outcome."""
    lines = [
        f"# Aturan rujukan: profil `{rules.name}`",
        "",
        str(_ABOUT[rules.name]),
        "",
        "Halaman ini disusun dari berkas aturan dan kasus uji; jangan disunting dengan tangan (`make docs`).",
        f"Sidik aturan (`rule_set`): `{rules.hash}`.",
    ]
    for code, category in pmks_types().items():
        subject = "rumah tangga" if category.subjek == "household" else "orang"
        lines += ["", f"## {code} {category.nama}", "", f"Dirujuk sekali untuk setiap {subject} dan direktorat.", ""]
        lines += _rules_of(code, rules)
        lines += ["", *_cases_of(cases[cases["kode_pmks"] == code])]
    lines += ["", "## Dasar hukum", ""]
    cited = rules.rules[["basis", "citation"]].drop_duplicates().sort_values(["basis", "citation"])
    lines += [f"- **{basis}**: {citation}" for basis, citation in cited.itertuples(index=False, name=None)]
    return "\n".join(lines) + "\n"


def _rules_of(code: str, rules: RuleSet) -> Iterator[str]:
    yield "| Aturan | Bila | Ke | Unit | Tujuan | Status | Dasar | Keyakinan |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for i in range(len(rules.rules)):
        rule = rules.line(i)
        if rule["kode_pmks"] != code:
            continue
        nowhere = rule["directorate"] == NOWHERE
        where = "tidak dirujuk" if nowhere else rule["directorate"].capitalize()
        cells = [rule["rule_id"], _when(rules.conditions[i], rule), where, rule["unit"], _goal(rule), rule["status"],
                 rule["basis"], rule["confidence"]]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _when(conditions: Conditions, rule: dict[str, str]) -> str:
    asked = "; ".join(because(conditions)) or "selalu"
    span = [f"{word} {rule[c]}" for word, c in (("sejak", "valid_from"), ("sampai", "valid_to")) if rule[c]]
    return asked + (f" ({' '.join(span)})" if span else "")


def _goal(rule: dict[str, str]) -> str:
    if rule["directorate"] == NOWHERE:
        return str(REASONS.loc[rule["status"], "alasan"])
    now = rule["tujuan_kini"]
    return rule["tujuan"] + (f"; kini {now}" if now and now != rule["tujuan"] else "")


def _cases_of(cases: pd.DataFrame) -> Iterator[str]:
    yield "| Contoh | Keadaan | Hasil |"
    yield "| --- | --- | --- |"
    for name, lines in cases.groupby("kasus"):
        first = {str(column): str(value) for column, value in lines.iloc[0].items()}
        facts = [text.format(_spoken(first[column])) for column, text in _FACTS.items() if first[column]]
        said = lines[["aturan", "kalimat"]].itertuples(index=False, name=None)
        answers = "<br>".join(f"{rule}: {sentence}" if rule else sentence for rule, sentence in said)
        yield f"| {name} | {', '.join(facts)} | {answers} |"


def _spoken(value: str) -> str:
    return "tidak dinyatakan" if value == "?" else value.replace("|", ", ")


def write_pages(spec: Path, target: Path) -> None:
    """Write the page of every profile that has cases in the folder `spec`, which holds other cases besides."""
    for path in sorted(spec / f"{name}.csv" for name in profiles()):
        cases = pd.read_csv(path, dtype=str, keep_default_na=False)
        write_whole(target / f"{path.stem}.md", rule_page(load_rules(path.stem), cases).encode())


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]), Path(sys.argv[2]))
