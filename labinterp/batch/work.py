"""What is finished of a run that is not: parts of the output beside the target, in a folder whose name says so, and how far they reach.

A part is written aside and gets its name when it is whole; only then does the journal say so. So a run may be stopped anywhere.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from labinterp.batch.output import settle, write_json, writing
from labinterp.errors import LabinterpError


class ResumeError(LabinterpError):
    """What was begun was another run."""


class Work:
    """The folder of a run. `state` is what the journal says, None where nothing is finished yet."""

    def __init__(self, target: Path, run: dict[str, Any], *, resume: bool) -> None:
        self.target, self.run = target, run
        self.kind = target.suffix.lower()
        self.folder = target.with_name(target.name + ".unfinished")
        self.journal = self.folder / "journal.json"
        self.state: dict[str, Any] | None = None
        if resume and self.journal.is_file():
            state = json.loads(self.journal.read_text(encoding="utf-8"))
            if state["run"] != run:
                differing = ", ".join(sorted(key for key in run if state["run"].get(key) != run[key]))
                raise ResumeError(
                    f"{self.folder} was begun with other input or options ({differing}); run without --resume to start afresh"
                )
            self.state = state
        else:
            self.restart()

    def restart(self) -> None:
        """Forget what was begun."""
        with writing(self.target):
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        self.state = None

    @property
    def parts(self) -> list[Path]:
        """The finished parts of the output, in order."""
        return [self._part(number) for number in range(self.state["parts"] if self.state else 0)]

    @property
    def spills(self) -> list[Path]:
        """What was kept for the persons of each finished part."""
        return [self._spill(number) for number in range(self.state["parts"] if self.state else 0)]

    def _part(self, number: int) -> Path:
        return self.folder / f"{number:05d}{self.kind}"

    def _spill(self, number: int) -> Path:
        return self.folder / f"{number:05d}.persons"

    def new_part(self) -> tuple[Path, Path]:
        """Where to write the next part, and what it keeps for persons."""
        number = self.state["parts"] if self.state else 0
        spill = self._spill(number)
        shutil.rmtree(spill, ignore_errors=True)
        return self.folder / f".{number:05d}.part", spill

    def commit(self, part: Path | None, place: dict[str, Any], hashes: np.ndarray) -> None:
        """Count a closed part as finished, up to `place` in the input."""
        number = self.state["parts"] if self.state else 0
        if part is not None:
            settle(part, self._part(number))
            number += 1
        with (self.folder / ".rows.part").open("wb") as out:
            np.save(out, hashes)
        settle(self.folder / ".rows.part", self.folder / f"rows{number}.npy")
        state = {"run": self.run, "parts": number, **place}
        write_json(self.journal, state)
        (self.folder / f"rows{number - 1}.npy").unlink(missing_ok=True)
        self.state = state

    def hashes(self) -> np.ndarray:
        """The fingerprints of the rows that are finished."""
        number = self.state["parts"] if self.state else 0
        loaded: np.ndarray = np.load(self.folder / f"rows{number}.npy")
        return loaded

    def clear(self) -> None:
        """The run is over: nothing of it is needed any more."""
        shutil.rmtree(self.folder, ignore_errors=True)


def identity(paths: Iterable[Path]) -> str:
    """Tells whether these are still the same files: their paths, sizes and times of change."""
    told = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
