"""Any bytes are a sidecar or have a fault that can be shown; what is declared comes back as it was written."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.sidecar import canonical_json, declaration_of
from assets.intake.sidecar_reading import KEYS, SidecarResult, read_sidecar
from validation.findings import message_of

SIGNS = ("\n", "- ", "[", "]", "{", "}", "&a ", "*a", "!!str ", "'", '"', "|\n  ", "<<: ", "? ", "---\n", "#")
WORDS = ("24", "2024", "16.10.05.2036", "nama", "null", "²", "\ufeff", "\u2028", "\x85")
FRAGMENTS = (*(f"{key}: " for key in KEYS), *SIGNS, *WORDS)
DOCUMENTS = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(lambda parts: "".join(parts).encode()),
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20))
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
)


def check(result: SidecarResult) -> None:
    for code, facts in result.faults:
        told = message_of(code, **facts)
        assert told.isprintable()
        assert len(told) < 600
    assert set(result.declared) <= (set(KEYS) if not result.faults else {"kode_desa", "periode"})
    text = canonical_json(result.declared)
    text.encode("utf-8")
    assert declaration_of(text) == json.loads(text) == result.declared


@given(DOCUMENTS)
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_read_or_have_a_fault(content: bytes) -> None:
    check(read_sidecar("a.yml", content))


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_values_are_taken_or_refused_key_by_key(said: dict[str, Any]) -> None:
    check(read_sidecar("a.yml", yaml.safe_dump(said, allow_unicode=True).encode("utf-8", "surrogatepass")))


RIGHT: dict[str, st.SearchStrategy[Any]] = {
    "kode_desa": st.sampled_from(["16.10.05.2036", "16.10.05.2037"]),
    "periode": st.sampled_from(["2024", "2023-S1", "2022-06"]),
    "kode_pmks": st.lists(st.sampled_from(["08", "24", "LEG-RTLH"]), min_size=1, max_size=3),
    "skema_kode": st.sampled_from(["permensos-8-2012", "kepmensos-24-1996"]),
    "jenis_kelamin": st.dictionaries(st.sampled_from(["1", "2", "P", "W"]), st.sampled_from(["L", "P"]), max_size=3),
    "kolom": st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20).map(str.strip),
        st.sampled_from(["nama", "tempat_lahir+tanggal_lahir", None]),
        max_size=4,
    ),
    "baris_kepala": st.integers(0, 1_048_576),
    "menggantikan": st.just("16.10.05.2036/2024/lama.xlsx"),
    "ditarik": st.just("salah kirim"),
}


@given(st.fixed_dictionaries({}, optional=RIGHT))
@settings(max_examples=200, deadline=None)
def test_what_is_right_comes_back_as_it_was_written(said: dict[str, Any]) -> None:
    content = yaml.safe_dump(said, allow_unicode=True).encode()
    assert read_sidecar("a.yml", content) == SidecarResult(said, [])
