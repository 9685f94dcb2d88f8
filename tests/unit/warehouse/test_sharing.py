"""One state for several homes over a folder: what is merged, what is refused, and what is left of calls that fail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.sharing import holds, homes_of, put, shared_state
from warehouse.chain import ShortenedLedgerError, add_link, state_of
from warehouse.home import DataHome
from warehouse.sharing.index import Files, Index, IndexFormatError, Part, decoded, encoded, merged
from warehouse.sharing.lease import leased
from warehouse.sharing.sharing import INDEX, NOTE, BothChangedError, Shared, share
from warehouse.sharing.storage import FolderStorage, ObjectMissingError, StorageError, SwapRefusedError, opened

ADDRESS = "a folder"
NAMES = st.sampled_from(["losses/a", "losses/b", "models/c", "published/d/e", "corrections/f"])
CONTENTS = st.sampled_from(["0", "1", "2"])
LISTS = st.dictionaries(NAMES, CONTENTS)


def parts(contents: dict[str, str], group: str) -> Files:
    return {path: Part(content, 1, group) for path, content in contents.items()}


@given(LISTS, LISTS, LISTS)
def test_a_path_is_as_whoever_changed_it_left_it(
    base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]
) -> None:
    files, both = merged(parts(base, "base"), parts(ours, "ours"), parts(theirs, "theirs"))
    for path in {*base, *ours, *theirs, *files, *both}:
        wanted = {side.get(path) for side in (ours, theirs) if side.get(path) != base.get(path)} or {base.get(path)}
        assert (path in both) == (len(wanted) > 1)
        found = files.get(path)
        assert path in both or {found and found.sha256} == wanted
        assert found is None or found.group != "base"


@given(LISTS)
def test_an_index_comes_back_as_it_was(contents: dict[str, str]) -> None:
    index = Index(3, parts(contents, "g"), ("a", "b"))
    assert decoded(encoded(index)) == index


def test_an_index_that_was_cut_is_refused() -> None:
    content = encoded(Index(1, parts({"losses/a": "0"}, "g")))
    for cut in range(len(content)):
        with pytest.raises(IndexFormatError):
            decoded(content[:cut])


class Faulty(FolderStorage):
    """A folder of which some calls fail: `faults` says for each call, in turn, whether before or after it was done."""

    def __init__(self, root: Path, faults: Iterator[str]) -> None:
        super().__init__(root)
        self._faults = faults
        self.before_swap: Callable[[], None] = lambda: None

    def _go(self, call: Callable[[], object]) -> object:
        fault = next(self._faults, "")
        if fault == "before":
            raise StorageError("500")
        done = call()
        if fault == "after":
            raise StorageError("no answer")
        return done

    def swap(self, name: str, content: bytes, stamp: str | None) -> str:
        inner = super().swap
        if name != INDEX:
            return inner(name, content, stamp)
        if next(self._faults, "") == "after":  # the answer got lost, and another one was faster than the next attempt
            inner(name, content, stamp)
            self.before_swap()
            raise SwapRefusedError(name)
        self.before_swap()
        return str(self._go(lambda: inner(name, content, stamp)))

    def store(self, name: str, source: Path) -> None:
        inner = super().store
        self._go(lambda: inner(name, source))

    def fetch(self, name: str, target: Path) -> None:
        inner = super().fetch
        self._go(lambda: inner(name, target))


EDITS = st.lists(
    st.tuples(st.integers(0, 2), NAMES, st.none() | CONTENTS, st.booleans(), st.integers(0, 2)), max_size=12
)
FAULTS = st.lists(st.sampled_from(["", "", "", "before", "after"]), max_size=40)


@settings(deadline=None, max_examples=40)
@given(EDITS, FAULTS)
def test_files_of_several_homes_add_up_whatever_fails(
    edits: list[tuple[int, str, str | None, bool, int]], faults: list[str]
) -> None:
    """Each home changes files of its own, shares now and then, sometimes while another one does; calls fail."""
    with TemporaryDirectory() as folder:
        homes, wanted = homes_of(Path(folder), 3), {}
        faulty, plain = Faulty(Path(folder, "storage"), iter(faults)), FolderStorage(Path(folder, "storage"))
        for number, name, content, shares, other in edits:
            path = f"{name}-{number}"
            put(homes[number], path, content)
            wanted[path] = content
            if shares:
                faulty.before_swap = lambda other=other: interfere(homes[other], plain)  # type: ignore[misc]
                if other == number:
                    faulty.before_swap = lambda: None
                with suppress(StorageError):
                    share(homes[number], faulty, ADDRESS)
            shared_state(plain)
        for home in (*homes, *homes):
            share(home, plain, ADDRESS)
        state = {path: content for path, content in wanted.items() if content is not None}
        assert shared_state(plain) == state
        assert [holds(home) for home in homes] == [state] * 3
        assert share(homes[0], plain, ADDRESS)[:3] == (0, 0, 0)


def interfere(home: DataHome, storage: FolderStorage) -> None:
    """Another machine shares at the worst moment."""
    share(home, storage, ADDRESS)


@pytest.fixture
def homes(tmp_path: Path) -> list[DataHome]:
    return homes_of(tmp_path, 2)


@pytest.mark.parametrize("again", ["0", "1"])
def test_what_came_before_a_call_failed_is_no_change_of_this_machine(homes: list[DataHome], again: str) -> None:
    here, other = homes
    storage = here.root.parent / "storage"
    plain = FolderStorage(storage)
    put(other, "models/c", "0")
    for home in (other, here):
        share(home, plain, ADDRESS)
    put(other, "models/c", None)
    share(other, plain, ADDRESS)
    put(here, "losses/a", "2")
    with pytest.raises(StorageError):
        share(here, Faulty(storage, iter(["before"])), ADDRESS)
    assert holds(here) == {"losses/a": "2"}  # it was removed here, and the call failed after that
    put(other, "models/c", again)
    for home in (other, here):
        share(home, plain, ADDRESS)
    assert shared_state(plain) == holds(here) == {"losses/a": "2", "models/c": again}


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "storage")


def test_what_two_homes_changed_otherwise_is_refused_and_nothing_is_done(
    homes: list[DataHome], storage: FolderStorage
) -> None:
    put(homes[0], "losses/a", "0")
    share(homes[0], storage, ADDRESS)
    share(homes[1], storage, ADDRESS)
    put(homes[0], "losses/a", "1")
    put(homes[0], "models/new", "of the first")
    share(homes[0], storage, ADDRESS)
    put(homes[1], "losses/a", "2")
    put(homes[1], "models/other", "of the second")
    before, here = shared_state(storage), holds(homes[1])
    with pytest.raises(BothChangedError) as refused:
        share(homes[1], storage, ADDRESS)
    assert refused.value.paths == ["losses/a"]
    assert (shared_state(storage), holds(homes[1])) == (before, here)
    share(homes[1], storage, ADDRESS, discard=True)
    assert holds(homes[1]) == before == shared_state(storage)


def test_a_conflict_that_comes_while_sharing_is_refused(homes: list[DataHome], tmp_path: Path) -> None:
    faulty, plain = Faulty(tmp_path / "storage", iter(())), FolderStorage(tmp_path / "storage")
    put(homes[0], "losses/a", "0")
    put(homes[1], "losses/a", "1")
    faulty.before_swap = lambda: interfere(homes[1], plain)
    with pytest.raises(BothChangedError):
        share(homes[0], faulty, ADDRESS)
    assert shared_state(plain) == {"losses/a": "1"}
    assert holds(homes[0]) == {"losses/a": "0"}


def test_a_call_without_an_answer_is_not_undone_by_the_next_one(homes: list[DataHome], tmp_path: Path) -> None:
    no_answer = Faulty(tmp_path / "storage", iter(["", "", "after"]))  # storing, and twice at the index
    put(homes[0], "losses/a", "0")
    with pytest.raises(StorageError, match="no answer"):
        share(homes[0], no_answer, ADDRESS)
    assert shared_state(no_answer) == {"losses/a": "0"}
    put(homes[0], "losses/a", None)
    share(homes[0], no_answer, ADDRESS)
    assert (shared_state(no_answer), holds(homes[0])) == ({}, {})


def test_who_came_through_without_knowing_it_takes_nothing_back(homes: list[DataHome], tmp_path: Path) -> None:
    overtaken, plain = Faulty(tmp_path / "storage", iter(["", "after"])), FolderStorage(tmp_path / "storage")
    put(homes[0], "losses/a", "0")

    def remove_it() -> None:
        share(homes[1], plain, ADDRESS)
        put(homes[1], "losses/a", None)
        share(homes[1], plain, ADDRESS)

    overtaken.before_swap = remove_it
    assert share(homes[0], overtaken, ADDRESS).number == 2
    assert (shared_state(plain), holds(homes[0])) == ({}, {})


def test_what_is_replaced_or_erased_leaves_the_storage(homes: list[DataHome], storage: FolderStorage) -> None:
    put(homes[0], "corrections/a", "somebody's name")
    put(homes[0], "corrections/b", "0")
    share(homes[0], storage, ADDRESS)
    share(homes[1], storage, ADDRESS)
    put(homes[0], "corrections/a", None)
    share(homes[0], storage, ADDRESS)
    assert len(storage.names("parts/")) == 1
    assert share(homes[1], storage, ADDRESS) == Shared(0, 1, 0, 2)
    assert holds(homes[1]) == {"corrections/b": "0"}


def test_a_home_of_before_or_of_another_storage_takes_nothing_away(
    homes: list[DataHome], storage: FolderStorage, tmp_path: Path
) -> None:
    put(homes[0], "losses/a", "0")
    share(homes[0], storage, ADDRESS)
    put(homes[1], "losses/b", "1")
    share(homes[1], storage, ADDRESS)
    (homes[1].root / NOTE).unlink()
    put(homes[1], "losses/b", None)
    assert share(homes[1], storage, ADDRESS).fetched == 1
    other = FolderStorage(tmp_path / "other")
    share(homes[1], other, "another folder")
    assert shared_state(other) == shared_state(storage) == {"losses/a": "0", "losses/b": "1"}


def test_what_a_disk_lost_or_damaged_comes_back_and_is_taken_from_nobody(
    homes: list[DataHome], storage: FolderStorage
) -> None:
    original = hashlib.sha256(b"a list").hexdigest()
    name = f"archive/{original[:2]}/{original}"
    put(homes[0], name, "a list")
    put(homes[0], "keys/pseudonyms.key", "secret")
    put(homes[0], "losses/refused.json", "0")
    share(homes[0], storage, ADDRESS)
    put(homes[0], name, "a liar")
    for gone in ("keys/pseudonyms.key", "losses/refused.json"):
        put(homes[0], gone, None)
    assert share(homes[0], storage, ADDRESS).fetched == 2
    assert shared_state(storage) == holds(homes[0]) == {name: "a list", "keys/pseudonyms.key": "secret"}
    put(homes[0], name, None)
    put(homes[0], f"{name}.redacted", "a ----")  # an erasure
    share(homes[0], storage, ADDRESS)
    assert shared_state(storage).keys() == {f"{name}.redacted", "keys/pseudonyms.key"}


def test_a_part_that_is_damaged_in_the_storage_comes_to_no_home(
    homes: list[DataHome], storage: FolderStorage, tmp_path: Path
) -> None:
    put(homes[0], "losses/a", "0")
    share(homes[0], storage, ADDRESS)
    (part,) = storage.names("parts/")
    (tmp_path / "storage" / part).write_text("1")
    with pytest.raises(StorageError, match="damaged"):
        share(homes[1], storage, ADDRESS)
    assert holds(homes[1]) == {}


def test_a_part_that_is_gone_from_the_storage_is_named(homes: list[DataHome], storage: FolderStorage) -> None:
    put(homes[0], "losses/a", "0")
    share(homes[0], storage, ADDRESS)
    (part,) = storage.names("parts/")
    storage.remove([part])
    with pytest.raises(ObjectMissingError, match=part):
        share(homes[1], storage, ADDRESS)


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "losses/../../outside", "pmks.toml", "dagster/d.yaml"])
def test_an_index_that_leads_out_of_what_is_shared_is_refused(
    path: str, homes: list[DataHome], storage: FolderStorage
) -> None:
    storage.swap(INDEX, encoded(Index(1, {path: Part("0", 1, "g")})), None)
    with pytest.raises(IndexFormatError, match=path):
        share(homes[0], storage, ADDRESS)


def test_a_ledger_that_was_shortened_here_is_not_shared(homes: list[DataHome], storage: FolderStorage) -> None:
    put(homes[0], "review/decisions.jsonl", "{}\n{}\n")
    add_link(homes[0], "run", {"ledgers": {"review/decisions.jsonl": state_of(homes[0].review / "decisions.jsonl")}})
    share(homes[0], storage, ADDRESS)
    before = shared_state(storage)
    put(homes[0], "review/decisions.jsonl", "{}\n")
    with pytest.raises(ShortenedLedgerError):
        share(homes[0], storage, ADDRESS)
    assert shared_state(storage) == before


class Careless(FolderStorage):
    """Like object storage that takes no notice of `stamps`: conditions that it does not know."""

    def __init__(self, root: Path, stamps: Callable[[str | None], bool]) -> None:
        super().__init__(root)
        self._unknown = stamps

    def swap(self, name: str, content: bytes, stamp: str | None) -> str:
        now = self.read(name)
        return super().swap(name, content, (now and now.stamp) if self._unknown(stamp) else stamp)


@pytest.mark.parametrize("unknown", [lambda stamp: stamp is None, lambda stamp: stamp is not None])
def test_a_storage_without_conditional_writes_is_refused(
    unknown: Callable[[str | None], bool], homes: list[DataHome], tmp_path: Path
) -> None:
    put(homes[0], "losses/a", "0")
    careless = Careless(tmp_path / "storage", unknown)
    with pytest.raises(StorageError, match="no conditional writes"):
        share(homes[0], careless, ADDRESS)
    assert (careless.read(INDEX), careless.names("probes/")) == (None, {})


def test_what_a_damaged_note_says_is_shared_with_nobody(homes: list[DataHome], storage: FolderStorage) -> None:
    put(homes[0], "losses/a", "0")
    share(homes[0], storage, ADDRESS)
    put(homes[0], "losses/b", "0")
    before, note = shared_state(storage), homes[0].root / NOTE
    said = json.loads(note.read_bytes())
    said["seen"]["losses/a"][2] = "0" * 64
    note.write_text(json.dumps(said))
    with pytest.raises(StorageError, match="a file of losses is not"):
        share(homes[0], storage, ADDRESS)
    assert shared_state(storage) == before
    note.write_bytes(b'{"storage": "a fol')
    share(homes[0], storage, ADDRESS)
    assert shared_state(storage) == {"losses/a": "0", "losses/b": "0"}


def test_locks_and_half_written_files_are_not_shared(homes: list[DataHome], storage: FolderStorage) -> None:
    for name in ("audit/.lock", "access/opened.lock", "archive/.incoming-x", "review/.decisions.jsonl.12.part"):
        put(homes[0], name, "0")
    put(homes[0], "published/rehsos/.rujukan.json", "{}")
    share(homes[0], storage, ADDRESS)
    assert shared_state(storage) == {"published/rehsos/.rujukan.json": "{}"}


def test_the_lease_has_one_holder_and_who_died_loses_it(storage: FolderStorage) -> None:
    order, waited, inside = [], Event(), Event()

    def second() -> None:
        with leased(storage, "second", lambda holder: (order.append(f"waits for {holder}"), waited.set()), 60.0):
            order.append("second")

    with leased(storage, "first", pytest.fail, 60.0):
        inside.set()
        other = Thread(target=second)
        other.start()
        assert waited.wait(30)
        order.append("first")
    other.join(30)
    assert order == ["waits for first", "first", "second"]
    now = storage.read("lease.json")
    storage.swap("lease.json", b'{"holder": "killed", "renewal": "1"}', now and now.stamp)
    with leased(storage, "third", order.append, 0.2):
        order.append("third")
    assert order[-2:] == ["killed", "third"]


def test_a_lease_is_renewed_as_long_as_it_is_held(storage: FolderStorage) -> None:
    with leased(storage, "first", pytest.fail, 0.4):
        stamps = set()
        for _ in range(100):
            found = storage.read("lease.json")
            stamps.add(found and found.stamp)
            if len(stamps) > 3:
                break
            Event().wait(0.05)
        assert len(stamps) > 3


def test_a_folder_is_a_storage(tmp_path: Path) -> None:
    assert isinstance(opened(str(tmp_path)), FolderStorage)
