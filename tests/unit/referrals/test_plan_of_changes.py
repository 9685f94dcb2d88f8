"""What would change between two sets of referrals: who enters, leaves, moves or changes, why, and how many."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.referrals.history import Causes
from assets.referrals.plan import COUNTED, Plan, plan
from assets.referrals.routing import route
from assets.referrals.rules import RuleSet, load_rules
from tests.support.referrals import Row, frames

FULL, SK, STUDY = load_rules("full-2012"), load_rules("sk-101-2022"), load_rules("study-2011")
CHANGE = ["perubahan", "directorate", "dari", "kode_pmks"]


def listing(person: str = "P1", record: str = "r1", code: str = "12", **said: Any) -> Row:
    usual = {"household_id": f"H-{person}", "kode_desa": "16.10.05.2036", "periode": "2024", "kode_pmks": [code]}
    return {**usual, "person_id": person, "record_id": record, **said}


def planned(
    before: list[Row], after: list[Row], *, old: RuleSet = FULL, new: RuleSet = FULL, outcome: str = "superseded"
) -> Plan:
    """The plan from the referrals of some listings to those of others; what is no longer listed has this outcome."""
    world = frames(after)
    made = route(*world, new)
    known = sorted({row["record_id"] for row in (*before, *after)})
    in_force = set(world[0]["record_id"])
    causes = Causes(
        pd.DataFrame({"record_id": known, "submission_id": known}, dtype="str"),
        pd.DataFrame(
            {"submission_id": known, "outcome": ["accepted" if r in in_force else outcome for r in known]}, dtype="str"
        ),
        world[1],
        made.unrouted,
        new.hash,
    )
    was = route(*frames(before), old).referrals
    return plan(as_kept(was), as_kept(made.referrals), world[2], world[0], causes)


def as_kept(referrals: pd.DataFrame) -> pd.DataFrame:
    """As the lake gives them back: plain text in place of categories."""
    return referrals.astype(dict.fromkeys(referrals.select_dtypes("category"), "str"))


def changes(made: Plan) -> list[list[Any]]:
    entries = made.entries[CHANGE].astype(object)
    found: list[list[Any]] = entries.where(entries.notna(), None).to_numpy().tolist()
    return found


def test_the_same_lists_and_rules_change_nothing() -> None:
    made = planned([listing()], [listing()])
    assert made.entries.empty and made.reworded == 0 and not made.changes
    assert made.before == made.after == {"rehsos": 1, "dayasos": 0, "jamsos": 0}


def test_who_enters_is_shown_with_where_to_and_the_sentence_of_the_rule() -> None:
    made = planned([], [listing()])
    assert changes(made) == [["masuk", "rehsos", None, "12"]]
    (entry,) = made.entries.to_dict("records")
    assert pd.isna(entry["tujuan_lama"])
    assert entry["alasan"].startswith("Dirujuk ke Rehsos karena terdaftar")
    assert made.to_rows() == [
        ("rehsos", 0, 1, 0, 0, 0, 0, 1), ("dayasos", 0, 0, 0, 0, 0, 0, 0), ("jamsos", 0, 0, 0, 0, 0, 0, 0),
    ]  # fmt: skip


def test_who_leaves_is_shown_with_where_from_and_the_cause_in_words() -> None:
    made = planned([listing()], [], outcome="withdrawn")
    assert changes(made) == [["keluar", "rehsos", None, "12"]]
    (entry,) = made.entries.to_dict("records")
    assert entry["alasan"] == "Berkas desa ditarik"
    assert entry["tujuan_lama"] and pd.isna(entry["tujuan_baru"])


def test_a_merged_person_leaves_with_the_id_of_the_other_and_is_counted_without_it() -> None:
    before = [listing(), listing("P2", "r2", "13"), listing("P3", "r3"), listing("P4", "r4", "13")]
    after = [listing("P2"), listing("P2", "r2", "13"), listing("P4", "r3"), listing("P4", "r4", "13")]
    made = planned(before, after)
    gone = made.entries[made.entries["perubahan"] == "keluar"]
    merged = "Identitasnya digabung dengan identitas lain"
    assert set(gone["alasan"]) == {f"{merged} (P2)", f"{merged} (P4)"}
    reasons = made.reasons()
    assert reasons[reasons["perubahan"] == "keluar"][["alasan", "jumlah"]].to_numpy().tolist() == [[merged, 2]]


def test_what_a_referral_means_to_a_person_is_compared() -> None:
    blind = {"jenis_disabilitas": "netra", "code": "09"}
    made = planned([listing(**blind, terlantar=True)], [listing(**blind, terlantar=False)])
    assert changes(made) == [["berubah", "rehsos", None, "09"]]
    (entry,) = made.entries.to_dict("records")
    assert (entry["tujuan_lama"], entry["tujuan_baru"]) == ("PSBN (panti sosial bina netra)", "layanan di luar panti")
    assert entry["alasan"] == "Keadaan yang dinyatakan daftar terbaru berubah"
    assert entry["yang_berubah"] == f"tujuan: {entry['tujuan_lama']} → layanan di luar panti"


def test_what_changed_is_told_column_by_column_and_free_words_are_not_quoted() -> None:
    before = [listing(status_layak="layak", berita_acara="BA 1, IBU SITI")]
    (told,) = planned(before, [listing(berita_acara="BA 2")]).entries["yang_berubah"]
    assert told.split("; ") == ["status_layak: layak → –", "berita_acara"]


@pytest.mark.parametrize("after", [listing(periode="2025"), listing(record="r2"), listing(record="r2", periode="2025")])
def test_a_referral_that_only_rests_on_other_lists_is_counted_not_shown(after: Row) -> None:
    made = planned([listing()], [after])
    assert made.entries.empty
    assert made.reworded == 1 and made.changes


def test_one_who_leaves_one_directorate_and_enters_another_moves() -> None:
    made = planned([listing(code="08")], [listing(code="08"), listing("P2", "r2", "13", household_id="H-P1")], new=SK)
    moves = made.entries[made.entries["kode_pmks"] == "08"]
    assert moves[["perubahan", "directorate", "dari"]].to_numpy().tolist() == [["pindah", "jamsos", "rehsos"]]
    (entry,) = moves.to_dict("records")
    assert entry["tujuan_lama"] == "PSTW (panti sosial tresna werdha)" and entry["tujuan_baru"] == "PKH/Sembako"
    assert [row[:-2] for row in made.to_rows()] == [
        ("rehsos", 1, 0, 0, 0, 1), ("dayasos", 0, 0, 0, 0, 0), ("jamsos", 0, 0, 0, 1, 0),
    ]  # fmt: skip
    assert totals(made, "kode_pmks")["08"] == [0, 0, 1, 1, 0]


CODES = st.sampled_from(["03", "08", "09", "12", "18", "23", "24", "25", "LEG-RTLH"])
LISTED = st.dictionaries(st.integers(1, 6), st.tuples(CODES, st.sampled_from(["1950-01-01", "1990-01-01", None])))
RULES = st.sampled_from([FULL, SK, STUDY])


@settings(max_examples=25, deadline=None)
@given(LISTED, LISTED.filter(bool), RULES, RULES)
def test_the_row_of_each_directorate_balances(
    before: dict[int, tuple[str, str | None]], after: dict[int, tuple[str, str | None]], old: RuleSet, new: RuleSet
) -> None:
    """What it has, with who comes and without who goes, is what it will have; each dimension counts the same."""
    lists = [
        [listing(f"P{n}", f"r{n}", code, tanggal_lahir=born and pd.Timestamp(born)) for n, (code, born) in said.items()]
        for said in (before, after)
    ]
    made = planned(*lists, old=old, new=new)
    for name, had, come, gone, moved_in, moved_out, changed, has in made.to_rows():
        assert had + come + moved_in - gone - moved_out == has
        mine = made.totals[made.totals["direktorat"] == name]
        for _, rows in mine.groupby("dimensi"):
            assert rows[list(COUNTED)].sum().tolist() == [come, gone, moved_in, moved_out, changed]


def test_one_who_leaves_two_directorates_and_enters_one_does_not_move() -> None:
    """Which of the two it would move from, nothing says: two leave, one enters."""
    alone = listing(code="24", tanggal_lahir=pd.Timestamp("1950-01-01"))
    made = planned([alone], [alone], new=SK)
    assert sorted(change[:3] for change in changes(made)) == [
        ["keluar", "dayasos", None], ["keluar", "jamsos", None], ["masuk", "rehsos", None],
    ]  # fmt: skip


def test_other_rules_with_the_same_effect_move_nobody() -> None:
    blind = {"jenis_disabilitas": "netra", "code": "09", "terlantar": True}
    made = planned([listing(**blind)], [listing(**blind)], new=STUDY)
    assert made.entries.empty
    assert made.reworded == 1


def totals(made: Plan, dimension: str) -> dict[str, list[int]]:
    rows = made.totals[made.totals["dimensi"] == dimension]
    return {
        value: rows.loc[rows["nilai"] == value, list(COUNTED)].sum().tolist() for value in sorted(set(rows["nilai"]))
    }


@pytest.mark.parametrize(
    ("birth", "band"),
    [
        ("2024-12-31", "0 sampai 5 tahun"),
        ("2019-01-01", "0 sampai 5 tahun"),
        ("2018-12-31", "6 sampai 17 tahun"),
        ("2007-01-01", "6 sampai 17 tahun"),
        ("2006-12-31", "18 sampai 59 tahun"),
        ("1965-01-01", "18 sampai 59 tahun"),
        ("1964-12-31", "60 tahun atau lebih"),
        (None, "tidak dinyatakan"),
        ("2025-01-01", "tidak dinyatakan"),
    ],
)
def test_changes_are_counted_by_age_at_the_end_of_the_latest_list(birth: str | None, band: str) -> None:
    made = planned([], [listing(tanggal_lahir=pd.Timestamp(birth) if birth else None)])
    assert totals(made, "kelompok_umur") == {band: [1, 0, 0, 0, 0]}


def test_changes_are_counted_by_village_category_sex_and_latest_disability() -> None:
    after = [
        listing(jenis_kelamin="L", jenis_disabilitas="netra"),
        listing(record="r0", code="13", jenis_disabilitas="fisik", periode="2023"),
        listing("P2", "r2", jenis_kelamin="P", kode_desa="16.10.05.2037"),
    ]
    made = planned([listing("P3", "r3", "13")], after)
    assert totals(made, "kode_desa") == {"16.10.05.2036": [2, 1, 0, 0, 0], "16.10.05.2037": [1, 0, 0, 0, 0]}
    assert totals(made, "kode_pmks") == {"12": [2, 0, 0, 0, 0], "13": [1, 1, 0, 0, 0]}
    assert totals(made, "jenis_kelamin") == {
        "L": [2, 0, 0, 0, 0],
        "P": [1, 0, 0, 0, 0],
        "tidak dinyatakan": [0, 1, 0, 0, 0],
    }
    assert totals(made, "jenis_disabilitas") == {"netra": [2, 0, 0, 0, 0], "tidak dinyatakan": [1, 1, 0, 0, 0]}


def test_reasons_are_counted_the_commonest_first() -> None:
    after = [listing(), listing("P2", "r2"), listing("P3", "r3", "13")]
    reasons = planned([], after).reasons()
    assert list(reasons.columns) == ["directorate", "perubahan", "alasan", "jumlah"]
    assert list(reasons["jumlah"]) == [2, 1]


def test_the_workbook_has_a_sheet_for_each_kind_of_change(tmp_path: Path) -> None:
    made = planned([listing("P3", "r3", "13")], [listing(), listing("P2", "r2")])
    made.to_workbook(tmp_path / "rencana.xlsx")
    book = openpyxl.load_workbook(tmp_path / "rencana.xlsx")
    assert book.sheetnames == ["Ringkasan", "Jumlah", "Alasan", "Masuk", "Keluar", "Pindah", "Berubah"]
    summary = [[cell.value for cell in row] for row in book["Ringkasan"].iter_rows()]
    assert summary[0] == ["direktorat", "sebelum", *COUNTED, "sesudah"]
    assert summary[1] == ["rehsos", 1, 2, 1, 0, 0, 0, 2]
    entered = [[cell.value for cell in row] for row in book["Masuk"].iter_rows()]
    assert entered[0][:5] == ["directorate", "desa", "kategori", "tujuan_baru", "alasan"]
    assert [row[entered[0].index("perubahan")] for row in entered[1:]] == ["masuk", "masuk"]
    where = entered[0].index("person_id")
    assert [row[where] for row in entered[1:]] == ["P1", "P2"]
    assert entered[1][entered[0].index("tujuan_lama")] is None
    assert book["Masuk"].freeze_panes == "A2"
    assert book["Keluar"].max_row == 2 and book["Pindah"].max_row == 1


def test_sheets_are_filtered_by_every_column_and_sentences_get_the_room(tmp_path: Path) -> None:
    made = planned([], [listing(), listing("P2", "r2")])
    replace(made, entries=made.entries.astype({"alasan": "object"})).to_workbook(tmp_path / "rencana.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "rencana.xlsx")["Masuk"]
    header = {cell.value: cell.column_letter for cell in sheet[1]}
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, len(header)).column_letter}3"
    widths = {name: round(sheet.column_dimensions[letter].width) for name, letter in header.items()}
    assert (widths["alasan"], widths["perubahan"]) == (61, 23), "one more than set, for the margin of the cell"
    lines = [len(str(cell.value)) / 75 for cell in sheet[header["alasan"]][1:]]
    heights = [sheet.row_dimensions[row].height or 15 for row in range(2, sheet.max_row + 1)]
    assert max(lines) > 1 and all(height >= 15 * need for height, need in zip(heights, lines, strict=True))
