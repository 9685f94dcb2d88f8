"""What is noted of the list of each kabupaten when its workbooks are written, and which of them need not be written
again.

Danger: one list comes in again, and hundreds of workbooks of other kabupaten are written, each with another day on it.
Remedy: of each kabupaten, and of the whole list, is noted what its workbooks were made from, which list they show and
compare it with, and what they say of their making. Where that is the same, and they stand as they were written, they
stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from assets.publications.editions import workbook_names
from assets.publications.recaps import kabupaten_of
from assets.publications.standing import RESTRICTED_WORKBOOK, WORKBOOK
from assets.referrals.history import latest_of
from warehouse.files import read_note
from warehouse.lake import digest_of

STEMS = (WORKBOOK, RESTRICTED_WORKBOOK)
OF_THE_MAKING = ("disusun", "run_id", "bukti", "tanda")
"""What files say of when and by which run they were made: it stays while the list stays."""
OF_ALL = "semua"
"""In the place of a kabupaten: the workbooks of the whole list, or the first ones where it is split."""


def moments_of(codes: pd.Series, events: pd.Series, apart: Mapping[str, str]) -> dict[Any, pd.Timestamp | None]:
    """When something last happened in the whole list, and in each kabupaten with workbooks of its own (UTC). `codes`:
    the village of each event."""
    of_parts = events.groupby(kabupaten_of(codes)).max().dropna().to_dict() if apart else {}
    return {OF_ALL: latest_of(events), **of_parts}


def noted_parts(
    moments: Mapping[str, pd.Timestamp | None],
    made_from: Mapping[str, Sequence[str]],
    before: Mapping[str, Any],
    about: Mapping[str, str],
) -> dict[str, dict[str, Any]]:
    """What is noted of the list of each kabupaten, and of the whole: `digest`, `moment` and `list_before`, and `said`,
    what the workbooks say of their making, which stays while what they are made from stays.

    `moments`: when something last happened; `made_from`: of the whole list, and of each kabupaten with workbooks of its
    own.
    """
    earlier: Mapping[str, Any] = {OF_ALL: before} | before.get("parts", {})
    found = {}
    for code, content in made_from.items():
        was, moment = earlier.get(code, {}), moments.get(code)
        since = list_before(was, moment)
        digest = digest_of(*content, str(since))
        said = {name: about[name] for name in OF_THE_MAKING}
        found[code] = {
            "digest": digest,
            "moment": as_text(moment),
            "list_before": as_text(since),
            "said": was["said"] if was.get("digest") == digest else said,
        }
    return found


def standing_workbooks(
    parts: Mapping[str, Any], before: Mapping[str, Any], present: Mapping[str, str], apart: Mapping[str, str]
) -> set[str]:
    """The workbooks that would say what they say: they stand as they were written, and what they are made from has not
    changed since."""
    earlier, written = before.get("parts", {}), before.get("files", {})
    return {
        name
        for code, part in parts.items()
        if earlier.get(code, {}).get("digest") == part["digest"]
        and all(name in present and present[name] == written.get(name) for name in names_of(code, apart))
        for name in names_of(code, apart)
    }


def unchanged_parts(
    file: str, parts: Mapping[str, Any], before: Mapping[str, Any], present: Mapping[str, str]
) -> set[str]:
    """The kabupaten whose rows a file of the whole list that was written last says as they are, if it stands as it was
    written."""
    if file not in present or present[file] != before.get("files", {}).get(file):
        return set()
    earlier = before.get("parts", {})
    return {code for code in parts.keys() - {OF_ALL} if earlier.get(code, {}).get("digest") == parts[code]["digest"]}


def names_of(code: str, apart: Mapping[str, str]) -> list[str]:
    """The workbooks of one kabupaten, or of the whole list."""
    if code == OF_ALL:
        return [f"{stem}.xlsx" for stem in STEMS]
    return [name for stem in STEMS for name in workbook_names(stem, {code: apart[code]}).values()]


def list_before(note: Mapping[str, Any], moment: datetime | None) -> datetime | None:
    """The moment (UTC) that the list before showed, by the note of what was written last.

    `moment`: the one that is written now. A list that is written again, since an answer came or a text was changed,
    is compared with the same list as before.
    """
    written, compared = note.get("moment"), note.get("list_before")
    return as_moment(compared if written == as_text(moment) else written)


def as_text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def as_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def said_of_workbooks(note: Path) -> list[dict[str, str]]:
    """What the workbooks say of it, by the note of what was written last: they may be older than the other files."""
    return [part["said"] for part in read_note(note).get("parts", {}).values()]
