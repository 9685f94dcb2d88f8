"""A zip archive of lists is a folder of its name; one that cannot be taken apart safely is refused whole, with why."""

from __future__ import annotations

import struct
import warnings
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assets.intake.formats import parcel
from assets.intake.formats.parcel import MOST_MEMBERS, members_of
from assets.intake.inbox.placement import place_by_path
from pipelines.erasure.forget import lies_at
from tests.support.inbox import home_in
from tests.unit.intake.test_inbox import Inbox

LIST = b"NO;NIK;NAMA;L/P;JENIS PMKS\n1;1610051205850001;SUTRISNO;L;Fakir Miskin\n"
DESA, OTHER = "16.10.05.2036", "16.10.05.2037"


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def pack(path: Path, members: dict[str, bytes], **how: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **how) as packed:
        warnings.simplefilter("ignore")  # of names that stand twice
        for name, content in members.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def more(number: int) -> bytes:
    return LIST.replace(b"0001", b"%04d" % number)


def test_each_member_is_a_file_at_its_path_below_the_archive(inbox: Inbox) -> None:
    members = {
        f"Kec/{DESA}/data.csv": more(1), f"Kec\\{OTHER}\\data.csv": more(2), f"{DESA}/lagi.csv": more(1),
        "__MACOSX/Kec/._data.csv": b"x", "Kec/.DS_Store": b"x", "Kec/Thumbs.db": b"x", "Kec/": b"",
    }  # fmt: skip
    pack(inbox.folder / "kiriman/PMKS 2023.ZIP", members)
    assert inbox.outcomes() == {
        f"kiriman/PMKS 2023.ZIP/{DESA}/lagi.csv": "accepted", f"kiriman/PMKS 2023.ZIP/Kec/{OTHER}/data.csv": "accepted",
    }  # fmt: skip
    row = inbox.submission(f"kiriman/PMKS 2023.ZIP/Kec/{OTHER}/data.csv")
    assert (row["kode_desa"], row["format"]) == (OTHER, "csv")
    assert len(inbox.registry.receipts) == 3, "the same list twice is one more receipt"
    assert place_by_path("16.10.zip/2023.zip/a.csv", {}).kode_kabupaten == "16.10"
    assert place_by_path("16.10.zip/2023.zip/a.csv", {}).periode == "2023"


def test_an_archive_that_comes_again_brings_only_what_is_new_in_it(inbox: Inbox) -> None:
    pack(inbox.folder / "a.zip", {f"{DESA}/2023/a.csv": more(1), f"{OTHER}/2023/b.csv": more(2)})
    inbox.settle()
    first = set(inbox.registry.submissions["submission_id"])
    pack(inbox.folder / "a.zip", {f"{DESA}/2023/a.csv": more(1), f"{OTHER}/2023/b.csv": more(3)})
    assert sorted(inbox.settle()[2].outcomes["outcome"]) == ["accepted", "accepted", "superseded"]
    assert first < set(inbox.registry.submissions["submission_id"])
    (inbox.folder / "a.zip").unlink()
    said = sorted(inbox.settle()[2].outcomes["outcome"])
    assert said == ["accepted", "accepted", "superseded"], "nothing is withdrawn"


def test_sidecars_inside_and_beside_the_archive_apply(inbox: Inbox) -> None:
    members = {
        "a/data.csv": more(1), "a/data.csv.yml": f"kode_desa: {DESA}\n".encode(), "b/data.csv": more(2),
        "b/sumber.yml": f"kode_desa: {OTHER}\nperiode: 2021\n".encode(), f"{DESA}/rusak.csv": more(3),
        f"{DESA}/rusak.csv.yml": b"kode_desa: entah\n",
    }  # fmt: skip
    pack(inbox.folder / "kirim.zip", members)
    inbox.say("kirim.zip.yml", "periode: 2022\nmenggantikan: lama.zip\n")
    found = {file.path: file.declaration for file in inbox.look().files}
    assert found["kirim.zip/a/data.csv"] == {"kode_desa": DESA, "periode": "2022"}
    assert found["kirim.zip/b/data.csv"] == {"kode_desa": OTHER, "periode": "2021"}
    outcomes = inbox.outcomes()
    assert outcomes.pop(f"kirim.zip/{DESA}/rusak.csv") == "held"
    assert set(outcomes.values()) == {"accepted"}
    inside = {f"kirim.zip/{name}" for name in members if name.endswith(".yml")}
    assert set(inbox.look().sidecars) == inside | {"kirim.zip.yml"}
    assert not inbox.look().orphans


def test_a_large_sidecar_inside_an_archive_is_evidence_whole(inbox: Inbox) -> None:
    large = b"#" * 100_000
    pack(inbox.folder / "a.zip", {f"{DESA}/2023/a.csv": LIST, f"{DESA}/2023/a.csv.yml": large})
    assert inbox.look().sidecars == {f"a.zip/{DESA}/2023/a.csv.yml": large}
    assert list(inbox.outcomes().values()) == ["held"]


def test_an_archive_still_being_copied_waits(inbox: Inbox) -> None:
    pack(inbox.folder / "a.zip", {"a.csv": LIST})
    found = inbox.look(now=(inbox.folder / "a.zip").stat().st_mtime + 1)
    assert found.waiting == {"a.zip": "copying"} and not found.files
    assert [file.path for file in inbox.look(earlier=found.looks).files] == ["a.zip/a.csv"]


def named(raw: bytes) -> bytes:
    """An archive of one member whose name is these bytes, without the mark that they are UTF-8."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("N" * len(raw), LIST)
    return made.getvalue().replace(b"N" * len(raw), raw)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Désa é.csv".encode("cp437"), "Désa é.csv"),
        ("Désa – é.csv".encode(), "Désa – é.csv"),
        (b"desa\nbaru.csv", "desa\\x0abaru.csv"),
    ],
)
def test_names_are_read_as_they_were_written(inbox: Inbox, raw: bytes, name: str) -> None:
    (inbox.folder / "a.zip").write_bytes(named(raw))
    assert [file.path for file in inbox.look().files] == [f"a.zip/{name}"]
    inbox.register()
    assert list(inbox.registry.submissions["path"]) == [f"a.zip/{name}"]


def encrypted(path: Path) -> None:
    pack(path, {"a.csv": LIST})
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + at] |= 1
    path.write_bytes(content)


def nested(path: Path) -> None:
    inner = BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        packed.writestr("b.csv", LIST)
    pack(path, {"dalam.zip": inner.getvalue(), "baik.csv": LIST})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: pack(path, {"../a.csv": LIST}), "menunjuk ke luar arsip"),
        (lambda path: pack(path, {"/etc/a.csv": LIST}), "menunjuk ke luar arsip"),
        (lambda path: pack(path, {"C:\\a.csv": LIST}), "menunjuk ke luar arsip"),
        (lambda path: pack(path, {f"{n}.csv": b"x" for n in range(MOST_MEMBERS + 1)}), "lebih dari 1000 berkas"),
        (lambda path: pack(path, {"folder/": b""}), "tanpa berkas"),
        (lambda path: pack(path, {"a.csv": LIST, "A.CSV": more(2)}), "lebih dari sekali"),
        (lambda path: pack(path, {"a.csv": b"\0" * 400_000_000}), "mengembang"),
        (encrypted, "kata sandi"),
        (lambda path: pack(path, {"a.csv": LIST}).write_bytes(path.read_bytes()[:-30]), "rusak atau terpotong"),
        (lambda path: path.write_bytes(b""), "kosong"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_apart_safely_is_one_file_with_a_reason(inbox: Inbox, make: Any, said: str) -> None:
    make(inbox.folder / "a.zip")
    made, tables, settled = inbox.settle()
    assert list(inbox.registry.submissions["path"]) == ["a.zip"]
    assert list(settled.outcomes["outcome"]) == ["rejected"]
    assert said in pd.concat([made.readings, tables.readings])["reason"].iloc[0]


def test_an_archive_within_an_archive_costs_only_itself(inbox: Inbox) -> None:
    nested(inbox.folder / DESA / "2023" / "a.zip")
    outcomes = inbox.outcomes()
    assert outcomes == {f"{DESA}/2023/a.zip/baik.csv": "accepted", f"{DESA}/2023/a.zip/dalam.zip": "rejected"}


def damage(path: Path, *names: str) -> None:
    """Change one packed byte of some members."""
    content = bytearray(path.read_bytes())
    for name in names:
        content[content.find(name.encode()) + len(name) + 3] ^= 0xFF
    path.write_bytes(content)


def test_a_damaged_member_is_rejected_by_name_and_costs_only_itself(inbox: Inbox) -> None:
    members = {"rusak.csv": more(1), "baik.csv": more(2), "juga rusak.csv": more(3)}
    path = pack(inbox.folder / DESA / "2023" / "a.zip", members)
    damage(path, "rusak.csv", "juga rusak.csv")
    for _ in range(2):
        made, _, settled = inbox.settle()
        assert not made.not_registered
        submissions = inbox.registry.submissions.merge(settled.outcomes, on="submission_id")
        outcomes = dict(zip(submissions["path"], submissions["outcome"], strict=True))
        assert outcomes == {f"{DESA}/2023/a.zip/baik.csv": "accepted", f"{DESA}/2023/a.zip": "rejected"}
    reason = submissions.loc[submissions["outcome"] == "rejected", "reason"].iloc[0]
    assert "rusak atau tidak dapat dibuka: rusak.csv, juga rusak.csv. Berkas lain" in reason
    pack(path, members)
    inbox.settle()
    assert len(inbox.registry.submissions) == 4, "packed anew, all three are read"


def test_a_damaged_sidecar_in_an_archive_holds_its_files_with_the_reason(inbox: Inbox) -> None:
    path = pack(inbox.folder / DESA / "2023" / "a.zip", {"a.csv": LIST, "a.csv.yml": b"skema_kode: permensos-8-2012"})
    damage(path, "a.csv.yml")
    made, _, settled = inbox.settle()
    assert not made.not_registered
    assert list(settled.outcomes["outcome"]) == ["held"]
    assert "rusak di dalam arsip zip" in settled.outcomes["reason"].iloc[0]


def test_a_workbook_called_zip_is_a_workbook(inbox: Inbox) -> None:
    inbox.put(f"{DESA}/2023/a.zip", [["NO", "NIK", "NAMA", "JENIS PMKS"], [1, "1610051205850001", "SITI", "FM"]])
    assert inbox.outcomes() == {f"{DESA}/2023/a.zip": "accepted"}


def test_who_asks_where_a_member_lies_is_told_the_archive(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    pack(home.inbox / "kiriman" / "a.zip", {"x/a.csv": LIST})
    (home.inbox / "b.csv").write_bytes(LIST)
    asked = ("kiriman/a.zip/x/a.csv", "b.csv", "kiriman/c.zip/a.csv", "c.csv")
    assert [lies_at(home, path) for path in asked] == ["kiriman/a.zip", "b.csv", None, None]


def test_a_directory_that_claims_to_be_long_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "a.zip", {"a.csv": LIST})
    assert set(members_of(path)) == {"a.csv"}
    content = bytearray(path.read_bytes())
    content[-10:-6] = struct.pack("<I", 0xFFFFFFF0)
    path.write_bytes(content)
    monkeypatch.setattr(parcel, "ZipFile", None)
    assert members_of(path) == {}
