"""A directorate's workbook as it is printed: it fits the paper at its true size, in letters that can be read."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.workbook import Workbook

from assets.letters import ARIAL, LINE_POINTS, lines_needed, lines_of
from assets.publications.book.field_list import COLUMNS, SHOWN, field_rows, heights, pages
from assets.publications.book.pages import printable_pixels, printable_points
from assets.publications.changes import changes
from assets.publications.list_files import texts
from assets.publications.list_parts import list_before
from assets.publications.recaps import Figures
from assets.publications.referral_rows import in_full, referral_table
from assets.publications.referral_workbook import needed, write_workbook
from assets.safe_workbook import DEFAULT_POINTS
from tests.support.published import frames
from validation.answers import MARK
from validation.categories import pmks_types

NAMES = texts()["sheets"]
ON = date(2026, 3, 1)
ABOUT = {
    "direktorat": "dayasos", "nama_direktorat": "Direktorat Uji", "run_id": "r", "rujukan": "9", "desa": "3",
    "orang_atau_rumah_tangga": "9", "disusun": "kini", "profil": "p", "tanda": "dayasos 0",
}  # fmt: skip
VILLAGES = ["16.10.05.2036", "16.10.05.2037", "15.07.08.1001"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Nine referrals in three villages, as they are published."""
    referrals, persons, households, answers, _, none, _ = frames(9)
    mine = referrals[referrals["directorate"] == "dayasos"]
    referrals.loc[mine.index, "kode_desa"] = VILLAGES * 3
    referrals.loc[mine.index, "kode_pmks"] = ["24", "LEG-RTLH", "23"] * 3
    referrals.loc[mine.index[2:], "subject"] = "person"
    persons["nama"] = [f"NAMA YANG PANJANG SEKALI BINTI {n}" for n in range(9)]
    households["dusun"] = ["I", "II", "II"] * 3
    return in_full(referral_table("dayasos", referrals, persons, households, answers, none)).to_pandas()


@pytest.fixture(scope="module")
def book(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    """The workbook of that table, of which one referral is new and one has ended."""
    path = tmp_path_factory.mktemp("book") / "rujukan.xlsx"
    ended = pd.DataFrame(
        [{"desa": "Desa", "nama": "X", "kategori": "K", "tujuan": "T", "valid_to": pd.Timestamp(2026, 1, 2),
          "alasan_berakhir": "Pindah desa", "referral_id": "R"}]
    )  # fmt: skip
    nothing = changes(frames(9).history, None)
    since = pd.Timestamp(2026, 1, 1).to_pydatetime()
    changed = nothing._replace(since=since, begun=frozenset(table["referral_id"][:1]), ended=ended)
    write_workbook(path, pa.Table.from_pandas(table), figures(table), changed, texts(), ABOUT, ON)
    return openpyxl.load_workbook(path)


def figures(table: pd.DataFrame) -> Figures:
    return Figures(pa.Table.from_pandas(table))


def pixels(book: Workbook, name: str) -> int:
    """Width of all columns of a sheet on the screen, from the widths in the file."""
    widths = [d.width * (d.max - d.min + 1) for d in book[name].column_dimensions.values()]
    return sum(round(width * 7) for width in widths)


PRINTED = [name for key, name in NAMES.items() if key != "list"]


@pytest.mark.parametrize("name", PRINTED)
def test_every_printed_sheet_fills_a4_at_full_size_and_no_more(book: Workbook, name: str) -> None:
    sheet = book[name]
    assert sheet.page_setup.paperSize == 9 and sheet.page_setup.scale in (None, 100)
    assert not sheet.sheet_properties.pageSetUpPr or not sheet.sheet_properties.pageSetUpPr.fitToPage
    room = printable_pixels(sheet.page_setup.orientation or "portrait")
    assert pixels(book, name) <= room
    if name in (NAMES["field"], NAMES["begun"], NAMES["ended"], NAMES["coordination"]):
        assert sheet.page_setup.orientation == "landscape" and pixels(book, name) >= 0.95 * room


def test_nothing_is_printed_in_letters_under_9_points_but_the_mark(book: Workbook) -> None:
    for name in PRINTED:
        small = {cell.value for row in book[name] for cell in row if cell.value and cell.font.sz < 9}
        assert small <= {f"{MARK}: dayasos 0"}, name
    page = book[NAMES["list"]]
    assert DEFAULT_POINTS * page.page_setup.scale / 100 >= 9
    printed = [page.column_dimensions[letter].width * 7 for letter in "ABCDEF"]
    assert page.print_area == f"'{page.title}'!$A$1:$F${page.max_row}"
    assert sum(printed) * page.page_setup.scale / 100 <= printable_pixels("landscape")


def test_every_printed_page_says_that_it_is_confidential_and_has_its_number(book: Workbook) -> None:
    for name in NAMES.values():
        footer = book[name].oddFooter
        assert "RAHASIA" in footer.left.text and footer.right.text == "Halaman &P dari &N", name


def test_the_field_list_has_a_page_for_each_village_a_band_for_each_dusun_and_a_line_to_sign(
    book: Workbook, table: pd.DataFrame
) -> None:
    sheet = book[NAMES["field"]]
    first = [str(row[0].value) for row in sheet.iter_rows()]
    villages = [at for at, text in enumerate(first) if text.startswith("Desa/Kelurahan ")]
    assert len(villages) == 3
    assert [b.id for b in sheet.row_breaks.brk] == villages[1:]
    assert sheet.print_title_rows == "$1:$1"
    assert sum(text.startswith("Petugas: …") for text in first) == 3
    bands = [text for text in first if text.startswith("Dusun ")]
    assert len(bands) == len(table[["kode_desa", "dusun"]].drop_duplicates())
    header = [cell.value for cell in sheet[1]]
    people = [row for row in sheet.iter_rows(min_row=2) if row[-1].value == "☐"]
    assert len(header) == 9 and len(people) == len(table)
    assert "Tanjung Pasir" in first[villages[1]] and "Pemulutan" in first[villages[1]]
    shown = {row[header.index("Kategori")].value.split(" (")[0] for row in people}
    assert shown == {"Fakir miskin", "Keluarga berumah tidak layak huni", "Perempuan rawan sosial ekonomi"}
    assert {row[header.index("Umur")].value for row in people} == {75}


def test_a_dusun_has_one_band_however_its_lists_write_it(table: pd.DataFrame) -> None:
    """Most rows decide how it is headed; the other spellings are named; numbers come in their order, not as texts."""
    many = pd.concat([table.head(1)] * 9, ignore_index=True).assign(
        subject="person", referral_id=[f"R{n}" for n in range(9)], kode_desa=[*VILLAGES[:1] * 8, VILLAGES[1]],
        dusun=["DSN 10", "II", "KRAJAN", None, "2", "DSN 2", "", "II", "2"],
    )  # fmt: skip
    rows = field_rows(pa.Table.from_pandas(many)).to_pandas()
    of_first = rows[rows["kode_desa"] == VILLAGES[0]]["dusun"]
    assert of_first.drop_duplicates().fillna("?").tolist() == ["II (juga ditulis 2, DSN 2)", "DSN 10", "KRAJAN", "?"]
    assert (of_first.shift() != of_first).sum() - (of_first.isna().sum() - 1) == 4
    assert rows[rows["kode_desa"] == VILLAGES[1]]["dusun"].tolist() == ["2"]
    assert len(rows) == 9


@pytest.mark.parametrize("most", [9, 12, 4])
def test_a_field_list_too_long_for_one_sheet_goes_on_in_the_next(
    table: pd.DataFrame, book: Workbook, tmp_path: Path, most: int
) -> None:
    """Cut before a village while each fits, and nobody is lost or said twice."""
    path = tmp_path / "rujukan.xlsx"
    nothing = changes(frames(9).history, None)
    write_workbook(
        path, pa.Table.from_pandas(table), figures(table), nothing, texts(), ABOUT, ON, rows_a_sheet=most
    )  # fmt: skip
    made = openpyxl.load_workbook(path)
    parts = [made[name] for name in made.sheetnames if name.startswith(NAMES["field"])]
    lines = [[cell.value for cell in row] for part in parts for row in part.iter_rows(min_row=2)]
    assert lines == [[cell.value for cell in row] for row in book[NAMES["field"]].iter_rows(min_row=2)]
    assert len(parts) > 1 and all(part.max_row <= most + 1 and part["A1"].value == "Nama" for part in parts)
    if most > 4:
        assert all(str(part["A2"].value).startswith("Desa/Kelurahan") for part in parts)


@pytest.mark.parametrize("most", [5, 6, 7])
def test_every_list_too_long_for_one_sheet_goes_on_in_the_next(
    table: pd.DataFrame, book: Workbook, tmp_path: Path, most: int
) -> None:
    """What is new, what has ended, who else holds a household: whole, each part with its headers."""
    since = pd.Timestamp(2026, 1, 1).to_pydatetime()
    gone = table.assign(valid_to=pd.Timestamp(2026, 1, 2), alasan_berakhir="Pindah desa")
    every = changes(frames(9).history, None)._replace(since=since, begun=frozenset(table["referral_id"]), ended=gone)
    whole = pa.Table.from_pandas(table)
    path = tmp_path / "rujukan.xlsx"
    write_workbook(path, whole, figures(table), every, texts(), ABOUT, ON, rows_a_sheet=most)
    made = openpyxl.load_workbook(path)
    for key in ("begun", "ended", "coordination"):
        parts = [made[name] for name in made.sheetnames if name.startswith(NAMES[key])]
        assert [part.title for part in parts] == [NAMES[key], *(f"{NAMES[key]} {n}" for n in range(2, len(parts) + 1))]
        assert len(parts) > 1 and all(part.max_row <= most + 1 for part in parts)
        assert len({tuple(cell.value for cell in part[3]) for part in parts}) == 1
        assert sum(part.max_row - 3 for part in parts) == len(table)
    shown = [row[-1] for n in made.sheetnames if n.startswith("Berakhir") for row in made[n].values]
    assert sorted(id_ for id_ in shown if id_ in set(table["referral_id"])) == sorted(table["referral_id"])


def test_the_list_of_all_columns_is_cut_before_a_kabupaten(table: pd.DataFrame, tmp_path: Path) -> None:
    """Six referrals lie in one kabupaten and three in another: with room for eight a sheet each has its own."""
    nothing = changes(frames(9).history, None)
    path = tmp_path / "rujukan.xlsx"
    write_workbook(
        path,
        pa.Table.from_pandas(table),
        figures(table),
        nothing,
        texts(),
        ABOUT,
        ON,
        rows_a_sheet=8,
    )
    made = openpyxl.load_workbook(path)
    lists = [made[name] for name in made.sheetnames if name.startswith(NAMES["list"])]
    at = [cell.value for cell in lists[0][1]].index("Kode desa")
    codes = [[row[at][:5] for row in part.iter_rows(min_row=2, values_only=True)] for part in lists]
    assert codes == [["15.07"] * 3, ["16.10"] * 6]


def test_the_field_list_says_whom_to_speak_to(table: pd.DataFrame) -> None:
    said = table.head(4).assign(
        subject="person", kepala=["AYAH", "AYAH", None, None], telepon=["0812", None, None, None],
        wali=[None, "NENEK", None, None], pendamping=[None, "RINI", "RINI", None],
    )  # fmt: skip
    shown = field_rows(pa.Table.from_pandas(said)).to_pandas()[["Wali / kepala keluarga", "Telepon"]].fillna("")
    assert set(shown.itertuples(index=False, name=None)) == {
        ("AYAH", "0812"), ("NENEK (wali); pendamping RINI", ""), ("pendamping RINI", ""), ("", ""),
    }  # fmt: skip


SAID = st.none() | st.sampled_from(["A", "B"])
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            **dict.fromkeys(["nama", "kepala", "wali", "pendamping", "alamat", "rt", "rw", "telepon", "dusun"], SAID),
            "subject": st.sampled_from(["person", "household"]), "anggota": st.integers(0, 2),
            "kepala_tercatat": st.booleans(), "tercatat_pada_daftar_terbaru": st.none() | st.booleans(),
            "status": st.none() | st.sampled_from(["dirujuk", "perlu_verifikasi"]),
            "kode_pmks": st.sampled_from(["24", "23"]), "umur": st.none() | st.integers(0, 99),
        }
    ),
    max_size=6,
)  # fmt: skip


def in_the_field_list(row: dict[str, Any]) -> tuple[Any, ...]:
    """How one row is said, word by word."""
    is_home, name, head = row["subject"] == "household", row["nama"], row["kepala"]
    if is_home:
        members = f"{row['anggota']} anggota" if row["anggota"] else "kini di rumah tangga lain"
        name = f"{name} (KK, {members}{'' if row['kepala_tercatat'] else '; kepala tidak diketahui'})"
    kind = pmks_types()[row["kode_pmks"]].nama
    kind += " (perlu verifikasi)" if row["status"] == "perlu_verifikasi" else ""
    kind += "" if row["tercatat_pada_daftar_terbaru"] else " (tidak pada daftar terbaru)"
    whom = "kepala keluarga" if is_home or head == row["nama"] else head
    whom = f"{row['wali']} (wali)" if row["wali"] else whom
    whom = "; ".join(filter(None, [whom, row["pendamping"] and f"pendamping {row['pendamping']}"]))
    unit = f"RT {row['rt'] or '…'}/RW {row['rw'] or '…'}" if row["rt"] or row["rw"] else None
    address = ", ".join(filter(None, [row["alamat"], unit]))
    return name, row["umur"], kind, whom or None, address or None, row["telepon"], row["dusun"]


@given(PEOPLE)
def test_each_row_of_the_field_list_says_what_is_known_of_it(people: list[dict[str, Any]]) -> None:
    others = {name: f"{name} 1" for name in SHOWN if not people or name not in people[0]}
    schema = pa.schema(
        [
            (
                name,
                pa.bool_()
                if name.find("tercatat") >= 0
                else pa.int64()
                if name in ("umur", "anggota")
                else pa.string(),
            )
            for name in SHOWN
        ]
    )
    rows = [row | others | {"referral_id": f"R{at}"} for at, row in enumerate(people)]
    found = field_rows(pa.Table.from_pylist(rows, schema))
    shown = ["Nama", "Umur", "Kategori", "Wali / kepala keluarga", "Alamat, RT/RW", "Telepon", "dusun"]
    said = [tuple(row[name] for name in shown) for row in found.to_pylist()]
    assert sorted(said, key=repr) == sorted((in_the_field_list(row) for row in rows if row["nama"]), key=repr)


ROW_OF = {"village": 22.0, "dusun": 16.0, "sign": 44.0}
BLOCKS = st.lists(  # of villages, with their dusun, and the heights of the people in each
    st.lists(st.lists(st.sampled_from([20.0, 27.0, 39.0]), min_size=1, max_size=30), min_size=1, max_size=4),
    min_size=1, max_size=4,
)  # fmt: skip


@given(BLOCKS)
def test_no_page_is_too_full_ends_with_a_band_or_holds_a_line_to_sign_alone(villages: list[list[list[float]]]) -> None:
    rows: list[tuple[str, float]] = []
    for village in villages:
        rows.append(("village", ROW_OF["village"]))
        for people in village:
            rows += [("dusun", ROW_OF["dusun"]), *(("person", height) for height in people)]
        rows.append(("sign", ROW_OF["sign"]))
    begins = pages(np.array([kind for kind, _ in rows], dtype=object), np.array([height for _, height in rows]))
    printed = [rows[first:end] for first, end in pairwise([0, *begins, len(rows)])]
    for page in printed:
        kinds = [kind for kind, _ in page]
        assert sum(height for _, height in page) + 28 <= printable_points("landscape")
        assert kinds[-1] not in ("village", "dusun") and kinds[0] != "sign"
        assert "village" not in kinds[1:]
    fewest = sum(-(-sum(20.0 for _ in people) // 469) for village in villages for people in village)
    assert len(printed) <= 2 * (fewest + len(villages))


def test_pages_of_a_list_longer_than_breaks_can_be_set_begin_with_its_villages() -> None:
    village = [("village", 22.0), *[("person", 39.0)] * 40, ("sign", 44.0)]
    rows = village * 900
    begins = pages(np.array([kind for kind, _ in rows], dtype=object), np.array([height for _, height in rows]))
    assert len(begins) == 1_000 and set(range(len(village), len(rows), len(village))) <= set(begins)


def wrapped(text: str, pixels: int) -> int:
    """How many lines a text in letters of 9 points takes in a column on paper, word by word."""
    room, lines, used = 1.07 * (pixels - 4), 1, 0.0
    for word in text.split(" "):
        width = sum(12 * ARIAL.get(letter, 560) / 1000 for letter in word)
        if used and used + width > room:
            lines, used = lines + 1, 0.0
        used += width + 12 * ARIAL[" "] / 1000
    return lines


def test_rows_are_high_enough_for_their_text_and_not_by_half_higher() -> None:
    kinds = pmks_types().values()
    marks = [
        "",
        " (perlu verifikasi)",
        " (perlu verifikasi) (tidak pada daftar terbaru)",
        " (tidak pada daftar terbaru)",
    ]
    texts_of = {
        "Nama": ["SITI", "MUHAMMAD KAMARUDIN BIN ABDURRAHMAN", "WAHYUNINGSIH (KK, 4 anggota; kepala tidak diketahui)"],
        "Kategori": [kind.nama + mark for kind in kinds for mark in marks],
        "Wali / kepala keluarga": ["kepala keluarga", "HJ. SITI MARYAM BINTI ABDULLAH (wali); pendamping MAMAN"],
        "Alamat, RT/RW": [
            "JL. MASJID AL-IKHLAS NO. 42, RT 002/RW 002",
            "TEPI SUNGAI NO. 24",
            "LR. MANGGA, RT 001/RW …",
        ],
        "Tujuan rujukan": ["PSTW (panti sosial tresna werdha)", "belum ditentukan: bentuk layanan menurut asesmen"],
    }
    rows = pd.DataFrame({name: pd.Series(texts_of.get(name, ["x"])) for name in COLUMNS})
    rows = rows.apply(lambda column: column.fillna(column.dropna().iloc[-1])).assign(kind="person")
    needed = [max(wrapped(row[name], COLUMNS[name]) for name in COLUMNS) for row in rows.to_dict("records")]
    given = heights(pa.Table.from_pandas(rows))
    assert all(height >= LINE_POINTS * lines for height, lines in zip(given, needed, strict=True))
    assert sum(given) <= 1.3 * sum(max(LINE_POINTS * lines + 3, 20) for lines in needed)


@given(
    st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=60)), max_size=8), st.integers(0, 8)
)
def test_lines_of_many_texts_are_those_of_each_in_any_part_of_a_column(texts_: list[str | None], first: int) -> None:
    column = pd.Series([None if text is None else text.replace("\n", " ") for text in texts_], dtype="str")
    both = pd.concat([column, column])[first:]
    assert lines_needed(both, 100).tolist() == [1 if pd.isna(text) else lines_of(text, 100) for text in both]


def first_list(path: Path, rows: pd.DataFrame) -> Workbook:
    """The workbook of a list of such rows with none before it."""
    began = changes(frames(9).history, None)
    write_workbook(path, pa.Table.from_pandas(rows), figures(rows), began, texts(), ABOUT, ON)
    return openpyxl.load_workbook(path)


@pytest.mark.parametrize("kinds", [3, 30])
def test_a_table_of_the_recap_is_not_parted_from_its_heading(kinds: int, table: pd.DataFrame, tmp_path: Path) -> None:
    many = pd.concat([table] * 4, ignore_index=True).assign(tujuan=lambda rows: [f"T {n % kinds}" for n in rows.index])
    sheet = first_list(tmp_path / "a.xlsx", many)[NAMES["recap"]]
    said = texts()["recap"]
    heading = {cell.value: cell.row for cell in sheet["A"] if cell.value in (said["places"], said["waiting"])}
    begins = {brk.id + 1 for brk in sheet.row_breaks.brk}
    assert heading[said["places"]] in begins
    assert (heading[said["waiting"]] in begins) == (kinds == 30)


def test_few_expected_doubles_in_many_villages_are_not_rounded_away(table: pd.DataFrame, tmp_path: Path) -> None:
    homes = table.head(6).reset_index(drop=True)
    others = homes["referral_id"].iloc[[1, 0, 3, 2, 5, 4]].tolist()
    village = [f"16.10.05.20{40 + at // 2}" for at in range(6)]
    homes = homes.assign(mungkin_serumah_dengan=others, peluang_serumah=0.4, kode_desa=village, desa=village)
    nothing = changes(frames(9).history, None)
    write_workbook(
        tmp_path / "a.xlsx",
        pa.Table.from_pandas(homes),
        figures(homes),
        nothing,
        texts(),
        ABOUT,
        ON,
    )
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert any("3 pasangan rumah tangga, diperkirakan 1 di" in str(c.value) for c in book[NAMES["summary"]]["A"])
    counts = [(row[2].value, row[3].value) for row in book[NAMES["recap"]].iter_rows() if row[3].value == 0.4]
    assert counts == [(1, 0.4)] * 3


def test_changes_are_listed_with_their_reason_and_the_first_list_says_that_it_is_the_first(
    book: Workbook, table: pd.DataFrame, tmp_path: Path
) -> None:
    begun, ended = book[NAMES["begun"]], book[NAMES["ended"]]
    assert begun.max_row == 4 and begun.cell(4, 7).value.startswith("alasan ")
    assert [cell.value for cell in ended[4]][5] == "Pindah desa"
    nothing = changes(frames(9).history, None)
    write_workbook(
        tmp_path / "a.xlsx",
        pa.Table.from_pandas(table),
        figures(table),
        nothing,
        texts(),
        ABOUT,
        ON,
    )
    first = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert first[NAMES["begun"]].cell(3, 1).value == texts()["first_list"]


def test_a_workbook_without_the_lists_says_of_changes_what_one_with_them_says(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    whole = pa.Table.from_pandas(table)
    since, gone = pd.Timestamp(2026, 1, 1).to_pydatetime(), table[:1].assign(valid_to=pd.NaT, alasan_berakhir="x")
    some = changes(frames(9).history, None)._replace(
        since=since, begun=frozenset(table["referral_id"][::3]), ended=gone
    )
    elsewhere: list[str]
    for name, elsewhere in (("with", []), ("without", ["other.xlsx"])):
        held = needed(whole, some, elsewhere)
        write_workbook(
            tmp_path / f"{name}.xlsx",
            held,
            figures(table),
            some,
            texts(),
            ABOUT,
            ON,
            elsewhere=elsewhere,
        )
    with_, without = (openpyxl.load_workbook(tmp_path / f"{name}.xlsx") for name in ("with", "without"))
    assert set(with_.sheetnames) - set(without.sheetnames) == {
        NAMES[part] for part in ("field", "list", "coordination")
    }
    for sheet in (NAMES[part] for part in ("begun", "ended", "glossary")):
        assert list(without[sheet].values) == list(with_[sheet].values) and without[sheet].max_row > 3


def test_the_recap_adds_up_and_the_coordination_tells_no_category(book: Workbook, table: pd.DataFrame) -> None:
    rows = [[cell.value for cell in row] for row in book[NAMES["recap"]].iter_rows()]
    everybody = next(row for row in rows if row[0] == "Semua")
    assert everybody[2] == len(table) == sum(n for n in everybody[5:] if n)
    told = " ".join(str(cell.value) for row in book[NAMES["coordination"]].iter_rows() for cell in row)
    assert not any(word in told for word in ("Fakir", "24", "LEG-", "Perempuan", "layak"))
    assert "Jamsos" in told


def test_a_list_that_is_written_again_is_compared_with_the_same_list_as_before() -> None:
    first, second = pd.Timestamp(2026, 1, 1).to_pydatetime(), pd.Timestamp(2026, 1, 2).to_pydatetime()
    assert list_before({}, first) is None
    note = {"moment": first.isoformat(), "list_before": None}
    assert list_before(note, first) is None
    assert list_before(note, second) == first
    assert list_before({"moment": second.isoformat(), "list_before": first.isoformat()}, second) == first


@pytest.mark.parametrize("kinds", range(1, 27, 5))
def test_no_chart_of_the_summary_is_cut_where_a_page_ends(kinds: int, table: pd.DataFrame, tmp_path: Path) -> None:
    codes = [*pmks_types()][:kinds]
    many = pd.concat([table] * 26, ignore_index=True)
    many = many.assign(
        kode_pmks=[codes[n % kinds] for n in many.index], kategori=[f"K {n % kinds}" for n in many.index]
    )
    sheet = first_list(tmp_path / "a.xlsx", many)[NAMES["summary"]]
    begins = [0, *(brk.id for brk in sheet.row_breaks.brk)]
    charts = [(chart.anchor._from.row, chart.anchor.to.row) for chart in sheet._charts]
    assert len(charts) == 2
    for first, last in charts:
        page = max(row for row in begins if row <= first)
        assert not any(first < row <= last for row in begins)
        assert sum(sheet.row_dimensions[row + 1].height or 15 for row in range(page, last)) <= printable_points(
            "portrait"
        )
