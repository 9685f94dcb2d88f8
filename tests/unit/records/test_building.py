"""What becomes of rows: accepted or quarantined, each once, in order, with its findings at their cells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pytest

from assets.records import building
from assets.records.building import RecordTables, build_records
from assets.records.quality import measured
from tests.support.one_row import alone, outcomes, row_of
from tests.support.records import LETTERS, built, columns_of, raw_table
from validation.borders import InvalidTableError
from validation.findings import CATALOGUE
from validation.record_ids import record_id
from warehouse.arrow import to_pandas

FILES = ["a" * 64, "b" * 64, "c" * 64]


def test_the_id_of_a_record_depends_on_file_sheet_and_row_alone() -> None:
    whole = hashlib.sha256(b"\x1f".join([b"a" * 64, b"Lembar 1", b"12"])).hexdigest()
    assert record_id("a" * 64, "Lembar 1", 12) == whole[:32]
    one, other = outcomes([row_of(12, sheet="Lembar 1"), row_of(13, sheet="Lembar 1", nama="UDIN")])
    assert (one["record_id"], other["record_id"]) == (whole[:32], record_id("a" * 64, "Lembar 1", 13))


def test_six_things_quarantine_a_row_and_all_that_hold_are_named() -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, []),
        *(({"nama": said}, ["name_missing"]) for said in ("-", "(kosong)", "Belum diisi")),
        ({**NOBODY, "nama": "GEREJA BETHEL"}, ["no_person"]),
        ({"kode_desa": None}, ["village_of_row_unknown"]),
        ({"kategori": ""}, ["category_missing"]),
        ({"kategori": "entah"}, ["category_unknown"]),
        *(({"kategori": said}, ["not_pmks"]) for said in ("Bukan PMKS", "bukan", "Tidak termasuk PMKS", "Non-PMKS")),
        *(({"kategori": said}, ["not_pmks"]) for said in ("PMKS: bukan", "Bukan Fakir Miskin", "Bukan PMKS (mampu)")),
        ({"kategori": "", "status_layak": "Tidak"}, ["not_pmks"]),
        ({"kategori": "entah", "status_layak": "Tidak"}, ["category_unknown"]),
        ({"kategori": "Bukan PMKS", "kategori_berkas": ["01"]}, []),
        ({"kategori": "Anak terlantar", "umur": "40"}, ["all_categories_contradicted"]),
        (
            {"nama": "", "kode_desa": None, "kategori": ""},
            ["name_missing", "village_of_row_unknown", "category_missing"],
        ),
        ({"nik": "12", "umur": "tua", "rt": "entah", "jenis_kelamin": "?"}, []),
    ]
    for (cells, reasons), of in zip(cases, alone(cells for cells, _ in cases), strict=True):
        assert of.reasons == reasons, cells
        assert set(reasons) <= of.found
        assert (of.record is None) is bool(reasons)


def test_a_row_at_which_the_program_fails_waits_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two defects: a cell that raises, and one whose value the table of accepted records does not allow."""
    names = ["ANI", "UDIN", "SITI", "BUDI", "ANI"]
    rows = [row_of(n, nama=name, hubungan="istri", submission_id=FILES[n > 3]) for n, name in enumerate(names, start=2)]
    sound = built([*rows[:1], *rows[3:]])
    rows[1]["hubungan"], rows[2]["hubungan"] = "raises", "not allowed"
    known = building.relation_of
    defects = {"raises": lambda: 1 // 0, "not allowed": lambda: "entah"}
    monkeypatch.setattr(building, "relation_of", lambda said: defects.get(said, lambda: known(said))())
    errors: list[Exception] = []
    made = RecordTables(*build_records(raw_table(rows), columns_of(rows), errors.append))
    assert {type(error) for error in errors} == {ZeroDivisionError, InvalidTableError}
    kept = to_pandas(made.accepted)
    pd.testing.assert_frame_equal(kept.astype("str"), sound.accepted.astype("str"))
    assert made.quarantined["row"].to_pylist() == [3, 4]
    assert made.quarantined["reasons"].to_pylist() == [["row_not_processed"]] * 2
    assert made.outcomes["outcome"].to_pylist() == ["accepted", "quarantined", "quarantined", "accepted", "accepted"]
    told = made.findings.filter(pc.equal(made.findings["code"], "row_not_processed"))
    assert told["row"].to_pylist() == [3, 4]
    with pytest.raises(ZeroDivisionError):
        build_records(raw_table(rows), columns_of(rows))


def test_what_is_no_defect_of_rows_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row_of(n) for n in range(2, 5)]
    for error in (MemoryError(), OSError("no room")):
        monkeypatch.setattr(building, "relation_of", raises(error))
        with pytest.raises(type(error)):
            build_records(raw_table(rows), columns_of(rows), [].append)
    many = [row_of(n) for n in range(2, 110)]
    monkeypatch.setattr(building, "relation_of", raises(ValueError()))
    with pytest.raises(ValueError):
        build_records(raw_table(many), columns_of(many), [].append)


def raises(error: Exception) -> Callable[[str], str]:
    def fail(said: str) -> str:
        raise error

    return fail


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_the_size_of_a_portion_changes_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        row_of(n, submission_id=FILES[n % 3], nama=name, nik=f"161005010785{n:04}", kategori=category)
        for n, (name, category) in enumerate([("ANI", "FM"), ("UDIN", "RTLH"), ("-", "FM"), ("SITI", "?")] * 2, start=2)
    ]
    whole = built(rows)
    monkeypatch.setattr(building, "PORTION", size)
    parts = built(rows)
    for table in ("accepted", "quarantined", "findings", "outcomes"):
        one, other = (
            frame.astype(dict.fromkeys(frame.select_dtypes("category"), "str"))
            for frame in (getattr(whole, table), getattr(parts, table))
        )
        pd.testing.assert_frame_equal(one, other)


def test_no_rows_make_empty_tables() -> None:
    rows = [row_of()]
    made = build_records(raw_table(rows).slice(0, 0), columns_of(rows))
    assert [len(table) for table in made] == [0] * 4
    assert [table.schema for table in made] == [
        table.schema for table in build_records(raw_table(rows), columns_of(rows))
    ]
    assert len(measured(*made[:3])) == 0


def test_findings_stand_at_their_cells_in_order_of_place_code_and_field() -> None:
    rows = [
        row_of(5, submission_id=FILES[1], rt="entah", rw="entah", nik="12"),
        row_of(3, submission_id=FILES[0], umur="tua"),
        row_of(2, submission_id=FILES[0], rw="entah", rt="entah", tersembunyi=True),
    ]
    found = built(rows).findings
    keys = found[["submission_id", "sheet", "row", "code"]].astype("str")
    assert keys.apply(tuple, axis=1).is_monotonic_increasing
    unreadable = found[found["code"] == "rt_rw_unreadable"]
    assert unreadable["field"].tolist() == ["rt", "rw"] * 2
    assert unreadable["column"].tolist() == [LETTERS["rt"], LETTERS["rw"]] * 2
    assert found.loc[found["code"] == "hidden_row", ["row", "field", "column"]].isna().values.tolist() == [
        [False, True, True]
    ]
    for code, severity, message in found[["code", "severity", "message"]].itertuples(index=False):
        assert severity == CATALOGUE[code]["severity"]
        assert "{" in CATALOGUE[code]["message"] or message == CATALOGUE[code]["message"]


def test_whether_somebody_lives() -> None:
    """The row's own cell comes before its remark."""
    cases = [
        ("hidup", "", "hidup"), ("Aktif", "", "hidup"), ("1", "", "hidup"), ("2", "", "meninggal"), ("3", "", "pindah"),
        ("4", "", None), ("", "", None), ("Meninggal", "", "meninggal"), ("wafat 2020", "", "meninggal"),
        ("pindah", "meninggal", "pindah"), ("hidup", "meninggal dunia", "meninggal"), ("", "MATI", "meninggal"),
        ("", "almarhum", "meninggal"), ("", "sudah pindah", "pindah"), ("", "sehat", None), ("", "hidup", "hidup"),
        ("", "pindah lalu wafat", "meninggal"),
    ]  # fmt: skip
    read = alone({"status_hidup": own, "keterangan": remark} for own, remark, _ in cases)
    for (own, remark, status), of in zip(cases, read, strict=True):
        assert of["status_hidup"] == status, (own, remark)


def test_the_village_is_that_of_the_file_else_the_one_that_the_row_names() -> None:
    here, other = "16.10.05.2036", "15.07.08.1001"
    named = {"desa": "Tanjung Pasir", "kecamatan": "Pemulutan", "kabupaten": "Ogan Ilir"}
    none = {"kode_desa": None}
    cases: list[tuple[dict[str, Any], str | None, bool]] = [
        ({}, here, False),
        (none | {"kode_desa_baris": "1610052036"}, here, False),
        (none | named, here, False),
        (none | named | {"kode_desa_baris": here}, here, False),
        (none | {"desa": "Nama Lama", "kode_desa_baris": here}, here, False),
        (none | {"desa": "Tanjung Pasir"}, None, False),
        (none | {"kecamatan": "Pemulutan", "kabupaten": "Ogan Ilir"}, None, False),
        (none | {"desa": "Tidak Ada Begini", "kecamatan": "Pemulutan", "kabupaten": "Ogan Ilir"}, None, False),
        (none | {"kode_desa_baris": "99"}, None, False),
        (none, None, False),
        (named, here, False),
        ({"desa": "Tg. Pasir"}, here, False),
        ({"desa": "Kampung Laut"}, here, True),
        ({"desa": "2036"}, here, False),
        ({"desa": "Kampung Laut", "kode_desa_baris": here}, here, False),
        ({"kode_desa_baris": other}, here, True),
        ({"kode_desa_baris": "99"}, here, False),
        ({"kode_desa": "16.10.05.2999", "desa": "Kampung Laut"}, "16.10.05.2999", False),
    ]
    for (cells, code, differs), of in zip(cases, alone(cells for cells, _, _ in cases), strict=True):
        assert (of["kode_desa"] if of.record else None) == code, cells
        assert of.reasons == ([] if code else ["village_of_row_unknown"]), cells
        assert ("village_of_row_differs" in of.found) is differs, cells


@pytest.mark.parametrize("code", ["15.07.08.1001", "16.10.05.2037"])
def test_a_row_whose_code_and_name_are_of_two_villages_waits(code: str) -> None:
    named = {"desa": "Tanjung Pasir", "kecamatan": "Pemulutan", "kabupaten": "Ogan Ilir"}
    (row, of_file) = alone([named | {"kode_desa": None, "kode_desa_baris": code}, named | {"kode_desa_baris": code}])
    assert row.reasons == ["village_of_row_disputed"]
    assert of_file.reasons == [] and of_file["kode_desa"] == "16.10.05.2036"


def test_words_for_sex_relation_and_life_that_are_not_known_are_said() -> None:
    cases = [({"hubungan": "tetangga"}, True), ({"hubungan": "istri"}, False), ({"hubungan": "-"}, False)]
    for (cells, said), of in zip(cases, alone(cells for cells, _ in cases), strict=True):
        assert ("relation_unknown" in of.found) is said, cells


def test_a_hidden_row_counts_and_is_said() -> None:
    hidden, shown, not_known = alone({"tersembunyi": said} for said in (True, False, None))
    assert [of.found & {"hidden_row"} for of in (hidden, shown, not_known)] == [{"hidden_row"}, set(), set()]
    assert hidden["nama"] == shown["nama"]


def test_a_name_may_say_more_than_a_name() -> None:
    names = ["UDIN (ALM)", "KARTO / SUMI", "ANI"]
    read = alone({"nama": name} for name in names)
    assert [of.found & {"name_says_deceased", "name_several_persons"} for of in read] == [
        {"name_says_deceased"}, {"name_several_persons"}, set(),
    ]  # fmt: skip
    assert [of["nama_asli"] for of in read] == names


def test_two_names_with_two_numbers_are_two_people() -> None:
    cells = [("SLAMET\nTINI", 2), ("SLAMET, TINI", 2), ("SITI\nAMINAH", 1), ("SLAMET", 2), ("SLAMET, S.Pd", 1)]
    numbers = ["1610054107850003\n1610054107850004", "1610054107850003"]
    read = alone({"nama": name, "nik": numbers[2 - count]} for name, count in cells)
    assert ["name_several_persons" in of.found for of in read] == [True, True, False, False, False]


NOBODY = {"nik": "", "jenis_kelamin": "", "tanggal_lahir": "", "umur": "", "hubungan": ""}
WHOLE = {"nik": "1610054107850003", "jenis_kelamin": "P", "tanggal_lahir": "01-07-1985"}


@pytest.mark.parametrize(
    ("name", "no_person"),
    [
        ("Panitia Masjid Al-Ikhlas", True), ("gereja HKBP", True), ("Kelompok Tani Maju", True), ("PT. SAWIT", True),
        ("Pos Kamling RT 03", True), ("YAYASAN KASIH", True), ("SDN 2 Pemulutan", True), ("KUBE", True),
        ("PANTIYEM", False), ("H. MASJIDI", False), ("POSMAN SIHOMBING", False), ("MAN SURYADI", False),
        ("UDIN PANTI", False), ("KOMITEN", False), ("TOKOH", False), ("RA. ISLAMIYAH", False), ("MASJIDAH", False),
    ],
)  # fmt: skip
def test_what_is_no_person_waits_unless_the_row_says_something_of_one(name: str, no_person: bool) -> None:
    said = [NOBODY, {**NOBODY, "umur": "40"}, {**WHOLE, "jenis_kelamin": ""}, WHOLE]
    read = alone({**NOBODY, **cells, "nama": name} for cells in said)
    assert [of.reasons for of in read] == [["no_person"] if no_person else [], [], [], []]
    assert ["name_of_no_person" in of.found for of in read] == [False, no_person, no_person, False]


def test_dusun_rt_and_rw_of_a_row() -> None:
    """A cell of its own comes first; what has none is taken out of the address, and that is said."""
    cases: list[tuple[dict[str, Any], list[str | None], set[str]]] = [
        ({"dusun": "II", "rt": "3", "rw": "1"}, ["II", "003", "001"], set()),
        ({"alamat": "DUSUN II RT 03 RW 01"}, ["II", "003", "001"], {"address_split"}),
        ({"alamat": "DUSUN II RT 03 RW 01", "rt": "5"}, ["II", "005", "001"], {"address_split"}),
        ({"alamat": "DUSUN II", "dusun": "III", "rt": "5", "rw": "6"}, ["III", "005", "006"], set()),
        ({"alamat": "JL. MELATI"}, [None, None, None], set()),
        ({"rt": "entah", "rw": "1"}, [None, None, "001"], {"rt_rw_unreadable"}),
        ({"rt": "-", "rw": ""}, [None, None, None], set()),
        ({"rt": "2024-01-03", "kinds": {"rt": "d"}}, [None, "003", "001"], {"rt_rw_from_date"}),
        ({"rw": "2024-01-03", "kinds": {"rw": "d"}}, [None, "003", "001"], {"rt_rw_from_date"}),
        ({"rt": "3/1"}, [None, "003", "001"], set()),
    ]
    codes = {"address_split", "rt_rw_unreadable", "rt_rw_from_date"}
    for (cells, parts, said), of in zip(cases, alone(cells for cells, *_ in cases), strict=True):
        assert [of[name] for name in ("dusun", "rt", "rw")] == parts, cells
        assert of.found & codes == said, cells
