"""Whether a capsule proves what it shows, looked at without a data home.

The page of a capsule checks the same in the browser (`capsule_page.html`), the text of the rules and signatures apart.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assets.referrals.routing import FROM_RULE
from assets.referrals.rules import RuleError, load_rules
from pipelines.proof.chain_claims import unsigned_entries
from pipelines.proof.verification import NOT_CHECKED, Claim, Kept, unstamped
from validation.record_ids import record_id
from warehouse.chain import RUN, Link, latest, links_in, read_witnesses
from warehouse.row_trees import ROWS, ShownRow, root_of

Capsule = Mapping[str, Any]
Row = dict[str, Any]


def check_capsule(capsule: Capsule, kept: Kept | None = None) -> Iterator[Claim]:
    """Check a capsule, claim by claim, also by what others keep. One that is damaged proves nothing."""
    kept = kept or Kept()
    try:
        links, wrong = links_in([line.encode() for line in capsule["chain"]], None)
        shown = [ShownRow(**row) for row in capsule["rows"]]
        rows = _by_table(shown)
        yield Claim("capsule_chain", _broken(links, wrong))
        if kept.public_key is not None:
            yield Claim("signatures", unsigned_entries(links, kept.public_key))
        for witness in kept.witnesses:
            yield Claim("capsule_witness", _unknown_to(witness, links))
        for reply in kept.timestamps:
            yield Claim("timestamp", unstamped(_proving(links), reply, kept.trusted))
        yield Claim("capsule_rows", _in_no_tree(shown, links))
        yield Claim("capsule_way", sorted(set(_gaps(rows))))
        yield Claim("capsule_rules", sorted(set(_other_rules(capsule["rules"], rows))))
    except Exception as error:
        yield Claim("capsule_whole", [f"{NOT_CHECKED}{type(error).__name__}"])


def head_of(capsule: Capsule) -> str:
    """The head that a capsule leads to; "" where it has no chain."""
    links = links_of(capsule)
    return links[-1].head if links else ""


def links_of(capsule: Capsule) -> list[Link]:
    """The entries of the chain in a capsule that can be read."""
    return links_in([str(line).encode() for line in capsule.get("chain", ())], None)[0]


def _by_table(shown: Sequence[ShownRow]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for each in shown:
        rows[each.table].append(json.loads(each.row))
    return rows


def _broken(links: Sequence[Link], wrong: Sequence[int]) -> list[str]:
    """Lines of the chain that do not follow from the one before, and a lack of roots of a run that is among them."""
    found = [str(number) for number in wrong]
    noted = latest(links, ROWS)
    if noted is None or noted.said.get("head") not in {link.head for link in links if link.kind == RUN}:
        found.append(ROWS)
    return found


def _unknown_to(witness: Path, links: Sequence[Link]) -> list[str]:
    """The head of the capsule, where a witness keeps none of the heads from the roots on."""
    known = {link.head for link in _proving(links)} & {kept.head for kept in read_witnesses(witness)}
    return [] if known else [links[-1].head if links else ""]


def _proving(links: Sequence[Link]) -> list[Link]:
    """The entries of a capsule whose heads prove it: from its roots on."""
    noted = latest(links, ROWS)
    return [link for link in links if noted is not None and link.line >= noted.line]


def _in_no_tree(shown: Sequence[ShownRow], links: Sequence[Link]) -> list[str]:
    """Rows, by table and number, that do not lead to the root of their table."""
    noted = latest(links, ROWS)
    roots = noted.said["roots"] if noted else {}
    return [f"{row.table} {number}" for number, row in enumerate(shown, 1) if root_of(row) != roots.get(row.table)]


def _gaps(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Ids of what is shown without that which it rests on, from the referral back to the row of the file."""
    records = {row["record_id"]: row for row in rows["accepted"]}
    person = {row["record_id"]: row["person_id"] for row in rows["membership"]}
    home = {row["record_id"]: row["household_id"] for row in rows["membership"]}
    files = {row["submission_id"] for row in rows["submissions"]}
    typed = {(row["submission_id"], row["sheet"], row["row"]) for row in rows["raw_rows"]}
    for referral in rows["referrals"]:
        evidence = referral["record_ids"]
        of = person if referral["subject"] == "person" else home
        if not evidence or {of.get(record) for record in evidence} != {referral[f"{referral['subject']}_id"]}:
            yield referral["referral_id"]
        yield from set(evidence) - records.keys()
    people = {row["person_id"] for row in rows["persons"]}
    for name, record in records.items():
        place = record["submission_id"], record["sheet"], record["row"]
        is_that_row = name == record_id(*place) and record["submission_id"] in files and place in typed
        if not is_that_row or person.get(name) not in people:
            yield name


def _other_rules(texts: Mapping[str, str], rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Rule sets whose text is another than their hash says, and referrals that are not what their rule says."""
    for name, text in texts.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{name}.csv"
            file.write_text(text, encoding="utf-8")
            try:
                found = load_rules(file).hash
            except RuleError:
                found = ""
            if found != name:
                yield name
    said = {name: {row["rule_id"]: row for row in csv.DictReader(io.StringIO(text))} for name, text in texts.items()}
    for referral in rows["referrals"]:
        rule = said.get(referral["rule_set"], {}).get(referral["rule_id"], {})
        basis = {"basis": f"{rule.get('basis')}: {rule.get('citation')}"}
        if any((referral.get(column) or "") != ((rule | basis).get(column) or "") for column in FROM_RULE):
            yield referral["referral_id"]
