"""Asks axe, in a real Chromium, what keeps people with a disability from using a page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import axe_core_python
from lxml import html

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
"""Where the browser is; empty on a machine without one, where these tests are not collected."""
SCHEMES = {"dark": 0, "light": 1}
_ASK = """<script>axe.run().then(result => {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const where = rule => rule.nodes.map(node => node.target.join(' ')).join(', ');
  const found = result.violations.map(rule => rule.id + ': ' + where(rule));
  const said = document.createElement('pre');
  said.id = 'axe';
  said.textContent = JSON.stringify({scheme: dark ? 'dark' : 'light', passed: result.passes.length, found: found});
  document.body.append(said);
});</script>"""


def violations(page: str, scheme: str) -> list[str]:
    """What axe finds wrong with a page (its HTML) in `dark` or `light`: the rule, and where. No page is fetched."""
    axe = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    free = re.sub(r"<meta[^>]*Content-Security-Policy[^>]*>", "", page)  # which lets no script in, axe neither
    asking = free.replace("</body>", f"<script>{axe}</script>{_ASK}</body>")
    assert asking != free
    with TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(asking, encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
        flags += [f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", "--virtual-time-budget=30000"]
        done = subprocess.run(
            [CHROMIUM, *flags, "--dump-dom", file.as_uri()], capture_output=True, text=True, check=True, timeout=120
        )
    (said,) = html.fromstring(done.stdout).xpath("//pre[@id='axe']")
    answer = json.loads(said.text)
    assert answer["scheme"] == scheme and answer["passed"], "axe looked at another page than was meant"
    found: list[str] = answer["found"]
    return found
