"""What each directorate receives: one folder with its own referrals and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from assets.publications.answers_back import FOLDER, all_there, return_answers
from assets.publications.changes import OF_HISTORY
from assets.publications.directorates import Lists, publish_directorate
from assets.publications.edited import KEPT
from assets.publications.policy import Pseudonyms
from assets.publications.referral_rows import SHARED, columns_of
from assets.publications.standing import Published, Target, standing
from assets.referrals.answers import SAID, latest_answers, open_refusals
from validation.categories import restricted_categories
from validation.regions import village
from warehouse.access import log_opening
from warehouse.chain import head_of, note_issued
from warehouse.files import sha256_of
from warehouse.home import DataHome
from warehouse.lake import digest_of
from warehouse.last_look import last_look
from warehouse.secret_key import derived, secret_key
from warehouse.stage import Columns, Stage, StageRun

PUBLISH = Stage(
    name="directorates",
    reads=(
        "referrals",
        "persons",
        "households",
        "possible",
        "answers",
        "answers_refused",
        "answer_workbooks",
        Columns("raw_answers", ("submission_id", "directorate", "terbit", *SAID)),
        Columns("submissions", ("submission_id", "path")),
        "history",
        "runs",
        Columns("accepted", ("record_id", "nama")),
    ),
    module=__name__,
)


def publish(run: StageRun, directorate: str, said: Mapping[str, str] | None = None) -> Published:
    """Write one directorate's files: its own referrals, the answers of it that could not be taken, nothing else. Where
    they were made from the same and stand, no table is read.

    `said`: as in `publish_directorate`.
    """
    home = run.home
    target = _target(home, directorate)
    facts = run.facts("referrals")
    rule_set, profile = str(facts.get("rule_set", "")), str(facts.get("profile", home.profile))
    key = derived(target.pseudonyms.key, "inputs").hex()
    inputs = digest_of(run.inputs, rule_set, profile, key)
    published = None if said else standing(target, inputs, last_look(home.lake).holds)
    if published is None or not all_there(target.folder / FOLDER):
        return_answers(directorate, _refused(run, directorate), target.folder / FOLDER)
        runs, answers = run.read("runs", columns=["run_id"])["run_id"], run.read("answers")
        published = publish_directorate(
            directorate,
            _lists(run, directorate, answers),
            target,
            inputs=inputs,
            head=head_of(home),
            run_id=str(runs.iloc[-1]) if len(runs) else "",
            rule_set=rule_set,
            answers_recorded=len(answers),
            profile=profile,
            said=said,
            workers=home.workers,
        )
    note_issued(home, directorate, _handed_out(home, target, published.files))
    return published


def _target(home: DataHome, directorate: str) -> Target:
    """Where the directorate's files go. Raises `SecretKeyError` where its key was used and is gone."""
    used = any(home.published.glob("*/rujukan.parquet"))
    return Target(
        home.published / directorate,
        home.restricted / directorate,
        Pseudonyms(secret_key(home.key_file, used=used), directorate),
        lambda path: log_opening(home, path, "publication"),
    )


def _lists(run: StageRun, directorate: str, answers: pd.DataFrame) -> Lists:
    own = {"directorate": directorate}
    return Lists(
        run.read("referrals", only=own, shared=SHARED),
        run.read("persons", columns=columns_of("person", "person_id")),
        run.read("households", columns=columns_of("household", "household_id", "head_person_id", "members")),
        latest_answers(answers),
        run.read("history", columns=OF_HISTORY, only=own),
        run.read("possible"),
        lambda: run.read("accepted"),
    )


def _handed_out(home: DataHome, target: Target, files: dict[str, str]) -> dict[str, str]:
    """What lies in the folders of a directorate now, as it was written: SHA-256 by path in the data home."""
    written = {target.folder_of(name) / name: digest for name, digest in files.items()}
    kept = [path for folder in (target.folder, target.restricted) for path in folder.glob(KEPT)]
    others = {path: sha256_of(path) for path in (*kept, *(target.folder / FOLDER).glob("[!.]*"))}
    return {path.relative_to(home.root).as_posix(): digest for path, digest in (written | others).items()}


def _refused(run: StageRun, directorate: str) -> pd.DataFrame:
    """The open refusals of one directorate, with whom its own referrals are of; no name in a restricted category."""
    workbooks = run.read("answer_workbooks")
    waiting = open_refusals(run.read("answers_refused"), workbooks, run.read("raw_answers"), run.read("answers"))
    waiting = waiting[waiting["directorate"] == directorate]
    if waiting.empty:
        return waiting
    mine = run.read("referrals", only={"directorate": directorate})
    mine = mine[["referral_id", "person_id", "kode_desa", "kode_pmks"]]
    whose = mine.merge(run.read("persons", columns=["person_id", "nama"]), on="person_id")
    whose["nama"] = whose["nama"].where(~whose["kode_pmks"].isin(restricted_categories()))
    places = {code: village(code) for code in whose["kode_desa"].unique()}
    whose["desa"] = [place.name if place else code for code in whose["kode_desa"] for place in (places[code],)]
    came = workbooks[["submission_id", "terbit"]].merge(run.read("submissions"), on="submission_id")
    return waiting.merge(came, on="submission_id").merge(
        whose[["referral_id", "nama", "desa", "kode_pmks"]], on="referral_id", how="left"
    )
