"""Raw rows to validated records: `python -m bench.records [ROWS]` (default 1,000,000), on invented rows with real dirt.

Prints rows a second on one core, peak memory over what the process held before the rows were made, and, as a ratio
within this one run, the same against a plain pandas pass (strip and upper-case every text column, nothing validated).
Dirt and its shares follow what real lists hold: see `DIRT`. Nothing here is anybody's.
"""

from __future__ import annotations

import gc
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.records.building import RecordTables, build_records
from validation.fields import FIELDS
from validation.regions import village
from warehouse.arrow import to_arrow

pa.set_cpu_count(1)
pa.set_io_thread_count(1)

ROWS_A_LIST = 150
VILLAGES = [f"16.10.{d:02}.{n}" for d in range(1, 17) for n in range(2001, 2060)]
GIVEN = [a + b for a in ("SU", "WI", "RA", "NUR", "MA", "HAR", "SI", "KA", "DE", "BU") for b in (
    "MIATI", "DODO", "HAYATI", "JONO", "LINA", "TINI", "YADI", "SMAN", "RTI", "WATI", "NTO", "DIRMAN", "LASTRI",
    "RIANI", "SITO", "NGSIH", "RYONO", "LIA", "MAH", "ROH", "SNI", "TRI", "DIN", "JA", "LEHA")]  # fmt: skip
FAMILY = [a + b for a in ("PER", "WAH", "SET", "HID", "PRA", "KUS", "GUN", "SAN", "YUD", "LES", "MUL", "RAH") for b in (
    "MATA", "YUDI", "IAWAN", "AYAT", "TAMA", "UMA", "TOSO", "ISTIRA", "TARI", "YONO", "MANSYAH", "WANTO", "NINGRUM",
    "DANI", "ANTI", "ARJO", "BUDI", "TORO")]  # fmt: skip
PLACES = ["OGAN ILIR", "PALEMBANG", "Indralaya", "PEMULUTAN", "Kayu Agung", "MUARA ENIM", "JAMBI", "LAHAT", "-"]
ROADS = ["JL. MELATI", "JALAN RAYA", "GG. MAWAR", "JLN PASAR", "LORONG DAMAI", "JL DESA"]
HAMLETS = ["KRAJAN", "MARGASARI", "PASIR", "TEGALREJO", "I", "II", "III", "KEDUNG SARI", "SRI MULYA"]
CATEGORIES = [
    "Fakir Miskin", "FAKIR MISKIN", "FM", "PMKS-24", "Penyandang Disabilitas", "penyandang cacat terlantar", "RTLH",
    "Rumah Tidak Layak Huni", "FM + RTLH", "Keluarga Rentan", "PMKS-24, PMKS-26", "keluarga fakir miskin; RTLH",
    "Pnyandang disabilitas", "tuna netra", "Gelandangan", "Pemulung", "Fakir Miskn", "Korban bencana alam",
]  # fmt: skip
OF_THE_OLD = ["Lanjut Usia Terlantar", "lansia terlantar", "PMKS-08", "Lanjut usia telantar; RTLH", "FM, PMKS-08"]
OF_CHILDREN = ["Anak Terlantar", "anak/remaja terlantar", "PMKS-02", "Anak Jalanan"]
RELATIONS = ["KEPALA KELUARGA", "ISTRI", "ANAK", "Kepala Keluarga", "KK", "Istri", "anak", "CUCU", "MERTUA", "ORTU"]
MONTHS = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "Nop",
    "Des",
]
KINDS = ["fisik", "netra", "tuna rungu", "mental"]
REMARKS = ["belum dapat bantuan", "terlantar", "pindah"]
DIRT = {
    "nik missing": 0.02, "nik placeholder": 0.01, "nik of the wrong length": 0.01, "nik separated": 0.01,
    "NIK of another kecamatan": 0.07, "birth date not that of the NIK": 0.09,
    "sex not that of the NIK": 0.01, "birth date unreadable": 0.003,
    "year only": 0.02, "two-digit year": 0.02, "no name": 0.002, "unknown category": 0.002, "deceased": 0.004,
}  # fmt: skip

Numbers = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]


def texts(values: npt.ArrayLike) -> pa.Array:
    """As Arrow strings."""
    return pa.array(values, pa.large_string())


def joined(*parts: pa.Array | str) -> pa.Array:
    """Text columns and constants, one after the other."""
    scalars = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in (*parts, "")]
    return pc.binary_join_element_wise(*scalars)


def padded(numbers: Numbers, width: int) -> pa.Array:
    """Whole numbers with leading zeros."""
    return pc.utf8_lpad(texts(pa.array(numbers).cast(pa.large_string())), width, "0")


def pick(rng: np.random.Generator, values: list[str], size: int) -> pa.Array:
    """One of the values for each row."""
    return texts(values).take(pa.array(rng.integers(0, len(values), size)))


def where(mask: npt.NDArray[np.bool_], this: pa.Array | str | None, other: pa.Array) -> pa.Array:
    """`this` where the mask holds, else `other`."""
    one = pa.scalar(this, pa.large_string()) if this is None or isinstance(this, str) else this
    return pc.if_else(pa.array(mask), one, other)


def invented_rows(size: int, seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Raw rows and columns (tables `raw_rows` and `columns`) of one partition, in lists of `ROWS_A_LIST` rows."""
    rng = np.random.default_rng(seed)
    chance = {name: rng.random(size) < share for name, share in DIRT.items()}
    at = np.arange(size)
    lists = at // ROWS_A_LIST
    count = int(lists[-1]) + 1
    style = rng.integers(0, 8, count)[lists]
    known = [code for code in VILLAGES if village(code)]
    submissions = texts(sorted(f"{rng.integers(2**62):064x}" for _ in range(count))).take(pa.array(lists))
    born = np.datetime64("1935-01-01", "D") + rng.integers(0, 31000, size)
    women = rng.random(size) < 0.5
    district = np.array([int(code[6:8]) for code in known])[lists % len(known)]
    cells, kinds = _people(rng, size, style, born, women, district, chance)
    letters = {field: chr(ord("B") + n) for n, field in enumerate(cells)}
    raw = joined("{", *(part for f, v in cells.items() for part in (f'"{letters[f]}": "', pc.fill_null(v, ""), '", ')),
                 joined('"Z": "', texts(pa.array(at).cast(pa.large_string())), '"}'))  # fmt: skip
    codes = np.full((size, len(FIELDS)), b".", dtype="S1")
    for field, values in cells.items():
        filled = ~np.asarray(pc.is_null(values))
        codes[filled, FIELDS.index(field)] = kinds.get(field, np.full(size, b"t", dtype="S1"))[filled]
    types = texts(codes.view(f"S{len(FIELDS)}").ravel().astype(str))
    none = pa.nulls(size, pa.large_string())
    columns: dict[str, object] = {
        "submission_id": submissions, "sheet": where(style == 3, "DATA PMKS", texts(["Sheet1"] * size)),
        "row": at % ROWS_A_LIST + 2, "header_row": np.ones(size, dtype=np.int64),
        "kode_desa": texts(known).take(pa.array(lists % len(known))),
        "periode": texts(["2024"] * size), "skema_kode": none,
    }  # fmt: skip
    frame = pd.DataFrame({name: _series(values) for name, values in columns.items()})
    frame["kategori_tanda"] = pd.Series([[] for _ in range(size)], dtype="object")
    frame["kategori_berkas"] = pd.Series([["FAKIR MISKIN"] if s == 7 else [] for s in style], dtype="object")
    more = {"types": types, "filled": texts([""] * size), "raw": raw} | {f: cells.get(f, none) for f in FIELDS}
    frame = frame.assign(tersembunyi=pd.array([False] * size, dtype="boolean"),
                         **{name: _series(values) for name, values in more.items()})  # fmt: skip
    frame = frame.astype({"row": "Int64", "header_row": "Int64"})
    keys = frame[["submission_id", "sheet", "header_row"]].drop_duplicates()
    mapped = pd.DataFrame({"field": list(letters), "column": list(letters.values())})
    return frame, keys.merge(mapped, how="cross").assign(code_map=None)


def _in_arrow(rows: pd.DataFrame, columns: pd.DataFrame) -> tuple[pa.Table, pa.Table]:
    return to_arrow("raw_rows", rows), pa.Table.from_pandas(columns, preserve_index=False)


def _series(values: object) -> pd.Series:
    return pd.Series(values.to_pandas()).astype("str") if isinstance(values, pa.Array) else pd.Series(values)


def _people(
    rng: np.random.Generator, size: int, style: Numbers, born: npt.NDArray[np.datetime64],
    women: npt.NDArray[np.bool_], district: Numbers, chance: dict[str, npt.NDArray[np.bool_]],
) -> tuple[dict[str, pa.Array], dict[str, npt.NDArray[np.bytes_]]]:  # fmt: skip
    """The cells of each row by field, and the types of those that are not all text."""
    years = born.astype("datetime64[Y]").astype(int) + 1970
    months = born.astype("datetime64[M]").astype(int) % 12 + 1
    days = (born - born.astype("datetime64[M]")).astype(int) + 1
    there = np.where(chance["birth date not that of the NIK"], 1 + rng.integers(0, 27, size), days)
    sex_there = women ^ chance["sex not that of the NIK"]
    serial = joined(padded(rng.integers(1, 20, size), 3), texts(rng.integers(1, 10, size).astype(str)))
    here = padded(np.where(chance["NIK of another kecamatan"], rng.integers(1, 17, size), district), 2)
    area = joined("1610", here)
    nik = joined(area, padded(there + 40 * sex_there, 2), padded(months, 2), padded(years % 100, 2), serial)
    family = rng.integers(0, max(size // 3, 1), size)
    kk = joined("1610", padded(family % 16 + 1, 2), padded(family % 28 + 1, 2), padded(family % 12 + 1, 2),
                padded(family % 20 + 5, 2), padded(family // 13 % 9999 + 1, 4))  # fmt: skip
    numeric = style == 0
    for number in ("nik", "kk"):
        value = nik if number == "nik" else kk
        value = where(chance["nik of the wrong length"], pc.utf8_slice_codeunits(value, 0, 15), value)
        value = where(numeric, joined(pc.utf8_slice_codeunits(value, 0, 15), "0"), value)
        value = where(style == 1, joined("'", value), value)
        value = where(chance["nik separated"], joined(pc.utf8_slice_codeunits(value, 0, 6), " ",
                                                      pc.utf8_slice_codeunits(value, 6, 16)), value)  # fmt: skip
        value = where(chance["nik placeholder"], pick(rng, ["0", "-", "belum punya", "9999999999999999"], size), value)
        value = where(chance["nik missing"], None, value)
        nik, kk = (value, kk) if number == "nik" else (nik, value)
    name = joined(pick(rng, GIVEN, size), " ", pick(rng, FAMILY, size))
    name = where(rng.random(size) < 0.3, joined(name, " ", pick(rng, FAMILY, size)), name)
    name = where(style == 5, pc.utf8_title(name), name)
    name = where(chance["deceased"], joined(name, " (ALM)"), name)
    name = where(chance["no name"], pick(rng, ["-", "", "X"], size), name)
    d, m, y = padded(days, 2), padded(months, 2), padded(years, 4)
    date = joined(y, "-", m, "-", d)
    date = where(np.isin(style, [1, 2]), joined(d, "-", m, "-", y), date)
    date = where(style == 3, joined(d, "/", m, "/", y), date)
    month = texts(MONTHS).take(pa.array(months - 1))
    date = where(style == 4, joined(texts(days.astype(str)), " ", month, " ", y), date)
    spoilt = [("two-digit year", joined(d, "-", m, "-", padded(years % 100, 2))), ("year only", y),
              ("birth date unreadable", pick(rng, ["32-13-1980", "1900-01-00", "tidak tahu 5"], size))]  # fmt: skip
    real_dates = np.isin(style, [0, 5, 6, 7])
    for reason, value in spoilt:
        date = where(chance[reason], value, date)
        real_dates &= ~chance[reason]
    aged = style == 6
    real_dates &= ~aged
    date = where(aged, None, date)
    age = joined(pick(rng, ["", "± "], size), texts(np.maximum(2024 - years, 0).astype(str)), " th")
    rt, rw = padded(rng.integers(1, 13, size), 3), padded(rng.integers(1, 6, size), 3)
    in_address = np.isin(style, [2, 6])
    road = joined(pick(rng, ROADS, size), " NO. ", texts(rng.integers(1, 120, size).astype(str)))
    long = joined("DUSUN ", pick(rng, HAMLETS, size), " RT ", rt, "/", rw)
    limited, age_now = rng.random(size) < 0.5, 2024 - years
    category = pick(rng, CATEGORIES, size)
    category = where(limited & (age_now > 60), pick(rng, OF_THE_OLD, size), category)
    category = where(limited & (age_now > 5) & (age_now < 18), pick(rng, OF_CHILDREN, size), category)
    category = where(chance["unknown category"], "????", category)
    sexes = where(style == 4, pc.if_else(pa.array(women), "Perempuan", "Laki-laki").cast(pa.large_string()),
                  pc.if_else(pa.array(women), "P", "L").cast(pa.large_string()))  # fmt: skip
    cells = {
        "nik": nik, "no_kk": kk, "nama": name, "jenis_kelamin": sexes, "tempat_lahir": pick(rng, PLACES, size),
        "tanggal_lahir": date, "umur": where(~aged, None, age), "hubungan": pick(rng, RELATIONS, size),
        "alamat": where(in_address, long, road), "dusun": where(in_address, None, pick(rng, HAMLETS, size)),
        "rt": where(in_address, None, rt), "rw": where(in_address, None, rw),
        "kategori": where(style == 7, None, category),
        "jenis_disabilitas": where(rng.random(size) < 0.9, None, pick(rng, KINDS, size)),
        "keterangan": where(rng.random(size) < 0.9, None, pick(rng, REMARKS, size)),
        "nama_ibu": where(style < 5, None, joined(pick(rng, GIVEN, size), " ", pick(rng, FAMILY, size))),
    }  # fmt: skip
    numbers = np.where(numeric, b"n", b"t").astype("S1")
    return cells, {"nik": numbers, "no_kk": numbers, "tanggal_lahir": np.where(real_dates, b"d", b"t").astype("S1")}


def resident() -> int:
    """Resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def watched(work: Callable[[], RecordTables]) -> tuple[RecordTables, float, int]:
    """The result of `work`, processor seconds of the whole process, and the highest resident memory seen."""
    highest, done = resident(), threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.02):
            highest = max(highest, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.process_time()
    result = work()
    spent = time.process_time() - begin
    done.set()
    watcher.join()
    return result, spent, highest


def plain_pass(rows: pd.DataFrame) -> float:
    """Processor seconds of the least that any cleaning does: strip and upper-case every text column."""
    begin = time.process_time()
    for field in FIELDS:
        if rows[field].notna().any():
            rows[field].str.strip().str.upper()
    return time.process_time() - begin


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    invented_rows(1000)
    build_records(*_in_arrow(*invented_rows(1000)))  # rule tables and regular expressions are loaded once a process
    gc.collect()
    before = resident()
    frame, columns = invented_rows(size)
    base = plain_pass(frame)
    rows, of_columns = _in_arrow(frame, columns)
    del frame
    gc.collect()
    pa.default_memory_pool().release_unused()
    held = resident() - before
    made, spent, highest = watched(lambda: build_records(rows, of_columns))
    print(f"records: {size:,} raw rows ({held / size:,.0f} bytes each in memory)")
    print(f"  accepted {len(made.accepted):,}, quarantined {len(made.quarantined):,}, findings {len(made.findings):,}")
    peak = (highest - before) / size / 1000
    print(f"  {size / spent:,.0f} rows a second and core")
    print(f"  peak memory {peak:.2f} GB a million rows, of which the raw rows {held / size / 1000:.2f}")
    print(f"  {spent / base:.2f} times a plain pandas pass (strip and upper-case the text columns)")


if __name__ == "__main__":
    main()
