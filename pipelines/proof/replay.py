"""Every run again, from the first to a chosen one, in a folder of its own, and what each table held then compared.

Problem: the chain says what a table held after a run years ago, but nobody can look at it any more. Mechanism: the runs
are gone through in the order of the chain, each with the archived files, decisions, rules and model that it had, under
its own name and at its own moments, so that ids and history come about again as they did; then the tables are hashed
and compared with what the chain says. Of the lake, nothing is used but the registry (what came, where, when) and the
moments at which ids, referrals and the log began: each of these is in the tables that are compared.

What was erased since at the request of a person is not there any more: runs that knew it come out otherwise. A reader
that was stopped from outside in a run is not stopped again.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from assets.households.linkage.model import MODEL
from assets.households.stages.match import MATCH
from assets.intake.formats.isolation import ReaderPool
from assets.intake.inbox.discovery import Discovery
from assets.intake.inbox.registration import Registry, register
from assets.intake.inbox.states import problems_in, submissions_at
from assets.intake.stages.register import REGISTER, tables_of
from assets.intake.turns import limits_of, to_make_again
from assets.publications.run_entry import Begun, grown_ledgers
from assets.publications.stages.runs import LOG, Logging, code_of_a_run
from assets.records.stages.measure import MEASURE
from assets.referrals.rules import RuleSet, load_rules
from assets.referrals.stages.refer import REFER
from pipelines.progress import Silent
from pipelines.stages import from_registry_to_households, from_registry_to_referrals
from warehouse.chain import RUN, Link
from warehouse.contents import content_hash, contents_note, contents_of_a_run
from warehouse.erasures import read_erasures
from warehouse.files import scratch_folder, write_whole
from warehouse.home import Acceptance, DataHome
from warehouse.lake import Lake
from warehouse.stage import run_stage

Said = Mapping[str, Any]
"""What the chain says of a run."""


_NOTED = {MATCH.name: "identity_passes", REFER.name: "referral_passes"}
"""The stages that note their passes, and the tables of these."""


class UnknownRunError(LookupError):
    """The chain has no entry of a run. The message names it."""


class Compared(NamedTuple):
    """A table after a run: how many rows the chain says that it had, and, where the replay did not come to the same,
    the first run from which on it did not; else ""."""

    table: str
    rows: int
    parted: str


class Pass(NamedTuple):
    """One time that people were matched ("households"), or referrals made: when (UTC), by which run, rules and model
    (hashes; "": not known), and over how many registered files (-1: not known)."""

    at: pd.Timestamp
    what: str
    run_id: str
    rule_set: str = ""
    model: str = ""
    submissions: int = -1


def runs_up_to(links: Sequence[Link], run_id: str) -> list[Said]:
    """What the chain says of all runs, in order, up to one of them. Raises `UnknownRunError`."""
    runs: list[Said] = [link.said for link in links if link.kind == RUN]
    for number, said in enumerate(runs, 1):
        if said.get("run_id") == run_id:
            return runs[:number]
    raise UnknownRunError(run_id)


def made_by_other_code(home: DataHome, runs: Sequence[Said]) -> list[str]:
    """The runs that were made by other code than that of this program."""
    code = code_of_a_run(home)
    return [str(said["run_id"]) for said in runs if said.get("code") != code]


def erased_since(home: DataHome, runs: Sequence[Said]) -> int:
    """In how many files something was erased at the request of people, after some of these runs had read them."""
    first = {sid: said["ended_at"] for said in reversed(runs) for sid in said["new"]["submissions"]}
    erased = read_erasures(home)
    return len({entry.submission_id for entry in erased if first.get(entry.submission_id, entry.at) < entry.at})


def replay(home: DataHome, runs: Sequence[Said]) -> list[Compared]:
    """Every table after the last of some runs, which are all of the chain from the first on. Changes nothing.

    Raises what the stages raise, and `FileNotFoundError` for rules or a model that are not in the archive.
    """
    with replayed(home, runs) as (_, compared):
        return compared


@contextmanager
def replayed(home: DataHome, runs: Sequence[Said]) -> Iterator[tuple[Lake, list[Compared]]]:
    """The same, with the lake as it was after the last run, which is gone at the end."""
    parted: dict[str, str] = {}
    with scratch_folder(home.root) as folder, ExitStack() as readers:
        again = _Again(home, folder)
        readers.enter_context(ReaderPool(again.home.workers, limits_of(again.home)))  # lends its children to every pass
        again.give_log_before(runs)
        passes = passes_of(Lake(home.lake), runs)
        for number, said in enumerate(runs):
            again.run(said, passes[number])
            held = contents_of_a_run(again.lake, contents_note(again.home))
            for table, then in said["tables"].items():
                if content_hash(held.get(table, {})) == then["content"]:
                    parted.pop(table, None)
                else:
                    parted.setdefault(table, str(said["run_id"]))
        last = sorted(runs[-1]["tables"].items())
        yield again.lake, [Compared(table, then["rows"], parted.get(table, "")) for table, then in last]


def passes_of(lake: Lake, runs: Sequence[Said]) -> list[list[Pass]]:
    """The passes on the way to each run, in order. Those of a run that was killed belong to the next that ended.

    Runs that noted no passes (up to 0.1.0) have those that events of ids and the history tell.
    """
    noted = [
        Pass(row["at"], what, row["run_id"], row.get("rule_set", ""), row["model"], row["submissions"])
        for what, table in _NOTED.items()
        for row in lake.read(table).to_dict("records")
    ]
    known = {(each.what, each.run_id) for each in noted}
    told = [each for each in _told(lake) if (each.what, each.run_id) not in known]
    return by_run(sorted(noted + told), runs)


def _told(lake: Lake) -> Iterator[Pass]:
    """The passes that events of ids and the history tell."""
    events = lake.read("identity_events", columns=["at", "run_id"])
    history = lake.read("history", columns=["valid_from", "run_id_from", "valid_to", "run_id_to", "rule_set"])
    begun = history[["valid_from", "run_id_from", "rule_set"]].drop_duplicates()
    ended = history[["valid_to", "run_id_to"]].dropna().drop_duplicates()
    ended = ended[~ended["valid_to"].isin(begun["valid_from"])]
    yield from (Pass(at, MATCH.name, str(run)) for at, run in events.drop_duplicates().itertuples(index=False))
    yield from (Pass(at, REFER.name, str(run), str(rules)) for at, run, rules in begun.itertuples(index=False))
    yield from (Pass(at, REFER.name, str(run)) for at, run in ended.itertuples(index=False))


def by_run(passes: Sequence[Pass], runs: Sequence[Said]) -> list[list[Pass]]:
    """Passes, in order, each with the run that made it or that ended next after it; without those after the last."""
    own = {str(said["run_id"]): number for number, said in enumerate(runs)}
    ends = [_second_after(said["ended_at"]) for said in runs]
    out: list[list[Pass]] = [[] for _ in runs]
    following = len(runs)
    for each in reversed(passes):
        if each.run_id in own:
            number = following = own[each.run_id]
        else:
            number = min(following, next((at for at, end in enumerate(ends) if each.at < end), len(runs)))
        if number < len(runs):
            out[number].insert(0, each)
    return out


def _second_after(moment: str) -> pd.Timestamp:
    """The chain says moments in whole seconds."""
    return pd.Timestamp(moment) + pd.Timedelta(seconds=1)


class _Again:
    """The home in which runs are gone through again."""

    def __init__(self, home: DataHome, folder: Path) -> None:
        accepted = Acceptance("", "")  # whatever was lost then, somebody accepted, or the run would not have ended
        again = dataclasses.replace(to_make_again(home, folder), inbox=folder / "inbox", memory_limit=None)
        self.home = dataclasses.replace(again, shrink_accepted=accepted, planned=None)
        self.lake = Lake(self.home.lake)
        self._registered = _Registered(Lake(home.lake))
        self._ledgers = {name: path.read_bytes() for name, path in grown_ledgers(home).items() if path.exists()}
        self._profiles = dict(Lake(home.lake).read("rules")[["rule_set", "profile"]].itertuples(index=False, name=None))
        self._logged = Lake(home.lake).read("runs")
        (folder / "archive").symlink_to(home.archive, target_is_directory=True)
        for made in (self.home.lake, self.home.models, self.home.audit):
            made.mkdir(parents=True)

    def give_log_before(self, runs: Sequence[Said]) -> None:
        """Put into the lake what was logged before there was a chain."""
        chained = self._logged["run_id"].isin([said["run_id"] for said in runs]).cummax()
        earlier = self._logged[~chained].reset_index(drop=True)
        tables = {"runs": earlier, "accepted_shrinks": self.lake.read("accepted_shrinks")}
        self.lake.write(LOG.name, tables, inputs="")

    def run(self, said: Said, passes: Sequence[Pass]) -> None:
        """Go through one run, with all that led to it."""
        (started, ended), run_id = self._moments(said), str(said["run_id"])
        for each in passes:
            self._register(*self._registered.until(each.at, each.submissions), said)
            self._give_ledgers(said, each.at)
            self._go_through(each, said)
        self._register(*self._registered.settled(said), said)
        self._give_ledgers(said)
        self.lake.require_again(REFER.name)  # ages count on the day on which that was last done
        self._go_through(Pass(pd.Timestamp(said.get("referred_at") or ended), REFER.name, run_id), said)
        run_stage(MEASURE.begin(self.lake, self.home, run_id=run_id, at=ended))
        self._register(*self._registered.ended(said), said)
        self._give_ledgers(said)
        logging = Logging(said["code"], Begun(run_id, started, said["started_by"], said["account"]))
        run_stage(LOG.begin(self.lake, self.home, run_id=run_id, at=ended, settings=logging))

    def _go_through(self, each: Pass, said: Said) -> None:
        from assets.households.linkage.model.parameters import Model

        at, silent = each.at.to_pydatetime(), Silent()
        archived = self.home.archive / "models" / f"{each.model or said['model']}.json"
        write_whole(self.home.models / MODEL, archived.read_bytes())
        model = Model.load(archived)
        self.home = dataclasses.replace(self.home, wrong_merge_cost=model.wrong_merge_cost, households=model.households)
        if each.what == MATCH.name:
            from_registry_to_households(self.home, self.lake, silent, run_id=each.run_id, at=at)
        else:
            rules = self._rules(each.rule_set or str(said["rule_set"]), str(said["profile"]))
            from_registry_to_referrals(self.home, self.lake, silent, run_id=each.run_id, at=at, rules=rules)

    def _register(self, look: int, states: pd.DataFrame, said: Said) -> None:
        """Put into the lake what was registered up to a look, in these states, and read again what has no place."""
        known = self._registered.up_to(look, states, said["tables"]["sidecars"]["rows"])
        found = Discovery(files=[], waiting={}, looks={}, ignored=0, problems=problems_in(states))
        made = register(
            found, self.home.archive, known, received_at=datetime.min, run_id="", workers=self.home.workers,
            limits=limits_of(self.home),
        )  # fmt: skip
        self.lake.write(REGISTER.name, tables_of(made) | {"registrations": states}, inputs="")

    def _give_ledgers(self, said: Said, until: pd.Timestamp | None = None) -> None:
        """Let the ledgers be as long as they were when a run ended; if a moment is given, without what came after."""
        for name, content in self._ledgers.items():
            lines = content[: said["ledgers"].get(name, {}).get("bytes", 0)].splitlines(keepends=True)
            kept = [line for line in lines if until is None or _moment_of(line) <= until]
            (self.home.root / name).parent.mkdir(exist_ok=True)
            write_whole(self.home.root / name, b"".join(kept))

    def _rules(self, rule_set: str, profile: str) -> RuleSet:
        """Archived rules, under the name that they had; `profile`: where no rule says which."""
        rules = load_rules(self.home.archive / "rules" / f"{rule_set}.csv")
        return dataclasses.replace(rules, name=self._profiles.get(rule_set, profile))

    def _moments(self, said: Said) -> tuple[datetime, datetime]:
        """When a run began and ended, as exactly as the log of runs has it, if it does."""
        rows = self._logged[self._logged["run_id"] == said["run_id"]]
        if rows.empty:
            return datetime.fromisoformat(said["started_at"]), datetime.fromisoformat(said["ended_at"])
        row = rows.iloc[0]
        return row["started_at"].to_pydatetime(), row["finished_at"].to_pydatetime()


def _moment_of(line: bytes) -> pd.Timestamp:
    """When an entry of a ledger was made."""
    entry = json.loads(line)
    return pd.Timestamp(entry.get("decided_at") or entry["at"])


class _Registered:
    """The registry of today, as it was after each look into the inbox (`seq` of `receipts`)."""

    def __init__(self, lake: Lake) -> None:
        self._submissions, self._sidecars = lake.read("submissions"), lake.read("sidecars")
        self._receipts = lake.read("receipts").sort_values("seq", kind="stable", ignore_index=True)
        self._states = lake.read("registrations")

    def until(self, moment: pd.Timestamp, submissions: int = -1) -> tuple[int, pd.DataFrame]:
        """The last look that was not after a moment (0: none), nor brought more than so many submissions (-1: any
        number), and the states that submissions had had by then."""
        looks = self._receipts.loc[self._receipts["received_at"] <= moment, "seq"]
        look = int(looks.max()) if len(looks) else 0
        return self._without_later(look, self._states[self._states["at"] <= moment], submissions)

    def ended(self, said: Said) -> tuple[int, pd.DataFrame]:
        """The same for the moment when a run ended."""
        states = said["tables"].get("registrations", {}).get("rows", 0)
        return self._look_of(said["tables"]["receipts"]["rows"]), self._states.head(states)

    def settled(self, said: Said) -> tuple[int, pd.DataFrame]:
        """The same for when a run settled what counts: files that came while it went on wait for the next."""
        return self._without_later(*self.ended(said), said["tables"]["outcomes"]["rows"])

    def _without_later(self, look: int, states: pd.DataFrame, submissions: int) -> tuple[int, pd.DataFrame]:
        """A look, and states of submissions, without what came after so many submissions (-1: any number)."""
        first = ~self._receipts["submission_id"].duplicated()
        if submissions in (-1, int(first[self._receipts["seq"] <= look].sum())):
            return look, states
        look = min(look, self._look_of(int((first.cumsum() <= submissions).sum())))
        known = self._receipts.loc[self._receipts["seq"] <= look, "submission_id"]
        return look, states[states["submission_id"].isin(known)]

    def _look_of(self, receipts: int) -> int:
        """The look by which there were so many receipts."""
        return int(self._receipts["seq"].iloc[receipts - 1]) if receipts else 0

    def up_to(self, look: int, states: pd.DataFrame, sidecars: int) -> Registry:
        """The registry after a look, submissions in the last of these states, with so many sidecars."""
        receipts = self._receipts[self._receipts["seq"] <= look]
        known = self._submissions["submission_id"].isin(receipts["submission_id"])
        seen = self._sidecars.sort_values("received_at", kind="stable").head(sidecars)
        return Registry(submissions_at(self._submissions[known], states), receipts, seen)
