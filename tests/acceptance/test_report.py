"""The page of quality and flow balances, says so when it does not, and names nobody."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import html

from pipelines.commands.report import report
from pipelines.report import counts
from pipelines.report.page import page
from pipelines.settings import LANGUAGES
from pipelines.summary import UNACCOUNTED
from pipelines.texts.lookup import Texts
from tests.support.accessibility import CHROMIUM, SCHEMES, violations
from tests.support.finished import SAMPLE_INBOX
from validation.directorates import directorates
from warehouse.connection import opened
from warehouse.home import DataHome

SAID = CliRunner()


def of(root: Path) -> DataHome:
    return DataHome(root, inbox=SAMPLE_INBOX)


@pytest.fixture(scope="module")
def damaged(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished home, whose warehouse may be changed."""
    return Path(shutil.copytree(finished, tmp_path_factory.mktemp("report") / "home"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sample_balances_and_the_page_stands_alone(finished: Path, language: str) -> None:
    made = page(of(finished), Texts(language))
    assert made.balanced
    read = html.fromstring(made.html)
    assert read.get("lang") == language
    assert not read.xpath("//script | //link | //img | //iframe | //@src | //@onclick")
    assert not set(re.findall(r"https?://[^\s\"'<]+", made.html)) - {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert len(read.xpath("//svg")) >= 6
    assert "{" not in "".join(read.xpath("//body//text()"))
    titles = {"id": "Catatan tanpa NIK", "en": "Records without a NIK"}
    assert [name for name, title in titles.items() if title in made.html] == [language]


def test_what_becomes_of_people_is_what_a_slow_look_at_each_of_them_finds(finished: Path) -> None:
    with opened(of(finished).warehouse, read_only=True) as con:
        records: dict[str, set[str]] = {}
        for record, person in con.execute("SELECT record_id, person_id FROM households.membership").fetchall():
            records.setdefault(person, set()).add(record)
        referrals = [
            row
            for name in directorates()
            for row in con.execute(f"SELECT subject, person_id, status, record_ids FROM referrals.{name}").fetchall()
        ]
        unrouted = {row[0] for row in con.execute("SELECT person_id FROM referrals.unrouted").fetchall()}
        steps = counts.steps(con)
    found: dict[str, int] = {}
    for person, own in records.items():
        states = {status for subject, who, status, _ in referrals if subject == "person" and who == person}
        homes = [stated for subject, _, _, stated in referrals if subject == "household" and own & set(stated)]
        end = (
            "referred" if "dirujuk" in states
            else "of_home" if homes
            else "to_verify" if states
            else "without" if person in unrouted
            else UNACCOUNTED
        )  # fmt: skip
        found[end] = found.get(end, 0) + 1
    assert {name: count for name, count in steps[-1].parts.items() if count} == found
    assert steps[-2].parts["people"] == len(records)


def test_a_village_is_late_where_a_neighbour_has_a_newer_list(finished: Path) -> None:
    with opened(of(finished).warehouse, read_only=True) as con:
        states = counts.villages(con)
    assert [(each.code, each.newest) for each in states if each.late] == [("15.07.08.1002", "2024")]
    assert states[0].code == "15.07.08.1002" and states[0].rejected == 1
    assert {each.code for each in states if each.held} == {"16.10.05.2037"}
    assert [each.urgency for each in states] == sorted((each.urgency for each in states), reverse=True)


def test_the_page_names_nobody(finished: Path) -> None:
    made = page(of(finished), Texts("id")).html.upper()
    with opened(of(finished).warehouse, read_only=True) as con:
        values = con.execute(
            "SELECT nama, nama_asli, nik, no_kk, kepala_keluarga, telepon, record_id FROM records.accepted"
        ).fetchall()
    private = {value.upper() for row in values for value in row if value and (" " in value or value.isdigit())}
    assert len(private) > 500
    assert not {value for value in private if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", made)}


def test_every_run_has_its_point(scene: DataHome) -> None:
    with opened(scene.warehouse, read_only=True) as con:
        done = counts.runs(con)
    assert len(done) > 2
    made = page(scene, Texts("en"))
    assert made.balanced
    points = html.fromstring(made.html).xpath("//*[@aria-roledescription='point']")
    assert len(points) == len(done) * (len(done[0].counts) + 1)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ("DELETE FROM records.accepted WHERE record_id = (SELECT min(record_id) FROM records.accepted)", "accepted"),
        ("UPDATE intake.rows SET outcome = NULL WHERE outcome = 'quarantined'", "rows of people"),
        (
            "DELETE FROM households.persons WHERE person_id = (SELECT min(person_id) FROM households.persons)",
            "in force",
        ),
    ],
)
def test_what_is_missing_somewhere_is_said(
    damaged: Path, finished: Path, tmp_path: Path, wrong: str, where: str
) -> None:
    shutil.copy(of(finished).warehouse, of(damaged).warehouse)
    with opened(of(damaged).warehouse, read_only=False) as con:
        con.execute(wrong)
    file = tmp_path / "page.html"
    done = SAID.invoke(report, [str(file), "--data", str(damaged), "--lang", "en"])
    assert done.exit_code == 1 and "does not balance" in done.output
    read = html.fromstring(file.read_text(encoding="utf-8"))
    rows = {row.xpath("string(th)"): row.xpath("string(td[last()])") for row in read.xpath("//details//tr[td]")}
    assert rows[where] == "NOT equal"
    assert read.xpath("string(//span[@class='bad'])") == "NOT balanced."


if CHROMIUM:

    def test_the_page_shuts_nobody_out(finished: Path) -> None:
        made = page(of(finished), Texts("id")).html
        assert {scheme: violations(made, scheme) for scheme in SCHEMES} == {scheme: [] for scheme in SCHEMES}
