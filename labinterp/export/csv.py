"""The results as CSV for a spreadsheet: text cells that a spreadsheet would run as a formula are disarmed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from labinterp.interpretation import Interpretation
    from labinterp.reference import Reference

_FORMULA = re.compile(r"[\t\r\n]|[\s\x00-\x1f]*[=+\-@＝＋－＠]")
_HARMLESS = re.compile(r"[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?|[-+=<>*/. ]{1,3}")


def to_csv(interpretation: Interpretation, path: str | Path | None = None) -> str:
    """One line a result, all columns, and with what it was judged: version and knowledge.

    Written to `path` it begins with a byte-order mark, without which Excel takes it for Latin-1.
    """
    text = str(disarmed(stamped(interpretation.results, interpretation.reference)).to_csv(index=False, lineterminator="\n"))
    if path is not None:
        Path(path).write_text(text, encoding="utf-8-sig", newline="")
    return text


def stamped(frame: pd.DataFrame, ref: Reference) -> pd.DataFrame:
    """The table with two columns more: version of the program and digest of the knowledge. A line of comment would break readers of CSV."""
    from labinterp import __version__

    return frame.assign(labinterp=__version__, knowledge=ref.digest[:12])


def disarmed(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy in which an apostrophe stands before every text that begins like a formula; numbers and lone signs stay as they are.

    A carriage return within a text becomes a line feed: the writer puts no quotation marks around it, and a new line would begin there.
    """
    safe = frame.rename(columns=lambda name: cell(name) if isinstance(name, str) else name)
    for column in safe.columns:
        if safe[column].dtype == object or isinstance(safe[column].dtype, pd.StringDtype):
            armed = {value: safer for value in safe[column] if isinstance(value, str) and (safer := cell(value)) != value}
            if armed:
                safe[column] = [armed.get(value, value) if isinstance(value, str) else value for value in safe[column]]
    return safe


def cell(text: str) -> str:
    """One text as it may stand in a cell."""
    return ("'" + text if is_formula(text) else text).replace("\r\n", "\n").replace("\r", "\n")


def is_formula(text: str) -> bool:
    """Would a spreadsheet take this text for a formula?"""
    return bool(_FORMULA.match(text)) and not _HARMLESS.fullmatch(text.strip())
