"""Reading many documents in several processes, in order: one that brings its process down is one failure, never a stop."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from labinterp.errors import ReadError
from labinterp.model import Report
from labinterp.readers import HEAD, read
from labinterp.readers.guarded import Guard

FEW = 8
"""So many small files are read faster than processes start."""

SMALL = 1 << 20  # bytes
AHEAD = 4  # files in work for each process


class Readers:
    """Reads `files` by their number, looking ahead. Close it when done (`with`)."""

    def __init__(self, files: Sequence[Path], locale: str | None, processes: int | None = None) -> None:
        self.files, self.locale = files, locale
        self.processes = processes or max(1, min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2, 8))
        light = len(files) <= FEW and sum(file.stat().st_size for file in files) <= SMALL
        self.inline = processes is None and light and not any(map(_is_native, files))
        self.guard = Guard(self.processes)  # starts nothing until it is asked
        self.threads = ThreadPoolExecutor(self.processes)
        self.waiting: dict[int, Future[Report | str]] = {}

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *error: object) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.guard.close()

    def get(self, number: int) -> Report | str:
        """The report of a file, or the reason why there is none."""
        if self.inline:
            return self._read(self.files[number])
        for ahead in range(number, min(number + self.processes * AHEAD, len(self.files))):
            if ahead not in self.waiting:
                self.waiting[ahead] = self.threads.submit(self._read, self.files[ahead])
        return self.waiting.pop(number).result()

    def _read(self, path: Path) -> Report | str:
        try:
            return read(path, locale=self.locale) if self.inline else self.guard.read(path, locale=self.locale)
        except ReadError as error:
            return str(error).removeprefix(f"{path.name}: ")
        except MemoryError:
            return "it needs more memory than there is"
        except Exception as error:  # the fault of one document must not stop the others; its words may quote the document
            return f"reading it failed ({type(error).__name__})"


def _is_native(path: Path) -> bool:
    """Is it of a kind that a native library reads, which may bring the whole process down?"""
    from labinterp.readers import image, pdf

    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return pdf.identify(head, path.name) or image.identify(head, path.name)
