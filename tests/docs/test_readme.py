"""What the README and the other pages show can be tried: queries run, output is of that form, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from assets.publications.database import contents
from tests.support.finished import PROJECT, pmks
from tests.support.recipes import RECIPES, blocks
from warehouse.connection import memory, opened

README = (PROJECT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("samples/*.md")])
QUERIES = {
    f"{page.relative_to(PROJECT)} {number}": query
    for page in PAGES
    for number, query in enumerate(re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL), 1)
}


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
    code = blocks("python")[number]
    folder = finished / "published" / "rehsos"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Tanjung Pasir" in done.stdout, done.stderr


def test_queries_of_r_find_something_and_it_counts_columns_that_they_give(finished: Path) -> None:
    """R itself runs them where it is installed: `make test-recipes`."""
    (code,) = blocks("r")
    queries = dict(re.findall(r'(\w+) <- dbGetQuery\(con, "([^"]+)"\)', code))
    assert len(queries) == code.count("SELECT") == 2
    with opened(finished / "published" / "rehsos" / "rujukan.duckdb", read_only=True) as con:
        given = {name: con.sql(query).df() for name, query in queries.items()}
    assert all(len(frame) for frame in given.values())
    ((counted, of),) = re.findall(r"xtabs\((.+), data = (\w+)\)", code)
    assert set(re.findall(r"\w+", counted)) <= set(given[of].columns)


def test_steps_of_the_recipe_for_excel_find_something_in_the_published_file(finished: Path) -> None:
    """Its steps as SQL; Microsoft's parser reads them as they stand: `make test-recipes`."""
    (code,) = blocks("powerquery")
    steps = [form(step) for step in re.findall(r"^    \w+ = (.+?),?$", code, re.MULTILINE)]
    ((file,), (empty,), (groups, count)) = (
        re.fullmatch(pattern, step).groups()  # type: ignore[union-attr]
        for pattern, step in zip(
            (
                r'Parquet\.Document\(File\.Contents\(".*\\(.+)"\)\)',
                r"Table\.SelectRows\(Semua, each \[(\w+)\] = null\)",
                r'Table\.Group\(BelumDijawab, \{(.+)\}, \{\{"(\w+)", Table\.RowCount\}\}\)',
            ),
            steps,
            strict=True,
        )
    )
    table = finished / "published" / "rehsos" / file
    query = f'SELECT {groups}, count(*) AS "{count}" FROM \'{table}\' WHERE "{empty}" IS NULL GROUP BY {groups}'
    with memory() as con:
        assert {row[-1] for row in con.execute(query).fetchall()} > {1}


def test_recipes_name_every_view_and_only_files_that_are_published(finished: Path) -> None:
    page, folder = RECIPES.read_text(encoding="utf-8"), finished / "published" / "rehsos"
    assert all((folder / name).exists() for name in re.findall(r"[`\"\\](rujukan\.\w+)[`\"]", page))
    assert set(contents()["views"]) <= set(re.findall(r"v_\w+", page))


def test_the_readme_has_four_queries() -> None:
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
