"""A file that this program fails at waits by itself; all others are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assets.intake import reading
from assets.intake.failing import FAILED
from assets.intake.inbox import placement, registration
from assets.intake.inbox.placement import Placed
from assets.intake.reading import ledger_balance
from assets.intake.sheets.file_reading import FileResult
from tests.unit.intake.test_inbox import HEADER, PLACE, Inbox, rows


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


@pytest.mark.parametrize(("defect", "said"), [("error", "ZeroDivisionError"), ("row lost", "ValueError")])
def test_it_costs_only_itself(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, defect: str, said: str
) -> None:
    for number, name in enumerate(("a", "b", "c")):
        inbox.put(f"{PLACE}/{name}.xlsx", [HEADER, *rows(5, 10 * number)])
    inbox.register()

    def place(path: str, declared: Any, result: FileResult) -> Placed:
        if path.endswith("b.xlsx"):
            del result.sheets[0].rows[1 // (defect == "row lost")]
        return placement.place(path, declared, result)

    monkeypatch.setattr(reading, "place", place)
    made = inbox.read()
    assert made.readings["outcome"].value_counts().to_dict() == {"accepted": 2, "rejected": 1}
    assert made.readings["reason_code"].dropna().tolist() == [FAILED]
    assert len(made.raw_rows) == 10
    assert ledger_balance(made.readings, made.ledger, made.raw_rows).empty
    assert said in caplog.text and "SUTRISNO" not in caplog.text


def test_so_does_one_that_nothing_places_yet(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.put("a.xlsx", [HEADER, *rows(5)])
    inbox.put(f"{PLACE}/b.xlsx", [HEADER, *rows(5, 10)])
    monkeypatch.setattr(registration, "place", lambda *of: 1 // 0)
    assert inbox.register().readings["reason_code"].tolist() == [FAILED]
    assert inbox.read().readings["outcome"].tolist() == ["accepted"]


def test_what_the_machine_refuses_is_no_fault_of_the_file(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.put(f"{PLACE}/a.xlsx", [HEADER, *rows(5)])
    inbox.register()

    def full(*of: Any) -> Placed:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reading, "place", full)
    with pytest.raises(OSError, match="No space left"):
        inbox.read()
