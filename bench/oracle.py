"""What answers to the review queue bring to referrals: `python -m bench.oracle [--rows N] [--seeds A B …]`.

Dirty inboxes of which the truth is known are run as a kabupaten does it: `pmks run`, `pmks review export`, answers in
the workbook, `pmks review apply`, `pmks run`. First all questions about households are answered, then all about
persons, each by a reviewer who knows the truth and never errs, in at most `ROUNDS` rounds each.

`lists`: the population of `bench.population` in lists of offices that each lack something (`OFFICES`). `sample`: the
inbox of `pmks sample`. A referral is right if most of its records are of somebody, or of a household, whom a counted
list names in its category, and it is the first one of them in its directorate; all others are wrong. What is wrong and
what is missed is sorted by its cause.

    python -m bench.oracle --keep DIR    keeps the homes; `DIR/<inbox>-<seed>`
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pandas as pd

from bench.population import generate, varied
from bench.whole import codes_of
from pipelines.sample_inbox.inbox import TRUTH_COLUMNS, write_sample_inbox
from tests.support.finished import pmks
from tests.support.reviewing import answer, answer_homes, asked_homes, asked_pairs
from validation.categories import PmksType, pmks_types
from validation.directorates import directorates
from warehouse.files import write_whole

SEEDS = (9401, 9402)
ROUNDS = 4
OFFICES: tuple[tuple[str, ...], ...] = (
    (),
    ("kepala_keluarga", "hubungan"),
    ("no_kk",),
    ("no_kk", "kepala_keluarga", "hubungan"),
    ("nik",),
    ("no_kk", "kepala_keluarga", "hubungan", "dusun"),
)
"""What the lists of one office do not state; each draws one of these."""
HEADERS = {
    "nik": "NIK", "no_kk": "No KK", "nama": "Nama", "jenis_kelamin": "Jenis Kelamin", "tempat_lahir": "Tempat Lahir",
    "tanggal_lahir": "Tanggal Lahir", "hubungan": "Hubungan Keluarga", "kepala_keluarga": "Nama Kepala Keluarga",
    "alamat": "Alamat", "dusun": "Dusun", "rt": "RT", "rw": "RW", "kategori": "Jenis PMKS",
}  # fmt: skip
SPEC = Path(__file__).parents[1] / "tests" / "spec" / "full-2012.csv"
"""Which directorate each category goes to, stated apart from the rules."""
DIRECTORATES = tuple(directorates())
Subject = tuple[str, str]
"""`person` or `household`, and the true key."""


class Aim(NamedTuple):
    """What a referral is to be: who is referred where, and for what."""

    directorate: str
    subject: Subject
    code: str


class Row(NamedTuple):
    """An accepted record: who it is of, the codes it ought to state and those it was read to state."""

    person: str
    household: str
    codes: frozenset[str]
    read: frozenset[str]


@dataclass(frozen=True)
class Scored:
    """Referrals that are right, all that there are, all that there ought to be; why the others are wrong, or missed."""

    right: int
    referred: int
    wanted: int
    wrong: Counter[str]
    missed: Counter[str]

    @property
    def precision(self) -> float:
        return self.right / max(self.referred, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.wanted, 1)

    def __add__(self, other: Scored) -> Scored:
        return Scored(
            self.right + other.right, self.referred + other.referred, self.wanted + other.wanted,
            self.wrong + other.wrong, self.missed + other.missed,
        )  # fmt: skip


Stage = tuple[str, int, Scored]
"""What was answered, how many questions that was, and how the home scores then."""


def categories_drawn(rng: random.Random, poor: bool, unfit: bool, born: int | None, sex: str | None) -> frozenset[str]:
    """Draw the categories that the lists state of somebody in every year: those of a poor household, and perhaps one of
    his own that fits his age in all years, and his sex."""
    home = ({"24"} if poor else set()) | ({"LEG-RTLH"} if poor and unfit else set())
    own = [
        kind.kode
        for kind in pmks_types().values()
        if kind.subjek == "person" and born is not None and _fits(kind, born, sex)
    ]
    return frozenset(home | ({rng.choice(own)} if own and rng.random() < 0.35 else set()))


def _fits(kind: PmksType, born: int, sex: str | None) -> bool:
    youngest, oldest = 2019 - born, 2025 - born
    return (
        (kind.umur_min is None or kind.umur_min < youngest)
        and (kind.umur_maks is None or oldest < kind.umur_maks)
        and kind.jenis_kelamin in ("", sex)
    )


def write_lists(inbox: Path, rows: int, seed: int) -> pd.DataFrame:
    """Write the population of a seed as CSV lists of villages, sources and years; return `TRUTH_COLUMNS`.

    Rates are drawn by the seed. Poor households, about half, are listed as a whole, of the others only who has a
    category of his own.
    """
    records, truth = generate(int(rows * 1.6), seed, varied(seed))
    rng = random.Random(f"{seed}/offices")
    stated = records.assign(person=truth["person_id"], household=truth["hh_id"])
    stated = stated.assign(year=pd.to_numeric(stated["tanggal_lahir"].str[:4]))
    poor = {home: (rng.random() < 0.5, rng.random() < 0.3) for home in sorted({*truth["hh_id"]})}
    drawn: dict[Any, tuple[int | None, str | None, random.Random]] = {}
    for person, said in stated.groupby("person"):
        years, sexes = said["year"].mode(), said["jenis_kelamin"].mode()
        born, sex = (int(years[0]) if len(years) else None), (str(sexes[0]) if len(sexes) else None)
        drawn[person] = born, sex, random.Random(f"{seed}/{person}")
    own = {person: categories_drawn(chance, False, False, born, sex) for person, (born, sex, chance) in drawn.items()}
    codes = [
        own[person] | categories_drawn(rng, *poor[home], None, None)
        for person, home in zip(stated["person"], stated["household"], strict=True)
    ]
    names = dict(zip(sorted({*stated["kode_desa"]}), codes_of(stated["kode_desa"].nunique(), seed), strict=True))
    stated = stated.assign(codes=codes, kode_desa=stated["kode_desa"].map(names))
    stated = stated[stated["codes"].map(len) > 0]
    lines: list[tuple[object, ...]] = []
    offices: dict[tuple[str, str], tuple[str, ...]] = {}
    for (village, source, year), group in stated.groupby(["kode_desa", "sumber", "periode"]):
        lacks = offices.setdefault((str(village), str(source)), rng.choice(OFFICES))
        path = f"{village}/{year}/PMKS {source} {year}.csv"
        kinds = [", ".join(pmks_types()[code].nama for code in sorted(of)) for of in group["codes"]]
        shown = group.assign(kategori=kinds).drop(columns=[*lacks])
        shown = shown[[column for column in HEADERS if column in shown]].rename(columns=HEADERS)
        write_whole(inbox / path, shown.to_csv(index=False, sep=";", quoting=csv.QUOTE_ALL).encode())
        for at, (person, home, of) in enumerate(
            zip(group["person"], group["household"], group["codes"], strict=True), 2
        ):
            lines.append((path, "", at, str(person), str(home), "|".join(sorted(of)), "accepted"))
    return pd.DataFrame(lines, columns=[*TRUTH_COLUMNS])


def write_sample(inbox: Path, rows: int, seed: int) -> pd.DataFrame:
    """Write the inbox of `pmks sample` with about so many rows; return `TRUTH_COLUMNS`."""
    made = write_sample_inbox(inbox, seed=seed, villages=codes_of(max(6, rows // 75), seed))
    return pd.DataFrame(made.truth, columns=[*TRUTH_COLUMNS])


INBOXES = {"lists": write_lists, "sample": write_sample}


def run(*arguments: str | Path) -> None:
    """Run a command of the product. Raises SystemExit with what it said where it failed."""
    done = pmks(*arguments)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)


def rows_of(data: Path, truth: pd.DataFrame) -> dict[str, Row]:
    """The accepted records of a home of which the truth is known, by their id."""
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as db:
        accepted = db.sql("""
            SELECT record_id, path, coalesce(sheet, '') AS sheet, row, kode_pmks
            FROM records.accepted JOIN intake.submissions USING (submission_id)""").df()
    of_text = [name for name, sheets in truth.groupby("path")["sheet"] if (sheets == "").all()]
    accepted["sheet"] = accepted["sheet"].mask(accepted["path"].isin(of_text), "")
    known = accepted.merge(truth.drop(columns="expect"), on=["path", "sheet", "row"], suffixes=("_read", ""))
    return {
        record: Row(str(person), str(home), frozenset(str(codes).split("|")), frozenset(read))
        for record, person, home, codes, read in zip(
            known["record_id"], known["person"], known["household"], known["kode_pmks"], known["kode_pmks_read"],
            strict=True,
        )
    }  # fmt: skip


def directorates_of() -> dict[str, set[str]]:
    """The directorates to which each category goes, by the specification."""
    spec = pd.read_csv(SPEC, dtype=str)
    spec = spec[spec["ke"].isin(DIRECTORATES)]
    return {str(code): {*to} for code, to in spec.groupby("kode_pmks")["ke"]}


def subject_of(row: Row, code: str) -> Subject:
    """Who is referred for a category that a record states."""
    kind = pmks_types()[code].subjek
    return kind, row.household if kind == "household" else row.person


def aims_of(rows: Iterable[Row], to: dict[str, set[str]]) -> set[Aim]:
    """All referrals that there ought to be."""
    return {
        Aim(directorate, subject_of(row, code), code)
        for row in rows
        for code in row.codes
        for directorate in to.get(code, ())
    }


def scored(data: Path, truth: pd.DataFrame) -> Scored:
    """Compare the referrals of a home with the truth, and sort those that are wrong or missed by their cause."""
    rows = rows_of(data, truth)
    wanted = aims_of(rows.values(), directorates_of())
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as db:
        found = [
            (directorate, code, [rows[record] for record in records if record in rows])
            for directorate in DIRECTORATES
            for code, records in db.sql(f"SELECT kode_pmks, record_ids FROM referrals.{directorate}").fetchall()
        ]
    done: set[Aim] = set()
    wrong: Counter[str] = Counter()
    referred = 0
    evidence: set[Aim] = set()
    for directorate, code, of in found:
        if not of:
            continue
        referred += 1
        subjects = Counter(subject_of(row, code) for row in of)
        evidence |= {Aim(directorate, subject, code) for subject in subjects}
        aim = Aim(directorate, subjects.most_common(1)[0][0], code)
        if aim in wanted and aim not in done:
            done.add(aim)
        else:
            wrong[_why_wrong(aim, of, twice=aim in done)] += 1
    read = {Aim(d, subject_of(r, c), c) for r in rows.values() for c in r.read for d in DIRECTORATES}
    missed = Counter(_why_missed(aim, evidence, read) for aim in wanted - done)
    return Scored(len(done), referred, len(wanted), wrong, missed)


def _why_wrong(aim: Aim, of: list[Row], *, twice: bool) -> str:
    if twice:
        return f"one {aim.subject[0]} twice"
    if not any(aim.code in row.codes for row in of):
        return "category read wrongly"
    return f"two {aim.subject[0]}s in one"


def _why_missed(aim: Aim, evidence: set[Aim], read: set[Aim]) -> str:
    if aim in evidence:
        return f"two {aim.subject[0]}s in one"
    return "no referral" if aim in read else "category not read"


def answered(data: Path, truth: pd.DataFrame, *, homes: bool) -> int:
    """Answer all that the review workbook asks about households (`homes`) or persons by the truth, and take it in;
    return how many questions were answered."""
    rows, path = rows_of(data, truth), data / "review.xlsx"
    run("review", "export", path, "--limit", "1000000", "--all", "--data", data)
    if homes:
        with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as db:
            members = db.sql("SELECT record_id, household_id FROM households.membership").df()
        true = members["record_id"].map({record: row.household for record, row in rows.items()})
        family = true.groupby(members["household_id"]).agg(lambda of: of.mode().iloc[0] if of.notna().any() else None)
        home_of = dict(zip(members["record_id"], members["household_id"].map(family), strict=True))
        asked = asked_homes(path)
        letters = {record: letter for question in asked for record, letter in _letters(question, home_of).items()}
        count = len(asked)
        if count:
            answer_homes(path, letters)
    else:
        pairs = [pair for pair in asked_pairs(path) if all(record in rows for record in pair)]
        answer(
            path,
            {pair: "SAMA" if len({rows[record].person for record in pair}) == 1 else "BEDA" for pair in pairs},
        )
        count = len(pairs)
    if count:
        run("review", "apply", path, "--data", data)
    path.unlink()
    return count


def _letters(question: list[str], home_of: dict[str, Any]) -> dict[str, str]:
    """A letter for each family of a question, given to the records that stand for its households."""
    families = list(dict.fromkeys(home_of[record] for record in question))
    return {record: "ABCDEFGHIJ"[families.index(home_of[record])] for record in question}


def stages(inbox: Path, data: Path, truth: pd.DataFrame) -> Iterator[Stage]:
    """Run, answer and run again: what was answered up to then, how many questions that was, and how it scores."""
    if not (data / "warehouse.duckdb").exists():
        run("run", "--inbox", inbox, "--data", data)
    yield "nothing answered", 0, scored(data, truth)
    for what, homes in (("households answered", True), ("persons as well", False)):
        count = 0
        for _ in range(ROUNDS):
            new = answered(data, truth, homes=homes)
            if not new:
                break
            count += new
            run("run", "--inbox", inbox, "--data", data)
        yield what, count, scored(data, truth)


def table(name: str, found: list[Stage]) -> str:
    """The figures of an inbox, and below them what is wrong and missed."""
    lines = [f"| {name} | questions | precision | recall | referrals |", "| --- | --: | --: | --: | --: |"]
    lines += [f"| {what} | {n} | {s.precision:.4f} | {s.recall:.4f} | {s.wanted} |" for what, n, s in found]
    causes = sorted({("wrong", c) for _, _, s in found for c in s.wrong}) + sorted(
        {("missed", c) for _, _, s in found for c in s.missed}
    )
    lines += ["", f"| {name} | {' | '.join(what for what, _, _ in found)} |", f"| --- |{' --: |' * len(found)}"]
    for kind, cause in causes:
        counts = [getattr(s, kind)[cause] for _, _, s in found]
        lines.append(f"| {kind}: {cause} | {' | '.join(map(str, counts))} |")
    return "\n".join([*lines, ""])


def _added(ones: list[Stage], others: list[Stage]) -> list[Stage]:
    return [(what, a + b, s + t) for (what, a, s), (_, b, t) in zip(ones, others, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inboxes", nargs="*", metavar="INBOX", help=", ".join(INBOXES))
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pmks-oracle-") as scratch:
        folder = given.keep or Path(scratch)
        for name in given.inboxes or INBOXES:
            total: list[Stage] = []
            for seed in given.seeds:
                here = folder / f"{name}-{seed}"
                truth = INBOXES[name](here / "inbox", given.rows, seed)
                found = list(stages(here / "inbox", here / "data", truth))
                sys.stdout.write(table(f"{name}, seed {seed}", found) + "\n")
                sys.stdout.flush()
                total = (
                    [(w, a + b, s + t) for (w, a, s), (_, b, t) in zip(total, found, strict=True)] if total else found
                )
            if len(given.seeds) > 1:
                sys.stdout.write(table(f"{name}, together", total) + "\n")


if __name__ == "__main__":
    main()
