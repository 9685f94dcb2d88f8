"""`python -m tests.tampering [--seed N]`: every tamper, at every level, and a line for each that nothing noticed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from tests.tampering import files
from tests.tampering.machine import LEVELS, caught, copied, table_tampers, tamper_with_file, tamper_with_table
from tests.tampering.scene import build, readers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    seen, all_of, by = Counter[str](), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as name, readers():
        folder = Path(name)
        home = build(folder / "scene")

        def count(level: str, what: str, claim: str) -> None:
            all_of[level] += 1
            seen[level] += bool(claim)
            by[f"{level}: {claim or 'nothing'}"] += 1
            if not claim:
                sys.stdout.write(f"unseen  {level:<10} {what}\n")

        for kind, how in files.tampers():
            with copied(home, folder) as copy:
                if tamper_with_file(copy, kind, how, Random(f"{given.seed} {kind} {how}")):
                    count("files", f"{kind} {how}", caught(copy, witness=False).claim)
        for level in LEVELS:
            for table, how in table_tampers():
                with copied(home, folder) as copy:
                    if tamper_with_table(copy, table, how, level, Random(f"{given.seed} {table} {how}")):
                        count(level, f"{table} {how}", caught(copy, witness=False).claim)
                        if level == "chain":
                            count("witness", f"{table} {how}", caught(copy, witness=True, rebuild=False).claim)
    for level, number in all_of.items():
        sys.stdout.write(f"{level:<10} {seen[level]:>4} of {number}\n")
    for what, number in sorted(by.items()):
        sys.stdout.write(f"  {what:<40} {number}\n")


if __name__ == "__main__":
    main()
