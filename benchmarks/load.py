"""Twenty people at the page at once: does each see only what is their own, how long does it take, how much memory does the server take?

    python benchmarks/load.py [--people 20] [--rounds 2]

Starts `labinterp app`, opens a browser session (a context of its own: cookies, memory, web socket) for each person, and lets all of them
drop a report at the same moment. Each report has its own values: half are CSV, half PDF (made here). A person's page must then show every
value of their report and none of anybody else's. The memory is that of the server and of its workers together (proportional set size),
sampled ten times a second. Needs Chromium (Debian: ``apt install chromium``) and the extras ``app,pdf,test``; Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = (
    ("Potassium", "mmol/L", "3.5 - 5.1"),
    ("Sodium", "mmol/L", "135 - 145"),
    ("Calcium", "mmol/L", "2.15 - 2.55"),
    ("CK", "U/L", "30 - 200"),
    ("TSH", "mIU/L", "0.4 - 4.0"),
    ("Ferritin", "ug/L", "30 - 300"),
    ("CRP", "mg/L", "0 - 5"),
    ("Vitamin B12", "pmol/L", "148 - 664"),
)
BASE = (4.0, 137.0, 2.3, 100.0, 2.0, 120.0, 3.0, 300.0)


@dataclass
class Person:
    """One visitor: their report, and how long it took until they saw it."""

    number: int
    name: str
    data: bytes
    values: list[str]
    seconds: float = 0.0
    faults: tuple[str, ...] = ()


def person(number: int) -> Person:
    """A person whose values end in digits that nobody else's values have."""
    values = [f"{base:.1f}{number:02d}{at + 1}" for at, base in enumerate(BASE)]
    lines = [(test, value, unit, usual) for (test, unit, usual), value in zip(TESTS, values)]
    if number % 2:
        return Person(number, f"person-{number}.pdf", pdf(lines, number), values)
    text = "\n".join(",".join(line) for line in [("Test", "Result", "Unit", "Reference range"), *lines])
    return Person(number, f"person-{number}.csv", text.encode(), values)


def pdf(lines: list[tuple[str, ...]], number: int) -> bytes:
    """A report of one page."""
    from fpdf import FPDF

    sheet = FPDF()
    sheet.add_page()
    sheet.set_font("Helvetica", size=10)
    sheet.text(20, 20, f"Laboratory {number}   Report of results")
    for row, cells in enumerate([("Test", "Result", "Unit", "Reference range"), *lines]):
        for x, cell in zip((20, 80, 110, 140), cells):
            sheet.text(x, 40 + 8 * row, cell)
    return bytes(sheet.output())


class Memory:
    """Watches the proportional memory of a process and all that it started."""

    def __init__(self, root: int) -> None:
        self.root, self.peak, self.first, self.last, self.stop = root, 0, 0, 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.stop.wait(0.1):
            self.last = sum(map(proportional, family(self.root)))
            self.first = self.first or self.last
            self.peak = max(self.peak, self.last)


def family(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [root]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def proportional(pid: int) -> int:
    try:
        match = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0
    return int(match[1]) * 1024 if match else 0


async def visit(browser: Any, address: str, one: Person, everybody: list[Person], ready: asyncio.Barrier) -> None:
    """Open the page, wait for the others, drop the report, and look."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(240_000)
    await page.goto(address)
    await page.get_by_text("Drop your report here").first.wait_for()
    await ready.wait()
    begun = time.monotonic()
    await page.locator("input[type=file]").set_input_files({"name": one.name, "mimeType": "application/octet-stream", "buffer": one.data})
    await page.get_by_text("result lines found").or_(page.get_by_role("heading", name="Check")).first.wait_for()
    await settled(page)
    await page.locator("header").get_by_role("link", name="Answer", exact=True).click()
    await page.get_by_role("heading", name="Your answer").wait_for()
    await settled(page)
    one.seconds = time.monotonic() - begun
    seen = set(re.findall(r"\d+\.\d+", await page.content()))
    missing = [value for value in one.values if not seen & {value, value.rstrip("0")}]
    strange = [value for other in everybody if other is not one for value in other.values if seen & {value, value.rstrip("0")}]
    names = [other.name for other in everybody if other is not one and other.name in await page.content()]
    one.faults = (*(f"{value} is missing" for value in missing), *(f"{value} is somebody else's" for value in strange + names))
    await context.close()


async def settled(page: Any) -> None:
    for _ in range(2):
        await page.wait_for_timeout(150)
        await page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


async def run(address: str, people: list[Person]) -> None:
    from playwright.async_api import async_playwright

    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        sys.exit("there is no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        ready = asyncio.Barrier(len(people))
        await asyncio.gather(*(visit(browser, address, one, people, ready) for one in people))
        await browser.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    from labinterp.app import free_port

    port = free_port(8790)
    address = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-m", "labinterp", "app", "--no-browser", f"--port={port}"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    faults = 0
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.25)
        memory = Memory(server.pid)
        for turn in range(chosen.rounds):
            people = [person(turn * chosen.people + number) for number in range(chosen.people)]
            asyncio.run(run(address, people))
            times = sorted(one.seconds for one in people)
            wrong = [f"  person {one.number}: {', '.join(one.faults)}" for one in people if one.faults]
            faults += len(wrong)
            print(
                f"round {turn + 1}: {len(people)} people, answer seen after {times[0]:.1f} s (first), {statistics.median(times):.1f} s "
                f"(median), {times[-1]:.1f} s (last); {len(wrong)} saw something wrong; "
                f"server and workers {memory.last >> 20} MB, peak {memory.peak >> 20} MB",
                *wrong,
                sep="\n",
                flush=True,
            )
        time.sleep(25)  # longer than a closed session is kept
        print(f"at the start {memory.first >> 20} MB, at the end {memory.last >> 20} MB, peak {memory.peak >> 20} MB")
        memory.stop.set()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
