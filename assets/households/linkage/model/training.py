"""Training a model for one installation: from its own records and reviewers' decisions, to a file that runs then use.

The trained model lies in the data home, `models/model.json`, with its picture beside it. Where there is none, the
shipped one serves. A model changes only when someone trains: runs never change it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from assets.households.linkage.arrays.text import Records
from assets.households.linkage.matching import Report, cluster_prepared
from assets.households.linkage.model import MODEL
from assets.households.linkage.model.estimation import train
from assets.households.linkage.model.labelled import with_labels
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.model.picture import picture
from assets.households.linkage.prepare.records import LISTED_BY, Prepared, prepare
from assets.households.review.before import before_answers
from warehouse.files import replacing
from warehouse.home import DataHome


class ModelError(ValueError):
    """The installation's own model cannot be used. The message names its file."""


def serving_model(home: DataHome) -> Model:
    """Return the installation's own model, or the shipped one where it has none, with what it says a wrong merge costs
    and a household is.

    Raises `ModelError` where the file is no model of this version, or was changed by hand.
    """
    own = home.models / MODEL
    try:
        model = Model.load(own) if own.exists() else Model.default()
    except (ValueError, TypeError) as error:
        raise ModelError(f"{own} is no whole model; bring it back from the backup, or train a new one") from error
    return model.as_set(home.wrong_merge_cost, home.households)


def train_model(records: Records, decisions: pd.DataFrame | None, out: Path) -> Model:
    """Train on records (as `cluster_records`) and write the model to `out` and its picture beside it, as `.svg`.

    `decisions`: record_id_l, record_id_r, decision; those on unknown records are left out, and those of which nothing
    was to be asked. Raises ModelNotIdentified where the records show too few repeated people, and writes nothing then.
    """
    prepared = prepare(records)
    model = train(prepared, Model.default())
    if decisions is not None:
        sure = decisions[decisions["decision"].isin(("same", "different"))]
        model = _taught(model, prepared, records, sure)
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as partial:
        model.save(partial)
    out.with_suffix(".svg").write_text(picture(model), encoding="utf-8")
    return model


def _taught(model: Model, prepared: Prepared, records: Records, decisions: pd.DataFrame) -> Model:
    """Refine a model by decisions, as far as they say more than a match without them."""
    ids = records["record_id"]
    found = cluster_prepared(prepared, ids, Report(records=len(prepared)), model=model)
    membership = pd.DataFrame({"record_id": ids, "person_id": found.person, "household_id": found.household})
    listed = pd.DataFrame(
        {column: records[column] for column in ("record_id", *LISTED_BY) if column in records.columns}
    )
    before = before_answers(found.links, listed, membership.astype("str"), decisions)
    asked = decisions.assign(known=before)[np.isfinite(before)]
    ends = [pd.Index(ids).get_indexer(pd.Index(asked[end])) for end in ("record_id_l", "record_id_r")]
    pairs = prepared.row_of[np.stack(ends, axis=1)].astype(np.int32)
    return with_labels(model, prepared, pairs, (asked["decision"] == "same").to_numpy(), asked["known"].to_numpy())
