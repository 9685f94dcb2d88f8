"""What faults are tried on: a few invented lists, a home to begin with, and the home that comes of it undisturbed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import openpyxl

from assets.intake.inbox.glance import glance
from assets.intake.stages import register
from tests.faults.warmed import STAGES_ALONE, Commands, Ended
from tests.support.inbox import CHILD, MOTHER, OLD, VILLAGE, WOMAN, misspelt, village, write_list
from tests.support.reviewing import answer, answer_rows
from warehouse.archive import names_in
from warehouse.files import read_note
from warehouse.home import DataHome
from warehouse.lake import Lake, declared
from warehouse.last_look import NOTE, LastLook

_LIST = "16.10.05.20{:02d}/{}/daftar.csv"
RUN = ("run", "--inbox", "{inbox}", "--data", "{home}")
PLAN = ("plan", "--inbox", "{inbox}", "--data", "{home}")
APPLY = ("review", "apply", "{inbox}.tinjauan.xlsx", "--data", "{home}")
MATCH = ("match", "{inbox}.catatan.parquet", "{home}/cocok.parquet")
ALONE = (STAGES_ALONE, "{inbox}", "{home}")
MAY_END_WITH = {"plan": (0, 3)}
"""Exit codes of commands that do what they should, where not 0 alone."""


_PART = re.compile(r"\.(.*)\.\d+\.part")
"""The name of a file while it is written, beside where it will lie."""


@dataclass(frozen=True)
class Scene:
    """An inbox, the home to begin with (None: an empty one), commands, and the home they make undisturbed."""

    name: str
    inbox: Path
    before: Path | None
    steps: tuple[tuple[str, ...], ...]
    after: Path

    def without_dagster(self) -> Scene:
        """The same, but that the stages run alone."""
        return replace(self, name=f"{self.name}, stages", steps=(ALONE,))

    def begin(self, home: Path) -> Path:
        """Lay a home to begin with at `home`, in place of what is there: known by its look as the one before is."""
        shutil.rmtree(home, ignore_errors=True)
        if self.before is not None:
            shutil.copytree(self.before, home)
            _have_looks_hold(self.inbox, self.before, home)
        return home

    def step(self, number: int, home: Path) -> list[str]:
        """The arguments of a command of the scene on a home."""
        return [argument.format(inbox=self.inbox, home=home) for argument in self.steps[number]]


def _have_looks_hold(inbox: Path, before: Path, home: Path) -> None:
    """Have what was noted of how files of a home look hold for those of its copy, as if it had been there."""
    (earlier, was), (later, now) = ((LastLook(each / "lake"), _registered(inbox, each)) for each in (before, home))
    for name, seen in read_note(before / "lake" / NOTE).items():
        sha256 = str(seen).rpartition(" ")[2]
        if earlier.knows(before / name, sha256):
            later.wrote(home / name, sha256)
    if was and earlier.noted(inbox) == was:
        later.note(inbox, now)
    later.keep()


def _registered(inbox: Path, home: Path) -> str:
    """What is noted of an inbox of which all was registered."""
    at = DataHome(home, inbox)
    return register._state(at, Lake(at.lake).manifest(register.REGISTER.name), glance(inbox), names_in(at.archive))


def first_lists(inbox: Path) -> None:
    """Three villages in two periods; some of the people in both, misspelt in the second."""
    (inbox / _LIST.format(36, 2023)).parent.mkdir(parents=True)
    (inbox / (_LIST.format(36, 2023) + ".yml")).write_text("skema_kode: permensos-8-2012\n")
    for number in (36, 37, 38):
        people = village(number, 9)
        write_list(inbox / _LIST.format(number, 2023), people)
        write_list(inbox / _LIST.format(number, 2024), [*misspelt(people), *VILLAGE[: number - 35]])


def later_lists(inbox: Path) -> None:
    """One list more, one replaced, one withdrawn, one that is no list, and one that may name a man twice."""
    write_list(inbox / _LIST.format(39, 2024), [*village(39, 6), WOMAN])
    write_list(inbox / _LIST.format(37, 2024), [*misspelt(village(37, 9)), MOTHER, CHILD])
    (inbox / (_LIST.format(38, 2023) + ".yml")).write_text("ditarik: salah kirim\n")
    (inbox / _LIST.format(39, 2024)).with_name("bukan daftar.xlsx").write_bytes(b"PK\x03\x04 cut")
    unclear = OLD | {"NIK": "", "NO KK": "", "ALAMAT": "", "TANGGAL LAHIR": ""}
    write_list(inbox / _LIST.format(39, 2023), [OLD, unclear])


def more_lists(inbox: Path) -> None:
    """One list more, of people of whom some stand in other lists."""
    write_list(inbox / _LIST.format(40, 2024), [*village(36, 4), OLD, CHILD])


class Workshop:
    """Where faults are tried: the commands, a folder for homes, and the scenes, each made when first asked for."""

    def __init__(self, folder: Path, *, beside: bool = False) -> None:
        self.folder = folder
        self.commands = Commands(folder / "said", beside=beside)
        self._scenes: dict[str, Scene] = {}

    def first(self) -> Scene:
        """A first run."""
        return self._made("first", None, (RUN,), first_lists)

    def later(self) -> Scene:
        """A plan and a run over a home that holds the first lists, with later ones in the inbox."""
        first = self.first()

        def lists(inbox: Path) -> None:
            shutil.copytree(first.inbox, inbox)  # with their times, so that nothing seems changed
            later_lists(inbox)

        return self._made("later", first.after, (PLAN, RUN), lists)

    def reviewed(self) -> Scene:
        """A reviewer's decisions taken in, records matched beside, and a run that obeys."""
        later = self.later()

        def lists(inbox: Path) -> None:
            shutil.copytree(later.inbox, inbox)
            workbook = inbox.with_name(f"{inbox.name}.tinjauan.xlsx")
            self.done("review", "export", workbook, "--data", later.after)
            _answer(workbook)
            (records,) = later.after.glob("lake/accepted/*/periode=2024/*.parquet")
            shutil.copy(records, inbox.with_name(f"{inbox.name}.catatan.parquet"))

        return self._made("reviewed", later.after, (APPLY, MATCH, RUN), lists)

    def _made(
        self, name: str, before: Path | None, steps: tuple[tuple[str, ...], ...], lists: Callable[[Path], None]
    ) -> Scene:
        if name not in self._scenes:
            scene = Scene(name, self.folder / f"{name}-inbox", before, steps, self.folder / f"{name}-after")
            lists(scene.inbox)
            scene.begin(scene.after)
            for number in range(len(steps)):
                self.done(*scene.step(number, scene.after))
            self._scenes[name] = scene
        return self._scenes[name]

    def done(self, *arguments: str | Path) -> None:
        """A command that nothing disturbs, and that must succeed."""
        ended = self.commands.run(*arguments)
        if not succeeded(arguments, ended):
            raise RuntimeError(f"{arguments} ended with {ended.code}:\n{ended.said}")


def succeeded(arguments: tuple[str | Path, ...], ended: Ended) -> bool:
    return ended.code in MAY_END_WITH.get(str(arguments[0]), (0,))


def _answer(workbook: Path) -> None:
    """Say in a review workbook that the first pair is one person, and all others are not."""
    first, *others = answer_rows(openpyxl.load_workbook(workbook)["Tinjauan"])
    answer(workbook, {first: "SAMA"} | dict.fromkeys(others, "BEDA"))


def place_of(home: Path, path: str) -> str:
    """What a path in a home belongs to: the tables of a stage, the warehouse, what is published, …"""
    parts = Path(path).relative_to(home).parts
    if not parts or parts[0].endswith(".lock"):
        return "home"
    if parts[0].startswith(".scratch"):
        return "a scratch folder"
    if parts[0] != "lake":
        return _PART.sub(r"\1", parts[0].removesuffix(".wal"))
    if len(parts) == 1 or parts[1] in ("_archived.json", "_hashed.json", "_looks.json", "_format.json"):
        return "notes of the lake"
    if parts[1] == "_manifests":
        return f"stage {parts[2].removesuffix('.json')}" if len(parts) > 2 and parts[2][0] != "." else "manifests"
    if parts[1].startswith("_"):
        return parts[1]
    try:
        return f"stage {declared(parts[1]).stage}"
    except KeyError:
        return re.sub(r"[0-9a-f]{8,}", "…", parts[1])
