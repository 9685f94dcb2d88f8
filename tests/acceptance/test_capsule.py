"""A capsule proves one referral with nothing else at hand, and says nothing of anybody else."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from lxml import html

from assets.publications.stages.directorates import PUBLISH, publish
from pipelines.commands.capsule import capsule
from pipelines.commands.verify import verify
from pipelines.commands.witness import witness
from tests.support.accessibility import CHROMIUM, SCHEMES, violations
from tests.support.inbox import CHILD, MOTHER, OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from tests.tampering.scene import readers
from warehouse.access import access_ledger
from warehouse.chain import ledger_of, read_chain
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.row_trees import other_roots

COMMAND = CliRunner(env={"COLUMNS": "200"})
Said = dict[str, Any]


@pytest.fixture(scope="module")
def home(scene: DataHome, tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    """A home with capsules of one woman's referral, as JSON and as a page, and of her village. Read only."""
    copy = Path(shutil.copytree(scene.root, tmp_path_factory.mktemp("capsule") / "home"))
    home = DataHome(root=copy, inbox=scene.inbox, settle_seconds=0.0, workers=1)
    for name in ("one.json", "one.html"):
        made = pack(home, copy.parent / name, "--referral", referral_of(home, WOMAN))
        assert made.exit_code == 0, made.output
    assert pack(home, copy.parent / "village.json", "--village", "16.10.05.2036").exit_code == 0
    return home


def referral_of(home: DataHome, whose: dict[str, str]) -> str:
    lake = Lake(home.lake)
    persons, referrals = lake.read("persons").set_index("nik"), lake.read("referrals")
    mine = referrals[referrals["person_id"] == persons.loc[whose["NIK"], "person_id"]]
    return str(mine["referral_id"].iloc[0])


def pack(home: DataHome, file: Path, *options: str) -> Result:
    where = ["--data", str(home.root), "--reason", "permintaan", "--lang", "en"]
    return COMMAND.invoke(capsule, [str(file), *options, *where])


def check(file: Path, *options: str) -> Result:
    return COMMAND.invoke(verify, ["--capsule", str(file), "--lang", "en", *options])


def shown(said: Said, table: str) -> list[Said]:
    return [row for row in said["rows"] if row["table"] == table]


@pytest.mark.parametrize("name", ["one.json", "one.html", "village.json"])
def test_it_is_proved_without_a_data_home(home: DataHome, name: str) -> None:
    proved = check(home.root.parent / name)
    assert (proved.exit_code, "NO" in proved.output) == (0, False), proved.output


def test_it_names_nobody_else_and_the_opening_is_logged(home: DataHome) -> None:
    text = (home.root.parent / "one.json").read_text()
    assert WOMAN["NIK"] in text
    for other in (OLD, MOTHER, CHILD):
        assert other["NIK"] not in text and other["NAMA"] not in text
    referral = referral_of(home, WOMAN)
    assert f"capsule {referral}: permintaan" in access_ledger(home).read_text()


def change_text(said: Said) -> None:
    row = shown(said, "raw_rows")[0]
    row["row"] = row["row"].replace("HERLINA", "HERLINO")


def take_rule_of_another(said: Said) -> None:
    (name,) = said["rules"]
    said["rules"][name] = said["rules"][name].replace("dayasos", "jamsos")


CHANGES: dict[str, tuple[Callable[[Said], object], str]] = {
    "a cell": (change_text, "Every row that is shown leads"),
    "a salt": (lambda said: shown(said, "persons")[0].update(salt="00" * 16), "Every row that is shown leads"),
    "a path": (lambda said: shown(said, "referrals")[0]["path"].pop(), "Every row that is shown leads"),
    "no row of the file": (lambda said: said["rows"].remove(shown(said, "raw_rows")[0]), "From every referral a way"),
    "no record": (lambda said: said["rows"].remove(shown(said, "accepted")[0]), "From every referral a way"),
    "the text of a rule": (take_rule_of_another, "The rules are those"),
    "an entry": (lambda said: said["chain"].insert(1, said["chain"][0]), "Every entry of the chain"),
    "no roots": (lambda said: said.update(chain=said["chain"][:1]), "Every entry of the chain"),
    "no chain": (lambda said: said.pop("chain"), "The capsule is whole"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_is_changed_is_found(home: DataHome, tmp_path: Path, what: str) -> None:
    said = json.loads((home.root.parent / "one.json").read_text())
    change, claim = CHANGES[what]
    change(said)
    (tmp_path / "other.json").write_text(json.dumps(said))
    found = check(tmp_path / "other.json")
    assert found.exit_code == 1
    assert f"NO   {claim}" in found.output, found.output


def test_a_witness_proves_the_roots_and_one_from_before_does_not(home: DataHome, scene: DataHome) -> None:
    folder = home.root.parent
    for root, name in ((home.root, "kept.txt"), (scene.root, "before.txt")):
        assert COMMAND.invoke(witness, ["--data", str(root), "--add-to", str(folder / name)]).exit_code == 0
    assert check(folder / "village.json", "--witness", str(folder / "kept.txt")).exit_code == 0
    early = check(folder / "one.json", "--witness", str(folder / "before.txt"))
    assert "NO   The witness keeps a head" in early.output


def test_roots_that_are_not_those_of_the_tables_are_found_in_the_home(home: DataHome, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(home.root, tmp_path / "home"))
    proved = COMMAND.invoke(verify, ["--quick", "--data", str(copy), "--lang", "en"])
    assert "yes  The roots of capsules are those" in proved.output, proved.output
    chain = copy / "audit" / "chain.jsonl"
    *before, last = chain.read_text().splitlines()
    said = json.loads(last)
    said["entry"]["roots"]["persons"] = "0" * 64
    chain.write_text("\n".join([*before, json.dumps(said)]) + "\n")
    found = COMMAND.invoke(verify, ["--quick", "--data", str(copy), "--lang", "en"])
    assert "NO   The roots of capsules are those of the tables\n       persons" in found.output, found.output


@pytest.mark.parametrize("options", [(), ("--referral", "R0"), ("--referral", "R0", "--village", "16.10.05.2036")])
def test_what_cannot_be_packed_is_refused(home: DataHome, tmp_path: Path, options: tuple[str, ...]) -> None:
    assert pack(home, tmp_path / "x.json", *options).exit_code != 0
    assert not (tmp_path / "x.json").exists()


def test_a_page_whose_script_was_changed_is_no_capsule(home: DataHome, tmp_path: Path) -> None:
    page = (home.root.parent / "one.html").read_text()
    (tmp_path / "other.html").write_text(page.replace("TIDAK COCOK", "Cocok"))
    refused = check(tmp_path / "other.html")
    assert (refused.exit_code, "is no capsule" in refused.output) == (1, True)


if CHROMIUM:

    def verdict(page: str, folder: Path) -> str:
        """What the page says of itself in a browser."""
        (folder / "page.html").write_text(page)
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile", "--dump-dom"]
        address = (folder / "page.html").as_uri()
        done = subprocess.run([CHROMIUM, *flags, address], capture_output=True, text=True, check=True, timeout=120)
        (said,) = html.fromstring(done.stdout).xpath("//p[@id='verdict']")
        return str(said.text)

    def test_the_page_proves_itself_in_a_browser_and_names_what_was_changed(home: DataHome, tmp_path: Path) -> None:
        page = (home.root.parent / "one.html").read_text()
        assert verdict(page, tmp_path).startswith("Cocok: ")
        assert verdict(page.replace("HERLINA", "HERLINO"), tmp_path).startswith("TIDAK COCOK: raw_rows: baris")

    @pytest.mark.parametrize("scheme", SCHEMES)
    def test_the_page_shuts_nobody_out(home: DataHome, scheme: str) -> None:
        assert violations((home.root.parent / "one.html").read_text(), scheme) == []


def test_what_held_after_an_earlier_run_is_packed_by_going_through_it_again(tmp_path: Path) -> None:
    with readers():  # one reader for all runs, and for those that are gone through again
        home, start = home_in(tmp_path / "past"), datetime(2025, 1, 1)
        village = home.inbox / "16.10.05.2036/2024"
        write_list(village / "pmks.csv", VILLAGE)
        lake = refresh(home, "r1", start)
        publish(PUBLISH.begin(lake, home), "jamsos")
        ended = referral_of(home, VILLAGE[0])
        (village / "pmks.csv.yml").write_text("ditarik: salah kirim\n")
        write_list(home.inbox / "16.10.05.2036/2025/pmks.csv", VILLAGE[3:])
        refresh(home, "r2", start + timedelta(days=1))
        assert pack(home, tmp_path / "now.json", "--referral", ended).exit_code == 1
        past = pack(home, tmp_path / "past.json", "--referral", ended, "--run", "r1")
        assert past.exit_code == 0, past.output
        assert check(tmp_path / "past.json").exit_code == 0
        said = json.loads((tmp_path / "past.json").read_text())
        assert [row["referral_id"] for row in map(json.loads, (r["row"] for r in shown(said, "referrals")))] == [ended]
        assert pack(home, tmp_path / "village.json", "--village", "16.10.05.2036").exit_code == 0
        assert all(check(tmp_path / f"{name}.json").exit_code == 0 for name in ("past", "village"))
        links, _ = read_chain(ledger_of(home))
        assert other_roots(home, Lake(home.lake), links) == []
        assert "No such run" in pack(home, tmp_path / "none.json", "--referral", ended, "--run", "r9").output


def test_a_run_of_which_something_was_erased_since_is_not_packed(home: DataHome, tmp_path: Path) -> None:
    first = next(link.said["run_id"] for link in read_chain(ledger_of(home))[0] if link.kind == "run")
    refused = pack(home, tmp_path / "past.json", "--village", "16.10.05.2036", "--run", first)
    assert refused.exit_code == 1 and "do not come out as the chain says" in refused.output
