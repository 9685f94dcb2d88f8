"""Every kind of report, as axe judges it in a real browser; the pages of `pmks explore` have theirs beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.accessibility import CHROMIUM, SCHEMES, violations

BAD = "<!doctype html><html><body style='background: #fff'><p style='color: #ddd'>pucat</p><img src='x'></body></html>"

if CHROMIUM:

    @pytest.mark.parametrize("kind", ["direktorat", "kabupaten", "desa"])
    def test_no_report_shuts_anybody_out(finished: Path, kind: str) -> None:
        longest = max((finished / "published" / "laporan" / kind).glob("*.html"), key=lambda page: page.stat().st_size)
        page = longest.read_text(encoding="utf-8")
        assert {scheme: violations(page, scheme) for scheme in SCHEMES} == {scheme: [] for scheme in SCHEMES}

    def test_no_page_of_corrections_shuts_anybody_out(finished: Path) -> None:
        longest = max(finished.glob("corrections/*/*.html"), key=lambda page: page.stat().st_size)
        page = longest.read_text(encoding="utf-8")
        assert {scheme: violations(page, scheme) for scheme in SCHEMES} == {scheme: [] for scheme in SCHEMES}

    def test_what_shuts_people_out_is_found() -> None:
        found = {line.partition(":")[0] for line in violations(BAD, "light")}
        assert {"color-contrast", "document-title", "html-has-lang", "image-alt"} <= found
