"""Run the recipes of `docs/recipes.md` that are not Python: `python -m tests.support.recipes`, a minute.

R runs its recipe beside the published files of the sample; Microsoft's parser of Power Query reads the one for Excel. R
and its DBI come from the system's packages (`r-base-core`, `r-cran-dbi`), node and npm fetch the parser. R's own
`duckdb` stands in no registry of these, so a package of that name hands each query, as it is, to the DuckDB that we
have, and gives back what that answers.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.finished import PROJECT, SAMPLE_INBOX, pmks
from warehouse.connection import opened

RECIPES = PROJECT / "docs" / "recipes.md"
PARSER = "@microsoft/powerquery-parser@2.0.0"
_R_PACKAGE = {
    "DESCRIPTION": "Package: duckdb\nVersion: 0.0.1\nTitle: Queries for a DuckDB beside R\nImports: DBI, methods\n",
    "NAMESPACE": "import(DBI, methods)\nexport(duckdb)\nexportMethods(dbConnect, dbGetQuery, dbDisconnect)\n",
    "R/duckdb.R": """
setClass("duckdb_driver", contains = "DBIDriver")
setClass("duckdb_connection", contains = "DBIConnection", slots = c(file = "character", read_only = "logical"))
duckdb <- function() new("duckdb_driver")
setMethod("dbConnect", "duckdb_driver", function(drv, dbdir, read_only = FALSE, ...) {
  stopifnot(file.exists(dbdir))
  new("duckdb_connection", file = dbdir, read_only = read_only)
})
setMethod("dbGetQuery", signature("duckdb_connection", "character"), function(conn, statement, ...) {
  answer <- tempfile(fileext = ".csv")
  asked <- c("-m", "tests.support.recipes", conn@file, if (conn@read_only) "read" else "write", statement, answer)
  stopifnot(system2(Sys.getenv("DUCKDB_BESIDE_R"), shQuote(asked)) == 0)
  found <- read.csv(answer, colClasses = "character", na.strings = "")
  numbers <- readLines(paste0(answer, ".numbers"))
  found[numbers] <- lapply(found[numbers], as.numeric)
  found
})
setMethod("dbDisconnect", "duckdb_connection", function(conn, shutdown = FALSE, ...) invisible(TRUE))
""",
}
_PARSE = """
const {DefaultSettings, ResultUtils, TaskUtils} = require('@microsoft/powerquery-parser');
const text = require('fs').readFileSync(0, 'utf8');
TaskUtils.tryLexParse(DefaultSettings, text).then(task => {
  if (!TaskUtils.isParseStageOk(task)) { console.error(task.error.message); process.exit(1); }
});
"""


def blocks(language: str) -> list[str]:
    """The recipes in one language."""
    return re.findall(rf"```{language}\n(.*?)```", RECIPES.read_text(encoding="utf-8"), re.DOTALL)


def in_r(folder: Path, published: Path) -> str:
    """What R prints for its recipe, run in the folder of the published files."""
    for name, text in _R_PACKAGE.items():
        path = folder / "source" / "duckdb" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    _done(["R", "CMD", "INSTALL", "--no-docs", "--no-test-load", "-l", str(folder), str(folder / "source" / "duckdb")])
    (recipe,) = blocks("r")
    env = {
        "PATH": "/usr/bin:/bin",
        "R_LIBS": str(folder),
        "DUCKDB_BESIDE_R": sys.executable,
        "PYTHONPATH": str(PROJECT),
    }
    return _done(["Rscript", "-e", recipe], cwd=published, env=env)


def parsed(folder: Path) -> None:
    """Let Microsoft's parser read the recipe for Excel."""
    _done(["npm", "install", "--silent", "--ignore-scripts", "--prefix", str(folder), PARSER])
    (recipe,) = blocks("powerquery")
    _done(["node", "-e", _PARSE], cwd=folder, text=recipe)


def answer(database: str, mode: str, statement: str, target: str) -> None:
    """Write what a query of R finds as CSV, and beside it which columns are numbers."""
    with opened(Path(database), read_only=mode == "read") as con:
        found = con.sql(statement).df()
    found.to_csv(target, index=False)
    numbers = found.select_dtypes("number").columns
    Path(target + ".numbers").write_text("".join(f"{name}\n" for name in numbers), encoding="utf-8")


def _done(command: list[str], cwd: Path | None = None, env: dict[str, str] | None = None, text: str = "") -> str:
    done = subprocess.run(command, cwd=cwd, env=env, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def main() -> None:
    with TemporaryDirectory() as where:
        home, library, node = (Path(where) / name for name in ("home", "R", "node"))
        made = pmks("run", "--inbox", SAMPLE_INBOX, "--data", home)
        assert made.returncode == 0, made.stdout + made.stderr
        for folder in (library, node):
            folder.mkdir()
        printed = in_r(library, home / "published" / "rehsos")
        assert "Tanjung Pasir" in printed and "kode_pmks" in printed, printed
        sys.stdout.write("R: its recipe counts the referrals of each village\n")
        parsed(node)
        sys.stdout.write("Excel: Power Query can read its recipe\n")


if __name__ == "__main__":
    answer(*sys.argv[1:]) if sys.argv[1:] else main()
