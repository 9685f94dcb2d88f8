"""Drawing the sample: who is asked about follows from a seed alone, and anybody can draw the same again.

Of each stratum those are drawn whose SHA-256 over seed and id is smallest: a simple random sample to whoever cannot
choose the seed to their liking, the same in whatever order and with whatever library the tables are read.
"""

from __future__ import annotations

import hashlib

import pandas as pd

from warehouse.in_force import lists_in_force, records_in_force
from warehouse.lake import Reader

UNROUTED, QUARANTINED = "tidak_dirujuk", "karantina"
"""Strata of what is referred to nobody: people by category, and rows that could not count."""
UNITS = ("stratum", "unit_id", "kode_desa", "kode_pmks", "tujuan", "alasan", "person_id", "record_ids")


def population(tables: Reader) -> pd.DataFrame:
    """Everything that can be asked about, one row each (`UNITS`): referrals by directorate, people and categories that
    are not referred, and data rows in quarantine whose list counts. `record_ids`: where it stands in the lists."""
    referrals = tables.read("referrals").rename(columns={"directorate": "stratum", "referral_id": "unit_id"})
    unrouted = tables.read("unrouted").rename(columns={"reason": "alasan"})
    unrouted = unrouted.assign(stratum=UNROUTED, unit_id=unrouted["person_id"] + " " + unrouted["kode_pmks"], tujuan="")
    unrouted = unrouted.drop_duplicates("unit_id")  # in several households it is asked once of a person and category
    rows = tables.read("quarantined", columns=["record_id", "submission_id", "sheet", "row"])
    rows = rows[rows["submission_id"].isin(lists_in_force(tables.read("outcomes")))]
    place = ["submission_id", "sheet", "row"]
    found = tables.read("findings", columns=[*place, "severity", "message"])
    why = found[found["severity"] == "error"].groupby(place)["message"].agg(lambda said: " ".join(dict.fromkeys(said)))
    rows = rows.merge(why.rename("alasan").reset_index(), on=place, how="left")
    quarantined = pd.DataFrame(
        {
            "stratum": QUARANTINED,
            "unit_id": rows["record_id"],
            "alasan": rows["alasan"],
            "record_ids": [[record_id] for record_id in rows["record_id"]],
        },
        columns=list(UNITS),
    )
    parts = [part[list(UNITS)].astype("object") for part in (referrals, unrouted, quarantined)]
    units = pd.concat(parts, ignore_index=True)
    return units.where(units.notna(), "").sort_values(["stratum", "unit_id"], ignore_index=True)


def draw(units: pd.DataFrame, *, seed: str, per_stratum: int) -> pd.DataFrame:
    """So many of each stratum, or all where there are fewer; in the order in which they were drawn."""
    chance = [hashlib.sha256(f"{seed}\x1f{unit}".encode()).hexdigest() for unit in units["unit_id"]]
    ordered = units.assign(chance=chance).sort_values(["stratum", "chance"], ignore_index=True)
    drawn = ordered.groupby("stratum", sort=True).head(per_stratum)
    return drawn.drop(columns="chance").reset_index(drop=True)


def evidence(tables: Reader, drawn: pd.DataFrame) -> pd.DataFrame:
    """What the lists say of each drawn unit, one row a row of a list: `unit_id`, `path`, `sheet`, `row`; of a row that
    counts name, numbers, birth and address, of one in quarantine all it says (`raw`). Of each unit the newest list that
    names the person comes last."""
    wanted = drawn[["unit_id", "person_id", "record_ids"]].explode("record_ids")
    wanted = wanted.rename(columns={"record_ids": "record_id", "person_id": "subject"})
    said = ["record_id", "submission_id", "sheet", "row", "kode_desa", "nama", "nik", "no_kk", "jenis_kelamin",
            "tanggal_lahir", "alamat", "dusun", "rt", "rw", "periode"]  # fmt: skip
    held = records_in_force(tables)[said]
    stopped = tables.read("quarantined", columns=["record_id", "submission_id", "sheet", "row", "raw"])
    rows = pd.concat([held, stopped[~stopped["record_id"].isin(held["record_id"])]], ignore_index=True)
    places = tables.read("submissions", columns=["submission_id", "path"])
    of = tables.read("membership", columns=["record_id", "person_id"])
    stated = wanted.merge(rows, on="record_id", how="left").merge(of, on="record_id", how="left")
    stated = stated.assign(is_subject=stated["person_id"] == stated["subject"])
    stated = stated.sort_values(["is_subject", "periode", "record_id"], na_position="first", ignore_index=True)
    return stated.merge(places, on="submission_id", how="left")
