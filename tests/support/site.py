"""Whether the built site needs no network: `python -m tests.support.site build/site`."""

from __future__ import annotations

import sys
from pathlib import Path

from lxml import html

LOADED = "//script/@src | //link[not(@rel='canonical')]/@href | //img/@src | //iframe/@src | //source/@src"


def fetched(page: Path) -> list[str]:
    """What a page would fetch from elsewhere when it is opened."""
    return [str(address) for address in html.parse(str(page)).xpath(LOADED) if "//" in str(address)]


def main() -> None:
    """Name every page that would fetch something, and fail if there is one, or none was built."""
    pages = sorted(Path(sys.argv[1]).rglob("*.html"))
    found = [f"{page}: {address}" for page in pages for address in fetched(page)]
    sys.stdout.write("\n".join([*found, f"{len(pages)} pages, {len(found)} addresses elsewhere"]) + "\n")
    sys.exit(1 if found or not pages else 0)


if __name__ == "__main__":
    main()
