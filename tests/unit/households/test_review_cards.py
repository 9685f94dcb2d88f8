"""A pair side by side: what differs is marked, codes are names, and pairs about one person follow each other."""

from __future__ import annotations

import pandas as pd

from assets.households.review.cards import COMPARED, fields_of, grouped

ONE = {
    "nama": "SUMIATI", "nik": None, "alamat": "DUSUN ULU", "rt": "001", "rw": None, "kode_desa": "16.10.05.2036",
    "periode": "2023", "sheet": "A", "row": 4, "kode_pmks": ["23", "16"],
}  # fmt: skip


def test_what_differs_is_marked_and_codes_are_names() -> None:
    other = ONE | {"nama": "SUMIYATI", "alamat": "DSN ULU", "nik": "1610054107850003", "periode": "2024"}
    comparisons = [name for names in COMPARED.values() for name in names]
    words = {name: "sama" if name == "tempat" else "mirip" for name in comparisons}
    evidence = pd.DataFrame({"comparison": comparisons, "word": [words[name] for name in comparisons]})
    evidence["weight"] = 1.5
    lines = {line.field: line for line in fields_of(pd.Series(ONE), pd.Series(other), evidence)}
    assert [field for field, line in lines.items() if line.differs] == ["Nama"]
    assert lines["NIK"].left == "" and "RT 001/RW ?" in lines["Alamat"].left
    assert not any(text.startswith("16.10") for line in lines.values() for text in (line.left, line.right))
    assert "terbatas" in lines["Kategori"].left and "HIV" not in lines["Kategori"].left
    assert "Nama ibu" not in lines, "what neither says is left out"


def test_pairs_about_the_same_people_or_names_follow_each_other() -> None:
    """B–E and A–Z after A–B for the person, G–H after C–D for the two names; names that nobody knows join nothing."""
    ends = ["AB", "CD", "BE", "FI", "GH", "AZ", "KL"]
    queue = pd.DataFrame({"person_id_l": [e[0] for e in ends], "person_id_r": [e[1] for e in ends]})
    queue["record_id_l"], queue["record_id_r"] = queue["person_id_l"].str.lower(), queue["person_id_r"].str.lower()
    called = dict.fromkeys("abcdefghikl") | {"c": "SITI", "d": "SITTI", "g": "SITTI", "h": "SITI"}
    found = grouped(queue, pd.Series(called, dtype="str"))
    assert (found["person_id_l"] + found["person_id_r"]).tolist() == ["AB", "BE", "AZ", "CD", "GH", "FI", "KL"]
    assert found["group"].tolist() == [0, 0, 0, 1, 1, 2, 3]
    assert grouped(queue.iloc[:0], pd.Series(called, dtype="str")).empty
