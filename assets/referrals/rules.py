"""Routing rules as data: reading a profile, and refusing one that is wrong, with messages its author can act on.

A profile is a CSV file, one rule a line. The rules of a category must fit together: no two of one directorate may
hold for the same case on the same day (so the order of lines never matters), and together they must answer every
case (a line with directorate `tidak_dirujuk` says, with its basis, why a case is referred nowhere).
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from assets.referrals.conditions import (
    ANSWERS,
    HERE,
    PERSON_QUESTIONS,
    UNSTATED,
    ConditionError,
    Conditions,
    read_conditions,
    table,
)
from assets.referrals.rule_gaps import Answer, boxes, case_text, spans, when_text
from assets.referrals.rule_problems import Problem, joined, problem, said
from validation.categories import pmks_types
from validation.directorates import directorates

PROFILES = HERE / "profiles"
COLUMNS = (
    "rule_id", "version", "kode_pmks", "needs_neglect", "age_min", "age_max", "sex", "disability", "household",
    "head_age_min", "head_age_max", "area", "directorate", "unit", "tujuan", "tujuan_kini", "status", "lead",
    "basis", "citation", "valid_from", "valid_to", "confidence",
)  # fmt: skip
DIRECTORATES = tuple(directorates())
"""Codes of directorates; arrays hold a directorate as its position here."""
NOWHERE = "tidak_dirujuk"
OUTSIDE_PROFILE = "di_luar_profil"
"""The reason (`reasons.csv`) for a category that a profile does not name."""
STATUSES = ("dirujuk", "perlu_verifikasi")
CONFIDENCES = ("tinggi", "sedang", "rendah")
REASONS = table("reasons.csv").set_index("kode")


_REGIONAL = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}")
"""A day as spreadsheet programs write it."""


class RuleError(ValueError):
    """A rule file that cannot be used. `problems` lists everything found, in the order of lines."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"Aturan {name} tidak dapat dipakai:\n" + "\n".join(f"- {p}" for p in problems))


@dataclass(frozen=True)
class RuleSet:
    """A profile that has passed every check. `rules`: the file's columns as text, sorted by `rule_id`;
    `conditions`: what each asks, in the same order; `hash`: SHA-256 over the sorted content, whatever the file's
    line order, quoting or line ends."""

    name: str
    rules: pd.DataFrame
    conditions: tuple[Conditions, ...]
    hash: str

    def line(self, i: int) -> dict[str, str]:
        """The columns of the rule at position `i`."""
        return {str(column): str(value) for column, value in self.rules.iloc[i].items()}

    def questions(self) -> set[str]:
        """Everything that some rule of the profile asks."""
        return set().union(*(conditions.questions() for conditions in self.conditions))

    def in_force(self, on: date) -> list[int]:
        """Positions of the rules that are valid on the day `on`. A day before the profile's first rule counts as
        the first day: choosing a profile for older lists means judging them by its first version."""
        on = max(on, min(map(_first_day, self.rules["valid_from"])))
        pairs = zip(self.rules["valid_from"], self.rules["valid_to"], strict=True)
        return [i for i, (a, b) in enumerate(pairs) if _first_day(a) <= on <= _last_day(b)]


_Wrong = tuple[str, str, dict[str, Any]]
"""The column of what is wrong in a line, its name, and its facts."""


class _Line(NamedTuple):
    line: int
    rule: dict[str, str]
    conditions: Conditions


def profiles() -> list[str]:
    """Names of the profiles that come with the product."""
    return sorted(path.stem for path in PROFILES.glob("*.csv"))


def load_rules(profile: str | Path) -> RuleSet:
    """Read a shipped profile by name, or a user's own file in the same form.

    Every category must have a rule, but for profiles that say what becomes of the others (`profiles.csv`) and for files
    of the archive, which are named by their own hash and may be older than a category.
    Raises `RuleError` with every problem of the file, `FileNotFoundError` if there is no such profile or file.
    """
    path = PROFILES / f"{profile}.csv" if str(profile) in profiles() else Path(profile)
    if not path.is_file():
        raise FileNotFoundError(
            f"Tidak ada profil atau berkas aturan {profile}; profil yang ada: {', '.join(profiles())}"
        )
    lines, problems = _read(path)
    problems = problems or _unnamed_categories(path, lines)
    if problems:
        raise RuleError(path.stem, problems)
    lines.sort(key=lambda entry: entry.rule["rule_id"])
    rules = pd.DataFrame([entry.rule for entry in lines], columns=list(COLUMNS), dtype="str")
    return RuleSet(path.stem, rules, tuple(entry.conditions for entry in lines), _digest(lines))


def _digest(lines: list[_Line]) -> str:
    """SHA-256 over the content of a file, whatever the order of its lines."""
    content = [entry.rule for entry in sorted(lines, key=lambda entry: entry.rule["rule_id"])]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@cache
def _partial() -> frozenset[str]:
    """The profiles that leave every category that they do not name without a referral (`profiles.csv`)."""
    about = table("profiles.csv")
    return frozenset(about.loc[about["kategori_lain"] == OUTSIDE_PROFILE, "profil"])


def check_rules(path: Path) -> list[Problem]:
    """Everything wrong with a rule file, in the order of its lines; empty: it can be used."""
    lines, problems = _read(path)
    return problems or _unnamed_categories(path, lines)


def _read(path: Path) -> tuple[list[_Line], list[Problem]]:
    """The lines of a file with their problems; how lines fit together is looked at only when each is sound."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return [], [problem(1, "-", "not_text")]
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","  # what Excel writes depends on its region
    reader = csv.DictReader(io.StringIO(text), restkey="", delimiter=delimiter)
    header = list(reader.fieldnames or [])
    problems = [problem(1, c, "column_unknown") for c in header if c not in COLUMNS]
    problems += [problem(1, c, "column_missing") for c in COLUMNS if c not in header]
    problems += [problem(1, c, "column_twice") for c, n in Counter(header).items() if n > 1]
    if problems:
        return [], problems
    lines = []
    lines_read: dict[int, dict[str, str]] = {}
    for row in reader:
        if "" in row or None in row.values():
            problems.append(problem(reader.line_num, "-", "cells", count=len(COLUMNS)))
            continue
        rule = {column: row[column].strip() for column in COLUMNS}
        lines_read[reader.line_num] = rule
        found = list(_line_problems(rule))
        try:
            lines.append(_Line(reader.line_num, rule, read_conditions(rule)))
            found += _subject_problems(rule, lines[-1].conditions)
        except ConditionError as error:
            found.append((error.column, error.name, error.facts))
        problems += [problem(reader.line_num, column, name, **facts) for column, name, facts in found]
    problems = _damage_as_one(lines_read, problems)
    if not problems:
        problems = _fit_problems(lines)
    return lines, sorted(problems, key=lambda one: (one.line, one.column, one.message))


def _damage_as_one(lines: dict[int, dict[str, str]], problems: list[Problem]) -> list[Problem]:
    """One problem, with cause and remedy, for all cells that a spreadsheet program changed when it opened the file:
    codes that lost their zero, days in the writing of its region."""
    codes = {(n, "kode_pmks") for n, rule in lines.items() if f"0{rule['kode_pmks']}" in pmks_types()}
    days = {(n, c) for n, rule in lines.items() for c in ("valid_from", "valid_to") if _REGIONAL.fullmatch(rule[c])}
    if len(codes | days) < 2:  # a slip of the hand
        return problems
    kinds = (("excel_codes", codes), ("excel_days", days))
    changed = joined([said("problems", name, count=len(cells)) for name, cells in kinds if cells], "and")
    line, column = min(codes | days)
    rest = [one for one in problems if (one.line, one.column) not in codes | days]
    return [problem(line, column, "excel", changed=changed), *rest]


def _line_problems(rule: dict[str, str]) -> list[_Wrong]:
    nowhere = rule["directorate"] == NOWHERE
    statuses = tuple(REASONS.index[REASONS["jenis"] == "rule"]) if nowhere else STATUSES
    closed = {
        "kode_pmks": tuple(pmks_types()),
        "directorate": (*DIRECTORATES, NOWHERE),
        "status": statuses,
        "confidence": CONFIDENCES,
    }
    found: list[_Wrong] = [
        (column, "value", {"value": rule[column], "known": ", ".join(known)})
        for column, known in closed.items()
        if rule[column] not in known
    ]
    required = ["rule_id", "version", "basis", "citation"] + ([] if nowhere else ["unit", "tujuan", "lead"])
    found += [(c, "required", {}) for c in required if not rule[c]]
    if rule["lead"] and not (rule["lead"].isascii() and rule["lead"].isdigit()):
        found.append(("lead", "lead_number", {}))
    for column in ("valid_from", "valid_to"):
        try:
            date.fromisoformat(rule[column] or "2000-01-01")
        except ValueError:
            found.append((column, "day", {}))
            return found
    if _first_day(rule["valid_from"]) > _last_day(rule["valid_to"]):
        found.append(("valid_to", "never_valid", {}))
    return found


def _subject_problems(rule: dict[str, str], conditions: Conditions) -> list[_Wrong]:
    """Conditions that can never be asked of the category's subject."""
    if rule["kode_pmks"] not in pmks_types():
        return []
    category = pmks_types()[rule["kode_pmks"]]
    if category.subjek == "household":
        asked = sorted(conditions.questions() & set(PERSON_QUESTIONS))
        return [(q, "of_households", {}) for q in asked]
    sexes = conditions.words.get("sex")
    if category.jenis_kelamin and sexes and not sexes & {category.jenis_kelamin, UNSTATED}:
        return [("sex", "of_one_sex", {"sex": category.jenis_kelamin})]
    return []


def _fit_problems(lines: list[_Line]) -> list[Problem]:
    """Repeated ids, shared leads, rules that hold at once, and cases that no rule answers."""
    problems = []
    owner = _owners_of_leads(lines)
    first: dict[str, int] = {}
    for entry in lines:
        rule_id, lead, directorate = (entry.rule[c] for c in ("rule_id", "lead", "directorate"))
        if first.setdefault(rule_id, entry.line) != entry.line:
            problems.append(problem(entry.line, "rule_id", "id_used", line_used=first[rule_id]))
        if lead and owner[lead] != directorate:
            own = ", ".join(sorted(number for number, of in owner.items() if of == directorate))
            facts = {"lead": lead, "owner": owner[lead], "directorate": directorate, "own": own}
            problems.append(problem(entry.line, "lead", "lead_of_other" if own else "lead_taken", **facts))
    for code in pmks_types():
        mine = [entry for entry in lines if entry.rule["kode_pmks"] == code]
        problems += _overlaps(mine) + _gaps(code, mine)
    return problems


def _owners_of_leads(lines: list[_Line]) -> dict[str, str]:
    """The directorate that each `lead` belongs to: that of most lines with it, or of the first of them."""
    used = Counter((entry.rule["lead"], entry.rule["directorate"]) for entry in lines if entry.rule["lead"])
    return {lead: directorate for (lead, directorate), _ in reversed(used.most_common())}


def _overlaps(lines: list[_Line]) -> list[Problem]:
    problems = []
    for a, b in itertools.combinations(lines, 2):
        who = {a.rule["directorate"], b.rule["directorate"]}
        if (len(who) == 1 or NOWHERE in who) and _both_hold(a, b):
            name = "idle" if _covers(a, b) else "overlap"
            problems.append(problem(b.line, "rule_id", name, other=a.line, rule_id=a.rule["rule_id"]))
    return problems


def _both_hold(a: _Line, b: _Line) -> bool:
    """Whether both rules hold for some case on some day."""
    start = max(_first_day(a.rule["valid_from"]), _first_day(b.rule["valid_from"]))
    if start > min(_last_day(a.rule["valid_to"]), _last_day(b.rule["valid_to"])):
        return False
    return any(a.conditions.hold(case) and b.conditions.hold(case) for case in _cases([a, b]))


def _covers(a: _Line, b: _Line) -> bool:
    """Whether `a` holds for every case and on every day on which `b` does."""
    days = [(_first_day(line.rule["valid_from"]), _last_day(line.rule["valid_to"])) for line in (a, b)]
    if not days[0][0] <= days[1][0] <= days[1][1] <= days[0][1]:
        return False
    return all(a.conditions.hold(case) for case in _cases([a, b]) if b.conditions.hold(case))


def _unnamed_categories(path: Path, lines: list[_Line]) -> list[Problem]:
    """The categories that no rule of the file is about, unless the file may leave some out (`load_rules`)."""
    if path.stem == _digest(lines) or (path.parent == PROFILES and path.stem in _partial()):
        return []
    named = {entry.rule["kode_pmks"] for entry in lines}
    missing = [code for code in pmks_types() if code not in named]
    return [problem(1, "kode_pmks", "unnamed", code=code, nowhere=NOWHERE) for code in missing]


def _gaps(code: str, lines: list[_Line]) -> list[Problem]:
    """The cases of which no rule of a category that the file names says anything, with the days on which none does."""
    if not lines:
        return []
    ends = {_last_day(entry.rule["valid_to"]) for entry in lines} - {date.max}
    days = sorted({_first_day(entry.rule["valid_from"]) for entry in lines} | {end + timedelta(1) for end in ends})
    asked, answers = _answers(lines)
    found = []
    for day in days:
        valid = [e for e in lines if _first_day(e.rule["valid_from"]) <= day <= _last_day(e.rule["valid_to"])]
        open_cases = [case for case in _cases(lines) if not any(entry.conditions.hold(case) for entry in valid)]
        found.append(boxes([tuple(case.values()) for case in open_cases]))
    said_of = [(case_text(asked, answers, box), when_text(*span)) for box, *span in spans(days, found)]
    return [problem(lines[0].line, "kode_pmks", "gap", code=code, case=case, when=when) for case, when in said_of]


def _answers(lines: list[_Line]) -> tuple[list[str], list[list[Answer]]]:
    """What these rules ask, and the answers to each question by which they can tell cases apart: of ages the first
    year of each band."""
    asked = sorted(set().union(*(entry.conditions.questions() for entry in lines)))
    answers: list[list[Answer]] = []
    for question in asked:
        if question in ANSWERS:
            answers.append([*ANSWERS[question]])
            continue
        windows = [entry.conditions.years[question] for entry in lines]
        lows = {0, *(w.low for w in windows if w.low is not None)}
        answers.append([None, *sorted(lows | {w.high + 1 for w in windows if w.high is not None})])
    return asked, answers


def _cases(lines: list[_Line]) -> list[dict[str, Answer]]:
    """One case for every way in which these rules can tell cases apart."""
    asked, answers = _answers(lines)
    return [dict(zip(asked, combination, strict=True)) for combination in itertools.product(*answers)]


def _first_day(text: str) -> date:
    return date.fromisoformat(text) if text else date.min


def _last_day(text: str) -> date:
    return date.fromisoformat(text) if text else date.max
