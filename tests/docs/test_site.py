"""The site leaves no page out, tells the language of each, and shows no command that cannot be typed."""

from __future__ import annotations

import re
import shlex
import unicodedata
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.docs.rules import write_pages
from pipelines.settings import DATA, INBOX, PROFILE
from tests.docs.test_commands import parsed
from tests.support.finished import PROJECT
from tests.support.site import fetched

DOCS = PROJECT / "docs"
SITE: dict[str, Any] = yaml.safe_load((PROJECT / "mkdocs.yml").read_text(encoding="utf-8"))
OTHERWISE_TESTED = {"commands", "CHANGELOG"}
"""The first is what the program says of itself; the other tells of commands as they were."""
PAGES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted([*DOCS.glob("*.md"), *PROJECT.glob("*.md")])
    if path.stem not in OTHERWISE_TESTED
}
SHOWN = [
    (name, part)
    for name, text in PAGES.items()
    for part in dict.fromkeys(
        part.strip()
        for line in [
            *(line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()),
            *(" ".join(found.split()) for found in re.findall(r"`(pmks [^`…]+)`", text)),
        ]
        for part in re.sub("  +#.*", "", line).split(" && ")
    )
    if part.startswith("pmks ")
]
"""Every command that a page shows, once for each page."""
FILES = r"(?:/elsewhere/)?([\w-]+\.(?:csv|html|json|parquet|pem|tar|tsr|xlsx)|FILE|RECORDS|WORKBOOK)"
LOOKS = ("trace R", "trace 16", 'trace "16', "status", "signoff", "corrections")
"""How commands begin that only look: they are run on the sample, the others are only read."""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (DATA, INBOX, PROFILE):
        monkeypatch.setenv(name, "")


def in_nav(entry: Any) -> list[str]:
    """The pages below an entry of the navigation."""
    if isinstance(entry, str):
        return [entry]
    return [page for below in (entry.values() if isinstance(entry, dict) else entry) for page in in_nav(below)]


def test_every_page_stands_in_the_navigation_once() -> None:
    found = in_nav(SITE["nav"])
    assert len(found) == len(set(found))
    there = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}
    assert set(found) - there == {"CHANGELOG.md", "CONTRIBUTING.md", "GLOSSARY.md", "SECURITY.md"}
    assert there <= set(found)


def anchors(page: Path) -> set[str]:
    """What the headings of a page can be linked as, as Python-Markdown and its `toc` make it."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = [unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode() for text in headings]
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower()) for text in plain}


def test_every_link_to_a_heading_leads_to_one() -> None:
    broken, checked = [], 0
    for page in [*DOCS.rglob("*.md"), *PROJECT.glob("*.md")]:
        for target, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", page.read_text(encoding="utf-8")):
            checked += 1
            if anchor not in anchors(page.parent / target if target else page):
                broken.append(f"{page.name}: {target}#{anchor}")
    assert broken == [] and checked > 20


def test_the_site_is_strict_and_asks_nobody() -> None:
    assert SITE["strict"] and SITE["theme"]["font"] is False
    assert {"search", "offline"} == set(SITE["plugins"]) and not SITE.get("extra_javascript")


def test_what_a_page_would_fetch_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<p><a href="https://a.example">no</a><script src="//b.example/x.js"></script><img src="c.png">')
    assert fetched(page) == ["//b.example/x.js"]


@pytest.mark.parametrize(("name", "line"), SHOWN)
def test_a_command_that_a_page_shows_can_be_typed(
    name: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PMKS_LANG", "en")  # in which click's own errors are told apart
    args = [re.sub(f"^{FILES}$", r"\1", argument) for argument in shlex.split(line)[1:]]
    for file in args:
        if re.fullmatch(FILES, file):
            (tmp_path / file).touch()
    args = ["2" if argument == "N" else argument for argument in args]
    (tmp_path / "samples").symlink_to(PROJECT / "samples")
    try:
        assert parsed(main, args)
    except click.exceptions.Exit as ended:  # --version, --help
        assert ended.exit_code == 0
    except (click.MissingParameter, click.exceptions.NoArgsIsHelpError):  # the command is only named
        assert not re.search(rf"^{re.escape(line)}$", PAGES[name], re.MULTILINE)


def test_commands_of_the_guides_that_only_look_run_on_the_sample(finished: Path) -> None:
    looking = {
        line.replace("RUN|TANGGAL", "2026-01-31")
        for _, line in SHOWN
        if line.removeprefix("pmks ").startswith(LOOKS) and not line.endswith(" RUN")
    }
    assert len(looking) > 8
    for line in looking:
        done = CliRunner().invoke(main, [*shlex.split(line.replace("--data try", ""))[1:], "--data", str(finished)])
        assert (done.exit_code, done.stderr) == (0, ""), line
        assert done.stdout


def test_the_pages_of_rules_are_written_anew_as_they_are(tmp_path: Path) -> None:
    write_pages(PROJECT / "tests" / "spec", tmp_path)
    kept = PROJECT / "docs" / "rules"
    assert {page.name: page.read_bytes() for page in tmp_path.iterdir()} == {
        page.name: page.read_bytes() for page in kept.iterdir()
    }
