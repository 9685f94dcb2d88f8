"""Training a model for one installation: from its own records and reviewers' decisions, to a file that runs then use.

The trained model lies in the data home, `models/model.json`, with its picture beside it. Where there is none, the
shipped one serves. A model changes only when someone trains: runs never change it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from assets.households.linkage.arrays.text import Records
from assets.households.linkage.matching import decided_rows
from assets.households.linkage.model import MODEL
from assets.households.linkage.model.estimation import train
from assets.households.linkage.model.labelled import with_labels
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.model.picture import picture
from assets.households.linkage.prepare.records import prepare
from warehouse.files import replacing
from warehouse.home import DataHome


class ModelError(ValueError):
    """The installation's own model cannot be used. The message names its file."""


def serving_model(home: DataHome) -> Model:
    """Return the installation's own model, or the shipped one where it has none, with what it says a wrong merge costs.

    Raises `ModelError` where the file is no model of this version, or was changed by hand.
    """
    own = home.models / MODEL
    try:
        model = Model.load(own) if own.exists() else Model.default()
    except (ValueError, TypeError) as error:
        raise ModelError(f"{own} is no whole model; bring it back from the backup, or train a new one") from error
    return replace(model, wrong_merge_cost=home.wrong_merge_cost)


def train_model(records: Records, decisions: pd.DataFrame | None, out: Path) -> Model:
    """Train on records (as `cluster_records`) and write the model to `out` and its picture beside it, as `.svg`.

    `decisions`: record_id_l, record_id_r, decision; those on unknown records are left out. Raises ModelNotIdentified
    where the records show too few repeated people, and writes nothing then.
    """
    prepared = prepare(records)
    decided = decided_rows(records["record_id"], prepared.order, decisions)
    model = with_labels(train(prepared, Model.default()), prepared, decided.same, decided.different)
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as partial:
        model.save(partial)
    out.with_suffix(".svg").write_text(picture(model), encoding="utf-8")
    return model
