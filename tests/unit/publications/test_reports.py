"""Reports tell what was counted, and of nobody: pages of the sample inbox, and tables made to be taken apart."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from scipy.optimize import Bounds, LinearConstraint, milp

from assets.publications.reports.disclosure import SMALLEST, Shown
from assets.publications.reports.disclosure import protected as protected_by_number
from assets.publications.reports.figures import Key, Measure, _events, counted, key, measures
from assets.publications.reports.pages import COLOURS, by_page, make_page, rendered, texts
from assets.publications.stages import reports
from assets.publications.stages.reports import REPORT, _sources, report
from validation.categories import restricted_categories
from validation.directorates import directorates
from warehouse.files import copy_folder
from warehouse.home import DataHome
from warehouse.lake import Lake

Cell = tuple[int | None, ...]
SIDES = ((1, 1, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0))


def a_table(seed: int) -> tuple[dict[Cell, int], list[tuple[Cell, list[Cell]]]]:
    """Counts by village, category and answer, mostly very small, with every sum over each of the three."""
    dice = random.Random(seed)
    counts: Counter[Cell] = Counter()
    for village in range(dice.randint(1, 3)):
        for category in range(dice.randint(1, 4)):
            for answer in range(2):
                count = dice.choice([0, 0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 12])
                for sides in SIDES if count else ():
                    counts[
                        tuple(v if s else None for v, s in zip((village, category, answer), sides, strict=True))
                    ] += count
    sums: dict[tuple[Cell, int], list[Cell]] = {}
    for cell in counts:
        for at in range(3):
            if cell[at] is not None:
                sums.setdefault(((*cell[:at], None, *cell[at + 1 :]), at), []).append(cell)
    return dict(counts), [(whole, parts) for (whole, _), parts in sums.items()]


def possible(said: dict[Cell, Shown], sums: list[tuple[Cell, list[Cell]]]) -> Iterator[tuple[Cell, int, int]]:
    """The smallest and largest count that each small cell may be, for whoever solves for it with all that is said."""
    cells = list(said)
    at = {cell: number for number, cell in enumerate(cells)}
    rules = np.zeros((len(sums), len(cells)))
    for row, (whole, parts) in enumerate(sums):
        rules[row, [at[whole], *(at[part] for part in parts)]] = [-1, *[1] * len(parts)]
    within = Bounds([each.least for each in said.values()], [each.most for each in said.values()])
    how = {"constraints": LinearConstraint(rules, 0, 0), "bounds": within, "integrality": np.ones(len(cells))}
    for cell in cells:
        if said[cell].small:
            wanted = np.zeros(len(cells))
            wanted[at[cell]] = 1
            least, most = milp(wanted, **how).fun, milp(-wanted, **how).fun
            yield cell, round(least), -round(most)


def protected(counts: Mapping[Any, int], sums: Sequence[tuple[Any, Sequence[Any]]]) -> dict[Any, Shown]:
    """What is said of counts and sums that go by keys, not by numbers."""
    at = {cell: number for number, cell in enumerate(counts)}
    parts = [(number, at[part]) for number, (_, of_it) in enumerate(sums) for part in of_it]
    within, part = np.array(parts, np.int64).reshape(-1, 2).T
    whole = np.array([at[total] for total, _ in sums], np.int64)
    return dict(zip(counts, protected_by_number(np.array([*counts.values()]), whole, part, within), strict=True))


@pytest.mark.parametrize("seed", [1, 2, 3, 5, 53])
def test_no_small_count_can_be_worked_out_from_all_that_is_said(seed: int) -> None:
    counts, sums = a_table(seed)
    said = protected(counts, sums)
    assert all(said[cell].least <= count <= said[cell].most for cell, count in counts.items())
    assert all(said[cell].value is None for cell, count in counts.items() if count < SMALLEST)
    for cell, least, most in possible(said, sums):
        assert most > least, cell


def test_large_counts_are_said_to_the_nearest_five_where_nothing_small_stands_beside() -> None:
    counts = {"all": 1000, "a": 612, "b": 388}
    said = protected(counts, [("all", ["a", "b"])])
    assert {name: each.value for name, each in said.items()} == {"all": 1000, "a": 610, "b": 390}


@pytest.fixture(scope="module")
def home(finished: Path) -> DataHome:
    return DataHome(finished, finished)


@pytest.fixture(scope="module")
def said(home: DataHome) -> dict[tuple[object, ...], Shown]:
    return counted(measures(_sources(REPORT.begin(Lake(home.lake), home))))


def test_counts_are_those_that_are_counted_row_by_row(home: DataHome, said: dict[tuple[object, ...], Shown]) -> None:
    lake, exact = Lake(home.lake), Counter[tuple[object, ...]]()
    for row in lake.read("referrals").to_dict("records"):
        village, kabupaten = row["kode_desa"], row["kode_desa"][:5]
        category = "terbatas" if row["kode_pmks"] in restricted_categories() else row["kode_pmks"]
        for place in ({"desa": village}, {"kabupaten": kabupaten}):
            exact[key("rujukan", **place)] += 1
            exact[key("rujukan", **place, kategori=category, status="belum_dijawab")] += 1
            exact[key("rujukan", **place, direktorat=row["directorate"])] += 1
        exact[key("rujukan", direktorat=row["directorate"], tujuan=row["tujuan"])] += 1
        exact[key("mulai", direktorat=row["directorate"], bulan=f"{row['since']:%Y-%m}")] += 1
    members = lake.read("membership").set_index("record_id")
    held = lake.read("outcomes").query("outcome == 'accepted'")["submission_id"]
    seen = set()
    for row in lake.read("accepted").to_dict("records"):
        if row["submission_id"] in set(held):
            seen.add((members.at[row["record_id"], "person_id"], row["kode_desa"], row["periode"]))
            exact[key("baris", desa=row["kode_desa"], mutu="diterima", nik_status=row["nik_status"])] += 1
    for _, village, period in seen:
        exact[key("orang", desa=village, periode=period)] += 1
    wrong = [each for each, count in exact.items() if not said[each].least <= count <= said[each].most]
    assert len(exact) > 150 and wrong == []


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "desa": st.sampled_from(["16.10.05.2036", "16.10.05.2037", "16.71.01.1001"]),
            "direktorat": st.sampled_from(["jamsos", "rehsos"]),
            "sebab": st.sampled_from(["pindah", "meninggal"]),
        }
    ),
    max_size=60,
)
OF = [("desa",), ("desa", "sebab"), ("direktorat",), ("direktorat", "kabupaten"), ("direktorat", "sebab"),
      ("kabupaten",), ("kabupaten", "sebab"), ("desa", "direktorat")]  # fmt: skip


def one_by_one(found: list[Measure]) -> dict[Key, Shown]:
    """What may be said of counts, each of them and each of their sums counted row by row."""
    counts, sums = Counter[Key](), dict[tuple[Key, tuple[str, ...], str], dict[Key, None]]()
    for measure in found:
        for combination in sorted(measure.combinations):
            for row in measure.rows.to_dict("records"):
                counts[part := key(measure.name, **{name: row[name] for name in combination})] += 1
                for by in combination:
                    whole = sorted({*combination} - {by})
                    for names in (whole, sorted([*whole, "kabupaten"])) if by == "desa" else (whole,):
                        if tuple(names) in measure.combinations:
                            total = key(measure.name, **{name: row[name] for name in names})
                            sums.setdefault((total, combination, by), {})[part] = None
    every = [(total, [*parts]) for (total, _, _), parts in sums.items()]
    for begun in [each for each in counts if each[0] == "mulai" and len(each) == 2]:
        left = [each for each in (("rujukan", begun[1]), ("berakhir", begun[1])) if each in counts]
        if counts[begun] == sum(counts[each] for each in left):
            every.append((begun, left))
    return protected(counts, every)


@given(st.fixed_dictionaries(dict.fromkeys(("mulai", "rujukan", "berakhir"), ROWS)), st.sets(st.sampled_from(OF)))
def test_all_that_is_said_is_what_follows_from_counting_one_by_one(
    rows: dict[str, list[dict[str, str]]], combinations: set[tuple[str, ...]]
) -> None:
    found = []
    for name, some in rows.items():
        frame = pd.DataFrame(some, columns=["desa", "direktorat", "sebab"], dtype="str")
        frame = frame.assign(kabupaten=frame["desa"].str[:5])
        named = sorted({column for each in combinations for column in each})
        found.append(Measure(name, frame[named].astype("category"), frozenset(combinations)))
    said = counted(found)
    assert said == one_by_one(found)
    assert [*said] == sorted(said, key=lambda each: [*rows].index(each[0]))


def test_a_row_that_lacks_what_it_is_counted_by_is_not_counted() -> None:
    rows = pd.DataFrame({"sebab": ["pindah", None, "pindah"]}, dtype="str").astype("category")
    said = counted([Measure("berakhir", rows, frozenset([("sebab",)]))])
    assert said == protected({key("berakhir", sebab="pindah"): 2}, [])


STATES = st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.none() | st.integers(0, 3))


@given(st.lists(STATES, max_size=8))
def test_what_began_and_what_ended_are_found_as_row_by_row(states: list[tuple[str, int, int | None]]) -> None:
    moments = [None if at is None else pd.Timestamp(2025, 11, 29) + pd.Timedelta(days=at) for at in (0, 1, 2, 3, None)]
    rows = [(who, moments[begun], moments[-1 if ended is None else ended]) for who, begun, ended in states]
    history = pd.DataFrame(rows, columns=["referral_id", "valid_from", "valid_to"])
    history = history.astype(dict.fromkeys(("valid_from", "valid_to"), "datetime64[us]")).astype({"referral_id": "str"})
    history = history.assign(directorate="jamsos", kode_desa="16.10.05.2036", ended_because=pd.Series(dtype="str"))
    for moment, other, of, against in (("valid_from", "valid_to", 1, 2), ("valid_to", "valid_from", 2, 1)):
        kept = [row for row in rows if row[of] and (row[0], row[of]) not in {(r[0], r[against]) for r in rows}]
        found = _events(history, moment, other)
        assert found["referral_id"].tolist() == [row[0] for row in kept]
        assert found["bulan"].tolist() == [f"{row[of]:%Y-%m}" for row in kept]


def test_every_page_is_whole_in_itself_and_names_nobody(finished: Path) -> None:
    folder, lake = finished / "published" / "laporan", Lake(finished / "lake")
    villages = set(lake.read("accepted")["kode_desa"])
    pages = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.html")}
    assert set(pages) == {
        *(f"direktorat/{code}.html" for code in directorates()),
        *(f"desa/{code}.html" for code in villages),
        *(f"kabupaten/{code[:5]}.html" for code in villages),
    }
    people = lake.read("persons")
    secret = {*people["nama"], *people["nik"], *people["no_kk"], *people["person_id"], *people["household_id"]}
    for name, text in pages.items():
        assert not re.search(r"<script|<link|<img|src=|url\(|@import|https?:", text), name
        page = html.fromstring(text)
        assert page.get("lang") == "id" and len(page.xpath("//h1")) == 1, name
        assert all(table.xpath("./tbody/tr/th[@scope='row']") for table in page.xpath("//table")), name
        shown = page.text_content()
        assert not [each for each in secret if isinstance(each, str) and len(each) > 7 and each in shown], name


def test_a_page_says_no_count_that_is_small_or_exact(finished: Path) -> None:
    for path in sorted((finished / "published" / "laporan").rglob("*.html")):
        cells = html.fromstring(path.read_text()).xpath("//tbody//td[not(@class)]/text() | //dd/text()")
        assert cells
        for cell in cells:
            low = int(cell.split("–")[0].replace(".", "") or 0) if cell != "·" else 0
            assert cell in ("–", "·", "1–4") or ("–" in cell and low >= SMALLEST) or low % 5 == 0, path.name


def test_pages_of_restricted_categories_do_not_say_which_they_are(said: dict[tuple[object, ...], Shown]) -> None:
    kinds = {dict(each[1:]).get("kategori") for each in said}  # type: ignore[call-overload]
    assert "terbatas" in kinds and not kinds & restricted_categories()


def test_only_pages_that_say_something_else_are_written_again(finished: Path, tmp_path: Path) -> None:
    copy_folder(finished, tmp_path / "home")
    home = DataHome(tmp_path / "home", tmp_path)
    folder = home.reports
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.html")}
    assert report(REPORT.begin(Lake(home.lake), home)) == (len(before), 0)
    changed, gone = folder / "desa" / "16.10.05.2036.html", folder / "kabupaten" / "15.07.html"
    changed.write_text("lain")
    gone.unlink()
    assert report(REPORT.begin(Lake(home.lake), home)) == (len(before), 2)
    assert changed.read_text() != "lain" and gone.exists()
    same = {path for path in before if path.stat().st_mtime_ns == before[path]}
    assert same == before.keys() - {changed, gone}


def test_helpers_make_the_same_pages(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "_TOGETHER", 2)
    written = []
    for workers in (1, 2):
        copy_folder(finished, tmp_path / f"{workers}")
        home = DataHome(tmp_path / f"{workers}", tmp_path, workers=workers)
        shutil.rmtree(home.reports)
        made = report(REPORT.begin(Lake(home.lake), home))
        written.append({path.relative_to(home.root): path.read_bytes() for path in home.reports.rglob("*")
                        if path.is_file()})  # fmt: skip
        assert made.pages == made.written == len(written[-1]) - 1
    assert written[0] == written[1]


def test_texts_are_escaped_and_every_measure_has_its_words() -> None:
    said = {key("rujukan", direktorat="rehsos"): Shown(8, 12, 10),
            key("rujukan", direktorat="rehsos", tujuan="<b>&"): Shown(8, 12, 10)}  # fmt: skip
    text = rendered(make_page("direktorat", "rehsos", said, pd.Timestamp(2026, 1, 2).date())).decode()
    assert "<b>&" not in text and "&lt;b&gt;&amp;" in text
    said = texts()
    named = {name for kind in said["kinds"].values() for name in kind["sections"]}
    assert named == set(said["sections"])
    assert all(f"--{colour}:" in text for colour in COLOURS)


def test_a_page_says_the_same_of_its_own_counts_as_of_all() -> None:
    ten = Shown(8, 12, 10)
    places = {"direktorat": "rehsos", "kabupaten": "16.10", "desa": "16.10.05.2036"}
    said = {key("rujukan", **{kind: code}, status="diterima"): ten for kind, code in places.items()}
    said |= {key("rujukan", **{kind: code}): ten for kind, code in places.items()}
    said |= {key("rujukan", direktorat="rehsos", kabupaten="16.10"): ten}
    said |= {key("serumah", bersama="rehsos + dayasos"): ten, key("serumah", bersama="jamsos + dayasos"): ten}
    said |= {
        key("orang", desa="16.10.05.2036", periode="2024"): ten,
        key("orang", desa="15.07.01.2001", periode="2024"): ten,
    }
    counts, day = by_page(said), pd.Timestamp(2026, 1, 2).date()
    for kind, code in (*places.items(), ("desa", "15.07.01.2001")):
        page = (kind, code)
        assert 0 < len(counts[page]) < len(said)
        assert make_page(*page, counts[page], day) == make_page(*page, said, day)
