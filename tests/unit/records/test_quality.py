"""Quality by village and period: counts that a slow count confirms, and jumps that chance does not make."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.records import quality
from assets.records.quality import (
    CHANGES,
    COLUMNS,
    QualityTables,
    declared,
    one_table,
    quality_markdown,
    quality_tables,
    tables_of,
)
from warehouse.arrow import to_pandas


def table_of(*tables: pd.DataFrame) -> pd.DataFrame:
    """What is measured of accepted and quarantined rows and findings, as a frame."""
    return to_pandas(quality.measured(*tables))


STATUSES = ["sound", "missing", "placeholder"]


def record(number: int, desa: str, periode: str, status: str, filled: bool, code: str) -> dict[str, object]:
    fields = dict.fromkeys(declared().query("group == 'kelengkapan'")["measure"], "x" if filled else None)
    keys = {
        "submission_id": f"{desa}{periode}{number % 2}",
        "sheet": "S",
        "row": number,
        "kode_desa": desa,
        "periode": periode,
    }
    return fields | keys | {"nik_status": status, "kk_status": "sound", "kode_pmks": [code]}


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["16.10.05.2036", "15.07.08.1001"]),
        st.sampled_from(["2023", "2024", "2024-S1"]),
        st.sampled_from(STATUSES),
        st.booleans(),
        st.sampled_from(["09", "24"]),
        st.sampled_from(["accepted", "quarantined"]),
        st.lists(st.sampled_from(["nik_beda_lahir", "kk_kosong"]), max_size=3),
    ),
    max_size=40,
)


def frames(drawn: list[tuple[str, str, str, bool, str, str, list[str]]]) -> tuple[pd.DataFrame, ...]:
    rows = [record(n, *values[:5]) for n, values in enumerate(drawn)]
    blank = record(0, "x", "2023", "sound", True, "24")
    everyone = pd.DataFrame(rows, columns=list(blank))
    kept = pd.Series([values[5] == "accepted" for values in drawn], dtype="bool")
    accepted = everyone[kept].reset_index(drop=True)
    quarantined = everyone.loc[~kept, ["submission_id", "sheet", "row"]]
    submissions = everyone[["submission_id", "kode_desa", "periode"]].drop_duplicates()
    found = [
        {"submission_id": rows[n]["submission_id"], "sheet": "S", "row": n, "code": code}
        for n, values in enumerate(drawn)
        for code in values[6]
    ]
    findings = pd.DataFrame(found, columns=["submission_id", "sheet", "row", "code"])
    return accepted, quarantined, findings, submissions


def quality_of(drawn: list[tuple[str, str, str, bool, str, str, list[str]]]) -> QualityTables:
    *lists, submissions = frames(drawn)
    return quality_tables(table_of(*lists), submissions)


@settings(max_examples=40, deadline=None)
@given(RECORDS)
def test_what_is_measured_of_each_list_does_not_depend_on_others(
    drawn: list[tuple[str, str, str, bool, str, str, list[str]]],
) -> None:
    accepted, quarantined, findings, submissions = frames(drawn)
    whole = table_of(accepted, quarantined, findings)
    for sid in submissions["submission_id"]:
        own = (frame[frame["submission_id"] == sid] for frame in (accepted, quarantined, findings))
        alone = whole[whole["submission_id"] == sid].reset_index(drop=True)
        pd.testing.assert_frame_equal(table_of(*own), alone)


@settings(max_examples=40, deadline=None)
@given(RECORDS)
def test_texts_that_are_kept_once_are_counted_like_others(
    drawn: list[tuple[str, str, str, bool, str, str, list[str]]],
) -> None:
    accepted, quarantined, findings, _ = frames(drawn)
    few = {"submission_id": "category", "sheet": "category"}
    of_records = few | dict.fromkeys(("kode_desa", "periode", "nik_status", "kk_status", "dusun", "rt"), "category")
    kept_once = (accepted.astype(of_records), quarantined.astype(few), findings.astype(few | {"code": "category"}))
    pd.testing.assert_frame_equal(table_of(*kept_once), table_of(accepted, quarantined, findings))


@settings(max_examples=40, deadline=None)
@given(RECORDS)
def test_every_count_is_what_counting_by_hand_gives(
    drawn: list[tuple[str, str, str, bool, str, str, list[str]]],
) -> None:
    tables = quality_of(drawn)
    assert list(tables.measures.columns) == COLUMNS
    assert list(tables.changes.columns) == CHANGES
    for line in tables.measures.itertuples():
        here = [v for v in drawn if v[:2] == (line.kode_desa, line.periode)]
        kept = [v for v in here if v[5] == "accepted"]
        by_hand = {
            "baris": (sum(v[5] == line.measure for v in here), len(here)),
            "nik": (sum(v[2] == line.measure for v in kept), len(kept)),
            "kk": (len(kept), len(kept)),
            "temuan": (sum(line.measure in v[6] for v in here), len(here)),
        }
        if line.group == "kelengkapan":
            asked = [v for v in kept if v[4] == "09"] if line.measure in ("jenis_disabilitas", "terlantar") else kept
            by_hand["kelengkapan"] = (sum(v[3] for v in asked), len(asked))
        count, base = by_hand[str(line.group)]
        assert (line.count, line.base, line.share) == (count, base, count / base)
    rows = tables.measures.query("group == 'baris'")["count"].sum()
    assert rows == len(drawn)


def village(periode: str, count: int, missing: int) -> list[tuple[str, str, str, bool, str, str, list[str]]]:
    desa = "16.10.05.2036"
    status = ["missing"] * missing + ["sound"] * (count - missing)
    return [(desa, periode, s, True, "24", "accepted", list[str]()) for s in status]


def jumps(*lists: list[tuple[str, str, str, bool, str, str, list[str]]]) -> set[tuple[str, str]]:
    changes = quality_of([line for part in lists for line in part]).changes
    found = changes[changes["jumps"]]
    return set(zip(found["group"], found["measure"], strict=True))


def test_a_share_that_moves_beyond_its_band_jumps() -> None:
    assert jumps(village("2023", 200, 4), village("2024", 200, 60)) == {("nik", "missing"), ("nik", "sound")}
    assert jumps(village("2023", 200, 4), village("2024", 200, 18)) == set()


def test_small_lists_do_not_jump_by_chance() -> None:
    assert jumps(village("2023", 8, 1), village("2024", 8, 3)) == set()


def test_the_band_is_three_standard_errors_of_two_shares_where_that_is_wider() -> None:
    changes = quality_of(village("2023", 40, 4) + village("2024", 400, 60)).changes
    variances = [(64 / 440) * (376 / 440) / size for size in (40, 400)]
    found = changes.query("group == 'nik' and measure == 'missing'")["band"].iloc[0]
    assert found == pytest.approx(3 * sum(variances) ** 0.5)


def test_a_list_that_doubles_or_halves_jumps() -> None:
    assert jumps(village("2023", 50, 0), village("2024", 120, 0)) == {("baris", "accepted")}
    assert jumps(village("2023", 120, 0), village("2024", 50, 0)) == {("baris", "accepted")}


def test_a_kind_that_is_new_is_compared_with_none_before() -> None:
    tables = quality_of(village("2023", 100, 0) + village("2024", 100, 50))
    line = tables.changes.query("group == 'nik' and measure == 'missing'").iloc[0]
    assert (line["previous_share"], line["share"], line["previous_period"]) == (0, 0.5, "2023")


def test_the_page_names_villages_by_code_and_shows_the_jumps() -> None:
    tables = quality_of(village("2023", 200, 4) + village("2024", 200, 60))
    page = quality_markdown(tables)
    assert "| 16.10.05.2036 | 2023 → 2024 | nik: missing | 2% → 30% | 200 → 200 |" in page
    assert page.count("data:image/svg+xml;base64,") == 3
    assert "Tidak ada." in quality_markdown(quality_of(village("2023", 10, 0)))
    assert "Tidak ada." in quality_markdown(quality_of([]))


@settings(max_examples=20, deadline=None)
@given(RECORDS)
def test_one_table_holds_every_measure_and_change_and_gives_them_back(
    drawn: list[tuple[str, str, str, bool, str, str, list[str]]],
) -> None:
    tables = quality_of(drawn)
    whole = one_table(tables)
    keys = ["kode_desa", "periode", "group", "measure"]
    assert not whole.duplicated(keys).any()
    again = tables_of(whole)
    pd.testing.assert_frame_equal(again.changes, tables.changes, check_dtype=False)
    gone = again.measures[again.measures["count"] == 0]
    kept = again.measures.drop(gone.index).reset_index(drop=True)
    mine = tables.measures[tables.measures["count"] > 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, mine, check_dtype=False)


def test_a_kind_that_is_gone_is_a_jump_too() -> None:
    tables = quality_of(village("2023", 100, 50) + village("2024", 100, 0))
    line = one_table(tables).query("periode == '2024' and group == 'nik' and measure == 'missing'").iloc[0]
    assert (line["count"], line["previous_share"], line["jumps"]) == (0, 0.5, True)


def test_records_of_no_known_village_count_as_rows_alone() -> None:
    drawn = [("16.10.05.2036", "2024", "sound", True, "24", "accepted", ["kk_kosong"])] * 2
    accepted, quarantined, findings, _ = frames(drawn)
    accepted.loc[1, ["submission_id", "kode_desa"]] = [accepted.loc[0, "submission_id"], None]
    findings["submission_id"] = accepted.loc[0, "submission_id"]
    table = table_of(accepted, quarantined, findings)
    counted = table[table["count"] > 0].groupby(["kode_desa", "group"])["count"].max()
    assert counted.loc["", "baris"] == counted.loc["", "temuan"] == 1
    assert set(counted.loc[""].index) == {"baris", "temuan"}
    assert set(counted.loc["16.10.05.2036"].index) == {"baris", "kelengkapan", "kk", "nik", "temuan"}
