"""Twenty thousand files in one inbox, sent at once: every one is read, no row is lost, and no process grows large."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.faults.oracle import faults_of_end
from tests.faults.scenes import Workshop
from tests.faults.tries import Try
from tests.support.inbox import write_list
from tests.support.result import ask
from validation.regions import village

MOST_BYTES = 2_000_000_000


def crowd(workshop: Workshop, count: int) -> Iterator[Try]:
    """Send `count` files of one person each; run; run again, which must find nothing new."""
    inbox, home = workshop.folder / "crowd-inbox", workshop.folder / "crowd"
    codes = [code for number in range(2001, 2400) if (code := f"16.10.05.{number}") and village(code)]
    for number in range(count):
        send(inbox, codes[number % len(codes)], number)
    arguments = ["run", "--inbox", str(inbox), "--data", str(home)]
    wrong = faults_of_end(arguments, workshop.commands.run(*arguments, seconds=3600))
    if not wrong:
        files, rows, people = ask(
            home,
            "SELECT count(*) FROM intake.submissions WHERE outcome = 'accepted'",
            "SELECT count(*) FROM records.accepted",
            "SELECT count(*) FROM households.membership",
        )
        wrong += [] if files == rows == people == [(count,)] else [f"of {count} files {files}, rows {rows}, {people}"]
        again = workshop.commands.run(*arguments, seconds=3600)
        wrong += faults_of_end(arguments, again)
        wrong += [] if "Nothing changed since the last run" in again.said else ["the second run finds something new"]
    largest = workshop.commands.largest_bytes
    wrong += [f"a process of {largest / 1e9:.1f} GB"] if largest > MOST_BYTES else []
    yield Try(f"{count:,} files at once", f"largest process {largest / 1e9:.2f} GB", tuple(wrong))


def send(inbox: Path, village: str, number: int) -> None:
    """The list of one person, of whom nothing is to be corrected."""
    region, day, month = village.replace(".", "")[:6], number % 28 + 1, number // 28 % 12 + 1
    year, letters = 1940 + number // 336, "".join(chr(65 + int(digit)) for digit in f"{number:05d}")
    nik = f"{region}{day:02d}{month:02d}{year % 100:02d}{number % 9000 + 1:04d}"
    born, card = f"{day:02d}-{month:02d}-{year}", f"{region}{number // 9000 + 10}0120{number % 9000 + 1:04d}"
    person = {"NAMA": f"BUDI {letters}", "NIK": nik, "NO KK": card, "JENIS KELAMIN": "L", "TANGGAL LAHIR": born}
    person["JENIS PMKS"] = "FAKIR MISKIN"
    write_list(inbox / village / "2024" / f"daftar {number}.csv", [person])
