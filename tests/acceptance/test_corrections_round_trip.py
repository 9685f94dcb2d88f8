"""A village corrects the workbook it was sent, with a spreadsheet library, and sends it back: the findings fall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assets.intake.stages.read import READ
from assets.intake.stages.register import register_inbox
from assets.intake.stages.settle import SETTLE
from assets.publications.corrections_list import texts
from assets.publications.stages.villages import RETURN, corrections_reports, return_to_villages
from assets.records.stages.validate import VALIDATE
from pipelines.sample_inbox import write_sample_inbox
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.stage import run_stage

LISTS = {
    "a plain xlsx": "16.10.05.2036/2023/Data PMKS Tanjung Pasir 2023.xlsx",
    "an xlsx under titles": "16.10.05.2036/2024/DAFTAR PMKS Tanjung Pasir 2024.xlsx",
    "a tick matrix": "16.10.05.2036/2025/Rekap PMKS Tanjung Pasir 2025.xlsx",
    "an xls with a family a block": "Kelurahan dan desa/Kampung Laut 15.07.08.1001/PMKS 2023.xls",
    "an ods": "Kelurahan dan desa/Kampung Laut 15.07.08.1001/PMKS 2024.ods",
    "an xls with declared sexes": "16.10.05.2040/2024/DATA PMKS Muara Baru TH 2024.xls",
    "a csv": "16.10.05.2037/2023/PMKS_1610052037_2023.csv",
    "a csv with a declared category": "16.10.05.2037/2025/fakir miskin.csv",
    "an html table": "15.07.08.2003/2023/unduhan aplikasi desa.xls",
}


def refresh(home: DataHome, day: int) -> Lake:
    """Everything that corrections rest on: read, validate, settle, write the workbooks."""
    lake = Lake(home.lake)
    register_inbox(home, lake, run_id=f"run-{day}", at=datetime(2026, 1, day))
    for partition in READ.pending(lake, home):
        for stage in (READ, VALIDATE):
            run_stage(stage.begin(lake, home, partition=partition))
    run_stage(SETTLE.begin(lake, home))
    return_to_villages(RETURN.begin(lake, home))
    return lake


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DataHome, Lake]]:
    root = tmp_path_factory.mktemp("home")
    home = DataHome(root=root, inbox=root / "inbox", settle_seconds=0)
    home.make()
    write_sample_inbox(home.inbox, seed=2011)
    yield home, refresh(home, 1)


def submission_at(lake: Lake, path: str) -> str:
    receipts = lake.read("receipts")
    return str(receipts.loc[receipts["path"] == path, "submission_id"].iloc[0])


def urgent(lake: Lake, submission: str) -> pd.DataFrame:
    findings = lake.read("findings")
    return findings[(findings["submission_id"] == submission) & findings["severity"].isin(["error", "warning"])]


def workbook_of(home: DataHome, submission: str) -> Path:
    return next(home.corrections.glob(f"*/*{submission[:8]}.xlsx"))


def persons(lake: Lake, submission: str) -> pd.DataFrame:
    accepted = lake.read("accepted")
    mine = accepted[accepted["submission_id"] == submission]
    for number, status in (("nik", "nik_status"), ("no_kk", "kk_status")):
        mine = mine.assign(**{f"{number}_lost": mine[status].isin(["numeric_doubt", "last_digit_lost"])})
    columns = [
        "row",
        "nik_lost",
        "no_kk_lost",
        "nama",
        "nik",
        "no_kk",
        "jenis_kelamin",
        "tanggal_lahir",
        "rt",
        "rw",
        "dusun",
        "alamat",
    ]
    return mine.sort_values(["sheet", "row"])[[*columns, "kode_desa", "periode"]].reset_index(drop=True)


def test_every_list_with_findings_and_every_refused_file_has_a_workbook(first: tuple[DataHome, Lake]) -> None:
    home, lake = first
    outcomes = lake.read("outcomes")
    asked = outcomes[outcomes["outcome"].isin(["accepted", "held", "rejected"])]["submission_id"]
    with_findings = {*lake.read("findings")["submission_id"], *lake.read("intake_findings")["submission_id"]}
    refused = outcomes[outcomes["outcome"].isin(["held", "rejected"])]["submission_id"]
    expected = {submission[:8] for submission in asked if submission in with_findings} | {s[:8] for s in refused}
    assert {path.stem[-8:] for path in home.corrections.glob("*/*.xlsx")} == expected


def test_values_of_people_appear_in_no_finding_and_no_file_name(first: tuple[DataHome, Lake]) -> None:
    home, lake = first
    accepted = lake.read("accepted")
    names = set(accepted["nama"].dropna()) | set(accepted["nik"].dropna())
    messages = " ".join(lake.read("findings")["message"])
    paths = " ".join(path.name for path in home.corrections.rglob("*"))
    assert not [value for value in names if len(value) > 9 and (value in messages or value in paths)]


@pytest.mark.parametrize("kind", LISTS)
def test_what_was_sent_back_unchanged_says_the_same_of_the_same_people(
    first: tuple[DataHome, Lake], tmp_path: Path, kind: str
) -> None:
    home, lake = first
    old = submission_at(lake, LISTS[kind])
    again = DataHome(root=tmp_path, inbox=tmp_path / "inbox", settle_seconds=0)
    again.make()
    sent = workbook_of(home, old)
    for part in (sent, sent.with_name(f"{sent.name}.yml")):
        if part.exists():
            (again.inbox / part.name).write_bytes(part.read_bytes())
    reread = refresh(again, 1)
    new = submission_at(reread, sent.name)
    now, then = persons(reread, new), persons(lake, old)
    for number in ("nik", "no_kk"):
        cut = then[f"{number}_lost"]
        asked_for = then.loc[cut, number].str[:-1] + "?"
        assert now.loc[cut, number].tolist() == asked_for.tolist()
        now.loc[cut, number] = then.loc[cut, number]
    lost = ["nik_lost", "no_kk_lost"]
    pd.testing.assert_frame_equal(now.drop(columns=lost), then.drop(columns=lost))
    before, after = urgent(lake, old), urgent(reread, new)
    assert after["code"].value_counts().to_dict() == before["code"].value_counts().to_dict()


@pytest.mark.parametrize("kind", ["an xlsx under titles", "an ods", "a csv"])
def test_corrected_cells_solve_their_findings_and_the_copy_takes_the_originals_place(
    first: tuple[DataHome, Lake], tmp_path: Path, kind: str
) -> None:
    lake = first[1]
    old = submission_at(lake, LISTS[kind])
    again = DataHome(root=tmp_path, inbox=tmp_path / "inbox", settle_seconds=0)
    again.make()
    write_sample_inbox(again.inbox, seed=2011)
    refresh(again, 1)
    sent = workbook_of(again, old)
    book = openpyxl.load_workbook(sent)
    solved = correct(book, urgent(lake, old))
    book.save(again.inbox / sent.name)
    after = refresh(again, 2)
    new = submission_at(after, sent.name)
    outcomes = after.read("outcomes").set_index("submission_id")
    assert outcomes.loc[old, ["outcome", "superseded_by"]].tolist() == ["superseded", new]
    assert outcomes.loc[new, "outcome"] == "accepted"
    report = corrections_reports(after).set_index("submission_id").loc[old]
    assert report["total"] == len(urgent(lake, old))
    assert report["solved"] >= solved > 0
    assert report["new"] == 0
    assert not sent.exists(), "the village is not asked again about the list it has replaced"


@pytest.mark.parametrize(
    "kind",
    [
        "an xlsx under titles",
        "a tick matrix",
        "an xls with a family a block",
        "an ods",
        "an xls with declared sexes",
        "a csv",
    ],
)
def test_what_is_filled_into_an_added_column_is_read(first: tuple[DataHome, Lake], tmp_path: Path, kind: str) -> None:
    home, lake = first
    old = submission_at(lake, LISTS[kind])
    asked = urgent(lake, old)
    asked = asked[asked["code"].isin(["neglect_not_stated", "disability_kind_missing"])]
    assert len(asked) and asked["column"].isna().all()
    again = DataHome(root=tmp_path, inbox=tmp_path / "inbox", settle_seconds=0)
    again.make()
    sent = workbook_of(home, old)
    book = openpyxl.load_workbook(sent)
    filled = {"neglect_not_stated": ("TERLANTAR", "Ya"), "disability_kind_missing": ("JENIS DISABILITAS", "netra")}
    for finding in asked.itertuples():
        sheet = book[str(finding.sheet) or book.sheetnames[1]]
        header, value = filled[str(finding.code)]
        (column,) = {cell.column for row in sheet.iter_rows() for cell in row if cell.value == header}
        sheet.cell(int(str(finding.row)), column, value)
    book.save(again.inbox / sent.name)
    beside = sent.with_name(f"{sent.name}.yml")
    if beside.exists():
        (again.inbox / beside.name).write_bytes(beside.read_bytes())
    reread = refresh(again, 1)
    new = submission_at(reread, sent.name)
    still = urgent(reread, new)["code"]
    assert not still.isin(asked["code"]).any()
    accepted = reread.read("accepted").set_index("row")
    of = {code: asked.loc[asked["code"] == code, "row"] for code in filled}
    assert accepted.loc[of["neglect_not_stated"], "terlantar"].all()
    assert (accepted.loc[of["disability_kind_missing"], "jenis_disabilitas"] == "netra").all()


@pytest.mark.parametrize("kind", ["an xlsx under titles", "an ods"])
def test_what_is_typed_into_the_list_of_findings_is_said_to_be_read_by_nobody(
    first: tuple[DataHome, Lake], tmp_path: Path, kind: str
) -> None:
    """The lock is taken off, two lines are typed into, and one is only spaced otherwise."""
    home, lake = first
    again = DataHome(root=tmp_path, inbox=tmp_path / "inbox", settle_seconds=0)
    again.make()
    sent = workbook_of(home, submission_at(lake, LISTS[kind]))
    book = openpyxl.load_workbook(sent)
    listed = book[texts()["sheet"]]
    listed.protection.sheet = False
    (top,) = {cell.row for cell in listed["A"] if cell.value == "No"}
    now = texts()["headers"].index("Isi sekarang") + 1
    listed.cell(top + 1, now).value = "1610054107850003"
    listed.cell(top + 2, now + 2).value = "SUMIATI"
    listed.cell(top + 3, now - 1).value = f" {listed.cell(top + 3, now - 1).value}\n"
    about = listed.cell(top + 1, 2).value, listed.cell(top + 1, 3).value
    book.save(again.inbox / sent.name)
    reread = refresh(again, 1)
    found = reread.read("intake_findings")
    found = found[(found["submission_id"] == submission_at(reread, sent.name)) & (found["code"] == "typed_into_list")]
    assert found[["sheet", "row"]].to_numpy().tolist() == [[texts()["sheet"], top + 1], [texts()["sheet"], top + 2]]
    assert f"lembar {about[0]}, baris {about[1]}" in found["message"].iloc[0]
    assert not found["message"].str.contains("SUMIATI|1610054107850003").any()
    next_one = openpyxl.load_workbook(workbook_of(again, submission_at(reread, sent.name)))
    assert next_one.sheetnames == book.sheetnames, "the list of the last time gives way to that of now"
    told = [row for row in next_one[texts()["sheet"]].iter_rows(values_only=True) if "tidak dibaca (" in str(row[7])]
    assert len(told) == 2


def test_a_held_file_that_was_mended_in_place_is_not_asked_for_any_more(tmp_path: Path) -> None:
    home = DataHome(root=tmp_path, inbox=tmp_path / "inbox", settle_seconds=0)
    people = [["SUMIATI", "1610054107850003", "Jl. Mawar", "Fakir Miskin"]] * 3
    mended, typed_into = (home.inbox / "16.10.05.2036" / "2024" / f"{name}.xlsx" for name in ("mended", "typed into"))
    home.make()
    mended.parent.mkdir(parents=True)
    contents = {mended: people, typed_into: people[:2]}
    for path, rows in contents.items():
        save(path, rows)
    refresh(home, 1)
    (proposal,) = home.corrections.glob("*/typed into*.usulan.yml")
    proposal.write_text(f"{proposal.read_text()}# Bu Sumiati tahu\n")
    for day, (path, rows) in enumerate(contents.items(), start=2):
        save(path, [["NAMA", "NIK", "ALAMAT", "JENIS PMKS"], *rows])
        lake = refresh(home, day)
        proposals = sorted(home.corrections.glob("*/*.yml"))
        assert [path.name.partition(" - ")[0] for path in proposals] == ["typed into"] * (4 - day)
        assert any(path.read_text().endswith("tahu\n") for path in proposals), "what was typed in place is kept"
    assert sorted(lake.read("outcomes")["outcome"]) == ["accepted", "accepted", "superseded", "superseded"]
    assert lake.read("outcome_changes").empty, "no list that counted was replaced"


def save(path: Path, rows: list[list[str]]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def correct(book: openpyxl.Workbook, findings: pd.DataFrame) -> int:
    """Do as it says: name the nameless, write a known category for an unknown one, empty doubtful numbers."""
    solved = 0
    for finding in findings.dropna(subset=["row", "column"]).itertuples():
        sheet = book[book.sheetnames[1]] if finding.sheet == "" else book[str(finding.sheet)]
        cell = sheet[f"{finding.column}{finding.row}"]
        fills = {look["fill"] for look in texts()["severity"].values()}
        assert cell.comment is not None and cell.fill.fgColor.rgb[-6:] in fills
        answer = {
            "name_missing": "ORANG YANG DIBETULKAN",
            "category_unknown": "Fakir Miskin",
            "all_categories_contradicted": "Fakir Miskin",
            "nik_doubtful": None,
            "kk_doubtful": None,
        }
        if finding.code in answer:
            cell.value = answer[finding.code]
            solved += 1
    return solved
