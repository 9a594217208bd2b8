"""The real page in Debian's Chromium. Skipped with a message where there is no Chromium, never in CI."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import labinterp.app as app

ROOT = Path(__file__).parents[2]
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-features=OptimizationHints,Translate")  # fmt: skip
STILL = "() => document.getAnimations().every(each => each.playState !== 'running' || each.effect.getComputedTiming().endTime === Infinity)"
HERE = {"127.0.0.1", ""}  # an address without a host is data: or blob:


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser that is already on this machine; none is downloaded."""
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium, and in CI the browser tests must run")
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app, served as `labinterp app` serves it."""
    port, folder = _own_port(), tmp_path_factory.mktemp("served")
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(Path(app.__file__).parent / "served" / "app.py"),
        f"--server.port={port}",
        *app.settings(),
    ]
    with (folder / "log").open("wb") as log:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(folder), "TMPDIR": str(folder)}
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, env=environment)
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            server.wait(20)
    kept = [
        path
        for path in folder.rglob("*")
        if path.is_file() and any(name in path.read_bytes() for name in (b"Ada Example", b"Carl Example", b"%PDF"))
    ]
    assert not kept, f"a report was left on the disk: {kept}"


def _own_port() -> int:
    """A port that the system chooses: where two workers look for the first free one, both find the same."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(health: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(health, timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail("the app did not start")


class Reader:
    """A person at the page."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.page.set_default_timeout(20_000)
        self.page.goto(address)
        self.page.locator(".st-key-drop").wait_for()
        self.settle()

    def see(self, text: str) -> Any:
        """Wait until the page shows a text."""
        found = self.page.get_by_text(text).filter(visible=True).first
        found.wait_for()
        return found

    def press(self, name: str) -> None:
        self.rest()
        self.page.get_by_role("button", name=name).first.click()
        self.settle()

    def upload(self, *names: str | Path) -> None:
        """Drop samples, or files of one's own."""
        self.page.locator("input[type=file]").set_input_files([ROOT / "samples" / name for name in names])
        self.settle()

    def go(self, title: str, heading: str) -> None:
        """Choose a page in the navigation."""
        place = self.page.locator(".st-key-nav" if self.page.viewport_size["width"] <= 640 else "header")
        link, shown = place.get_by_role("link", name=title, exact=True), self.page.get_by_role("heading", name=heading)
        link.click()
        self.settle()
        if not shown.is_visible():  # an upload that was still being read led to its own page in between
            link.click()
        shown.wait_for()
        self.settle()

    def answer(self) -> None:
        """Go to the answer with no emergency sign."""
        self.go("Answer", "Your answer")
        self.press("None of these")
        self.page.get_by_role("heading", name="Possible causes").wait_for()

    def settle(self) -> None:
        """Wait until the page has stopped working, twice in a row."""
        for _ in range(2):
            self.page.wait_for_timeout(120)
            self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        self.rest()

    def rest(self) -> None:
        """Wait until nothing moves: a click on a button that an opening box pushes down lands beside it."""
        self.page.wait_for_function(STILL)


@pytest.fixture
def visit(chromium: Any, address: str) -> Iterator[Callable[..., Reader]]:
    """Open the page as a new person. Fails when any request leaves this machine or the page throws an error."""
    asked: list[str] = []
    errors: list[str] = []
    contexts = []

    def open_page(width: int = 1280, height: int = 900, **options: Any) -> Reader:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        return Reader(page, address)

    yield open_page
    for context in contexts:
        context.close()
    assert asked, "no request was seen, so the watch does not work"
    elsewhere = sorted({url for url in asked if (urlsplit(url).hostname or "") not in HERE})
    assert not elsewhere, f"requests left the machine: {elsewhere}"
    assert not errors, errors
