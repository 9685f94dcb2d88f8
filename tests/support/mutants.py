"""Mutation testing: change one thing in the code, run the nearest tests, and see whether one of them fails.

`make mutants` runs all folders of `tests/mutants.toml`; `make mutants FOLDERS=validation COUNT=30 SEED=7` some of it.
The mutants are those of cosmic-ray; it would start Python anew for each, so the running is done here: a process that
has the libraries in memory forks for each mutant. All of it happens in a copy of the project, and kernels run
uncompiled. `docs/mutants.md` gets the result; survivors that nobody can tell from the
original are listed, with the reason, in `tests/equivalent_mutants.csv`.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import csv
import importlib
import os
import re
import resource
import shutil
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from hashlib import sha256
from itertools import islice, zip_longest
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

PROJECT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = tomllib.loads((PROJECT / "tests/mutants.toml").read_text(encoding="utf-8"))
EQUIVALENT = PROJECT / "tests/equivalent_mutants.csv"
REPORT = PROJECT / "docs/mutants.md"
LIBRARIES = ("pytest", "hypothesis", "pandas", "pandera.pandas", "pyarrow.compute", "numba", "duckdb", "dagster")
MOST_MEMORY = 8 << 30
Change = tuple[bytes, type[Any], int]
"""Its lot, the operator, and which of the operator's places in the file."""


class Mutant(NamedTuple):
    """One change: of a line of a file (`before`, `after`: without indentation), and the code of the whole file."""

    file: str
    line: int
    before: str
    after: str
    code: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the mutant as long as its line stays as it is."""
        return self.file, self.before, self.after


def sites_of(file: str, seed: int) -> Iterator[tuple[bytes, str, list[Change]]]:
    """Every place in a file that a kind of operator can change: its lot, the file, and the changes in random order."""
    source = (PROJECT / file).read_text(encoding="utf-8")
    lines, types = source.splitlines(), _annotations(source)
    nodes = list(ast_nodes(get_ast(source)))
    sites: dict[tuple[Any, ...], list[Change]] = defaultdict(list)
    for name in cosmic_ray.plugins.operator_names():
        operator, kind = cosmic_ray.plugins.get_operator(name), name.removeprefix("core/")
        if not operator.arguments() and not any(re.fullmatch(pattern, kind) for pattern in CONFIG["without"]):
            places = [(start, node) for node in nodes for start, _ in operator().mutation_positions(node)]
            for occurrence, (place, node) in enumerate(places):
                typed = any(start <= place < end for start, end in types)
                if not typed and node.parent.type != "parameters":  # a `*` among parameters is no product
                    changes = sites[*place, kind.split("_")[0]]
                    named = f"{seed} {file} {lines[place[0] - 1].strip()} {place[1]} {kind} {len(changes)}"
                    changes.append((sha256(named.encode()).digest(), operator, occurrence))
    for changes in sites.values():
        changes.sort(key=itemgetter(0))
        yield changes[0][0], file, changes


def _annotations(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the annotations stand, from and to: what changes only these is no mutant."""
    nodes = list(ast.walk(ast.parse(source)))
    typed = [getattr(node, name, None) for node in nodes for name in ("annotation", "returns")]
    return [((n.lineno, n.col_offset), (n.end_lineno or 0, n.end_col_offset or 0)) for n in typed if n is not None]


def mutant_at(file: str, changes: list[Change]) -> Mutant | None:
    """The first change of a site that gives another program; None if none does."""
    source = (PROJECT / file).read_text(encoding="utf-8")
    for _, operator, occurrence in changes:
        code = mutate_code(source, operator(), occurrence)
        with contextlib.suppress(SyntaxError, ValueError):
            if code is not None and ast.dump(ast.parse(code)) != ast.dump(ast.parse(source)):
                pairs = enumerate(zip_longest(source.splitlines(), code.splitlines(), fillvalue=""), start=1)
                line, before, after = next(
                    (n, " ".join(a.split()), " ".join(b.split())) for n, (a, b) in pairs if a != b
                )
                return Mutant(file, line, before, after, code)
    return None


def sample(folder: str, count: int, seed: int) -> tuple[list[Mutant], int]:
    """Some mutants of a folder, at most one a site, and how many sites there are."""
    paths = [path.relative_to(PROJECT) for path in (PROJECT / folder).rglob("*.py")]
    files = sorted(str(path) for path in paths if not {*path.parts} & {*CONFIG["wiring"]})
    drawn = sorted((site for file in files for site in sites_of(file, seed)), key=itemgetter(0))
    made = (mutant_at(file, changes) for _, file, changes in drawn)
    return sorted(islice(filter(None, made), count)), len(drawn)


def nearest_tests(file: str) -> tuple[str, ...]:
    """The nearest tests of a file."""
    tests: dict[str, list[str]] = CONFIG["tests"]
    return tuple(tests[max((path for path in tests if file.startswith(path)), key=len)])


def passes(tests: tuple[str, ...], seconds: float) -> tuple[bool, float]:
    """Whether the tests pass in a process of their own, and what it computed for; no if for more than `seconds`.

    Time on the processor and not by the clock: on a busy machine nothing must fail for want of time.
    """
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        import numba
        import pytest
        from hypothesis import HealthCheck, Phase, settings

        numba_settings: Any = numba.config
        numba_settings.DISABLE_JIT = True
        settings.register_profile(
            "mutants",
            phases=(Phase.explicit, Phase.generate),  # a failure is enough; it need not be made small
            suppress_health_check=list(HealthCheck),
            database=None,
            deadline=None,
            derandomize=True,
        )
        settings.load_profile("mutants")
        code: int = 1
        with contextlib.suppress(BaseException):
            code = pytest.main(["-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=no", *tests])
        os._exit(code)
    _, status, used = os.wait4(child, 0)
    return status == 0, used.ru_utime + used.ru_stime


def run(folder: str, count: int, seed: int) -> tuple[Counter[str], int, list[Mutant]]:
    """Run the mutants of a folder in the copy that is the working directory: outcomes, sites, and who survived."""
    chosen, sites = sample(folder, count, seed)
    counts, survivors = Counter[str](), []
    for number, mutant in enumerate(chosen, start=1):
        tests, path = nearest_tests(mutant.file), Path(mutant.file)
        limit = _limit(tests)
        original, times = path.read_bytes(), path.stat()
        path.write_text(mutant.code, encoding="utf-8")
        survived, _ = passes(tests, limit)
        path.write_bytes(original)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        outcome = "killed" if not survived else "equivalent" if mutant.key in _equivalent() else "survived"
        counts[outcome] += 1
        if outcome == "survived":
            survivors.append(mutant)
        change = f"{mutant.file}:{mutant.line}  {mutant.before}  →  {mutant.after}"
        sys.stdout.write(f"{number:4d} {outcome:10} {change}\n")
        sys.stdout.flush()
    return counts, sites, survivors


@cache
def _limit(tests: tuple[str, ...]) -> float:
    """The seconds after which tests count as hanging. Raises `SystemExit` where they fail without any mutant."""
    sys.dont_write_bytecode = False
    passed, seconds = passes(tests, 600)
    sys.dont_write_bytecode = True
    if not passed:
        raise SystemExit(f"These tests fail without any mutant: {' '.join(tests)}")
    return 5 + 3 * seconds


@cache
def _equivalent() -> frozenset[tuple[str, str, str]]:
    with EQUIVALENT.open(encoding="utf-8", newline="") as lines:
        return frozenset((row["file"], row["before"], row["after"]) for row in csv.DictReader(lines))


def report(folder: str, seed: int, counts: Counter[str], sites: int, survivors: list[Mutant]) -> None:
    """Put the result of a folder and seed into its table of docs/mutants.md, and its survivors below the tables."""
    tried = counts.total() - counts["equivalent"]
    numbers = (sites, counts.total(), counts["killed"], counts["survived"], counts["equivalent"])
    share = f"{100 * counts['killed'] / max(tried, 1):.0f} %"
    row = f"| {' | '.join([f'`{folder}/`', f'{date.today()}', str(seed), *map(str, numbers), share])} |"
    known = rf"\| `{folder}/` \| \S+ \| {seed} \||- seed {seed}, `{folder}/"
    text = [line for line in REPORT.read_text(encoding="utf-8").splitlines() if not re.match(known, line)]
    heads = [n for n, line in enumerate(text) if line.startswith("| ---")]
    first = heads[seed not in CONFIG["written_for"]] + 1
    end = next((n for n in range(first, len(text)) if not text[n].startswith("|")), len(text))
    text[first:end] = sorted([*text[first:end], row])
    listed = [f"- seed {seed}, `{m.file}`: `{m.before}` → `{m.after}`" for m in survivors]
    listed += [line for line in text if line.startswith("- seed ")]
    REPORT.write_text("\n".join([*(line for line in text if not line.startswith("- seed ")), *sorted(listed), ""]))


def main() -> None:
    """Run what the command line says, in a copy of the project."""
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("folders", nargs="*", default=CONFIG["folders"])
    args.add_argument("--count", type=int, default=CONFIG["per_folder"])
    args.add_argument("--seed", type=int, default=CONFIG["seed"])
    said = args.parse_args()
    for library in LIBRARIES:
        importlib.import_module(library)
    with tempfile.TemporaryDirectory() as copy:
        left_out = shutil.ignore_patterns(".*", "data", "__pycache__", "*.egg-info")
        shutil.copytree(PROJECT, copy, dirs_exist_ok=True, ignore=left_out)
        os.chdir(copy)
        sys.path[0] = copy
        for folder in said.folders:
            report(folder, said.seed, *run(folder, said.count, said.seed))


if __name__ == "__main__":
    main()
