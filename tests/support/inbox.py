"""Small inboxes of invented lists, and refreshing a data home over them without Dagster."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from random import Random

from assets.intake.stages.register import register_inbox
from assets.publications.run_entry import Begun
from assets.publications.stages.runs import LOG, log_run
from assets.publications.stages.warehouse import WAREHOUSE, replace_warehouse
from assets.records.stages.measure import MEASURE
from pipelines.progress import Silent
from pipelines.stages import from_registry_to_referrals
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.last_look import last_look
from warehouse.stage import run_stage

COLUMNS = ("NAMA", "NIK", "NO KK", "JENIS KELAMIN", "TANGGAL LAHIR", "ALAMAT", "JENIS PMKS", "JENIS DISABILITAS",
           "TERLANTAR", "KETERANGAN")  # fmt: skip
Person = dict[str, str]
OLD = {"NAMA": "SUKARDI", "NIK": "1610050107500001", "NO KK": "1610050101100001", "JENIS KELAMIN": "L",
       "TANGGAL LAHIR": "01-07-1950", "ALAMAT": "DUSUN I", "JENIS PMKS": "LANJUT USIA TERLANTAR"}  # fmt: skip
MOTHER = {"NAMA": "MARDIANA", "NIK": "1610055205800002", "NO KK": "1610050101100002", "JENIS KELAMIN": "P",
          "TANGGAL LAHIR": "12-05-1980", "ALAMAT": "DUSUN I", "JENIS PMKS": "FAKIR MISKIN"}  # fmt: skip
CHILD = {"NAMA": "RIZKI PUTRA", "NIK": "1610051203150003", "NO KK": "1610050101100002", "JENIS KELAMIN": "L",
         "TANGGAL LAHIR": "12-03-2015", "ALAMAT": "DUSUN I", "JENIS PMKS": "ANAK DENGAN KEDISABILITASAN",
         "JENIS DISABILITAS": "NETRA", "TERLANTAR": "YA"}  # fmt: skip
WOMAN = {"NAMA": "HERLINA", "NIK": "1610054808850004", "NO KK": "1610050101100003", "JENIS KELAMIN": "P",
         "TANGGAL LAHIR": "08-08-1985", "ALAMAT": "DUSUN II", "JENIS PMKS": "WRSE"}  # fmt: skip
VILLAGE = (OLD, MOTHER, CHILD, WOMAN)
NAMES = ("SITI", "AMINAH", "BUDI", "SANTOSO", "MUHAMMAD", "RAHMAWATI", "SLAMET", "WAHYUNI", "HARTONO", "MARDIANA",
         "YUSUF", "LESTARI", "PURNOMO", "SUKARDI", "HERLINA", "KARTINI")  # fmt: skip


def village(seed: int, people: int = 60) -> list[Person]:
    """Invent the list of one village: families of three who share a card and a hamlet."""
    chance = Random(seed)
    listed = []
    for number in range(people):
        home, day = number // 3, chance.randrange(1, 29)
        month, year = chance.randrange(1, 13), chance.randrange(1930, 1999)
        woman = number % 2
        listed.append(
            {
                "NAMA": f"{chance.choice(NAMES)} {chance.choice(NAMES)}",
                "NIK": f"161005{day + 40 * woman:02d}{month:02d}{year % 100:02d}{seed:02d}{number % 90 + 1:02d}",
                "NO KK": f"1610050101{seed:02d}{home:03d}1",
                "JENIS KELAMIN": "LP"[woman],
                "TANGGAL LAHIR": f"{day:02d}-{month:02d}-{year}",
                "ALAMAT": f"DUSUN {home % 4 + 1}",
                "JENIS PMKS": "FAKIR MISKIN",
            }
        )
    return listed


def misspelt(people: list[Person]) -> list[Person]:
    """The same people a period later, every fourth name and every fifth NIK written otherwise."""
    out = []
    for number, person in enumerate(people):
        changed = dict(person)
        if number % 4 == 0:
            changed["NAMA"] = person["NAMA"].replace("I", "Y", 1)
        if number % 5 == 0:
            changed["NIK"] = ""
        out.append(changed)
    return out


def write_list(path: Path, people: Iterable[Person]) -> Path:
    """Write a village's list as CSV, one line a person; missing cells stay empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [COLUMNS, *([person.get(column, "") for column in COLUMNS] for person in people)]
    path.write_text("\n".join(";".join(cells) for cells in lines) + "\n", encoding="utf-8")
    return path


def home_in(folder: Path, profile: str = "full-2012") -> DataHome:
    """A new data home whose inbox takes files at once."""
    home = DataHome(root=folder / "home", inbox=folder / "inbox", profile=profile, settle_seconds=0.0, workers=1)
    home.make()
    home.inbox.mkdir(parents=True, exist_ok=True)
    return home


def refer(home: DataHome, run_id: str, at: datetime) -> Lake:
    """Run every stage that decides who is referred, as one run of a name at a time."""
    lake = Lake(home.lake)
    register_inbox(home, lake, run_id=run_id, at=at)
    from_registry_to_referrals(home, lake, Silent(), run_id=run_id, at=at)
    return lake


def refresh(home: DataHome, run_id: str, at: datetime) -> Lake:
    """Run every stage up to the warehouse, as one run of a name at a time."""
    lake = refer(home, run_id, at)
    run_stage(MEASURE.begin(lake, home, run_id=run_id, at=at))
    log_run(LOG.begin(lake, home, run_id=run_id, at=at), Begun(run_id, at, "test", "tester"))
    replace_warehouse(WAREHOUSE.begin(lake, home, run_id=run_id, at=at))
    last_look(home.lake).keep()
    return lake
