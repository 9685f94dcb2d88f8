"""Any bytes that a file system takes as a name: kept reversibly, shown safely, usable in the names of what is made."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.inbox.discovery import discover
from assets.intake.inbox.names import bytes_of, shown, stem_for_output

BYTES = st.binary(min_size=1, max_size=255).map(lambda raw: raw.replace(b"/", b"\\").replace(b"\0", b"\n"))
ODD = st.lists(
    st.sampled_from(
        [b"\\", b"\\xff", b"\xff", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xef\xbf\xbf", b"\n", b"\x7f", b"a"]
    ),
    min_size=1,
    max_size=40,
).map(b"".join)
NAMES = st.one_of(BYTES, ODD, st.text(min_size=1, max_size=60).map(lambda text: text.encode("utf-8", "replace"))).map(
    lambda raw: raw.replace(b"/", b"_").replace(b"\0", b"_")[:255]
)


@given(NAMES)
@settings(max_examples=500, deadline=None)
def test_a_name_comes_back_from_its_text_which_can_be_kept_and_shown(raw: bytes) -> None:
    text = shown(os.fsdecode(raw))
    assert bytes_of(text) == raw
    text.encode("utf-8")
    assert not any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") for sign in text)
    assert shown(os.fsdecode(raw) + ".yml") == text + ".yml"


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "M", "Zs"]), max_size=50))
def test_usual_names_stay_as_they_are(name: str) -> None:
    assert shown(name) == name.replace("\\", "\\\\")


@given(NAMES)
@settings(max_examples=300, deadline=None)
def test_what_is_made_for_a_file_has_a_name_that_fits_everywhere(raw: bytes) -> None:
    stem = stem_for_output(Path(shown(os.fsdecode(raw))).stem)
    assert 0 < len(stem.encode()) <= 150
    assert not set(stem) & set('\\/:*?"<>|\n\t\0')


@given(st.sets(NAMES.filter(lambda raw: raw not in (b".", b"..")), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_every_file_is_found_under_a_name_of_its_own(names: set[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for raw in names:
            Path(os.fsdecode(os.fsencode(folder) + b"/" + raw)).write_bytes(b"x")
        found = discover(Path(folder), now=2_000_000_000.0, settle_seconds=0, earlier={})
        seen = [bytes_of(file.path) for file in found.files]
        sidecars = [bytes_of(path) for path in found.sidecars]
        assert len(seen) + len(sidecars) + found.ignored == len(names)
        assert set(seen) | set(sidecars) <= names
        assert found.waiting == {}
