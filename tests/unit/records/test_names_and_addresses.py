"""Names as a person reads them; dusun, RT and RW out of every way villages write them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from assets.records.addresses import parse_address, parse_unit, unit_parts, within
from assets.records.names import parse_name, parse_names
from validation.vocabulary import relation_of, sex_of


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("  siti\xa0 aminah ", "SITI AMINAH"),
        ("'KARTO", "KARTO"),
        ("H. ABD. RAHMAN (ALM)", "H. ABD. RAHMAN (ALM)"),
        ("SITI AMINAH BINTI KARIM", "SITI AMINAH BINTI KARIM"),
        ("ny. suwarti", "NY. SUWARTI"),
        ("Ny", "NY"),
        ("1. Siti Aminah", "SITI AMINAH"),
        ("(12) M. UMAR", "M. UMAR"),
        ("3.", None),
        ("2 Siti", "2 SITI"),
    ],
)
def test_a_name_keeps_its_words(cell: str, shown: str | None) -> None:
    assert parse_name(cell).text == shown


@pytest.mark.parametrize("cell", ["", " ", "-", "X", "12", "...", "Tidak Ada", "n/a", "L", "v"])
def test_what_stands_for_nobody_is_no_name(cell: str) -> None:
    assert parse_name(cell).text is None


@pytest.mark.parametrize(
    ("cell", "deceased"),
    [
        ("ABDULLAH (ALM)", True),
        ("ABDULLAH ( Almh. )", True),
        ("ALM. UDIN", True),
        ("UDIN ALM", True),
        ("ALMARHUMAH SITI", True),
        ("ALMA", False),
        ("SALMAH", False),
        ("ALMIRA PUTRI", False),
        ("SITI ROHMAH BINTI (ALM) UMAR", False),
        ("UMAR BIN ALMARHUM KARIM", False),
        ("JANDA ALM. PARTO", False),
        ("(ALM) UMAR BIN ALM KARIM", True),
        ("UMAR BIN KARIM (ALM)", True),
        ("UMAR (meninggal 2024)", True),
        ("UMAR (MD)", True),
        ("UMAR, MD", False),
    ],
)
def test_the_mark_of_the_deceased(cell: str, deceased: bool) -> None:
    assert parse_name(cell).deceased is deceased


@pytest.mark.parametrize(
    ("several", "cells"),
    [
        (True, ["KARTO / SUMI", "KARTO & SUMI", "Karto dan Sumi", "KARTO HADI, SUMI ASIH", "KARTO HADI\nSUMI ASIH"]),
        (True, ["1. KARTO\n2. SUMI", "KARTO\n- SUMI", "SUPARNO BESERTA ISTRI"]),
        (
            False,
            ["A/N BUDI", "SITI\nAMINAH", "MUHAMMAD RIZKI\nSAPUTRA", "KARTO HADI, S.Pd", "RAMADAN SARI", "KARTO, SH"],
        ),
    ],
)
def test_several_persons_in_one_cell(several: bool, cells: list[str]) -> None:
    assert [parse_name(cell).several for cell in cells] == [several] * len(cells)


@pytest.mark.parametrize(
    ("unknown", "cells"),
    [
        (True, ["Mr. X", "MR X", "Ny. X", "Mr. X 2", "Tn. X (ODGJ)", "(Mr. X)", "NN", "N.N."]),
        (True, ["Tanpa nama", "tidak ada nama", "Tak bernama", "Laki-laki tak dikenal", "Nama tidak diketahui"]),
        (True, ["ODGJ di terminal", "Orang gila pasar", "Bayi", "Bayi perempuan", "Bunga (bukan nama sebenarnya)"]),
        (True, ["A.B.", "M R", "A.B.C.", "Inisial A", "INISIAL: S.M.", "Korban", "Korban 2", "Anak A", "An. B"]),
        (True, ["S.", "R", "Tidak diketahui", "Tdk. tahu", "Belum diketahui"]),
        (True, ["Perempuan", "Laki-laki tua", "wanita paruh baya", "Kakek"]),
        (False, ["Perempuan Siti", "Nenek Sumi", "Priana", "Wanita Utama"]),
        (True, ["Melati (samaran)", "Mawar (nama samaran)", "Melati nama disamarkan"]),
        (False, ["Samaran", "Budi Samaran", "A N I", "A. Budi", "Budi A.", "Ab", "Anak Ani", "Korbanus", "Inisialina"]),
        (False, ["Siti", "Xaverius", "M. X. Suryadi", "Bayi Ny. Siti", "Bayinah", "Anonimah", "Namanda", "Nani N."]),
        (False, ["Gelandir", "Odgjie", "Tanpa Rahayu", "Mrs. Xena"]),
    ],
)
def test_names_that_say_that_nobody_knows_them(unknown: bool, cells: list[str]) -> None:
    assert [parse_name(cell).unknown for cell in cells] == [unknown] * len(cells)


def test_names_by_the_column_are_names_one_by_one() -> None:
    cells = ["SITI", "siti", "belum punya", "Alma", "udin alm", "KARTO/SUMI", "", "-", "O'BRIEN", "NA", "x"]
    cells += ["Ünal Ü", "Mr. X", "tanpa nama", "PT MAJU", "Siti dan Aminah", "DANI"]
    names = parse_names(pa.array(cells, pa.large_string()))
    one_by_one = [parse_name(cell) for cell in cells]
    assert [names.text.values[code].as_py() for code in names.text.codes] == [name.text for name in one_by_one]
    assert names.usable.tolist() == [name.text is not None for name in one_by_one]
    assert names.deceased.tolist() == [name.deceased for name in one_by_one]
    assert names.several.tolist() == [name.several for name in one_by_one]
    assert names.group.tolist() == [name.group for name in one_by_one]
    assert names.unknown.tolist() == [name.unknown for name in one_by_one]
    assert names.text.codes[0] == names.text.codes[1]


@pytest.mark.parametrize(
    ("cell", "kind", "parts"),
    [
        ("3", "t", ("003", None)),
        ("03", "t", ("003", None)),
        ("RT 03", "t", ("003", None)),
        ("3.0", "n", ("003", None)),
        ("III", "t", ("003", None)),
        ("XIV", "t", ("014", None)),
        ("3/1", "t", ("003", "001")),
        ("003-001", "t", ("003", "001")),
        ("003/001", "t", ("003", "001")),
        ("RT 03 RW 01", "t", ("003", "001")),
        ("RT.003/RW.001", "t", ("003", "001")),
        ("III/I", "t", ("003", "001")),
        ("2024-01-03", "d", ("003", "001")),
        ("3", "d", ("003", None)),
        ("entah", "t", (None, None)),
        ("-", "t", (None, None)),
        ("0", "t", (None, None)),
    ],
)
def test_rt_and_rw_cells(cell: str, kind: str, parts: tuple[str | None, str | None]) -> None:
    assert parse_unit(cell, kind) == parts


@pytest.mark.parametrize(
    ("rt", "rw", "both"),
    [
        (("003", None), ("001", None), ("003", "001")),
        (("003", "001"), (None, None), ("003", "001")),
        ((None, None), ("003", "001"), ("003", "001")),
        (("003", "001"), ("003", "001"), ("003", "001")),
        (("003", None), (None, None), ("003", None)),
    ],
)
def test_one_cell_may_hold_both(
    rt: tuple[str | None, str | None], rw: tuple[str | None, str | None], both: tuple[str | None, str | None]
) -> None:
    assert unit_parts(rt, rw) == both


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("DUSUN MEKAR RT.002 RW.002", ("MEKAR", "002", "002")),
        ("Dsn. Krajan Rt/Rw 07/02", ("KRAJAN", "007", "002")),
        ("DUSUN II RT 03 RW 01", ("II", "003", "001")),
        ("DUSUN 2 RT 3", ("2", "003", None)),
        ("JL. MELATI NO. 5 RT III/I", (None, "003", "001")),
        ("Lingk. Pasar, RW 04", ("PASAR", None, "004")),
        ("JL. PATRA NO. 7", (None, None, None)),
        ("DSN KULON RT6 RW1", ("KULON", "006", "001")),
        ("Dusun II/RT 03", ("II", "003", None)),
        ("RT01RW02 Link. IV", ("IV", "001", "002")),
        ("Dsn Krajan 1, RT3/RW2", ("KRAJAN 1", "003", "002")),
        ("Dusun Krajan 10 RT 02", ("KRAJAN 10", "002", None)),
        ("Dusun Karang-anyar (RT 02)", ("KARANG-ANYAR", "002", None)),
        ("Dsn. Krajan 2", ("KRAJAN 2", None, None)),
        ("Kp. Baru 12", ("BARU", None, None)),
        ("Kp. Cikadu 03/01", ("CIKADU", "003", "001")),
        ("002/003", (None, "002", "003")),
        ("3/12", (None, None, None)),
        ("Gg. Kancil No. 02/03", (None, None, None)),
        ("KP. CIKADU DS. SUKAMAJU KEC. CARIU", ("CIKADU", None, None)),
        ("DUSUN I DESA TANJUNG RAJA", ("I", None, None)),
        ("JL. BANJAR NO 3", (None, None, None)),
        ("ARTA PERTIWI 4", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_addresses(address: str, parts: tuple[str | None, str | None, str | None]) -> None:
    assert parse_address(address)[:3] == parts


@pytest.mark.parametrize(
    ("address", "dusun", "elsewhere"),
    [
        ("DS. TANJUNG PASIR RT 02", None, False),
        ("Ds. Tg. Pasir Kec. Pemulutan", None, False),
        ("DUSUN II DS. TANJUNG PASIR", "II", False),
        ("DS. TANJUNG PASIR DSN. KRAJAN", "KRAJAN", False),
        ("DS. KRAJAN DESA TANJUNG PASIR", "KRAJAN", False),
        ("DS. KRAJAN RT 01 RW 02", "KRAJAN", False),
        ("DS III", "III", False),
        ("DS. HARAPAN", None, True),
        ("KP. BARU DESA HARAPAN", "BARU", True),
        ("DS. TANJUNG SETEKO KEC. INDRALAYA", None, True),
        ("JL. HARAPAN NO. 2", None, False),
        ("DESA ENTAH", None, False),
    ],
)
def test_what_ds_means_and_whether_an_address_is_of_another_village(
    address: str, dusun: str | None, elsewhere: bool
) -> None:
    (named, *_), other = within(parse_address(address), "16.10.05.2036")
    assert (named, other) == (dusun, elsewhere)


@pytest.mark.parametrize(
    ("word", "sex"),
    [
        ("L", "L"),
        ("Lk", "L"),
        ("LAKI-LAKI", "L"),
        ("Pr", "P"),
        ("perempuan", "P"),
        ("[1]", "L"),
        ("1", None),
        ("0", None),
    ],
)
def test_sex_by_words_and_never_by_a_bare_number(word: str, sex: str | None) -> None:
    assert sex_of(word) == sex


@pytest.mark.parametrize(
    ("word", "relation"),
    [("KK", "KEPALA KELUARGA"), ("Kep. Kel", "KEPALA KELUARGA"), ("ISTERI", "ISTRI"), ("AK", "ANAK"),
     ("MTU", "MENANTU"),
     ("Ortu", "ORANG TUA"), ("FAM LAIN", "FAMILI LAIN"), ("tetangga", None), ("1", None)],
)  # fmt: skip
def test_relations_by_words_and_never_by_a_bare_number(word: str, relation: str | None) -> None:
    assert relation_of(word) == relation
