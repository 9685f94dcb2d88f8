"""Homes that share a state over a real object storage that fails now and then: the state of one home, none of it half.

`python -m tests.support.in_storage [--seed N]` (`make test-storage`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from assets.intake.stages.erase import ERASE
from assets.intake.stages.read import READ
from assets.intake.stages.register import REGISTER
from assets.records.stages.validate import VALIDATE
from pipelines.settings import from_environment
from tests.support.finished import PMKS, SAMPLE_INBOX, pmks
from tests.support.same_state import differences
from tests.support.servers import failing, object_storage
from tests.support.sharing import holds, homes_of, put, shared_state
from warehouse.home import DataHome
from warehouse.lake import Lake, Partition
from warehouse.sharing.index import decoded
from warehouse.sharing.shared_files import look
from warehouse.sharing.sharing import INDEX, share
from warehouse.sharing.storage import Storage, SwapRefusedError, opened
from warehouse.stage import run_stage

KEYS = {"AWS_ACCESS_KEY_ID": "invented", "AWS_SECRET_ACCESS_KEY": "invented", "AWS_REGION": "ap-southeast-3"}
FAULTS = ("500", "500", "lost", "lost", "slow")


def said(text: str) -> None:
    sys.stdout.write(f"{text}\n")


class Faults:
    """What becomes of requests: one in `one_in` meets a fault, drawn with a seed. `met`: how many did, by kind."""

    def __init__(self, seed: int, one_in: int) -> None:
        self._random, self._one_in, self._lock = Random(seed), one_in, threading.Lock()
        self.met: Counter[str] = Counter()

    def __call__(self, method: str) -> str:
        with self._lock:
            fault = self._random.choice(FAULTS) if self._random.randrange(self._one_in) == 0 else ""
            self.met[fault or "none"] += 1
        return fault


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--read", nargs="*", metavar="KABUPATEN/PERIOD", help="be a worker, and read these or register")
    given = parser.parse_args()
    if given.read is not None:
        work([Partition(*name.split("/")) for name in given.read])
        return
    seed = given.seed
    os.environ.update(KEYS)
    with TemporaryDirectory() as scratch, object_storage() as address:
        folder = Path(scratch)
        make_bucket(address)
        faults = Faults(seed, one_in=12)
        with failing(address, faults) as failing_address:
            os.environ["AWS_ENDPOINT_URL"] = failing_address
            no_write_is_lost(opened("s3://pmks/counter"))
            files_add_up(folder / "small", opened("s3://pmks/small"), Random(seed))
            large_files_come_back(folder / "large", opened("s3://pmks/large"))
            two_workers_are_as_one(folder / "runs")
            read_side_by_side(folder / "parts")
            killed_calls_leave_nothing_half(folder / "killed", folder / "parts" / "one", Random(seed))
        said(f"requests: {', '.join(f'{count} {kind}' for kind, count in sorted(faults.met.items()))}")


def make_bucket(address: str) -> None:
    import boto3  # an extra

    boto3.client("s3", endpoint_url=address).create_bucket(
        Bucket="pmks", CreateBucketConfiguration={"LocationConstraint": KEYS["AWS_REGION"]}
    )


def no_write_is_lost(storage: Storage) -> None:
    """Eight writers add to one list, each by reading and replacing it: what came through stands in it, and once."""
    came: list[str] = []

    def write(writer: int) -> None:
        for number in range(15):
            with suppress(SwapRefusedError):
                found, name = storage.read("list"), f"{writer}-{number}"
                before = json.loads(found.content) if found else []
                storage.swap("list", json.dumps([*before, name]).encode(), found.stamp if found else None)
                came.append(name)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    written = json.loads(present(storage, "list"))
    assert len(came) >= 15
    assert set(came) <= set(written)
    assert len(set(written)) == len(written)
    said(f"eight writers: {len(came)} of 120 tries came through, {len(written) - len(came)} more without an answer")


def files_add_up(folder: Path, storage: Storage, random: Random) -> None:
    """Three homes change files of their own and share at once, again and again: nothing is lost, nothing comes back."""
    homes, wanted = homes_of(folder, 3), dict[str, str]()
    for _ in range(6):
        for number, home in enumerate(homes):
            for _ in range(random.randrange(4)):
                path = f"losses/{number}-{random.randrange(5)}"
                content = random.choice([None, "0", "1", "2"])
                put(home, path, content)
                wanted.pop(path, None)
                wanted |= {path: content} if content is not None else {}
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda home: share(home, storage, "s3"), homes))
        shared_state(storage)
    for home in (*homes, *homes):
        share(home, storage, "s3")
    assert shared_state(storage) == wanted
    assert [holds(home) for home in homes] == [wanted] * 3
    said(f"three homes at once: {len(wanted)} files as each left its own")


def present(storage: Storage, name: str) -> bytes:
    found = storage.read(name)
    assert found is not None
    return found.content


def large_files_come_back(folder: Path, storage: Storage) -> None:
    """A file of many parts of an upload comes back as it was."""
    one, other = homes_of(folder, 2)
    put(one, "models/large", "")
    content = Random(7).randbytes(40_000_000)
    (one.root / "models" / "large").write_bytes(content)
    share(one, storage, "s3")
    share(other, storage, "s3")
    assert (other.root / "models" / "large").read_bytes() == content
    said("40 MB came back as they were")


def halves(folder: Path) -> tuple[Path, Path]:
    """The sample inbox in two: every second file, with all sidecars in both."""
    first, second = folder / "first", folder / "second"
    files = sorted(path for path in SAMPLE_INBOX.rglob("*") if path.is_file())
    for number, path in enumerate(files):
        for half, inbox in enumerate((first, second)):
            target = inbox / path.relative_to(SAMPLE_INBOX)
            if path.suffix == ".yml" or number % 2 == half:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
    return first, second


def started(*command: str | Path, env: dict[str, str]) -> subprocess.Popen[str]:
    """A process of its own; what it prints is kept."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PMKS_", "DAGSTER_"))}
    return subprocess.Popen(
        list(map(str, command)), env={**clean, **env}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def through(*command: str | Path, env: dict[str, str]) -> None:
    done = pmks(*command, env=env)
    assert done.returncode == 0, done.stdout + done.stderr


def two_workers_are_as_one(folder: Path) -> None:
    """Two machines, each with half of the lists, run at the same time: the state of one that ran twice."""
    first, second = halves(folder)
    env = {"PMKS_STORAGE": "s3://pmks/runs", "PMKS_SETTLE_SECONDS": "0"}
    ahead = started(PMKS, "run", "--inbox", first, "--data", folder / "a", env=env)
    storage = opened(env["PMKS_STORAGE"])
    while ahead.poll() is None and not is_held(storage):
        time.sleep(0.2)
    behind = started(PMKS, "run", "--inbox", second, "--data", folder / "b", env=env)
    texts = finish([ahead, behind])
    for half in (first, second):
        through("run", "--inbox", half, "--data", folder / "one", env={"PMKS_SETTLE_SECONDS": "0"})
    found = list(differences(folder / "one", folder / "b"))
    assert found == [], found
    through("run", "--inbox", first, "--data", folder / "a", env=env)
    assert list(differences(folder / "b", folder / "a")) == []
    through("verify", "--quick", "--data", folder / "a", env={})
    said(f"two machines at the same time ({'one waited' if 'Waiting' in texts[1] else 'one after the other'}): as one")


def is_held(storage: Storage) -> bool:
    found = storage.read("lease.json")
    return bool(found and json.loads(found.content)["holder"])


def read_side_by_side(folder: Path) -> None:
    """One machine registers, two read half of the kabupaten and periods each at once: what they read adds up."""
    alone = {"PMKS_SETTLE_SECONDS": "0", "PMKS_INBOX": str(SAMPLE_INBOX)}
    env = {**alone, "PMKS_STORAGE": "s3://pmks/parts"}
    finish([worker(folder / "a", [], env)])
    through("sync", "--data", folder / "b", env=env)
    partitions = READ.partitions(Lake(folder / "b" / "lake"))
    finish([worker(folder / name, partitions[half::2], env) for half, name in enumerate("ab")])
    through("sync", "--data", folder / "a", env=env)
    read = Lake(folder / "a" / "lake").manifests(READ.name)
    assert read.keys() == set(partitions)
    through("run", "--data", folder / "a", env=env)
    assert Lake(folder / "a" / "lake").manifests(READ.name) == read
    through("run", "--data", folder / "one", env=alone)
    found = list(differences(folder / "one", folder / "a"))
    assert found == [], found
    said(f"{len(partitions)} kabupaten and periods, read by two machines at the same time: as by one")


def worker(home: Path, partitions: Iterable[Partition], env: dict[str, str]) -> subprocess.Popen[str]:
    names = [f"{partition.kode_kabupaten}/{partition.periode}" for partition in partitions]
    command = [sys.executable, "-m", "tests.support.in_storage", "--read", *names]
    return started(*command, env={**env, "PMKS_DATA": str(home)})


def finish(workers: list[subprocess.Popen[str]]) -> list[str]:
    """Wait until all are done; what they printed. Fails unless each of them came through."""
    texts = [each.communicate()[0] for each in workers]
    assert [each.returncode for each in workers] == [0] * len(workers), texts
    return texts


def work(partitions: list[Partition]) -> None:
    """What a worker does with a disk of its own: fetch, register or read, share."""
    home = from_environment()
    address = str(home.storage)
    storage = opened(address)
    home.make()
    share(home, storage, address)
    lake, at = Lake(home.lake), datetime.now(UTC).replace(tzinfo=None)
    for stage in (REGISTER, ERASE) if not partitions else ():
        run_stage(stage.begin(lake, home, run_id="worker", at=at))
    for partition in partitions:
        for stage in (READ, VALIDATE):
            run_stage(stage.begin(lake, home, run_id="worker", at=at, partition=partition))
    share(home, storage, address)


def killed_calls_leave_nothing_half(folder: Path, source: Path, random: Random) -> None:
    """Calls that share or fetch a whole home are killed: what is shared is whole, and the next one goes on."""
    address = "s3://pmks/killed"
    env, storage = {"PMKS_STORAGE": address}, opened(address)
    one = Path(shutil.copytree(source, folder / "one"))
    for home, kills in ((one, 4), (folder / "other", 4)):
        for _ in range(kills):
            going = started(PMKS, "sync", "--data", home, env=env)
            with suppress(subprocess.TimeoutExpired):
                going.communicate(timeout=random.uniform(0.6, 3.0))
            going.kill()
            going.communicate()
            assert_whole(storage)
        through("sync", "--data", home, env=env)
    first, other = (look(DataHome(home, folder), {}) for home in (one, folder / "other"))
    assert {name: seen.sha256 for name, seen in first.items()} == {name: seen.sha256 for name, seen in other.items()}
    said(f"{len(first)} files, shared and fetched by calls of which eight were killed: as they were")


def assert_whole(storage: Storage) -> None:
    """Every part that the index lists is there, and is what it says."""
    found = storage.read(INDEX)
    for part in {*decoded(found.content).files.values()} if found else ():
        assert hashlib.sha256(present(storage, part.name)).hexdigest() == part.sha256


if __name__ == "__main__":
    main()
