"""What the documentation site has besides `docs/` (`mkdocs.yml`): pages of the root folder, and pages' languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what builds the site is not installed with the rest
    from mkdocs.structure.files import Files

PROJECT = Path(__file__).parents[2]
SHIM = "https://unpkg.com/iframe-worker/shim"
"""Where the plugin `offline` would fetch what lets the search work in pages that are opened as files."""
OF_THE_ROOT = ("CHANGELOG.md", "CONTRIBUTING.md", "GLOSSARY.md", "SECURITY.md")
INDONESIAN = (
    "corrections.", "desa.", "direktorat.", "findings.", "pemeriksa.", "recipes.", "referrals.", "review.", "rules/",
)  # fmt: skip
"""How the addresses of Indonesian pages begin: browsers and screen readers are told."""
FURNITURE = {
    "Table of contents": "Daftar isi",
    "Search": "Cari",
    "Initializing search": "Menyiapkan pencarian",
    "Clear": "Kosongkan",
    "Skip to content": "Langsung ke isi",
    "Back to top": "Ke atas",
    "Dark": "Gelap",
    "Light": "Terang",
    "Home": "Beranda",
    "Data engineers": "Insinyur data (Inggris)",
    "Explanations": "Penjelasan (Inggris)",
    "Reference": "Rujukan teknis (Inggris)",
}
"""What the theme writes around a page, and the doors of the site, on Indonesian pages."""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the root folder, whose links lead out of `docs/` no more."""
    from mkdocs.structure.files import File

    for name in OF_THE_ROOT:
        text = (PROJECT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let links to pages of the root folder lead to where the site has them."""
    for name in OF_THE_ROOT:
        markdown = markdown.replace(f"](../{name}", f"]({'../' * page.url.count('/')}{name}")
    return markdown


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Say in which language a page is, and let it fetch nothing."""
    output = _here(output, "../" * page.url.count("/"))
    if not page.url.startswith(INDONESIAN):
        return output
    output = output.replace('<html lang="en"', '<html lang="id"', 1)
    for english, indonesian in FURNITURE.items():
        output = re.sub(rf'(?<=[>"])(\s*){english}(\s*)(?=[<"])', rf"\1{indonesian}\2", output)
    return output


def on_post_template(output: str, template_name: str, config: Any) -> str:
    """Let a page that is none of ours (404) fetch nothing."""
    return _here(output, "/")


def _here(output: str, root: str) -> str:
    return output.replace(SHIM, f"{root}assets/iframe-worker.js")
