"""What the README and the other pages show can be tried: queries run, output is of that form, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.finished import PROJECT, pmks
from warehouse.connection import opened

README = (PROJECT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("samples/*.md")])
QUERIES = {
    f"{page.relative_to(PROJECT)} {number}": query
    for page in PAGES
    for number, query in enumerate(re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL), 1)
}


def form(line: str) -> str:
    """A line with its numbers and its spacing taken out."""
    return " ".join(re.sub(r"[\d,.]*\d", "0", line).split())


@pytest.mark.parametrize("name", QUERIES)
def test_queries_of_the_pages_run_on_the_warehouse_of_the_sample_and_those_of_the_readme_find_something(
    finished: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(PROJECT)
    with opened(finished / "warehouse.duckdb", read_only=True) as con:
        for statement in filter(str.strip, QUERIES[name].split(";")):
            assert con.execute(statement).fetchall() != [] or not name.startswith("README.md")


def test_the_readme_has_three_queries() -> None:
    assert sum(name.startswith("README.md") for name in QUERIES) == 3


def test_the_output_that_the_readme_shows_is_what_is_printed(finished: Path) -> None:
    printed = {form(line) for line in pmks("status", "--data", finished).stdout.splitlines()}
    shown = re.search(r"```text\n(Files and rows.*?)```", README, re.DOTALL)
    assert shown is not None
    for line in filter(str.strip, shown[1].splitlines()):
        start = form(line.removesuffix("…"))
        assert any(out.startswith(start) for out in printed), f"nothing printed looks like: {line}"


def test_every_link_between_pages_leads_to_a_file() -> None:
    broken = [
        f"{page.relative_to(PROJECT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_page_in_docs_is_linked_from_another() -> None:
    linked = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    }
    lost = [str(page.relative_to(PROJECT)) for page in (PROJECT / "docs").glob("*.md") if page.resolve() not in linked]
    assert lost == []
