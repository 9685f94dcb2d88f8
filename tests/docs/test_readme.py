"""What the README and the other pages show can be tried: queries run, output is of that form, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from assets.publications.database import contents
from tests.support.finished import PROJECT, pmks
from warehouse.connection import opened

README = (PROJECT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("samples/*.md")])
QUERIES = {
    f"{page.relative_to(PROJECT)} {number}": query
    for page in PAGES
    for number, query in enumerate(re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL), 1)
}


RECIPES = PROJECT / "docs" / "recipes.md"


def form(line: str) -> str:
    """A line with its spacing taken out."""
    return " ".join(line.split())


@pytest.mark.parametrize("name", QUERIES)
def test_queries_of_the_pages_run_on_the_warehouse_of_the_sample_and_those_of_the_readme_find_something(
    finished: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(PROJECT)
    published = name.startswith(str(RECIPES.relative_to(PROJECT)))
    with opened(
        finished / ("published/rehsos/rujukan.duckdb" if published else "warehouse.duckdb"), read_only=True
    ) as con:
        for statement in filter(str.strip, QUERIES[name].split(";")):
            assert con.execute(statement).fetchall() != [] or not (published or name.startswith("README.md"))


@pytest.mark.parametrize("number", [0, 1])
def test_python_of_the_recipes_runs_beside_the_published_files(finished: Path, number: int) -> None:
    code = re.findall(r"```python\n(.*?)```", RECIPES.read_text(encoding="utf-8"), re.DOTALL)[number]
    folder = finished / "published" / "rehsos"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Tanjung Pasir" in done.stdout, done.stderr


def test_recipes_for_other_programs_name_what_the_published_files_hold(finished: Path) -> None:
    """R and Excel are not run here; every file, view and column that they name is there."""
    page, folder = RECIPES.read_text(encoding="utf-8"), finished / "published" / "rehsos"
    blocks = re.findall(r"```(?:r|powerquery)\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    with opened(folder / "rujukan.duckdb", read_only=True) as con:
        known = {
            name
            for row in con.execute("SELECT table_name, column_name FROM duckdb_columns()").fetchall()
            for name in row
        }
    said = {name for block in blocks for name in re.findall(r'(?<=["\[ ])[a-z_]+(?=["\]])|v_\w+', block)}
    assert said <= known | {"rujukan"} and {"kabupaten", "jawaban"} <= said
    assert all((folder / name).exists() for name in re.findall(r"[`\"\\](rujukan\.\w+)[`\"]", page))
    assert set(contents()["views"]) <= set(re.findall(r"v_\w+", page))


def test_the_readme_has_three_queries() -> None:
    assert sum(name.startswith("README.md") for name in QUERIES) == 4


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
