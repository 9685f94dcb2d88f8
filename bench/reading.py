"""Reading, isolation included, against handing the same files to calamine and iterating over the cells.

Prints milliseconds a file and ratios within this one run, over invented village lists of about 150 rows, and the memory
of the readers after a third of the files and after all of them. Run from the project's root: `python -m bench.reading`.
"""

import importlib
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import xlsxwriter
import xlwt
from python_calamine import CalamineWorkbook

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.reading import read_workbook

FILES, ROWS = 360, 150
HEADER = (
    *("NO", "NAMA", "NIK", "NO KK", "JENIS KELAMIN", "TEMPAT LAHIR", "TANGGAL LAHIR", "ALAMAT", "RT", "RW"),
    *("HUBUNGAN", "JENIS PMKS", "KETERANGAN"),
)


def village_rows(chance: random.Random) -> Iterator[list[object]]:
    """Title, header and invented rows; in every eighth file the NIK are numbers."""
    yield ["DAFTAR PMKS"]
    yield []
    yield list(HEADER)
    numeric = chance.random() < 1 / 8
    for number in range(1, ROWS + 1):
        nik = f"91{chance.randrange(10**14):014}"
        yield [
            *(
                number,
                f"WARGA {chance.randrange(10**6)}",
                int(nik) if numeric else nik,
                f"91{chance.randrange(10**14):014}",
            ),
            *(chance.choice("LP"), "JAYAPURA", f"{chance.randrange(1, 29):02}-05-{chance.randrange(1930, 2020)}"),
            *(f"JL. MELATI NO. {chance.randrange(200)}", f"{chance.randrange(1, 9):03}", "001", "KEPALA KELUARGA"),
            *("LANJUT USIA TERLANTAR", ""),
        ]


def write_xlsx(path: Path, chance: random.Random) -> None:
    book = xlsxwriter.Workbook(str(path), {"strings_to_numbers": False})
    sheet = book.add_worksheet("Data")
    for index, row in enumerate(village_rows(chance)):
        sheet.write_row(index, 0, row)
    sheet.merge_range(ROWS + 3, 0, ROWS + 3, 2, "JUMLAH")
    sheet.write_formula(ROWS + 3, 3, f"=COUNTA(B4:B{ROWS + 3})", None, ROWS)
    book.close()


def write_xls(path: Path, chance: random.Random) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    for index, row in enumerate(village_rows(chance)):
        for column, value in enumerate(row):
            if value != "":
                sheet.write(index, column, value)
    book.save(str(path))


def write_files(folder: Path) -> list[Path]:
    chance = random.Random(20120508)
    paths = []
    for number in range(FILES):
        suffix, write = ("xls", write_xls) if number % 10 == 9 else ("xlsx", write_xlsx)
        paths.append(folder / f"desa-{number:03}.{suffix}")
        write(paths[-1], chance)
    return paths


def by_calamine(path: Path) -> int:
    count = 0
    book = CalamineWorkbook.from_path(path)
    for name in book.sheet_names:
        for row in book.get_sheet_by_name(name).to_python():
            for _ in row:
                count += 1
    return count


def by_us(path: Path) -> int:
    count = 0
    for sheet in read_workbook(path).sheets:
        for row in sheet.rows:
            for _ in row:
                count += 1
    return count


def seconds(work: Callable[[], Iterable[object]], rounds: int = 3) -> float:
    """The fastest of some rounds, which other load on the machine disturbs least."""
    fastest = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in work():
            pass
        fastest = min(fastest, time.perf_counter() - begin)
    return fastest


def pooled(paths: list[Path], workers: int | None) -> Iterator[object]:
    """Read in isolated children, their start included."""
    function = importlib.import_module("bench.reading").by_us  # by the name under which the children find it
    with ReaderPool(workers) as pool:
        yield from pool.map(function, [(path,) for path in paths])


def resident(pid: int) -> int:
    """Resident memory in kB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def memory(paths: list[Path]) -> tuple[int, int]:
    """Resident memory of one reader after a third of the files, and after all of them three times over."""
    function = importlib.import_module("bench.reading").by_us
    with ReaderPool(1) as pool:
        answers = pool.map(function, [(path,) for path in paths * 3])
        for _ in islice(answers, len(paths) // 3):
            pass
        early = resident(pool.pids()[0])
        for _ in answers:
            pass
        return early, resident(pool.pids()[0])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder))
        base = seconds(lambda: map(by_calamine, paths))
        print(f"reading {len(paths)} files of {ROWS} rows")
        print(f"  calamine and iterating     {base / len(paths) * 1000:6.2f} ms a file")
        for label, work in (
            ("read_workbook              ", lambda: map(by_us, paths)),
            ("isolated, one reader       ", lambda: pooled(paths, 1)),
            ("isolated, all cores        ", lambda: pooled(paths, None)),
        ):
            spent = seconds(work)
            print(f"  {label}{spent / len(paths) * 1000:6.2f} ms a file, ratio {spent / base:.2f}")
        early, late = memory(paths)
        print(
            f"  memory of a reader         {early} kB after {len(paths) // 3} files, {late} kB after {len(paths) * 3}"
        )


if __name__ == "__main__":
    main()
