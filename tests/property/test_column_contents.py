"""What is said of a column is the sum of what is said of its cells, whatever was remembered of cells before."""

from __future__ import annotations

from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from assets.intake.sheets.evidence import content_of

_WORDS = ("Laki-laki", "P", "Anak", "Istri", "Pindah", "kawin", "padan", "-", "x", "v", "Tidak", "12-05-1985", "45 th",
          "001/002", "RT 02", "1610051205850001", "1610 0512 0585 0001", "2019", "31001", "-7", "JAMBI 12-05-1985",
          "SITI", "Lanjut Usia Terlantar", "Yatim", "JL. MELATI NO. 7", "#N/A")  # fmt: skip
_CELLS = st.tuples(st.sampled_from(_WORDS) | st.text(min_size=1).filter(str.strip), st.sampled_from("tndbeu"))


@given(cells=st.lists(_CELLS | st.just(("", ".")), max_size=30), may_be_category=st.booleans())
def test_a_column_is_the_sum_of_its_cells(cells: list[tuple[str, str]], may_be_category: bool) -> None:
    texts, kinds = [text for text, _ in cells], [kind for _, kind in cells]
    content = content_of(texts, kinds, may_be_category=may_be_category)
    said = asdict(content)
    alone = [asdict(content_of([text], [kind], may_be_category=may_be_category)) for text, kind in cells]
    statuses = [status for one in alone for status in one.pop("statuses")]
    assert sorted(said.pop("statuses")) == sorted(statuses)
    stated = {text.strip().lower() for (text, _), one in zip(cells, alone, strict=True) if one["stated"]}
    assert content.distinct == len(stated)
    del said["texts"]
    assert said == {name: sum(one[name] for one in alone) for name in said}
