"""Reading many documents in several processes, in order: one that kills its process is one failure, never a stop."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from labinterp.errors import ReadError
from labinterp.model import Report
from labinterp.readers import read

FEW = 8
"""So many small files are read faster than processes start."""

SMALL = 1 << 20  # bytes
AHEAD = 4  # files in work for each process


def read_one(path: Path, locale: str | None) -> Report | str:
    """The report, or the reason why there is none."""
    try:
        return read(path, locale=locale)
    except ReadError as error:
        return str(error).removeprefix(f"{path.name}: ")
    except MemoryError:
        return "it needs more memory than there is"
    except Exception as error:  # the fault of one document must not stop the others
        return f"reading it failed ({type(error).__name__}: {error})"


def _quiet() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for the parent, who ends the others


class Readers:
    """Reads `files` by their number, looking ahead. Close it when done (`with`)."""

    def __init__(self, files: Sequence[Path], locale: str | None, processes: int | None = None) -> None:
        self.files, self.locale = files, locale
        self.processes = processes or max(1, min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2, 8))
        light = len(files) <= FEW and sum(file.stat().st_size for file in files) <= SMALL
        self.pool: ProcessPoolExecutor | None = None
        self.inline = processes is None and light
        self.waiting: dict[int, Future[Report | str]] = {}

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def get(self, number: int) -> Report | str:
        """What became of a file."""
        if self.inline:
            return read_one(self.files[number], self.locale)
        try:
            self._look_ahead(number)
            return self.waiting.pop(number).result()
        except BrokenProcessPool:  # some file in work killed its process: which one shows when each is read alone
            self._end()
            return self._alone(number)

    def _alone(self, number: int) -> Report | str:
        with self._started(1) as pool:
            try:
                return pool.submit(read_one, self.files[number], self.locale).result()
            except BrokenProcessPool:
                return "reading it ended the process (out of memory, or a fault of a library)"

    def _look_ahead(self, number: int) -> None:
        if self.pool is None:
            self.pool = self._started(self.processes)
        for ahead in range(number, min(number + self.processes * AHEAD, len(self.files))):
            if ahead not in self.waiting:
                self.waiting[ahead] = self.pool.submit(read_one, self.files[ahead], self.locale)

    def _started(self, processes: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"), initializer=_quiet)

    def _end(self) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.pool = None
        self.waiting.clear()
