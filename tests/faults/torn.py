"""Torn files: of every kind of file that a data home holds one is cut, emptied, changed by a byte, or removed.

Then new lists come and a run goes over the home. Either it comes to what a run over the whole home comes to, or it
stops and names a remedy, and after that remedy it does. Damage to what counts that no run needed to look at must be
named by `pmks verify`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random

import duckdb
import openpyxl

from assets.households.linkage.model.parameters import Model
from assets.households.linkage.model.picture import picture
from pipelines.stages import STAGES
from tests.faults.oracle import faults_of_state
from tests.faults.scenes import PLAN, RUN, Scene, Workshop, more_lists
from tests.faults.tries import Try
from tests.faults.warmed import KEY, Ended
from validation.answers import HEADERS
from warehouse.archive import set_aside_if_damaged
from warehouse.errors import passing
from warehouse.lake import Lake
from warehouse.tables import lake_tables

_NOTE_OF_LISTS = "the note of what a directorate got"
_OTHERS = {
    "a redacted copy in the archive": "archive/[0-9a-f][0-9a-f]/*.redacted",
    "an original in the archive": "archive/[0-9a-f][0-9a-f]/*",
    "an original set aside": "archive/damaged/*",
    "rules in the archive": "archive/rules/*.csv",
    "a model in the archive": "archive/models/*.json",
    "the version of the lake": "lake/_format.json",
    "what the last look saw": "lake/_looks.json",
    "what need not be hashed again": "lake/_archived.json",
    "how files looked when they were hashed": "lake/_hashed.json",
    "how all looked when there was nothing to do": ".up_to_date.json",
    "the log of repairs": "lake/_repairs.jsonl",
    "the second copy of the version of the lake": "lake/_copies/_format.json",
    "the second copy of a manifest": "lake/_copies/_manifests/*",
    "the second copy of a table": "lake/_copies/*",
    "the state of the last match": "lake/_matching/state.npz",
    "the record store of the last match": "lake/_matching/rows-*/*",
    "what referrals were made from": "lake/_matching/referred/*",
    "what compared lists have in common": "lake/_matching/compared/*",
    "the warehouse": "warehouse.duckdb",
    "a warehouse set aside": "warehouse.damaged.duckdb",
    "the note of the warehouse": ".warehouse.duckdb.json",
    "a table that the warehouse was made from": ".warehouse.duckdb.from/*",
    "the chain": "audit/chain.jsonl",
    "the note of what files hold": "audit/contents.json",
    "the log of standing checks": "audit/checks.jsonl",
    "the secret key": "keys/pseudonyms.key",
    "the ledger of openings": "access/opened.jsonl",
    "the ledger of erasures": "erasures/ledger.jsonl",
    "the text of an error": "errors/*.txt",
    "what a directorate gets, DuckDB": "published/*/rujukan.duckdb",
    "what a directorate gets, Parquet": "published/*/rujukan.parquet",
    "what a directorate gets, workbook": "published/*/rujukan*.xlsx",
    _NOTE_OF_LISTS: "published/*/.rujukan.json",
    "answers to mend, and their note": "published/*/perbaikan/*",
    "a report, and the note of all": "published/laporan/*",
    "a workbook of corrections": "corrections/*/*.xlsx",
    "a page of corrections": "corrections/*/*.html",
    "a proposal for a sidecar": "corrections/*/*.yml",
    "the note of a workbook of corrections": "corrections/*/.*.sha256",
    "the note of all corrections": "corrections/.written.json",
    "the last plan": "plan/rencana.json",
    "the workbook of the last plan": "plan/*.xlsx",
    "the reviewers' decisions": "review/*",
    "the settings": "pmks.toml",
    "the installation's model": "models/*.json",
    "the picture of the model": "models/*.svg",
    "the loss that stopped a run": "losses/refused.json",
    "the losses that were accepted": "losses/accepted.jsonl",
    "settings of Dagster": "dagster/dagster.yaml",
    "a sign of life": "dagster/alive/*",
    "runs of Dagster": "dagster/history/runs.db*",
    "the index of Dagster's events": "dagster/history/runs/index.db*",
    "events of a run of Dagster": "dagster/history/runs/*.db*",
    "schedules of Dagster": "dagster/schedules/*.db*",
    "a lock": "*.lock",
}
"""Kinds of files besides manifests and tables, each with the paths of its files in a home."""
COUNTS = (
    "an original in", "a redacted copy", "rules in", "table ", "manifest ", "what a directorate", "the reviewers",
    "the warehouse", "the chain", "the ledger of erasures", "the losses that were accepted",
)  # fmt: skip
"""How the names of kinds begin whose damage must not stay unseen."""
NEVER_FULL = {"a lock"}
"""Kinds of files that are empty."""
DAMAGES = ("cut", "emptied", "changed by a byte", "removed")
REMEDIES = (
    ("rebuild", re.compile(r"pmks rebuild")),
    ("backup", re.compile(r"backup|cadangan|pmks\.toml: .* cannot be used")),
    ("log of runs", re.compile(r"move \S+/dagster aside")),
)
"""What a command can say is to be done, and the words by which it says it."""


def kinds() -> dict[str, str]:
    """Every kind of file in a data home by name, each with a pattern of its paths; the first that fits counts."""
    stages = [stage.name for stage in STAGES if stage.writes]
    return (
        {f"manifest of {name}": f"lake/_manifests/{name}[./]*" for name in stages}
        | {f"table {name}": f"lake/{name}/*" for name in lake_tables()}
        | _OTHERS
    )


def kind_of(home: Path, path: Path) -> str:
    """The kind of a file of a home. Raises `LookupError` for one of no kind: whoever adds a file adds its kind."""
    name = path.relative_to(home).as_posix()
    found = next((kind for kind, pattern in kinds().items() if fnmatchcase(name, pattern)), None)
    if found is None:
        raise LookupError(f"{name} is of no kind that is torn")
    return found


def rich_home(workshop: Workshop) -> Scene:
    """A home that holds files of every kind, and a run over it with new lists in the inbox."""
    reviewed = workshop.reviewed()
    inbox, before, after = (workshop.folder / f"torn-{name}" for name in ("inbox", "before", "after"))
    scene = Scene("new lists", inbox, before, (RUN,), after)
    if after.exists():
        return scene
    shutil.copytree(reviewed.inbox, inbox)
    shutil.copytree(reviewed.after, before)
    (before / "cocok.parquet").unlink()
    for folder, source in (
        ("models/model.json", min((before / "archive" / "models").glob("*.json"))),
        ("keys/pseudonyms.key", workshop.commands.folder / KEY),
    ):
        (before / folder).parent.mkdir()
        shutil.copy(source, before / folder)
    model = before / "models" / "model.json"
    model.with_suffix(".svg").write_text(picture(Model.load(model)))
    (before / "pmks.toml").write_text("workers = 1\n")
    passing(ValueError("a cell"), before, "a-step")  # leaves its text in `errors/`
    _answer_wrongly(before / "published" / "dayasos" / "rujukan.xlsx", inbox / "jawaban.xlsx")
    _erase_somebody(workshop, scene.inbox, before)
    original = min((before / "archive").glob("[0-9a-f][0-9a-f]/*[0-9a-f]"))
    for damaged in (original, before / "warehouse.duckdb", *Lake(before / "lake").files("outcomes")):
        damaged.chmod(0o600)
        damaged.write_bytes(damaged.read_bytes()[:-1])
    set_aside_if_damaged(original)
    _lose_a_list(workshop, inbox, scene.step(0, before))
    more_lists(inbox)
    workshop.done(*(argument.format(inbox=inbox, home=before) for argument in PLAN))
    missing = kinds().keys() - _files_of_kinds(before).keys() - NEVER_FULL
    if missing:
        raise LookupError(f"the home has no {', '.join(sorted(missing))}")
    scene.begin(after)
    workshop.done(*scene.step(0, after))
    return scene


def with_nothing_new(scene: Scene) -> Scene:
    """The home that comes of a scene, and a run over it for which nothing has come."""
    return replace(scene, name="nothing new", before=scene.after)


def _answer_wrongly(published: Path, target: Path) -> None:
    """Type an answer that cannot be taken into a copy of a directorate's workbook."""
    book = openpyxl.load_workbook(published)
    (column,) = (cell.column for cell in book["Rujukan"][1] if cell.value == HEADERS[1])
    book["Rujukan"].cell(2, column).value = "entahlah"
    book.save(target)


def _erase_somebody(workshop: Workshop, inbox: Path, home: Path) -> None:
    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as con:
        ((person_id,),) = con.execute("SELECT min(person_id) FROM households.persons").fetchall()
    workshop.done("forget", person_id, "--reason", "diminta", "--yes", "--inbox", inbox, "--data", home)


def _lose_a_list(workshop: Workshop, inbox: Path, run: list[str]) -> None:
    """Have lists lost to a fault in their sidecars: accepted, then put right, then not accepted."""
    lists = sorted(inbox.glob("*/*/daftar.csv"))
    faulty = [path.with_name(f"{path.name}.yml") for path in lists if "2037" in path.parts[-3]]
    for accepted in (True, False):
        for sidecar in faulty:
            sidecar.write_text("periode: kemarin\n")
        if accepted:
            workshop.done(*run, "--accept-shrink", "kedua daftar ini salah")
        else:
            workshop.commands.run(*run)  # stops before it publishes
        for sidecar in faulty:
            sidecar.unlink()
        if accepted:
            workshop.done(*run)


def torn(workshop: Workshop, scene: Scene, seed: int, times: int, most: int | None = None) -> Iterator[Try]:
    """Damage one file of each kind (of at most so many kinds), `times` times, each time in another way."""
    chance = Random(seed)
    assert scene.before is not None
    files = _files_of_kinds(scene.before)
    if scene.before == scene.after:  # where nothing has come, nobody looks at what goes back to villages
        files = {kind: paths for kind, paths in files.items() if paths[0].parts[0] != "corrections"}
    for kind, there in chance.sample(list(files.items()), min(most or len(files), len(files))):
        for damage in chance.sample(DAMAGES, times):
            path = chance.choice(there)
            yield Try(
                f"a torn file, {scene.name}",
                f"{kind}, {damage}",
                tuple(_torn(workshop, scene, path, kind, damage, chance)),
            )


def _files_of_kinds(home: Path) -> dict[str, list[Path]]:
    """The files of a home that are not empty, by their kind."""
    files: dict[str, list[Path]] = {}
    for path in sorted(p for p in home.rglob("*") if p.is_file()):
        kind = kind_of(home, path)
        if path.stat().st_size:
            files.setdefault(kind, []).append(path.relative_to(home))
    return files


def _torn(workshop: Workshop, scene: Scene, path: Path, kind: str, damage: str, chance: Random) -> list[str]:
    home = scene.begin(workshop.folder / "torn")
    shutil.rmtree(home.with_name("dagster-aside"), ignore_errors=True)
    damaged = _damage(home / path, damage, chance)
    run = scene.step(-1, home)
    tried: list[str] = []
    while True:
        ended = workshop.commands.run(*run)
        if ended.code == 0:
            break
        remedy = next((name for name, words in REMEDIES if words.search(ended.said) and name not in tried), None)
        if remedy is None or "Traceback" in ended.said:
            return [f"after {tried or 'no remedy'}: {_last_line(ended)}"]
        tried.append(remedy)
        if remedy == "rebuild":
            workshop.commands.run("rebuild", "--data", home)
        elif remedy == "log of runs":
            (home / "dagster").rename(home.with_name("dagster-aside"))
        else:
            assert scene.before is not None
            shutil.copy2(scene.before / path, home / path)
    listed = Lake(home / "lake").listed()
    wrong = faults_of_state(home, scene.after)
    wrong = [fault for fault in wrong if not KEPT.fullmatch(fault) or kind.startswith("table ")]
    if kind == _NOTE_OF_LISTS:  # without it nobody knows which list was handed out before: all of this one is new
        wrong = [fault for fault in wrong if not fault.endswith("rujukan.xlsx says something else")]
    counts = kind.startswith(COUNTS) and (
        not kind.startswith("table ") or path.relative_to("lake").as_posix() in listed
    )
    if counts and not tried and damaged == _content(home / path):
        seen = workshop.commands.run("verify", "--data", home)
        wrong += [] if seen.code else ["the damage stays, and nobody says so"]
    return wrong


KEPT = re.compile(r"(published|corrections): \d+ files more, 0 missing")
"""A damaged workbook is kept beside the new one: somebody may have typed into it."""


def _damage(path: Path, how: str, chance: Random) -> bytes | None:
    content = path.read_bytes()
    path.chmod(0o600)
    if how == "removed":
        path.unlink()
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "emptied":
        path.write_bytes(b"")
    else:
        place = chance.randrange(len(content))
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :])
    return _content(path)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _last_line(ended: Ended) -> str:
    return f"{ended.code}: " + " / ".join(ended.said.strip().splitlines()[-3:])
