"""CSV in all its kinds: ``,`` ``;`` tab ``|``, any common encoding, lines above the heading, quoted line breaks, lines of uneven length."""

from __future__ import annotations

import csv
import io
import re
from typing import Literal

import numpy as np
import pandas as pd

from labinterp.errors import ReadError
from labinterp.language import remark
from labinterp.model import Report
from labinterp.readers import HEAD
from labinterp.readers.encoding import decode
from labinterp.readers.table import Table, refuse_cells, report_of
from labinterp.readers.words import role_of

DELIMITERS = (",", ";", "\t", "|")
EXTENSIONS = (".csv", ".tsv", ".tab", ".psv")
SNIFFED = 60
"""Lines that decide on the delimiter."""

_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")


_RULE = re.compile(r"[\s|:+=-]+")


def identify(head: bytes, name: str) -> bool:
    """True where lines fall into the same number of cells; what is not called a CSV must also head its columns as one."""
    text, _ = decode(head)
    if is_binary(text):
        return False
    if len(head) >= HEAD:  # the last line may be cut off
        text = text.rpartition("\n")[0] or text
    delimiter, headed, even = sniff(text)
    return bool(delimiter) and (headed or (even and (name.endswith(EXTENSIONS) or delimiter == "\t")))


def read(data: bytes, name: str, locale: str | None = None) -> Report:
    """Read a delimited table. Raises `ReadError` where no column holds results."""
    text, encoding = decode(data, locale)
    if is_binary(text[:65536]):
        raise ReadError(f"{name}: this is no text file")
    notices = []
    if encoding not in ("utf-8", "utf-8-sig", "utf-16"):
        notices.append(remark(f"The file is not in UTF-8; it was read as {encoding}."))
    lines, whole = logical_lines(text)
    delimiter, _, _ = sniff("\n".join(lines[:SNIFFED]))
    if not delimiter:
        raise ReadError(f"{name}: no table: the lines do not fall into columns")
    if lines[0].lower().startswith("sep=") and len(lines[0]) <= 6:  # a hint that Excel writes
        lines = lines[1:]
    refuse_cells(len(lines), max((line.count(delimiter) for line in lines), default=0) + 1, name)
    try:
        cells = cells_of(lines, delimiter, quoted=whole)
    except pd.errors.ParserError:  # a mark that is opened and never closed
        cells = pd.DataFrame()
    if whole and (len(cells) != len(lines) or not all(is_record(line, delimiter) for line in lines if "\n" in line)):
        whole, lines = False, kept(physical_lines(text))
        cells = cells_of(lines, delimiter, quoted=False)
    if not whole:
        notices.append(remark("Quotation marks do not pair around cells; they were read as ordinary characters."))
    table = Table(cells, np.array(lines, dtype=object), title=name)
    return report_of([table], name=name, format="csv", locale=locale, notices=notices)


def is_binary(text: str) -> bool:
    """Does the text hold more than a stray character that no text has?"""
    return len(_BINARY.findall(text)) > 2 + len(text) // 200


def physical_lines(text: str) -> list[str]:
    """Lines whatever they end with."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def kept(lines: list[str]) -> list[str]:
    """Lines that are neither blank nor drawn."""
    return [line for line in lines if line.strip() and not is_rule(line)]


def logical_lines(text: str) -> tuple[list[str], bool]:
    """Lines that are neither blank nor drawn, each with the line breaks that stand within its quotation marks.

    False where the quotation marks do not pair.
    """
    lines = physical_lines(text)
    if '"' in text:
        odd = np.array([line.count('"') & 1 for line in lines], dtype=np.int64)
        if odd.sum() & 1:
            return kept(lines), False
        if odd.any():
            starts = np.flatnonzero(np.concatenate(([0], np.cumsum(odd)[:-1])) % 2 == 0)
            ends = np.append(starts[1:], len(lines))
            lines = [lines[a] if b == a + 1 else "\n".join(lines[a:b]) for a, b in zip(starts.tolist(), ends.tolist())]
    return kept(lines), True


def is_record(line: str, delimiter: str) -> bool:
    """Is this one record? A quotation mark within a cell (``5" tube``) encloses no line break."""
    try:
        return sum(1 for _ in csv.reader(io.StringIO(line, newline=""), delimiter=delimiter)) == 1
    except csv.Error:  # a field longer than any table has
        return False


def is_rule(line: str) -> bool:
    """A drawn line, such as the one below the heading of a table in Markdown."""
    return ("---" in line or "===" in line) and bool(_RULE.fullmatch(line))


def sniff(text: str) -> tuple[str, bool, bool]:
    """The delimiter ("" if none), whether the lines surely are a table (by their headings), and whether most have the same width."""
    lines, whole = logical_lines(text)
    best: tuple[tuple[int, int], str, bool, bool] = ((0, 0), "", False, False)
    sample = "\n".join(lines[:SNIFFED])
    for delimiter in DELIMITERS:
        try:
            quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if whole else csv.QUOTE_NONE
            grid = list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, quoting=quoting))
        except csv.Error:  # a field longer than any table has
            continue
        widths = [len(line) for line in grid]
        width = max(set(widths), key=lambda w: (w > 1, widths.count(w), w), default=1)
        if width < 2:
            continue
        roles = [{role_of(cell) for cell in line} - {""} for line in grid if len(line) > 1]
        known = max(map(len, roles), default=0)
        headed = any({"name", "value"} <= own or {"code", "value"} <= own for own in roles)
        headed |= known > 0 and width > 2 and len(set(widths)) == 1 and len(widths) > 1
        score = (known, widths.count(width) * width)
        even = widths.count(width) >= 0.6 * len(widths) and len(widths) >= 2
        if score > best[0]:
            best = (score, delimiter, headed, even)
    return best[1:]


def cells_of(lines: list[str], delimiter: str, *, quoted: bool = True) -> pd.DataFrame:
    """Lines -> a grid of texts as wide as its widest line; cells that a line lacks are empty."""
    data = "\n".join(lines).encode()
    width = max(line.count(delimiter) for line in lines) + 1
    return pd.read_csv(
        io.BytesIO(data),
        sep=delimiter,
        header=None,
        names=list(range(width)),
        dtype=object,
        na_filter=False,
        skip_blank_lines=False,
        index_col=False,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        encoding="utf-8",
    ).pipe(_without_empty)


def _without_empty(cells: pd.DataFrame) -> pd.DataFrame:
    """Columns to the right that are empty throughout only come from delimiters inside quotation marks."""
    last = max((i for i in cells.columns if (cells[i] != "").any()), default=0)
    return cells.loc[:, :last]
