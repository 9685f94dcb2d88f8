"""`pmks explore` over the files of the sample inbox: what it shows, to whom, and that it changes nothing."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pandas as pd
import pytest
import uvicorn
from lxml import html

from assets.publications.referral_rows import columns
from pipelines.explore.looks import PAGE_ROWS
from pipelines.explore.server import HOST, application, shown_columns
from tests.support.accessibility import CHROMIUM, SCHEMES, violations
from tests.support.finished import PMKS
from warehouse.files import sha256_of
from warehouse.lake import Lake

SECRET = "kunci-uji"


class Answer(NamedTuple):
    status: int
    text: str
    headers: dict[str, str]


class Browser:
    """Asks a server for addresses, and sends the cookie that it was given."""

    def __init__(self, port: int) -> None:
        self.port, self.cookie = port, ""

    def ask(self, address: str, method: str = "GET", host: str = HOST) -> Answer:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        headers = {"Host": f"{host}:{self.port}"} | ({"Cookie": self.cookie} if self.cookie else {})
        connection.request(method, address, headers=headers)
        got = connection.getresponse()
        answer = Answer(got.status, got.read().decode(), {name.lower(): value for name, value in got.getheaders()})
        connection.close()
        self.cookie = answer.headers.get("set-cookie", self.cookie).partition(";")[0]
        return answer


@pytest.fixture(scope="module")
def file(finished: Path) -> Path:
    return finished / "published" / "rehsos" / "rujukan.duckdb"


@pytest.fixture(scope="module")
def port(file: Path) -> Iterator[int]:
    """Where the pages of Rehsos are served meanwhile."""
    server = uvicorn.Server(uvicorn.Config(application(file, SECRET), host=HOST, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.05)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def browser(port: int) -> Browser:
    made = Browser(port)
    assert made.ask(f"/?kunci={SECRET}").status == 303
    return made


@pytest.fixture(scope="module")
def table(file: Path) -> pd.DataFrame:
    return pd.read_parquet(file.with_suffix(".parquet"))


def names(answer: Answer) -> list[str]:
    return [str(link.text) for link in html.fromstring(answer.text).xpath("//td/a[starts-with(@href, '/rujukan/')]")]


def test_nobody_sees_anything_without_the_key_or_by_another_name(port: int, file: Path) -> None:
    for address in ("/", "/?kunci=salah", "/berakhir", "/rujukan/x"):
        answer = Browser(port).ask(address)
        assert answer.status == 403 and "<table" not in answer.text
    stranger = Browser(port)
    stranger.cookie = f"pmks_{port}=salah"
    assert stranger.ask("/").status == 403
    guest = Browser(port)
    guest.ask(f"/?kunci={SECRET}")
    assert guest.ask("/", host="jahat.example").status == 400


def test_pages_may_load_run_and_be_framed_by_nothing_and_nothing_can_be_written(browser: Browser, file: Path) -> None:
    before = sha256_of(file)
    answer = browser.ask("/")
    assert answer.status == 200 and "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert browser.ask("/", method).status == 405
    hostile = quote("'; DROP TABLE rujukan; --<script>alert(1)</script>")
    shown = browser.ask(f"/?cari={hostile}&kategori={hostile}&mulai={hostile}")
    assert shown.status == 200 and "<script>" not in shown.text and "&lt;script&gt;" in shown.text
    assert browser.ask(f"/rujukan/{hostile}").status == 404
    assert browser.ask("/?mulai=99999999999999999999999").status == 200
    assert sha256_of(file) == before


def test_the_list_is_narrowed_by_facets_and_search_to_the_rows_of_the_file(
    browser: Browser, table: pd.DataFrame
) -> None:
    everybody = browser.ask("/")
    assert f"1 sampai {PAGE_ROWS} dari {len(table)} rujukan" in everybody.text
    seen: list[str] = []
    address: Any = "/"
    while address:
        page = browser.ask(address)
        seen += names(page)
        address = next(iter(html.fromstring(page.text).xpath("//a[@rel='next']/@href")), None)
    assert sorted(seen) == sorted(table["nama"].fillna("(hanya pada berkas terbatas)"))
    category, village = table[["kategori", "desa"]].value_counts().index[0]
    narrowed = table[(table["kategori"] == category) & (table["desa"] == village)]
    page = browser.ask(f"/?kategori={quote(category)}&desa={quote(village)}")
    assert f"dari {len(narrowed)} rujukan" in page.text
    someone = table.dropna(subset=["nama", "nik"]).iloc[0]
    assert someone["nama"] in names(browser.ask(f"/?cari={quote(someone['nama'][2:].lower())}"))
    assert someone["nama"] in names(browser.ask(f"/?cari={quote(someone['nik'])}"))
    assert names(browser.ask("/?cari=tidak-ada-orang-ini")) == []


def test_a_whole_nik_finds_its_bearer_and_is_shown_masked(
    browser: Browser, finished: Path, table: pd.DataFrame
) -> None:
    people = Lake(finished / "lake").read("persons").dropna(subset="nik")
    bearer = people[people["nama"].isin(table.dropna(subset=["nik", "nama"])["nama"])].iloc[0]
    page = browser.ask(f"/?cari={bearer['nik']}")
    assert bearer["nama"] in names(page)
    rows = "".join(html.fromstring(page.text).xpath("//table//text()"))
    assert bearer["nik"] not in rows and "••••" in rows


def test_a_referral_is_shown_whole(browser: Browser, table: pd.DataFrame) -> None:
    assert sorted(shown_columns()) == sorted(columns()["column"])
    one = table.dropna(subset="nama").iloc[0]
    page = browser.ask(f"/rujukan/{one['referral_id']}")
    text = html.fromstring(page.text).text_content()
    for said in (one["nama"], one["alasan"], one["basis"], one["kode_desa"], *one["record_ids"]):
        assert said in text
    assert "Baru sejak daftar sebelumnya" not in text
    assert browser.ask("/berakhir").status == 200


def test_the_command_tells_the_address_and_ends_when_asked(finished: Path) -> None:
    command = [PMKS, "explore", "dayasos", "--data", finished, "--port", "8759"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            lines = [server.stdout.readline(), server.stdout.readline()]
            found = re.search(r"http://127\.0\.0\.1:8759(/\?kunci=\S{20,})", lines[1])
            assert found is not None, lines
            browser = Browser(8759)
            for _ in range(200):
                try:
                    assert browser.ask(found[1]).status == 303
                    break
                except ConnectionRefusedError:
                    assert server.poll() is None
                    threading.Event().wait(0.05)
            assert browser.ask("/").status == 200
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)
    missing = subprocess.run([PMKS, "explore", "lain", "--data", finished], capture_output=True, text=True, check=False)
    assert missing.returncode == 2 and "rehsos, dayasos, jamsos" in missing.stderr


if CHROMIUM:

    def test_no_page_shuts_anybody_out(browser: Browser, table: pd.DataFrame) -> None:
        addresses = ("/", "/berakhir", f"/rujukan/{table['referral_id'].iloc[0]}")
        pages = {address: browser.ask(address).text for address in addresses}
        found = {(address, scheme): violations(page, scheme) for address, page in pages.items() for scheme in SCHEMES}
        assert found == {each: [] for each in found}
