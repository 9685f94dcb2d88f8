"""The data home: the one folder in which an installation keeps everything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from warehouse.migrations import bring_forward


class Acceptance(NamedTuple):
    """Who accepts, in one run, that what counts shrinks (the login name), and why."""

    by: str
    reason: str


CARDS, ADDRESSES = "cards", "addresses"
"""What a household is: a family, as cards have it, or all who live at one address."""


@dataclass(frozen=True)
class DataHome:
    """The paths of one installation and the values that its stages need. Carried as a Dagster resource.

    `settle_seconds`: a file that changed more recently than this, and was not seen unchanged before, is still
    being copied. `second_look_seconds`: if not 0, such files are looked at once more after this long. `workers`:
    processes for files. `memory_limit`: matching refuses to start where it needs more, such as `4GB`; None: no limit.
    `read_attempts`: so many runs try to read a file whose reader is stopped or too slow; 0: leave such as they are.
    `read_seconds`, `sender_seconds`, `run_seconds`: what a file, the slow files of one folder and those of a run may
    take of the readers' time; 0 for the last two: no bound.
    `wrong_merge_cost`: how many duplicates it costs to take two people, or two households, for one.
    `households`: what a household is, `CARDS` or `ADDRESSES`.
    `planned`: the digest of the only referrals that a run may write; None: any. `shrink_percent`: a loss of more than
    this share of the lists, people or referrals in force stops a run, if nothing explains it, unless `shrink_accepted`.
    `retry_seconds`: the pause before a run of the daemon that failed is tried again; each further one is twice as long.
    `keys`: the file of the secret key from which pseudonyms are made, or its folder; None: in the home.
    `signing_key`: the file of the key that signs the chain, outside of the home; None: it is not signed.
    `storage`: where several machines keep one state; None: the home has its own.
    `spark_master`: the Spark cluster on which people are matched; None: in the process of the run. `spark_buckets`:
    into how many tasks; None: by the number of records.
    """

    root: Path
    inbox: Path
    profile: str = "full-2012"
    settle_seconds: float = 60.0
    second_look_seconds: float = 0.0
    workers: int = 2
    memory_limit: str | None = None
    read_attempts: int = 3
    read_seconds: float = 120.0
    sender_seconds: float = 600.0
    run_seconds: float = 3600.0
    wrong_merge_cost: float = 5.0
    households: str = CARDS
    planned: str | None = None
    shrink_percent: float = 5.0
    retry_seconds: float = 60.0
    shrink_accepted: Acceptance | None = None
    keys: Path | None = None
    signing_key: Path | None = None
    storage: str | None = None
    spark_master: str | None = None
    spark_buckets: int | None = None

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def corrections(self) -> Path:
        return self.root / "corrections"

    @property
    def plan(self) -> Path:
        return self.root / "plan"

    @property
    def review(self) -> Path:
        return self.root / "review"

    @property
    def losses(self) -> Path:
        """The note of a loss that stopped a run, and the ledger of those that were accepted."""
        return self.root / "losses"

    @property
    def errors(self) -> Path:
        """The whole texts of errors, which may quote cells (`errors.py`)."""
        return self.root / "errors"

    @property
    def erasures(self) -> Path:
        """The ledger of what was removed at the request of a person."""
        return self.root / "erasures"

    @property
    def audit(self) -> Path:
        """The chain of what every run came to (`chain.py`)."""
        return self.root / "audit"

    @property
    def restricted(self) -> Path:
        """Where the restricted files lie: not in the folder of a directorate, or who copies that takes them along."""
        return self.published / "terbatas"

    @property
    def reports(self) -> Path:
        """Counts that may be passed on, a page for each directorate, kabupaten and village."""
        return self.published / "laporan"

    @property
    def key_file(self) -> Path:
        """The secret key from which pseudonyms are made; never below what is published."""
        keys = self.keys or self.root / "keys"
        return keys if keys.is_file() or keys.suffix else keys / "pseudonyms.key"

    @property
    def settings_file(self) -> Path:
        """The settings of this installation, if somebody wrote them there."""
        return self.root / "pmks.toml"

    @property
    def models(self) -> Path:
        """Where a matching model that was trained here lies; made by training."""
        return self.root / "models"

    @property
    def lock(self) -> Path:
        """Held by a run from its first stage that looks at everything to its end (`refresh.py`)."""
        return self.root / ".lock"

    @property
    def shared_by_one(self) -> Path:
        """Held by whoever works on a home that shares its state, and keeps it in line with others
        (`sharing/in_line.py`)."""
        return self.root / ".shared.lock"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    def make(self) -> None:
        """Create what is missing, readable by its owner only, and bring an older lake forward (`migrations.py`).

        An inbox outside the home is left alone. Raises `FormatError` for a lake of a newer program.
        """
        for folder in (
            self.root,
            self.archive,
            self.lake,
            self.published,
            self.corrections,
            self.review,
            self.dagster,
        ):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        bring_forward(self.lake, self.lock)
        if self.inbox.is_relative_to(self.root):
            self.inbox.mkdir(mode=0o700, parents=True, exist_ok=True)
