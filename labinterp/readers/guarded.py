"""Reading in a process of its own: a bomb, an endless loop or a crash of a native library costs one `ReadError`, not the app.

>>> with Guard() as guard:
...     guard.read(b"Test,Result,Unit\\nPotassium,2.9,mmol/L\\n", name="one.csv").rows["value_text"].tolist()
['2.9']

The worker is started before it is needed and used again for the next document; after a fault a fresh one takes its place. What comes
back is plain data (see `wire`). Nothing is written to the disk.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import labinterp
from labinterp.errors import ReadError
from labinterp.language import remark
from labinterp.model import Report
from labinterp.readers import content_of, refuse_empty, wire
from labinterp.readers.drawing import Drawing
from labinterp.readers.limits import Limits, within
from labinterp.readers.worker import OUT_OF_MEMORY

Source = str | os.PathLike[str] | bytes | IO[bytes] | IO[str]

PROGRAM = "from labinterp.readers.worker import main; main()"

DRAWING = (30.0, 3 << 29)
"""Seconds and bytes for a page to look at: it has no need of what text recognition needs."""

WORN = 1 << 30
"""Bytes: a worker that has held more is replaced, as memory once taken is seldom given back."""


class Guard:
    """Up to `workers` processes that read documents. Safe to use from several threads; who finds all workers busy waits in a line."""

    def __init__(self, workers: int = 1, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.count = workers
        self.start_with = PROGRAM
        self._free: queue.LifoQueue[_Worker] = queue.LifoQueue()  # the one used last is the warm one
        self._workers = [_Worker() for _ in range(workers)]
        for worker in self._workers:
            self._free.put(worker)

    def start(self) -> Guard:
        """Start one worker now, so that the first document does not wait for it."""
        worker = self._free.get()
        try:
            worker.start(self.start_with)
        finally:
            self._free.put(worker)
        return self

    def read(self, source: Source, *, name: str | None = None, locale: str | None = None, limits: Limits | None = None) -> Report:
        """What `labinterp.read` returns or raises; also `ReadError` where the worker fell, hung or took too much memory."""
        bounds = limits or self.limits
        with within(bounds):
            data, name = content_of(source, name)
            refuse_empty(data, name)
        message, blob = self._ask({"job": "read", "name": name, "locale": locale}, data, bounds)
        try:
            return wire.report_from(message["report"], blob)
        except (LookupError, TypeError, ValueError):  # the answer of a process that something else has taken over
            raise ReadError(f"{name}: reading it failed (no sound answer)") from None

    def read_all(self, sources: Iterable[Path], *, locale: str | None = None) -> Iterator[tuple[Path, Report | ReadError]]:
        """Read many documents, `workers` at a time. Yields them in their order, each with its report or why there is none.

        Few are read ahead of the one that is taken, so memory does not grow with their number.
        """
        waiting: deque[tuple[Path, Future[Report]]] = deque()

        def first() -> tuple[Path, Report | ReadError]:
            path, future = waiting.popleft()
            try:
                return path, future.result()
            except ReadError as error:
                return path, error

        with ThreadPoolExecutor(self.count) as threads:
            try:
                for path in sources:
                    waiting.append((path, threads.submit(self.read, path, locale=locale)))
                    if len(waiting) > 2 * self.count:
                        yield first()
                while waiting:
                    yield first()
            finally:
                for _, future in waiting:
                    future.cancel()

    def draw(self, data: bytes, page: int, *, name: str = "document") -> Drawing | None:
        """What `drawing.draw` returns or raises."""
        bounds = replace(self.limits, seconds=min(self.limits.seconds, DRAWING[0]), memory=min(self.limits.memory, DRAWING[1]))
        message, pixels = self._ask({"job": "draw", "name": name, "page": page}, data, bounds)
        if message.get("drawing") is None:
            return None
        (width, height), points = message["drawing"]
        if len(pixels) != width * height * 3:
            raise ReadError(f"{name}: drawing it failed (no sound answer)")
        return Drawing(pixels, (width, height), (points[0], points[1]) if points else None)

    def close(self) -> None:
        """End the workers. Called of itself at the end of the program."""
        for worker in self._workers:
            worker.stop()

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _ask(self, request: dict[str, Any], data: bytes, bounds: Limits) -> tuple[dict[str, Any], bytes]:
        worker = self._free.get()
        try:
            try:
                worker.start(self.start_with)
            except OSError as error:
                raise ReadError(f"{request['name']}: the process that reads documents cannot be started ({error.strerror})") from None
            message, blob = worker.ask(request | {"limits": asdict(bounds)}, data, bounds)
        finally:
            self._free.put(worker)
        if "refused" in message:
            raise ReadError(str(message["refused"]))
        return message, blob


class _Worker:
    """One process, started when it is needed and is not there."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = 0

    def start(self, program: str) -> None:
        if self.process is not None and self.owner == os.getpid() and self.process.poll() is None:
            return
        if self.owner == os.getpid():
            self.stop()
        places = [str(Path(labinterp.__file__).resolve().parents[1]), *(str(Path(place).absolute()) for place in sys.path)]
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libraries write there what they find in a document
            env=os.environ | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(places))},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self.owner = os.getpid()
        atexit.register(self.stop)

    def stop(self) -> None:
        process, self.process = self.process, None
        atexit.unregister(self.stop)
        if process is None or self.owner != os.getpid():  # a fork of the program that started it
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what it was sent last can no longer be delivered
                    continue

    def ask(self, request: dict[str, Any], data: bytes, bounds: Limits) -> tuple[dict[str, Any], bytes]:
        """One answer of the process, which was started. Raises `ReadError` where there is none; then the process is gone."""
        name = request["name"]
        process = self.process
        assert process is not None and process.stdin is not None and process.stdout is not None
        clock = _Clock(process, bounds)
        try:
            wire.send(process.stdin, request, data)
            while True:
                message, blob = wire.receive(process.stdout)
                if "progress" not in message:
                    break
                clock.alive()
                logging.getLogger(__name__).info("%s", message["progress"])
        except (EOFError, OSError, ValueError):
            code = _code_of(process)
            clock.stop()
            self.stop()
            raise ReadError(f"{name}: {clock.over or _why(code, bounds)}") from None
        except BaseException:  # Ctrl+C, or the end of a session: the answer that is still to come is nobody's
            clock.stop()
            self.stop()
            raise
        clock.stop()
        if clock.over or "fault" in message or "memory" in message or message.get("peak", 0) > WORN:
            self.stop()
        if "fault" in message:
            raise ReadError(f"{name}: reading it failed ({message['fault']}); this is a fault of labinterp, please tell us")
        if "memory" in message:
            raise ReadError(f"{name}: {_why(OUT_OF_MEMORY, bounds)}")
        return message, blob


class _Clock:
    """Ends a process that takes too long, or says nothing for too long."""

    def __init__(self, process: subprocess.Popen[bytes], bounds: Limits) -> None:
        self.process, self.bounds, self.over = process, bounds, ""
        self.end = time.monotonic() + bounds.seconds
        self._set()

    def _set(self) -> None:
        self.timer = threading.Timer(min(self.bounds.silence, max(self.end - time.monotonic(), 0.0)), self._expire)
        self.timer.daemon = True
        self.timer.start()

    def _expire(self) -> None:
        late = time.monotonic() >= self.end
        self.over = remark(f"reading it took longer than {self.bounds.seconds if late else self.bounds.silence:g} s and was stopped")
        self.process.kill()

    def alive(self) -> None:
        self.stop()
        if not self.over:
            self._set()

    def stop(self) -> None:
        self.timer.cancel()
        self.timer.join()


def _code_of(process: subprocess.Popen[bytes]) -> int | None:
    """How a process ended whose pipe is closed."""
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        return None


def _why(code: int | None, bounds: Limits) -> str:
    if code == OUT_OF_MEMORY:
        return remark(f"reading it took more than {bounds.memory >> 20} MB of memory and was stopped")
    return remark(
        f"reading it made the reader fall ({code}); it is damaged, made to do harm, or needs more than {bounds.memory >> 20} MB of memory"
    )


_shared: Guard | None = None
_lock = threading.Lock()


def shared(workers: int = 2) -> Guard:
    """The guard of this program; the first call makes it. A second worker is started only when the first one is busy."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = Guard(workers)
        return _shared


def read_guarded(source: Source, *, name: str | None = None, locale: str | None = None, limits: Limits | None = None) -> Report:
    """`labinterp.read` in the worker of this program: the same report, or one clear `ReadError`, whatever the document does."""
    return shared().read(source, name=name, locale=locale, limits=limits)
