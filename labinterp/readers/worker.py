"""The process that `guarded` starts: reads one document after another, and may fall.

It speaks over its standard input and output, writes nothing else and leaves no core file. It ends when the other side is gone.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from labinterp.errors import LabinterpError
from labinterp.readers import READERS, read, wire
from labinterp.readers.drawing import draw
from labinterp.readers.limits import Limits, limits_from, within

OUT_OF_MEMORY = 86
"""Exit code."""
GRACE = 15.0
"""Seconds beyond the limit after which the worker ends itself, should nobody have ended it."""

Request = tuple[dict[str, Any], bytes]


def main() -> None:
    """Answer requests until there is nobody to ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the one who started us
    source, out = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what a library prints would be taken for an answer
    _no_core_file()
    if sys.platform == "darwin":
        _watched.start()
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, requests), daemon=True).start()
    logging.getLogger("labinterp").addHandler(_Progress(out))
    logging.getLogger("labinterp").setLevel(logging.INFO)
    for name in READERS:
        import_module(f"labinterp.readers.{name}")
    _warm()
    while True:
        message, blob = requests.get()
        answer, content = _answer(message, blob)
        wire.send(out, answer, content)
        faulthandler.cancel_dump_traceback_later()
        if "memory" in answer:
            os._exit(OUT_OF_MEMORY)


def _warm() -> None:
    """Load what every document needs, so that the first one does not wait for it."""
    import pypdfium2.raw  # noqa: F401

    from labinterp.readers.table import is_analyte

    is_analyte("potassium")


def _listen(source: IO[bytes], requests: queue.SimpleQueue[Request]) -> None:
    """Take requests in as they come; the end of them is the end of the process, whatever it is doing."""
    try:
        while True:
            requests.put(wire.receive(source))
    except (EOFError, OSError, ValueError):
        os._exit(0)


def _answer(message: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
    bounds = limits_from(message["limits"])
    _keep_to(bounds)
    try:
        with within(bounds):
            if message["job"] == "draw":
                drawing = draw(blob, message["page"], message["name"])
                if drawing is None:
                    return {"drawing": None}, b""
                return {"drawing": [drawing.size, drawing.points], "peak": _peak()}, drawing.pixels
            report, content = wire.plain(read(blob, name=message["name"], locale=message["locale"]))
            return {"report": report, "peak": _peak()}, content
    except LabinterpError as error:
        return {"refused": str(error), "peak": _peak()}, b""
    except MemoryError:
        return {"memory": True}, b""
    except Exception as error:  # a fault of ours or of a library; its words may quote the document, its place does not
        place = traceback.extract_tb(error.__traceback__)[-1]
        return {"fault": f"{type(error).__name__} in {Path(place.filename).name} line {place.lineno}"}, b""


class _Progress(logging.Handler):
    """Sends what the readers log of their progress, which also shows that they are alive."""

    def __init__(self, out: IO[bytes]) -> None:
        super().__init__()
        self.out = out

    def emit(self, record: logging.LogRecord) -> None:
        _keep_alive(None)
        wire.send(self.out, {"progress": record.getMessage()})


# ---- limits ----

_silence = Limits().silence


def _keep_to(bounds: Limits) -> None:
    """Bind this process to the limits of the document that it will read."""
    _keep_alive(bounds.silence)
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on Windows; a lower limit of the system stays in force
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = bounds.memory if hard == resource.RLIM_INFINITY else min(bounds.memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    if sys.platform == "darwin":  # where the system does not hold a process to the limit, so it is measured
        _watched.most = bounds.memory


def _keep_alive(silence: float | None) -> None:
    """Begin anew to count the seconds until this process ends itself. The count runs outside Python, so no loop can hold it up."""
    global _silence
    _silence = silence or _silence
    faulthandler.dump_traceback_later(_silence + GRACE, exit=True, file=_nowhere())


@cache
def _nowhere() -> int:
    return os.open(os.devnull, os.O_WRONLY)


def _no_core_file() -> None:
    """A crash must not write the memory, with a report in it, to the disk."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _peak() -> int:
    """Bytes that this process has held at most; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with contextlib.suppress(OSError, LookupError):  # what `getrusage` says begins with the memory of the program that started this one
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return 0


class _Watched(threading.Thread):
    """Ends the process where it has held more than `most` bytes."""

    most = sys.maxsize

    def run(self) -> None:
        while _peak() <= self.most:
            time.sleep(0.25)
        os._exit(OUT_OF_MEMORY)


_watched = _Watched(daemon=True)
