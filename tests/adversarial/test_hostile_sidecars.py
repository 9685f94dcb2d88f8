"""Sidecars that would stop a parser, take all memory or hide what they say: each holds its file, and costs no other."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from assets.intake import sidecar_reading
from assets.intake.inbox.discovery import Discovery, discover
from assets.intake.inbox.sidecars import Sidecars
from assets.intake.sidecar import FAULTS
from assets.intake.sidecar_reading import KEYS, MOST_BYTES, allowed, read_sidecar
from validation.findings import message_of
from validation.rule_tables import rule_table

BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(12)
)
UNREADABLE = {
    "not closed": (b"periode: [", "bukan YAML"),
    "brackets": (b"[" * 100_000, "lebih besar"),
    "brackets within the bound of bytes": (b"[" * 60_000, "bertingkat"),
    "braces": (b"{a: " * 15_000, "bertingkat"),
    "dashes": (b"- " * 30_000, "bertingkat"),
    "alias bomb": (BOMB, "alias"),
    "alias to itself": (b"&a [*a]", "alias"),
    "alias as text": (b"x: &x 16.10.05.2036\nkode_desa: *x\n", "alias"),
    "merge key": (b"x: &x {periode: 2024}\n<<: *x\n", "alias"),
    "a reason of 20 MB": (b"ditarik: " + b"x" * 20_000_000, "lebih besar"),
    "many keys": (b"".join(b"k%d: 1\n" % n for n in range(5_000)), "isian"),
    "python object": (b"!!python/object/apply:os.system ['true']\n", "tanda jenis"),
    "binary tag": (b"periode: !!binary aGVsbG8=\n", "tanda jenis"),
    "list": (b"- a\n- b\n", "bukan daftar kunci"),
    "text": (b"halo", "bukan daftar kunci"),
    "not UTF-8": (b"periode: \xff\xfe\n", "UTF-8"),
    "NUL": (b"periode: 2024\0", "bukan YAML"),
    "twice": (b"periode: 2024\nPeriode: 2023\n", "dua kali"),
    "two documents": (b"periode: 2024\n---\nperiode: 2023\n", "lebih dari satu"),
    "key that is a list": (b"? [a, b]\n: c\n", "bukan teks"),
    "tab": (b"\tperiode: 2024\n", "bukan YAML"),
    "xlsx": (b"PK\x03\x04" + bytes(range(256)) * 20, "UTF-8"),
}
REFUSED = {
    "superscript": ("baris_kepala: ²", "baris_kepala"),
    "row in other digits": ("baris_kepala: ٣", "baris_kepala"),
    "row too large": ("baris_kepala: 99999999", "baris_kepala"),
    "negative row": ("baris_kepala: -1", "baris_kepala"),
    "row as list": ("baris_kepala: [1]", "baris_kepala"),
    "unknown key": ("warna: biru", "warna"),
    "unknown key with escapes": ('"\\e[2J\\u202egnp": 1', "?"),
    "long unknown key": ("k" * 900 + ": 1", "k" * 39),
    "village that is not": ("kode_desa: 99.99.99.9999", "kode_desa"),
    "village of nothing": ("kode_desa:", "kode_desa"),
    "village as map": ("kode_desa: {a: b}", "kode_desa"),
    "period": ("periode: kemarin", "periode"),
    "period in other digits": ("periode: ２０２４", "periode"),
    "no categories": ("kode_pmks: []", "kode_pmks"),
    "category with a control": ('kode_pmks: ["2\\x014"]', "kode_pmks"),
    "category in a list in a list": ("kode_pmks: [[24]]", "kode_pmks"),
    "scheme": ("skema_kode: entah", "skema_kode"),
    "sex": ("jenis_kelamin: {1: entah}", "jenis_kelamin"),
    "column": ("kolom: {A: nomor_sepatu}", "kolom"),
    "columns as a list": ("kolom: [nama]", "kolom"),
    "sheet": ("lembar: {S: {warna: biru}}", "lembar > S > warna"),
    "sheet withdrawn": ("lembar: {S: {ditarik: x}}", "lembar > S > ditarik"),
    "sheets as text": ("lembar: Sheet1", "lembar"),
    "reason of nothing": ("ditarik:", "ditarik"),
    "reason too long": ("ditarik: " + "x" * 501, "ditarik"),
    "reason with NUL": ('ditarik: "a\\0b"', "ditarik"),
    "path too long": ("menggantikan: " + "x" * 5_000, "menggantikan"),
}
HERE = "16.10.05.2036/2024"


@pytest.mark.parametrize("content, why", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_used_is_refused_as_a_whole_and_says_why(content: bytes, why: str) -> None:
    declared, (fault,) = read_sidecar("a.yml", content)
    assert declared == {}
    assert fault.code == "sidecar_unreadable"
    assert why in message_of(fault.code, **fault.facts)


@pytest.mark.parametrize("text, key", REFUSED.values(), ids=REFUSED)
def test_what_a_key_may_not_hold_is_named_with_what_is_allowed(text: str, key: str) -> None:
    declared, (fault,) = read_sidecar("a.yml", f"{text}\n".encode())
    assert declared == {}
    assert fault.code == "sidecar_key_refused"
    assert key in fault.facts["kunci"]
    told = message_of(fault.code, **fault.facts)
    assert told.isprintable() and len(told) < 500
    name = fault.facts["kunci"].rpartition(" > ")[2]
    assert allowed().get(name, "?!") in told or ("hanya kunci kode_desa, periode" in told)


def test_every_key_says_what_it_may_hold_and_its_example_is_taken() -> None:
    examples = {row["key"]: row["example"] for row in rule_table(sidecar_reading.__file__, "sidecar_keys.csv")}
    assert set(examples) == set(allowed()) == {*KEYS, "berisi_orang"}
    for key in KEYS:
        declared, faults = read_sidecar("a.yml", f"{key}: {examples[key]}\n".encode())
        assert set(declared) == {key} and faults == []


def test_that_a_sheet_lists_people_is_said_of_one_sheet_only() -> None:
    said = read_sidecar("a.yml", b"lembar: {Sheet2: {berisi_orang: Ya}}\n")
    assert said == ({"lembar": {"Sheet2": {"berisi_orang": True}}}, [])
    for refused in (b"berisi_orang: ya\n", b"lembar: {Sheet2: {berisi_orang: tidak}}\n"):
        assert [fault.code for fault in read_sidecar("a.yml", refused).faults] == ["sidecar_key_refused"]


def look(inbox: Path) -> Discovery:
    return discover(inbox, now=2_000_000_000.0, settle_seconds=0, earlier={})


def test_each_costs_only_its_own_file_and_the_parent_stays_small(tmp_path: Path) -> None:
    folder = tmp_path / HERE
    folder.mkdir(parents=True)
    hostile = [content for content, _ in UNREADABLE.values()] + [f"{text}\n".encode() for text, _ in REFUSED.values()]
    for number, content in enumerate(hostile):
        (folder / f"{number}.csv").write_text(f"NAMA;NIK\n{number};\n")
        (folder / f"{number}.csv.yml").write_bytes(content)
    (folder / "baik.csv").write_text("NAMA;NIK\nX;\n")
    (folder / "baik.csv.yml").write_text("periode: 2023\n")
    (folder / "tanpa.csv").write_text("NAMA;NIK\nY;\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {file.path: file.declaration for file in look(tmp_path).files}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
    assert found.pop(f"{HERE}/baik.csv") == {"periode": "2023"}
    assert found.pop(f"{HERE}/tanpa.csv") == {}
    assert len(found) == len(hostile)
    assert [path for path, declared in found.items() if not declared.get(FAULTS)] == []


def test_thousands_are_read_in_batches_and_once(tmp_path: Path) -> None:
    paths = {}
    for number in range(3_000):
        path = tmp_path / f"{number}.csv.yml"
        path.write_text(f"periode: 2024\nditarik: alasan {number}\n")
        paths[path.name] = path
    begun = time.monotonic()
    first = Sidecars(paths)
    assert len(first.results) == 3_000 and not first.closed
    assert not any(result.faults for result in first.results.values())
    took = time.monotonic() - begun
    begun = time.monotonic()
    again = Sidecars(paths)
    assert again.results == first.results
    assert time.monotonic() - begun < took / 2


def test_a_larger_one_is_not_taken_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.yml"
    path.write_bytes(b"#" * (MOST_BYTES + 1))
    made = Sidecars({"a.csv.yml": path})
    assert made.contents == {"a.csv.yml": path}
    assert [fault.code for fault in made.results["a.csv.yml"].faults] == ["sidecar_unreadable"]
