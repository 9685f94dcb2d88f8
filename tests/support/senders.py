"""Villages that send lists of invented people."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tests.support.inbox import Person, write_list

VILLAGES = ("16.10.05.2036", "16.10.05.2037", "15.07.08.1002", "16.71.01.1001")
NAMES = ("SUKARDI", "MARDIANA", "HERLINA", "RUSDI", "YANTI", "BAMBANG", "SITI", "HASAN", "ROHANI", "ZAINAL", "NURUL")


class Senders:
    """What villages send while the night lasts: new, corrected, broken, withdrawn and locked lists, from one seed."""

    def __init__(self, inbox: Path, seed: int) -> None:
        self.inbox, self.random, self.people = inbox, random.Random(seed), 0
        self.lists: dict[Path, list[Person]] = {}
        self.locked: list[Path] = []
        self.sent: Callable[[Path], None] = lambda _: None
        """Called with every list that was put into the inbox."""

    def act(self) -> str:
        """Do one thing; returns what."""
        able = ["send", "send", "break"]
        able += ["correct", "correct", "withdraw"] if self.lists else []
        able += ["undo"] if self._withdrawn() else []
        able += ["unlock", "unlock"] if self.locked else ["lock"]
        what = self.random.choice(able)
        getattr(self, f"_{what}")()
        return what

    def _send(self) -> None:
        path = self._path("csv")
        self.lists[path] = [self._person() for _ in range(self.random.randint(2, 6))]
        self.sent(write_list(path, self.lists[path]))

    def _correct(self) -> None:
        path = self.random.choice(sorted(self.lists))
        self.lists[path] = [*self.lists[path], self._person()]
        self.sent(write_list(path, self.lists[path]))

    def _break(self) -> None:
        path = self._path("xlsx")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"PK\x03\x04" + self.random.randbytes(200))

    def _lock(self) -> None:
        """A list that nobody may read yet."""
        path = write_list(self._path("csv"), [self._person()])
        path.chmod(0)
        self.locked.append(path)

    def _unlock(self) -> None:
        self.locked.pop().chmod(0o600)

    def unlock_all(self) -> None:
        while self.locked:
            self._unlock()

    def _withdraw(self) -> None:
        path = self.random.choice(sorted(self.lists))
        path.with_name(f"{path.name}.yml").write_text("ditarik: salah kirim\n", encoding="utf-8")

    def _undo(self) -> None:
        self.random.choice(self._withdrawn()).unlink()

    def _withdrawn(self) -> list[Path]:
        return sorted(self.inbox.rglob("*.yml"))

    def _path(self, ending: str) -> Path:
        self.people += 1
        village = self.random.choice(VILLAGES)
        return self.inbox / village / self.random.choice(("2023", "2024")) / f"daftar {self.people}.{ending}"

    def _person(self) -> Person:
        self.people += 1
        year = self.random.randint(1940, 1995)
        name = " ".join(self.random.sample(NAMES, 2))
        nik = f"16100510{self.random.randint(1, 12):02}{year % 100:02}{self.people:04}"
        return {"NAMA": name, "NIK": nik, "NO KK": f"1610050101{self.people:06}", "JENIS KELAMIN": "L",
                "TANGGAL LAHIR": f"10-{nik[8:10]}-{year}", "ALAMAT": f"LR. MANGGA NO. {self.people}",
                "JENIS PMKS": "FAKIR MISKIN"}  # fmt: skip
