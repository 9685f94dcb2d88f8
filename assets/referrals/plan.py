"""What would change: the referrals that hold now beside those that a refresh, new rules or a decision would bring.

Nothing is applied here. A plan says who would enter, leave, move or change, why, and how many that is by
directorate, village, category, sex, age and disability. What a referral means to a person is compared, not which rule
says so: a rule file with other ids and citations but the same effect moves nobody, and is only counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from assets.letters import lines_needed
from assets.referrals.conditions import table
from assets.referrals.ending_codes import meanings
from assets.referrals.history import EVIDENCE, LISTS, Causes, endings, state
from assets.referrals.routing import REFERRAL_COLUMNS
from assets.referrals.rules import DIRECTORATES
from assets.safe_workbook import SafeWorkbook
from validation.ages import age_at
from validation.categories import pmks_types
from validation.periods import period_ends
from validation.regions import village

COUNTED = ("masuk", "keluar", "pindah_masuk", "pindah_keluar", "berubah")
"""What is counted of each directorate: a move at the one that it comes to and at the one that it leaves."""
CHANGE_COLUMNS = (
    "perubahan", "directorate", "dari", "referral_id", "subject", "person_id", "household_id", "kode_desa", "kode_pmks",
    "tujuan_lama", "tujuan_baru", "yang_berubah", "alasan",
)  # fmt: skip
TOLD = {
    "masuk": ("directorate", "desa", "kategori", "tujuan_baru", "alasan"),
    "keluar": ("directorate", "desa", "kategori", "tujuan_lama", "alasan"),
    "pindah": ("dari", "directorate", "desa", "kategori", "tujuan_lama", "tujuan_baru", "alasan"),
    "berubah": ("directorate", "desa", "kategori", "yang_berubah", "alasan"),
}
"""What a reader of each kind of change looks at first, and prints; the other columns follow."""
DIMENSIONS = ("kode_desa", "kode_pmks", "jenis_kelamin", "kelompok_umur", "jenis_disabilitas")
A4, POINTS = 9, 11
WIDTHS = {"alasan": 60, "yang_berubah": 50, "directorate": 11, "dari": 11}
NOT_STATED = "tidak dinyatakan"
OF_RULES = ("referral_id", "rule_id", "rule_set", "basis", "confidence", "alasan", "tujuan_kini")
"""What only says by which rule a referral holds."""
EFFECT = tuple(c for c in REFERRAL_COLUMNS if c not in (*OF_RULES, *EVIDENCE))
UNTOLD = ("berita_acara",)
"""What villages write in words of their own: that it changed is told, not what it says."""


@dataclass(frozen=True)
class Plan:
    """`entries`: one row a change (`CHANGE_COLUMNS`), sorted; `totals`: per directorate, dimension and value the number
    of changes of each kind; `before`, `after`: how many referrals each directorate has; `reworded`: how many stay as
    they are but for the rule and the lists that say so."""

    entries: pd.DataFrame
    totals: pd.DataFrame
    before: dict[str, int]
    after: dict[str, int]
    reworded: int

    @property
    def changes(self) -> bool:
        return len(self.entries) > 0 or self.reworded > 0

    def reasons(self) -> pd.DataFrame:
        """How often each reason stands behind each kind of change: `directorate`, `perubahan`, `alasan`, `jumlah`."""
        entries = self.entries.assign(alasan=self.entries["alasan"].str.replace(r" \(\w+\)$", "", regex=True))
        counts = entries.groupby(["directorate", "perubahan", "alasan"], as_index=False).size()
        return counts.rename(columns={"size": "jumlah"}).sort_values(
            ["directorate", "perubahan", "jumlah", "alasan"], ascending=[True, True, False, True], ignore_index=True
        )

    def to_rows(self) -> list[tuple[str | int, ...]]:
        """For the terminal, a row a directorate: referrals before, how many of each of `COUNTED`, referrals after."""
        counted = _counted(self.entries)
        counts = pd.crosstab(counted["directorate"], counted["perubahan"]).reindex(
            index=list(DIRECTORATES), columns=list(COUNTED), fill_value=0
        )
        return [(name, self.before[name], *map(int, counts.loc[name]), self.after[name]) for name in DIRECTORATES]

    def to_workbook(self, path: Path) -> None:
        """Write the summary, the totals and one sheet a kind of change; ids only, no names or numbers of people."""
        named = {code: f"{code} {kind.nama}" for code, kind in pmks_types().items()}
        places = {code: village(code) for code in self.entries["kode_desa"].unique()}
        entries = self.entries.assign(
            desa=self.entries["kode_desa"].map({code: place.name for code, place in places.items() if place}),
            kategori=self.entries["kode_pmks"].map(named),
        )
        with SafeWorkbook(str(path)) as book:
            header = ["direktorat", "sebelum", *COUNTED, "sesudah"]
            _sheet(book, "Ringkasan", pd.DataFrame(self.to_rows(), columns=header))
            _sheet(book, "Jumlah", self.totals)
            _sheet(book, "Alasan", self.reasons())
            for kind, told in TOLD.items():
                shown = entries.loc[entries["perubahan"] == kind, [*told, *CHANGE_COLUMNS]]
                _sheet(book, kind.capitalize(), shown.loc[:, ~shown.columns.duplicated()], printed=len(told))


def plan(
    before: pd.DataFrame, after: pd.DataFrame, persons: pd.DataFrame, records: pd.DataFrame, causes: Causes
) -> Plan:
    """Compare two sets of referrals (one row each, router's columns).

    `persons` and `records` are those after the change, and give sex, age and disability for the totals (of a household
    those of the person it is referred under); `causes` as for the history, explains what leaves. A subject that leaves
    one directorate and enters another for the same category moves: one `pindah` row under the directorate it moves to.
    """
    before = _with_ids_of(after, before)
    new = after.set_index("referral_id", drop=False)
    gone, come = (
        before[~before["referral_id"].isin(new.index)],
        after[~after["referral_id"].isin(before["referral_id"])],
    )
    both = before[before["referral_id"].isin(new.index)]
    stays = new.loc[both["referral_id"]]
    same = state(both, EFFECT).to_numpy() == state(stays, EFFECT).to_numpy()
    reworded = same & (state(both).to_numpy() != state(stays).to_numpy())
    changed = both[~same]
    stays = new.loc[changed["referral_id"]]
    parts = [
        _entries(come, "masuk", tujuan_baru=come["tujuan"], alasan=come["alasan"]),
        _entries(gone, "keluar", tujuan_lama=gone["tujuan"], alasan=_meanings(endings(gone, new, causes))),
        _entries(
            stays,
            "berubah",
            tujuan_lama=changed["tujuan"].array,
            tujuan_baru=stays["tujuan"],
            yang_berubah=_differences(changed, stays),
            alasan=_meanings(endings(changed, new, causes)),
        ),
    ]
    entries = _joined_moves(pd.concat(parts, ignore_index=True)).sort_values(
        ["directorate", "perubahan", "kode_desa", "kode_pmks", "referral_id"], ignore_index=True
    )
    totals = _totals(entries, persons, records, causes.membership)
    return Plan(entries, totals, _sizes(before), _sizes(after), int(reworded.sum()))


def _sizes(referrals: pd.DataFrame) -> dict[str, int]:
    return {name: int((referrals["directorate"] == name).sum()) for name in DIRECTORATES}


def _with_ids_of(after: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """`before` with the ids that `after` uses: ids differ between profiles even where the referral is the same."""
    keys = [frame["directorate"] + "|" + _subject_key(frame) for frame in (before, after)]
    ids = keys[0].map(pd.Series(after["referral_id"].to_numpy(), index=keys[1]))
    return before.assign(referral_id=ids.astype("str").fillna(before["referral_id"]))


def _entries(referrals: pd.DataFrame, kind: str, **columns: Any) -> pd.DataFrame:
    whose = ["directorate", "referral_id", "subject", "person_id", "household_id", "kode_desa", "kode_pmks"]
    missing: dict[str, Any] = dict.fromkeys({"dari", "tujuan_lama", "tujuan_baru", "yang_berubah"} - set(columns))
    return referrals[whose].assign(perubahan=kind, **missing, **columns)[list(CHANGE_COLUMNS)].astype("str")


def _differences(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Of each referral what is not as it was: `status: perlu_verifikasi → dirujuk; tujuan: …`, one part a column."""
    parts: list[list[str]] = [[] for _ in range(len(before))]
    for column in EFFECT:
        for at, (was, now) in enumerate(zip(*(_as_text(frame[column]) for frame in (before, after)), strict=True)):
            if was != now:
                parts[at].append(column if column in UNTOLD else f"{column}: {was} → {now}")
    return ["; ".join(said) for said in parts]


def _as_text(values: pd.Series) -> list[str]:
    if values.name in LISTS:
        return [", ".join(listed) or "–" for listed in values]
    return list(values.astype("str").fillna("–"))


def _meanings(codes: list[str]) -> list[str]:
    """The meaning of ending codes; what a code carries with it (an id) stays, in brackets."""
    texts = []
    for text in codes:
        code, _, carried = re.sub(r": kini | dengan ", "|", text).partition("|")
        texts.append(meanings()[code] + (f" ({carried})" if carried else ""))
    return texts


def _joined_moves(entries: pd.DataFrame) -> pd.DataFrame:
    """Join the leaving and the entering of one subject and category into one move, where each is the only one."""
    keyed = pd.DataFrame({"key": _subject_key(entries), "at": entries.index, "kind": entries["perubahan"]})
    left, entered = (
        keyed[keyed["kind"] == kind].drop_duplicates("key", keep=False)[["key", "at"]] for kind in ("keluar", "masuk")
    )
    moves = left.merge(entered, on="key", suffixes=("_left", "_entered"))
    entries.loc[moves["at_entered"], "perubahan"] = "pindah"
    for column, source in (("dari", "directorate"), ("tujuan_lama", "tujuan_lama")):
        entries.loc[moves["at_entered"], column] = entries.loc[moves["at_left"], source].to_numpy()
    return entries[~entries.index.isin(moves["at_left"])]


def _subject_key(frame: pd.DataFrame) -> pd.Series:
    subject = frame["person_id"].where(frame["subject"] == "person", frame["household_id"])
    return frame["subject"] + "|" + subject + "|" + frame["kode_pmks"]


def _counted(entries: pd.DataFrame) -> pd.DataFrame:
    """The changes as each directorate counts them (`COUNTED`): a move is one row for each of both."""
    moves = entries[entries["perubahan"] == "pindah"]
    left = moves.assign(directorate=moves["dari"], perubahan="pindah_keluar")
    return pd.concat([entries.replace({"perubahan": {"pindah": "pindah_masuk"}}), left], ignore_index=True)


def _totals(
    entries: pd.DataFrame, persons: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame
) -> pd.DataFrame:
    entries = _counted(entries)
    kinds = records[["record_id", "periode", "jenis_disabilitas"]].dropna(subset="jenis_disabilitas")
    kinds = kinds.merge(membership[["record_id", "person_id"]], on="record_id").sort_values(["periode", "record_id"])
    kind = kinds.drop_duplicates("person_id", keep="last").set_index("person_id")["jenis_disabilitas"]
    known = persons.set_index("person_id")
    ends = period_ends(records["periode"])
    last = ends.max() if len(ends) else np.datetime64("1900-12-31", "D")
    born = known["tanggal_lahir"].reindex(entries["person_id"]).to_numpy(dtype="datetime64[D]")
    age = age_at(born, np.full(len(entries), last))
    described = entries.assign(
        jenis_kelamin=entries["person_id"].map(known["jenis_kelamin"]),
        kelompok_umur=_age_bands(age),
        jenis_disabilitas=entries["person_id"].map(kind),
    )
    parts = []
    for dimension in DIMENSIONS:
        values = described[dimension].astype("str").fillna(NOT_STATED)
        counts = pd.crosstab([described["directorate"], values], described["perubahan"]).reindex(
            columns=list(COUNTED), fill_value=0
        )
        counts.index.names, counts.columns.name = ["direktorat", "nilai"], None
        parts.append(counts.reset_index().assign(dimensi=dimension))
    return pd.concat(parts, ignore_index=True)[["direktorat", "dimensi", "nilai", *COUNTED]]


def _age_bands(age: np.ndarray) -> list[str]:
    bands = table("age_bands.csv")
    edges = bands["mulai"].astype("int64").to_numpy()
    names = [NOT_STATED, *bands["nama"]]
    return [names[band] for band in np.where(age < 0, 0, np.searchsorted(edges, age, side="right"))]


def _sheet(book: SafeWorkbook, name: str, frame: pd.DataFrame, printed: int | None = None) -> None:
    """Add a sheet that prints on A4, its first `printed` columns as wide as the paper."""
    page = book.add_worksheet(name)
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.print_area(0, 0, len(frame), (printed or len(frame.columns)) - 1)
    page.set_footer(f"&L{name}&RHalaman &P dari &N")
    bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    lines = np.ones(len(frame), dtype=np.int64)
    for at, column in enumerate(frame.columns):
        page.write_string(0, at, str(column), bold)
        page.set_column(at, at, width := WIDTHS.get(column, 22))
        for row, value in enumerate(frame[column], 1):
            if isinstance(value, str):
                page.write_string(row, at, value, wrap)
            elif not pd.isna(value):
                page.write_number(row, at, value)
        texts = [value if isinstance(value, str) else None for value in frame[column]]
        lines = np.maximum(lines, lines_needed(texts, 7 * width, POINTS))
    for row, count in enumerate(lines.tolist(), 1):
        page.set_row(row, 15 * count)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, len(frame), max(len(frame.columns) - 1, 0))
