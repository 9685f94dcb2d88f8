"""What newcomers are told to look at and to type is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.support.finished import PROJECT

PAGES = {name: (PROJECT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "SECURITY.md", "README.md")}
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):(?!=)", MAKEFILE, re.MULTILINE))
TEMPLATES = sorted((PROJECT / ".github/ISSUE_TEMPLATE").glob("*.md"))


@pytest.mark.parametrize("name", PAGES)
def test_files_that_a_page_names_exist(name: str) -> None:
    named = re.findall(r"`((?:assets|docs|pipelines|tests|validation|warehouse|samples)/[\w./*-]+)`", PAGES[name])
    named += re.findall(r" (tests/[\w/]+\.py)", PAGES[name])
    assert named or name != "CONTRIBUTING.md"
    assert [path for path in named if not any(PROJECT.glob(path))] == []


@pytest.mark.parametrize("name", PAGES)
def test_targets_that_a_page_names_are_made_by_make(name: str) -> None:
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", PAGES[name], re.MULTILINE)) <= TARGETS


def test_every_target_says_that_it_is_no_file() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None and set(phony[1].split()) == TARGETS


def test_who_owns_what_is_there() -> None:
    lines = (PROJECT / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    owned = [line.split()[0] for line in lines if line and not line.startswith("#")]
    assert owned[0] == "*"
    assert [path for path in owned[1:] if not any(PROJECT.glob(path.strip("/")))] == []


def test_hooks_fetch_nothing_and_start_what_the_lock_installs() -> None:
    hooks = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    assert [repo["repo"] for repo in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        program, *arguments = hook["entry"].removeprefix(".venv/bin/").split()
        assert program == "python" or f"\n{program}==" in lock
        assert all((PROJECT / argument).exists() for argument in arguments if argument.endswith(".py"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_says_what_it_is_for_and_asks_for_no_person(template: Path) -> None:
    _, head, text = template.read_text(encoding="utf-8").split("---\n", 2)
    assert set(yaml.safe_load(head)) == {"name", "about"}
    assert template.stem == "wish" or "NIK" in text.split("\n\n")[0]
    for path in re.findall(r"`((?:tests|docs)/[\w./-]+)`", text):
        assert (PROJECT / path).exists()
