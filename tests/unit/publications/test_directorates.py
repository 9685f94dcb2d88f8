"""A directorate's files: its own referrals and nothing else, whole at any moment, untouched when nothing changed."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.intake.inbox.answers import read_answer_file
from assets.intake.inbox.marks import look_inside
from assets.publications.changes import changes
from assets.publications.directorates import publish_directorate
from assets.publications.list_files import texts
from assets.publications.recaps import Figures
from assets.publications.referral_rows import SHARED, columns, in_full, referral_table
from assets.publications.referral_workbook import write_workbook
from assets.publications.standing import Published
from tests.support.published import NONE_POSSIBLE, frames, target_in
from tests.support.written import as_ods
from validation.answers import MARK, STATUSES, Answer, reasons_of_refusal
from warehouse.connection import opened


def table(directorate: str, count: int = 6) -> pa.Table:
    return referral_table(directorate, *frames(count)[:4], NONE_POSSIBLE)


def publish(target: Path, run_id: str = "run-1", count: int = 6, directorate: str = "dayasos") -> Published:
    where = target_in(target, directorate)
    return publish_directorate(
        directorate, frames(count), where, run_id=run_id, rule_set="abc", profile="full-2012", answers_recorded=0
    )


def test_all_three_files_hold_the_same_rows_of_this_directorate_only(tmp_path: Path) -> None:
    published = publish(tmp_path / "dayasos")
    assert published.rows == 6
    parquet = pq.read_table(tmp_path / "dayasos" / "rujukan.parquet")
    with opened(tmp_path / "dayasos" / "rujukan.duckdb", read_only=True) as con:
        in_duckdb = con.execute("SELECT * FROM rujukan").to_arrow_table()
        about = dict(con.execute("SELECT kunci, nilai FROM tentang").fetchall())
        comments = con.execute(
            "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'rujukan' AND comment IS NOT NULL"
        ).fetchone()
    assert in_duckdb.to_pylist() == parquet.to_pylist()
    assert comments == (len(parquet.schema),)
    assert (about["direktorat"], about["run_id"], about["rule_set"]) == ("dayasos", "run-1", "abc")
    assert set(parquet["kode_pmks"].to_pylist()) == {"24"}
    assert set(parquet.schema.names) == set(columns()["column"])
    answered = {row["referral_id"]: row for row in parquet.to_pylist() if row["jawaban"]}
    assert set(answered) == {"dayasos-2", "dayasos-3"}
    assert answered["dayasos-2"]["alasan_jawaban"] == "kapasitas: penuh sampai Mei"
    sheet = openpyxl.load_workbook(tmp_path / "dayasos" / "rujukan.xlsx")["Rujukan"]
    assert {row[3].value for row in sheet.iter_rows(min_row=2)} == {"24"}
    assert sheet.max_row == 7


def test_nothing_of_another_directorate_and_no_column_beyond_the_policy_gets_out(tmp_path: Path) -> None:
    publish(tmp_path / "dayasos")
    for path in (tmp_path / "dayasos").iterdir():
        content = path.read_bytes()
        assert b"RAHASIA" not in content, path.name
        assert b"rehsos-" not in content, path.name


def test_texts_stay_text_and_identifiers_keep_their_digits(tmp_path: Path) -> None:
    publish(tmp_path / "d")
    sheet = openpyxl.load_workbook(tmp_path / "d" / "rujukan.xlsx")["Rujukan"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    age = [cell.value for cell in sheet[1]].index("Umur")
    assert {cell.data_type for cell in cells if cell.column != age + 1} <= {"s", "d"}
    assert {row[0].value for row in sheet.iter_rows(min_row=2)} >= {"=SUM(A1)", "+ANI", "-BUDI", "@CICI"}
    assert {row[0].value for row in sheet.iter_rows(min_row=2) if row[0].quotePrefix} == {
        "=SUM(A1)",
        "+ANI",
        "-BUDI",
        "@CICI",
    }
    assert {row[1].value for row in sheet.iter_rows(min_row=2)} == {f"9105••••••••{n:04d}" for n in range(6)}
    restricted = openpyxl.load_workbook(tmp_path / "terbatas" / "rujukan-terbatas.xlsx")["Rujukan"]
    assert {row[1].value for row in restricted.iter_rows(min_row=2)} == {f"91050101010{n:05d}" for n in range(6)}


def test_answers_have_their_columns_with_a_list_to_choose_from(tmp_path: Path) -> None:
    publish(tmp_path / "d")
    book = openpyxl.load_workbook(tmp_path / "d" / "rujukan.xlsx")
    assert book.sheetnames == list(texts()["sheets"].values())
    sheet = book["Rujukan"]
    header = [cell.value for cell in sheet[1]]
    assert {"referral_id", "jawaban", "alasan_jawaban", "tanggal_jawaban"} <= set(header)
    lists = {v.formula1 for v in sheet.data_validations.dataValidation if v.type == "list"}
    assert lists == {'"' + ",".join(offered) + '"' for offered in (STATUSES, reasons_of_refusal())}
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref is not None


def test_texts_that_repeat_are_kept_once_and_written_in_full(tmp_path: Path) -> None:
    lists = frames(6)
    as_read = lists.referrals.astype({name: "category" for name in SHARED if name in lists.referrals})
    once = referral_table("dayasos", as_read, *lists[1:4], NONE_POSSIBLE)
    assert once.equals(table("dayasos"))
    assert {field.name for field in once.schema if pa.types.is_dictionary(field.type)} > {*SHARED}
    publish(tmp_path / "dayasos")
    written = pq.read_schema(tmp_path / "dayasos" / "rujukan.parquet")
    assert written.types == in_full(once).select(written.names).schema.types
    assert not any(map(pa.types.is_dictionary, written.types))


def test_a_person_without_address_gets_that_of_the_household() -> None:
    people = table("dayasos").to_pandas().set_index("person_id")
    assert people.loc["p0", ["alamat", "rt"]].tolist() == ["Jl. Satu", "001"]
    assert pd.isna(people.loc["p0", "dusun"])
    assert people.loc["p1", ["alamat", "rt", "dusun"]].tolist() == ["Jl. Rumah", "009", "Dusun I"]
    assert people.loc["p1", ["desa", "kecamatan"]].tolist() == ["Tanjung Pasir", "Pemulutan"]


def test_a_run_that_changes_nothing_touches_no_file(tmp_path: Path) -> None:
    first = publish(tmp_path / "d", "run-1")
    seen = {path.name: path.stat() for path in (tmp_path / "d").iterdir()}
    second = publish(tmp_path / "d", "run-2")
    assert (first.changed, second.changed) == (True, False)
    assert second.files == first.files
    for path in (tmp_path / "d").iterdir():
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (seen[path.name].st_ino, seen[path.name].st_mtime_ns)


def test_a_reader_keeps_the_old_file_while_a_new_one_takes_its_place(tmp_path: Path) -> None:
    publish(tmp_path / "d", count=5)
    with opened(tmp_path / "d" / "rujukan.duckdb", read_only=True) as reader:
        assert publish(tmp_path / "d", "run-2", count=6).changed
        assert reader.execute("SELECT count(*) FROM rujukan").fetchone() == (5,)
    with opened(tmp_path / "d" / "rujukan.duckdb", read_only=True) as later:
        assert later.execute("SELECT count(*) FROM rujukan").fetchone() == (6,)


def test_answers_typed_into_the_published_workbook_are_never_overwritten(tmp_path: Path) -> None:
    publish(tmp_path / "d", count=5)
    book = openpyxl.load_workbook(tmp_path / "d" / "rujukan.xlsx")
    book["Rujukan"]["I2"] = "diterima"
    book.save(tmp_path / "d" / "rujukan.xlsx")
    published = publish(tmp_path / "d", "run-2", count=5)
    assert published.changed
    assert published.kept is not None
    assert openpyxl.load_workbook(tmp_path / "d" / published.kept)["Rujukan"]["I2"].value == "diterima"
    assert openpyxl.load_workbook(tmp_path / "d" / "rujukan.xlsx")["Rujukan"]["I2"].value is None


def test_a_failed_write_leaves_the_old_files_and_no_remains(tmp_path: Path) -> None:
    before = publish(tmp_path / "d", count=5)
    lists = frames(6)
    lists = lists._replace(persons=lists.persons[:-1])
    with pytest.raises(ValueError, match="1 referrals of dayasos have a person_id"):
        publish_directorate(
            "dayasos", lists, target_in(tmp_path / "d"), run_id="r", rule_set="x", profile="p", answers_recorded=0
        )
    names = sorted(path.name for path in (tmp_path / "d").iterdir())
    assert names == [".rujukan.json", "rujukan.duckdb", "rujukan.parquet", "rujukan.xlsx"]
    assert publish(tmp_path / "d", count=5).files == before.files


def test_only_the_owner_can_read(tmp_path: Path) -> None:
    publish(tmp_path / "d")
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "d").iterdir()} == {0o600}


def test_no_referrals_are_an_empty_list_and_no_failure(tmp_path: Path) -> None:
    lists = frames()._replace(referrals=frames().referrals[:0], history=frames().history[:0])
    published = publish_directorate(
        "jamsos", lists, target_in(tmp_path / "j"), run_id="r", rule_set="x", profile="p", answers_recorded=0
    )
    assert published.rows == 0
    assert openpyxl.load_workbook(tmp_path / "j" / "rujukan.xlsx")["Rujukan"].max_row == 1
    with opened(tmp_path / "j" / "rujukan.duckdb", read_only=True) as con:
        assert con.execute("SELECT count(*) FROM rujukan").fetchone() == (0,)


def test_a_list_too_long_for_one_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    published = table("dayasos", 10)
    about = {
        "direktorat": "dayasos",
        "nama_direktorat": "D",
        "run_id": "r",
        "rujukan": "10",
        "orang_atau_rumah_tangga": "10",
    }
    about |= {"desa": "1", "disusun": "kini", "profil": "p", "tanda": "dayasos 0"}
    nothing_new, on = changes(frames(10).history, None), date(2026, 1, 5)
    path = tmp_path / "big.xlsx"
    write_workbook(path, published, Figures(published), nothing_new, texts(), about, on, rows_a_sheet=4)
    book = openpyxl.load_workbook(tmp_path / "big.xlsx")
    lists = [name for name in book.sheetnames if name.startswith("Rujukan")]
    assert lists == ["Rujukan", "Rujukan 2", "Rujukan 3"]
    assert [book[name].max_row - 1 for name in lists] == [4, 4, 2]
    at = [cell.value for cell in book["Rujukan"][1]].index("referral_id")
    ids = [row[at].value for name in lists for row in book[name].iter_rows(min_row=2)]
    assert ids == published["referral_id"].to_pylist()


def test_what_the_workbook_asks_for_is_what_the_answers_are_read_by(tmp_path: Path) -> None:
    publish(tmp_path / "d")
    book = openpyxl.load_workbook(tmp_path / "d" / "rujukan.xlsx")
    sheet = book["Rujukan"]
    sheet["I2"], sheet["J2"], sheet["K2"] = "ditolak", "lainnya: uji", pd.Timestamp("2026-01-05").to_pydatetime()
    sheet["I6"], sheet["J6"] = "ditolak", "sesuatu"
    book.save(tmp_path / "kiriman.xlsx")
    assert look_inside(str(tmp_path / "kiriman.xlsx")) == ("xlsx", {"jawaban": "dayasos"})
    read = read_answer_file(str(tmp_path / "kiriman.xlsx"))
    assert read.terbit == 0 and read.rows is not None
    assert [(found.row, found.salah) for found in read.rows] == [
        (2, None), (3, None), (5, None), (6, "alasan_tidak_dikenal")
    ]  # fmt: skip
    assert read.rows[0].answer == Answer("dayasos-1", "ditolak", "lainnya", "uji", "2026-01-05")
    sheet["I6"], sheet["J6"] = "Dilayani", None
    book.save(tmp_path / "kiriman.xlsx")
    read = read_answer_file(str(tmp_path / "kiriman.xlsx"))
    assert read.rows is not None and not any(found.salah for found in read.rows)
    assert [found.answer.status for found in read.rows] == ["ditolak", "ditolak", "diterima", "dilayani"]
    assert read.rows[1].answer == Answer("dayasos-2", "ditolak", "kapasitas", "penuh sampai Mei", "2026-01-05")


def test_answers_that_were_saved_as_ods_are_read_as_those_of_the_workbook(tmp_path: Path) -> None:
    """LibreOffice keeps the document property, in `meta.xml`."""
    publish(tmp_path / "d")
    book = openpyxl.load_workbook(tmp_path / "d" / "rujukan.xlsx")
    assert [(kept.name, kept.value) for kept in book.custom_doc_props.props] == [(MARK, "dayasos 0")]
    returned = tmp_path / "kiriman.ods"
    as_ods(returned, [[cell.value or "" for cell in row] for row in book["Rujukan"]])
    assert look_inside(str(returned)) == ("ods", {})
    with zipfile.ZipFile(returned, "a") as archive:
        archive.writestr("meta.xml", f'<meta:user-defined meta:name="{MARK}">dayasos 0</meta:user-defined>')
    assert look_inside(str(returned)) == ("ods", {"jawaban": "dayasos"})
    book.save(tmp_path / "kiriman.xlsx")
    read, as_excel = read_answer_file(str(returned)), read_answer_file(str(tmp_path / "kiriman.xlsx"))
    assert read.terbit == as_excel.terbit == 0 and read.rows and as_excel.rows
    assert [found.answer for found in read.rows] == [found.answer for found in as_excel.rows]


def test_the_column_policy_is_sound() -> None:
    declared = columns()
    assert declared["column"].is_unique
    assert set(declared["source"]) == {"referral", "person", "address", "region", "derived", "answer", "possible"}
    assert declared["description"].notna().all()
    shown = declared.dropna(subset=["sheet_order"])
    assert sorted(shown["sheet_order"]) == list(range(1, len(shown) + 1))
    assert shown[["header", "width"]].notna().all().all()


@pytest.mark.parametrize("erased", [False, True])
def test_who_is_in_no_list_any_more_is_named_as_the_records_said_unless_erased(tmp_path: Path, erased: bool) -> None:
    publish(tmp_path / "dayasos")
    before = frames(6)
    history = before.history.copy()
    gone = history["referral_id"] == "dayasos-0"
    history.loc[gone, "valid_to"] = pd.Timestamp("2025-03-01")
    history.loc[gone, "ended_because"] = "sumber_ditarik"
    left = before._replace(
        referrals=before.referrals[before.referrals["person_id"] != "p0"],
        persons=before.persons[before.persons["person_id"] != "p0"],
        history=history,
        names=lambda: before.names()[1 if erased else 0 :],
    )
    publish_directorate(
        "dayasos", left, target_in(tmp_path / "dayasos"), run_id="run-2", rule_set="abc", profile="full-2012",
        answers_recorded=0,
    )  # fmt: skip
    with opened(tmp_path / "dayasos" / "rujukan.duckdb", read_only=True) as con:
        ended = con.execute("SELECT referral_id, nama FROM v_berakhir").fetchall()
    assert ended == [("dayasos-0", None if erased else before.persons["nama"].iloc[0])]
