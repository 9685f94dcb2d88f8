"""Whether a person lives, by what is said of the person, not of relatives."""

from __future__ import annotations

import pytest

from tests.support.records import built, raw_row


@pytest.mark.parametrize(
    ("own", "remark", "status"),
    [
        ("Hidup", "", "hidup"),
        ("Mati", "", "meninggal"),
        ("Pindah Dalam Negeri", "", "pindah"),
        ("Tidak Valid", "", None),
        ("Cerai Mati", "", None),
        ("", "meninggal 2023", "meninggal"),
        ("", "sudah meninggal", "meninggal"),
        ("", "pindah ke Jambi", "pindah"),
        ("", "pindah dari desa ini ke Jambi", "pindah"),
        ("Pindah Datang", "", None),
        ("pindahan dari Jambi", "", None),
        ("", "pindah dari Jambi tahun 2021", None),
        ("", "pindah KK", None),
        ("", "rumah pindah ke RT 02, pindah RT", None),
        ("", "janda cerai mati", None),
        ("", "janda mati", None),
        ("", "ahli waris korban meninggal", None),
        ("", "suami meninggal", None),
        ("", "ayah kandung sudah meninggal", None),
        ("", "yatim, bapak dan ibu meninggal", None),
        ("", "ditinggal mati suami", None),
        ("Hidup", "suaminya telah wafat", "hidup"),
        ("", "simpatisan", None),
        ("", "suami meninggal; meninggal 2024", "meninggal"),
        ("", "belum meninggal", None),
        ("", "batal pindah", None),
        ("", "tidak jadi pindah ke Jambi", None),
        ("Hidup", "tidak meninggal, hanya sakit", "hidup"),
        ("", "belum meninggal 2023; meninggal 2024", "meninggal"),
        ("", "almarhum suami PNS", None),
        ("", "korban meninggal: suami", None),
        ("", "meninggal, anak dua", "meninggal"),
        ("", "tutup usia", "meninggal"),
        ("", "sudah tiada", "meninggal"),
        ("", "(Alm)", "meninggal"),
        ("", "MD 12-3-2024", "meninggal"),
        ("", "anak dari alm Karto", None),
        ("", "ijazah MD", None),
        ("", "pengganti Sukarno (meninggal)", None),
        ("", "meninggal, diganti anaknya", "meninggal"),
        ("", "MASIH HIDUP", "hidup"),
        ("", "orangnya ternyata masih hidup.", "hidup"),
        ("2", "hidup", "meninggal"),
        ("", "hidup sendiri", None),
        ("", "ibu masih hidup", None),
        ("", "biaya hidup dari anak", None),
    ],
)
def test_the_status_of_life_is_that_of_the_person(own: str, remark: str, status: str | None) -> None:
    rows = [raw_row(2, nama="SITI", kategori="Fakir Miskin", status_hidup=own, keterangan=remark)]
    (found,) = built(rows).accepted["status_hidup"].tolist()
    assert (found if isinstance(found, str) else None) == status


@pytest.mark.parametrize(
    ("status", "eligible", "remark", "said"),
    [
        ("", "Tidak Layak", "", "TIDAK LAYAK"),
        ("", "Tidak", "", "TIDAK"),
        ("", "Layak", "Tidak layak", "LAYAK"),
        ("Graduasi", "", "", "GRADUASI"),
        ("Aktif", "", "Sudah mampu, punya toko", "SUDAH MAMPU"),
        ("", "", "usulan hapus", "USULAN HAPUS"),
        ("", "", "Tidak memenuhi syarat (musdes 2024)", "TIDAK MEMENUHI SYARAT"),
        ("", "", "rumah tidak layak huni", None),
        ("", "", "tidak layak huni", None),
        ("", "", "ditolak keluarga", None),
        ("", "", "Graduasi 2023", "GRADUASI"),
        ("", "", "dibatalkan, hasil musdes", "DIBATALKAN"),
        ("", "", "salah input", "SALAH INPUT"),
        ("", "", "salah input NIK", None),
        ("", "", "batal nikah", None),
        ("", "", "data ganda", None),
        ("", "", "Kader Posyandu", "BUKAN PMKS: KADER POSYANDU"),
        ("", "Wali", "", "BUKAN PMKS: WALI"),
        ("", "", "wali", None),
        ("", "", "pendamping: Budi", None),
        ("", "", "butuh pendamping", None),
        ("", "", "mampu berjalan", None),
        ("", "", "tidak", None),
        ("Aktif", "", "", None),
    ],
)
def test_who_is_not_to_be_helped_is_said_by_the_status_or_the_remarks_too(
    status: str, eligible: str, remark: str, said: str | None
) -> None:
    row = raw_row(
        2, nama="SITI", kategori="Fakir Miskin", status_hidup=status, status_layak=eligible, keterangan=remark
    )
    made = built([row])
    (found,) = made.accepted["status_layak"].tolist()
    assert (found if isinstance(found, str) else None) == said
    assert ("said_not_eligible" in made.findings["code"].tolist()) == (said not in (None, "LAYAK"))


@pytest.mark.parametrize(
    ("said", "of_person"),
    [("Tidak layak", False), ("Tidak", False), ("DICORET", True), ("Sudah dibedah rumah 2023", True)],
)
def test_in_a_list_of_houses_it_is_the_house_that_is_unfit(said: str, *, of_person: bool) -> None:
    row = raw_row(2, nama="SITI", kategori="RTLH", status_layak=said)
    made = built([row])
    assert made.accepted["kode_pmks"].tolist() == [["LEG-RTLH"]]
    assert ("said_not_eligible" in made.findings["code"].tolist()) == of_person


@pytest.mark.parametrize("remark", ["sudah direhab", "Rumah sudah layak huni", "sudah dapat bantuan rumah dari Baznas"])
@pytest.mark.parametrize(("category", "counts"), [("RTLH", True), ("RTLH, miskin", True), ("Miskin", False)])
def test_that_a_house_was_mended_counts_where_it_is_why_they_are_listed(
    remark: str, category: str, *, counts: bool
) -> None:
    made = built([raw_row(2, nama="SITI", kategori=category, keterangan=remark)])
    assert made.accepted["kode_pmks"].tolist()
    assert ("said_not_eligible" in made.findings["code"].tolist()) == counts


def test_the_column_of_eligibility_says_who_died_too() -> None:
    row = raw_row(2, nama="SITI", kategori="Fakir Miskin", status_layak="Meninggal")
    assert built([row]).accepted["status_hidup"].tolist() == ["meninggal"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("SITI AMINAH (ALM)", "meninggal"),
        ("SITI AMINAH (Almh.)", "meninggal"),
        ("SITI AMINAH (sudah meninggal 2024)", "meninggal"),
        ("SITI AMINAH (MD)", "meninggal"),
        ("SITI AMINAH (PINDAH KE JAMBI)", "pindah"),
        ("SITI AMINAH (pindah KK)", None),
        ("UMAR BIN KARIM (ALM)", None),
        ("SITI (ALM. PARTO)", None),
        ("SITI (ibu meninggal)", None),
        ("ALM. KARTO", None),
    ],
)
def test_brackets_in_a_name_say_it_of_whoever_bears_it(name: str, status: str | None) -> None:
    (found,) = built([raw_row(2, nama=name, kategori="Fakir Miskin")]).accepted["status_hidup"].tolist()
    assert (found if isinstance(found, str) else None) == status
