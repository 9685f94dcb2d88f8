"""Names and sidecars as nobody should send them, from a seed: each costs its own list at most, and no row."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

from assets.intake.inbox.names import bytes_of
from assets.intake.sidecar_reading import KEYS
from tests.faults.oracle import faults_of_end
from tests.faults.scenes import Workshop
from tests.faults.tries import Try
from tests.support.fuzz import damaged
from tests.support.inbox import write_list
from tests.support.result import ask

_HERE = b"16.10.05.2040/2024"
_ODD = [b"\xff", b"\xfe\xe9", b"\n", b"\r", b"\t", b"\x1b[2J", b"\x7f", b"\xc2\x85", b"\xe2\x80\xae", b"\xe2\x80\xa8",
        b"\xef\xbf\xbf", b"\\", b"=", b"+", b"@", b"'", b'"', b"`", b"$(x)", b"; ", b"|", b"*", b"?", b"<", b">", b"&",
        b"%s", b"{0}", b"[red]", b"[/]", b"--", b"-", b" ", b"..", b"~", b"#", b"\xf0\x9f\x98\x80", b"\xe6\xbc\xa2",
        b"a\xcc\x81", b"CON", b".part", b".lock", b"null", b"a" * 80]  # fmt: skip
_VALUES = ["²", "٣", "-1", "99999999999999999999", "[[[[1]]]]", "{a: {b: {c: d}}}", '"\\0"', '"\\e[2J"', "x" * 5_000,
           "&a [*a]", "*b", "!!binary aGVs", "!!python/object/apply:os.system [true]", "~", "", "16.10.05.2036", "2024",
           "2024-99", "kemarin", '["24"]', '["24", 8]', "{1: L, 0: P}", "{NAMA: nama}", "{S: {periode: 2024}}",
           "salah kirim", "../../etc/passwd", "daftar.csv", "- a", "NaN", ".inf", "0x10", "1_000"]  # fmt: skip


def names_and_sidecars(workshop: Workshop, seed: int, count: int) -> Iterator[Try]:
    """Lay lists with odd names, and odd sidecars beside plain ones, `count` of each, among good lists; run; find all.

    Every list must be registered under its name, with an outcome; every row of it must be accepted or quarantined if
    it counts; the good lists come out as without the others; and a second run finds nothing new.
    """
    chance, good = Random(seed), workshop.first()
    inbox, home = workshop.folder / "odd-inbox", workshop.folder / "odd"
    for earlier in (home, inbox):
        shutil.rmtree(earlier, ignore_errors=True)
    shutil.copytree(good.inbox, inbox)
    folder = os.fsencode(inbox) + b"/" + _HERE
    Path(os.fsdecode(folder)).mkdir(parents=True)
    made: dict[bytes, str] = {}
    while len(made) < count:
        name = _name(chance)
        if name not in made and not _ignored(name):
            made[name] = "a hostile name"
    sidecars = {b"daftar %d.csv" % number: _sidecar(chance) for number in range(count)}
    made |= dict.fromkeys(sidecars, "a hostile sidecar")
    for number, name in enumerate(made):
        person = {"NAMA": f"ORANG {chr(65 + number % 26)}{chr(65 + number // 26)}", "JENIS PMKS": "FAKIR MISKIN"}
        write_list(Path(os.fsdecode(folder + b"/" + name)), [person, {"NAMA": "", "KETERANGAN": str(number)}])
        if name in sidecars:
            Path(os.fsdecode(folder + b"/" + name + b".yml")).write_bytes(sidecars[name])
    arguments = ["run", "--inbox", str(inbox), "--data", str(home)]
    wrong = faults_of_end(arguments, workshop.commands.run(*arguments))
    if not wrong:
        wrong += _lost(home, good.after)
        again = workshop.commands.run(*arguments)
        wrong += faults_of_end(arguments, again)
        wrong += [] if "Nothing changed since the last run" in again.said else ["the second run finds something new"]
    (found,) = ask(home, "SELECT path, outcome FROM intake.submissions") if not wrong else [[]]
    outcomes = {bytes_of(str(path)): outcome for path, outcome in found}
    for name, fault in made.items():
        there = outcomes.get(_HERE + b"/" + name) in ("accepted", "held", "rejected", "superseded", "withdrawn")
        yield Try(fault, repr(sidecars.get(name, name)), tuple(wrong) + (() if there else ("not registered",)))


_ROWS_OF_GOOD = """
SELECT path, r.* EXCLUDE (submission_id) FROM intake.rows r JOIN intake.submissions USING (submission_id)
WHERE path NOT LIKE '16.10.05.2040/%' ORDER BY ALL
"""
_UNBALANCED = """
SELECT path FROM intake.submissions s WHERE outcome = 'accepted' AND rows_data <> (
    SELECT count(*) FROM intake.rows r WHERE r.submission_id = s.submission_id AND kind = 'data'
    AND outcome IN ('accepted', 'quarantined'))
"""


def _lost(home: Path, good: Path) -> list[str]:
    """What is wrong with the rows of a home that also holds the lists of `good`."""
    (unbalanced,) = ask(home, _UNBALANCED)
    wrong = [f"rows of {len(unbalanced)} lists are unaccounted for"] if unbalanced else []
    return wrong + ([] if ask(home, _ROWS_OF_GOOD) == ask(good, _ROWS_OF_GOOD) else ["rows of good lists differ"])


def _ignored(name: bytes) -> bool:
    """Whether a name is one of those that say that a file is no list, or one beside a list."""
    return name.startswith((b".", b"~$")) or name.lower().endswith((b".yml", b".part", b".tmp"))


def _name(chance: Random) -> bytes:
    parts = [chance.choice(_ODD) if chance.random() < 0.7 else bytes([chance.randrange(97, 123)]) for _ in range(5)]
    name = b"".join(parts[: chance.randint(1, 5)])
    return name[:240] + chance.choice([b".csv", b".csv", b".CSV", b"", b" .csv"]) if name not in (b"..", b".") else b"x"


def _sidecar(chance: Random) -> bytes:
    kind, number = chance.randrange(4), chance.randrange(1, 5)
    lines = [f"{chance.choice(list(KEYS))}: {chance.choice(_VALUES)}" for _ in range(number)]
    text = "\n".join(lines).encode() + b"\n"
    if kind == 0:
        return damaged(text, bytes(range(256)), chance.randrange(10_000))
    if kind == 1:
        return chance.choice([b"[", b"{a: ", b"- ", b"? ", b"&a ", b"!!set ", b"'", b'"']) * chance.randrange(1, 90_000)
    if kind == 2:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(0, 400)))
    return text
