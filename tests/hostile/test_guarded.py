"""Reading in a worker: the same report, and one clear error for whatever brings the worker down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from labinterp import Patient, ReadError, Report, read
from labinterp.readers import wire
from labinterp.readers.guarded import Guard
from labinterp.readers.limits import Limits

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(path for path in (ROOT / "samples").iterdir() if not path.name.endswith((".expected.csv", ".py")))
CSV = b"Test,Result,Unit\nPotassium,2.9,mmol/L\n"
FALLS = """
import os, re, sys, time, ctypes
from labinterp.readers import worker
usual = worker.read
def read(data, *, name, locale):
    if name == "segfault": ctypes.string_at(0)
    if name == "exit": os._exit(0)
    if name == "abort": os.abort()
    if name == "sleep": time.sleep(600)
    if name == "loop": re.match(r"(a+)+$", "a" * 60 + "b")  # holds the lock of the interpreter
    if name == "memory": return [bytearray(64 << 20) for _ in range(64)]
    if name == "fault": raise KeyError(data.decode())
    if name == "prints": os.write(1, b"noise" * 100); print("noise")
    if name == "garbage": os.write(out_of_worker(), b"\\xff" * 4000)
    return usual(data, name=name, locale=locale)
def out_of_worker():
    return next(n for n in range(3, 20) if os.path.realpath(f"/dev/fd/{n}").startswith("/proc") and "pipe" in os.readlink(f"/proc/self/fd/{n}"))
worker.read = read
worker.main()
"""


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard().start() as one:
        yield one


@pytest.fixture(scope="module")
def falling() -> Iterator[Guard]:
    """A guard whose worker does what the name of the document says."""
    with Guard(limits=Limits(memory=1 << 30)) as one:
        one.start_with = FALLS
        yield one


def same(one: Report, other: Report) -> None:
    assert_frame_equal(one.rows, other.rows)
    assert_frame_equal(one.unread, other.unread)
    bare = pd.DataFrame()
    assert replace(one, rows=bare, unread=bare).__dict__.keys() == other.__dict__.keys()
    for fact in ("patient", "patient_name", "laboratory", "format", "name", "notices"):
        assert getattr(one, fact) == getattr(other, fact)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_report_is_the_same_in_the_worker(guard: Guard, path: Path) -> None:
    same(guard.read(path), read(path))


def test_several_people_a_locale_and_refusals_are_the_same(guard: Guard) -> None:
    people = b"Patient,Sex,Birth date,Test,Result,Unit\nA,F,1970-01-02,Potassium,2.9,mmol/L\nB,M,1980-03-04,Potassium,4.1,mmol/L\n"
    same(guard.read(people, name="x.csv"), read(people, name="x.csv"))
    same(guard.read(CSV, name="x.csv", locale=","), read(CSV, name="x.csv", locale=","))
    for data in (b"", b"%PDF-1.4 nothing", b"MZ\x90\x00", b"\x00\x01\x02\x03" * 90):
        with pytest.raises(ReadError) as here:
            read(data, name="x")
        with pytest.raises(ReadError) as there:
            guard.read(data, name="x")
        assert str(here.value) == str(there.value)


def test_what_travels_is_plain_and_whole() -> None:
    rows = pd.DataFrame(
        {"name_text": ["K", "", "Ä\x00"], "page": [1.0, float("nan"), 2.0], "birth_date": [date(1970, 1, 2), None, date(1, 1, 1)]}
    )
    report = Report(rows, rows.iloc[:0], Patient("female", 41.5, date(1980, 1, 1), True), "A", "B", "csv", "n", ("one", "two"))
    message, blob = wire.plain(report)
    same(wire.report_from(json.loads(json.dumps(message)), blob), report)


@pytest.mark.parametrize("fall", ["segfault", "exit", "abort", "memory", "fault"])
def test_a_fall_costs_one_error_and_the_next_document_is_read(falling: Guard, fall: str) -> None:
    with pytest.raises(ReadError, match=f"^{fall}: reading it ") as told:
        falling.read(b"SECRET 41", name=fall)
    assert "SECRET" not in str(told.value)
    assert ("memory" in str(told.value)) == (fall != "fault")
    assert falling.read(CSV, name="next.csv").rows["value_text"].tolist() == ["2.9"]


@pytest.mark.parametrize(("hang", "limits"), [("sleep", Limits(silence=0.5)), ("loop", Limits(seconds=0.5))])
def test_a_loop_is_stopped(falling: Guard, hang: str, limits: Limits) -> None:
    falling.read(CSV, name="first.csv")
    begun = time.monotonic()
    with pytest.raises(ReadError, match=r"longer than 0\.5 s"):
        falling.read(b"x", name=hang, limits=limits)
    assert time.monotonic() - begun < 30
    assert falling.read(CSV, name="next.csv").rows["value_text"].tolist() == ["2.9"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for the pipe in /proc")
def test_a_worker_that_says_nonsense_is_replaced(falling: Guard) -> None:
    assert falling.read(CSV, name="prints").rows["value_text"].tolist() == ["2.9"]
    with pytest.raises(ReadError, match="garbage"):
        falling.read(CSV, name="garbage", limits=Limits(silence=5))
    assert falling.read(CSV, name="next.csv").rows["value_text"].tolist() == ["2.9"]


def test_a_worker_that_died_while_idle_is_not_noticed(guard: Guard) -> None:
    guard.read(CSV, name="x.csv")
    process = guard._workers[0].process
    assert process is not None
    process.kill()
    process.wait()
    assert len(guard.read(CSV, name="x.csv").rows) == 1


def test_many_threads_and_each_gets_its_own(guard: Guard) -> None:
    got: dict[int, list[str]] = {}

    def one(number: int) -> None:
        got[number] = guard.read(CSV.replace(b"2.9", b"%d" % number), name=f"{number}.csv").rows["value_text"].tolist()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(100, 120)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {number: [str(number)] for number in range(100, 120)}


def test_a_folder_is_read_in_its_order(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.csv" for number in range(9)]
    for number, path in enumerate(paths):
        path.write_bytes(b"" if number == 4 else CSV.replace(b"2.9", b"%d" % number))
    with Guard(2) as two:
        found = list(two.read_all(iter(paths)))
    assert [path for path, _ in found] == paths
    assert [str(r) if isinstance(r, ReadError) else r.rows["value_text"][0] for _, r in found] == [
        "4.csv: the file is empty" if number == 4 else str(number) for number in range(9)
    ]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no such signal")
@pytest.mark.parametrize("busy", [False, True])
def test_no_worker_outlives_the_one_who_started_it(busy: bool) -> None:
    ask = "threading.Thread(target=g.read, args=(b'x',), kwargs={'name': 'sleep'}).start(); time.sleep(.3)" if busy else ""
    code = f"""
import threading, time
from labinterp.readers import guarded
g = guarded.Guard()
g.start_with = {FALLS!r}
g.read({CSV!r}, name="x.csv")
{ask}
print(g._workers[0].process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{worker}/stat").is_file() and Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z":
            return  # it has ended; whoever inherits it has not looked yet
        time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker went on alone")


def test_a_page_is_drawn_in_the_worker(guard: Guard) -> None:
    data = (ROOT / "samples" / "leg_weakness.pdf").read_bytes()
    drawing = guard.draw(data, 1)
    assert drawing is not None and drawing.points is not None
    assert len(drawing.pixels) == 3 * drawing.size[0] * drawing.size[1]
    assert abs(drawing.size[0] - 1.6 * drawing.points[0]) < 2
    assert guard.draw(data, 99) is None and guard.draw(CSV, 1) is None
    with pytest.raises(ReadError, match="cannot be drawn"):
        guard.draw(b"%PDF-1.4 nothing", 1)
