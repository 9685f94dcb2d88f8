"""A small data home in which everything that can be tampered with is there: lists, decisions, an erasure, a sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from assets.households.review.decisions import record_decisions
from assets.intake.formats.isolation import ReaderPool
from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.reports import REPORT, report
from assets.publications.stages.villages import RETURN, return_to_villages
from pipelines.erasure.forget import complete, erase, search
from pipelines.proof.auditing import make_auditors_file
from pipelines.spotcheck.ledger import draw_sample
from tests.acceptance.test_answers import fill
from tests.support.inbox import CHILD, MOTHER, OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from validation.directorates import directorates
from validation.shrinkage import Shrink
from warehouse.chain import last_head, witness_line
from warehouse.files import locked
from warehouse.home import Acceptance, DataHome
from warehouse.lake import Lake
from warehouse.shrinkage import require_no_shrink

START = datetime(2025, 1, 1)
GONE = {"NAMA": "ZAINUDDIN KELANA", "NIK": "1610050101600021", "NO KK": "1610050101100021", "JENIS KELAMIN": "L",
        "TANGGAL LAHIR": "01-01-1960", "ALAMAT": "DUSUN IX", "JENIS PMKS": "FAKIR MISKIN"}  # fmt: skip
TODDLER = {"NAMA": "WINDA SARI", "NIK": "1610055709190031", "NO KK": "1610050101100031", "JENIS KELAMIN": "P",
           "TANGGAL LAHIR": "17-09-2019", "ALAMAT": "DUSUN II", "JENIS PMKS": "ANAK BALITA TERLANTAR"}  # fmt: skip
DOUBTFUL = [
    {"NAMA": "WAGIMAN", "NIK": "1610050809770041", "JENIS KELAMIN": "L", "TANGGAL LAHIR": "08-09-1977",
     "ALAMAT": "DUSUN III", "JENIS PMKS": "FAKIR MISKIN"},
    {"NAMA": "SUTARMI", "NIK": "1610055503750042", "JENIS KELAMIN": "P", "TANGGAL LAHIR": "15-03-1975",
     "ALAMAT": "DUSUN III", "JENIS PMKS": "FAKIR MISKIN"},
]  # fmt: skip
DOUBTFUL_LATER = [
    DOUBTFUL[0] | {"NIK": "1610050809790148", "TANGGAL LAHIR": "08-09-1979"},
    DOUBTFUL[1] | {"NIK": "1610055503770142", "TANGGAL LAHIR": "15-03-1977"},
]
"""The same names two years younger, with sound NIKs that say so: somebody has to be asked whether they are the same."""
NEIGHBOURS = [
    {"NAMA": name, "NIK": nik, "JENIS KELAMIN": "L", "TANGGAL LAHIR": born, "ALAMAT": "DUSUN TIGA RT 02 RW 01",
     "JENIS PMKS": "FAKIR MISKIN"}
    for name, nik, born in (
        ("JUMADI", "1610051104610051", "11-04-1961"),
        ("BAMBANG UMAR", "1610052009630052", "20-09-1963"),
        ("HASAN BASRI", "1610050502660053", "05-02-1966"),
    )
]  # fmt: skip
"""People of one RT without a card, who may share a household."""
GROWN = TODDLER | {"JENIS PMKS": "ANAK TERLANTAR"}
WITNESS = "witness.txt"


def build(folder: Path) -> DataHome:
    """Make the home below `folder`, with the line of a witness beside it."""
    home = home_in(folder)
    village = home.inbox / "16.10.05.2036"
    write_list(village / "2024/pmks.csv", [*VILLAGE, GONE, TODDLER])
    write_list(village / "2025/rusak.xlsx", [OLD | {"JENIS PMKS": "TIDAK ADA"}, WOMAN | {"NAMA": ""}, MOTHER])
    write_list(home.inbox / "entah.csv", [WOMAN])
    (home.inbox / "entah.csv.yml").write_text("keliru: 1\n")
    other = home.inbox / "16.10.05.2037"
    write_list(other / "2024/pmks.csv", [*DOUBTFUL, *NEIGHBOURS])
    write_list(other / "2025/pmks.csv", DOUBTFUL_LATER)
    for name in ("daftar", "warga"):
        (home.inbox / f"{name}.csv").write_text(f"x;y\n1;{name}\n")
    _run(home, 1, ("jamsos",))
    answers = {"23": ("diterima",), "24": ("ditolak", "entahlah")}
    fill(home.published / "jamsos/rujukan.xlsx", home.inbox / "jawaban/jamsos.xlsx", answers)
    (village / "2025/sumber.yml").write_text("periode: '2025'\n")
    write_list(village / "2025/pmks.csv", [OLD | {"NAMA": "SUKARDY"}, MOTHER | {"NIK": ""}, CHILD, WOMAN])
    (other / "2024/warga.csv").write_text("x;y\n1;2\n")
    records = sorted(Lake(home.lake).read("membership")["record_id"])
    pair = {"record_id_l": records[0], "record_id_r": records[1], "decision": "different", "decided_by": "peninjau",
            "reason": "orang lain"}  # fmt: skip
    record_decisions(home.review, [pair], decided_at=START)
    accepting = dataclasses.replace(home, shrink_accepted=Acceptance("petugas", "desa dimekarkan"))
    loss = Shrink("lists", 3, 1, {"16.10.05.2038": 1}, {}, ["16.10.05.2038"], ["f" * 64])
    require_no_shrink([loss], accepting, run_id="r2", at=START)
    _run(home, 2, ())
    write_list(village / "2025/pmks.csv", [OLD | {"NAMA": "SUKARDY"}, MOTHER | {"NIK": ""}, CHILD, WOMAN, GROWN])
    persons = Lake(home.lake).read("persons").set_index("nik")["person_id"]
    erase(
        home, search(home, [str(persons[GONE["NIK"]])]), by="petugas", reason="permintaan", at=START + timedelta(days=3)
    )
    draw_sample(home, Lake(home.lake), folder / "sampel.xlsx", seed="7", per_stratum=2, by="petugas", at=START)
    _run(home, 3, directorates())
    complete(home)
    make_auditors_file(home, START + timedelta(days=4))
    make_auditors_file(home, START + timedelta(days=5), whole_because="permintaan pemeriksa")
    (folder / WITNESS).write_text(witness_line(*last_head(home), "2025-01-03T00:00:00Z") + "\n")
    return home


def _run(home: DataHome, day: int, published: Iterable[str]) -> None:
    lake = refresh(home, f"r{day}", START + timedelta(days=day))
    for directorate in published:
        publish(PUBLISH.begin(lake, home), directorate)
    report(REPORT.begin(lake, home))
    return_to_villages(RETURN.begin(lake, home))


def scene_home(shared: Path) -> DataHome:
    """The home, made by whichever process asks first. Read only: copy it to change it."""
    folder = shared / "scene"
    with locked(shared / "scene.lock"):
        if not (folder / WITNESS).exists():
            build(folder)
    return DataHome(root=folder / "home", inbox=folder / "inbox", settle_seconds=0.0, workers=1)


@contextmanager
def readers() -> Iterator[None]:
    """One reader for all that is built and verified meanwhile."""
    with ReaderPool(workers=1):
        yield
