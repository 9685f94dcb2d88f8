"""What is wrong is told once to each channel, and once more when it is solved; what could not be delivered, later."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipelines.alerts import Told, tell
from pipelines.settings import Alerting
from pipelines.texts.lookup import Texts
from tests.support.finished import SAMPLE_INBOX, pmks
from tests.support.servers import serving
from warehouse.home import DataHome


@pytest.fixture
def home(finished: Path, tmp_path: Path) -> DataHome:
    shutil.copytree(finished, tmp_path / "home")
    return DataHome(root=tmp_path / "home", inbox=SAMPLE_INBOX)


def alerting(smtp: int, http: int) -> Alerting:
    address = f"http://127.0.0.1:{http}/hook"
    return Alerting(("jaga@example.org",), f"smtp://127.0.0.1:{smtp}", "pmks@example.org", address, "dinsos")


def test_each_cause_is_told_once_on_each_channel_and_once_more_when_it_is_solved(home: DataHome) -> None:
    say = Texts("en")
    away = home.inbox.parent / "no such inbox"
    with serving("smtp") as (smtp, mails), serving("http") as (http, posts):
        given = alerting(smtp, http)
        assert tell(home, given, say) == Told(0)
        gone = DataHome(root=home.root, inbox=away)
        assert tell(gone, given, say) == Told(2)
        assert tell(gone, given, say) == Told(0)
        assert tell(home, given, say) == Told(2)
        assert tell(home, given, say) == Told(0)
    told = [json.loads(post) for post in posts]
    assert [(message["cause"], message["solved"]) for message in told] == [("no_inbox", False), ("no_inbox", True)]
    assert len(mails) == 2
    assert "Subject: pmks on dinsos" in mails[0]
    assert "Subject: pmks on dinsos, solved" in mails[1]
    assert not [text for text in [*mails, *posts] if str(away) in text]


def test_what_one_channel_could_not_deliver_it_tells_later_and_the_other_does_not_repeat(home: DataHome) -> None:
    say = Texts("id")
    home = DataHome(root=home.root, inbox=home.inbox.parent / "no such inbox")
    with serving("http") as (http, posts):
        with serving("smtp") as (closed, _):
            pass
        told = tell(home, alerting(closed, http), say)
        assert told == Told(1, {"mail": "ConnectionRefusedError"})
        with serving("smtp") as (smtp, mails):
            assert tell(home, alerting(smtp, http), say) == Told(1)
    assert len(mails) == len(posts) == 1


def test_nobody_is_told_before_it_is_said_whom(home: DataHome) -> None:
    done = pmks("alert", "--data", home.root, "--inbox", home.inbox)
    assert done.returncode == 2
    assert "PMKS_ALERT_MAIL" in done.stderr
    with serving("http") as (http, posts):
        hook = {"PMKS_ALERT_WEBHOOK": f"http://127.0.0.1:{http}/"}
        done = pmks("alert", "--data", home.root, "--inbox", home.inbox, env=hook)
    assert (done.returncode, done.stdout, posts) == (0, "0 messages sent\n", [])


def test_figures_for_machines_say_what_waits_and_what_failed(home: DataHome) -> None:
    said = pmks("status", "--json", "--data", home.root)
    figures = json.loads(said.stdout)
    assert figures["pmks_files"]["accepted"] > 0
    assert [figures[name] for name in ("pmks_partitions_to_read", "pmks_stages_to_refresh", "pmks_runs_stuck")] == [
        0,
        0,
        0,
    ]
    lines = pmks("status", "--prometheus", "--data", home.root).stdout.splitlines()
    assert f'pmks_files{{outcome="accepted"}} {figures["pmks_files"]["accepted"]}' in lines
