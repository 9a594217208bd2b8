"""A folder on the disk for what has to lie there: private, removed when done with, and after a crash by the next one that needs one."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

NAME = "labinterp-{pid}-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that only this user can open (mode 0700)."""
    sweep()
    with TemporaryDirectory(prefix=NAME.format(pid=os.getpid())) as folder:
        yield Path(folder)


def sweep() -> None:
    """Remove the folders of our programs that no longer run: one that was killed could not remove its own."""
    for folder in Path(gettempdir()).glob(NAME.format(pid="*") + "*"):
        match = re.match(NAME.format(pid=r"(\d+)"), folder.name)
        if match and not folder.is_symlink() and not _runs(int(match[1])):
            shutil.rmtree(folder, ignore_errors=True)  # somebody else's stays


def _runs(pid: int) -> bool:
    if os.name == "nt":  # there a signal of 0 ends the process; the system clears the folder itself
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
