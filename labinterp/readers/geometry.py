"""Words with boxes -> lines -> cells. Shared by PDF text and by pictures; knows nothing of laboratories.

Coordinates are in points (or pixels scaled to points), x to the right, y down from the top of the upright page.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

WORD_GAP = 0.17  # of the letter size: a wider gap separates two words
CELL_GAP = 0.9  # of the letter size: a wider gap separates two cells
SAME_LINE = 0.33  # of the letter size: baselines closer than this stand on one line

_SUPERSCRIPT = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


@dataclass(slots=True, eq=False)
class Word:
    """A run of characters without a gap. `base` is the baseline, `size` the letter size in points."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    base: float
    size: float
    bold: bool = False
    colour: int = 0
    confidence: float = 1.0
    note: str = ""  # a footnote mark that stood raised behind the word
    spaced: bool = False  # a printed space stands before it


@dataclass(slots=True, eq=False)
class Cell:
    """Neighbouring words of one line without a wide gap between them."""

    words: list[Word]

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)

    @property
    def x0(self) -> float:
        return self.words[0].x0

    @property
    def x1(self) -> float:
        return self.words[-1].x1

    @property
    def mid(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def size(self) -> float:
        return max(w.size for w in self.words)

    @property
    def bold(self) -> bool:
        return all(w.bold for w in self.words)


@dataclass(slots=True, eq=False)
class Line:
    """One printed line of one column of a page."""

    words: list[Word]
    page: int
    cells: list[Cell] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "  ".join(c.text for c in self.cells)

    @property
    def x0(self) -> float:
        return self.words[0].x0

    @property
    def x1(self) -> float:
        return max(w.x1 for w in self.words)

    @property
    def top(self) -> float:
        return min(w.top for w in self.words)

    @property
    def bottom(self) -> float:
        return max(w.bottom for w in self.words)

    @property
    def base(self) -> float:
        return median(w.base for w in self.words)

    @property
    def size(self) -> float:
        return median(w.size for w in self.words)

    @property
    def confidence(self) -> float:
        return min(w.confidence for w in self.words)


@dataclass(slots=True)
class Page:
    """A page as words. `origin` is ``text`` (text layer), ``layer`` (invisible text behind a picture) or ``ocr``."""

    number: int
    width: float
    height: float
    words: list[Word]
    origin: str = "text"
    dropped: list[str] = field(default_factory=list)  # watermark letters and sideways text
    trouble: tuple[str, ...] = ()  # why a second reading is wanted
    spots: list[tuple[float, float]] = field(default_factory=list)  # from top to bottom: where the trouble is
    missing: str = ""  # why (a part of) the page was not read at all


def with_superscripts(words: list[Word]) -> list[Word]:
    """Join raised small characters to the word they stand behind: ``10`` + raised ``9`` -> ``10⁹``; footnote marks are set apart.

    Raised digits behind 10 or behind the letter of a unit stay in the text; other raised marks go to `note`.
    """
    if not words:
        return words
    usual = median(w.size for w in words)
    small = [w for w in words if w.size <= 0.85 * usual and len(w.text) <= 4]
    if not small:
        return words
    tall = [w for w in words if not (w.size <= 0.85 * usual and len(w.text) <= 4)]
    ends: dict[int, list[Word]] = {}
    for word in tall:
        ends.setdefault(int(word.x1 // 8), []).append(word)
    kept: list[Word] = []
    for mark in small:
        host = None
        place = int(mark.x0 // 8)
        for word in (w for near in (place - 1, place, place + 1) for w in ends.get(near, ())):
            if (
                mark.size <= 0.85 * word.size
                and 0.12 * word.size <= word.base - mark.base <= 0.75 * word.size
                and -0.1 * word.size <= mark.x0 - word.x1 <= 0.25 * word.size
            ):
                host = word
        if host is None:
            kept.append(mark)
            continue
        raised = mark.text.translate(_SUPERSCRIPT)
        if re.search(r"(?:^|[xX×*])10$", host.text) and re.fullmatch(r"[-+]?\d{1,2}", mark.text):
            host.text += raised
        elif re.fullmatch(r"[-+]?\d", mark.text) and re.search(r"/\S*[a-zµμ]$", host.text):
            host.text += raised  # mL/min/1.73m²
        elif re.fullmatch(r"\d?[+-]", mark.text) and re.search(r"[A-Z][a-z]?$", host.text):
            host.text += raised  # Na⁺
        else:
            host.note += mark.text
        host.x1 = max(host.x1, mark.x1)
    return tall + kept


def lines_of(words: Iterable[Word], page: int) -> list[Line]:
    """Words -> lines from top to bottom, each split into cells."""
    groups: list[list[Word]] = []
    for word in sorted(words, key=lambda w: w.base):
        for group in reversed(groups[-6:]):
            anchor = group[len(group) // 2]
            if abs(word.base - anchor.base) <= SAME_LINE * max(min(word.size, anchor.size), 4.0):
                group.append(word)
                break
        else:
            groups.append([word])
    lines = []
    for group in groups:
        group.sort(key=lambda w: w.x0)
        line = Line(joined(group), page)
        line.cells = cells_of(line.words)
        lines.append(line)
    lines.sort(key=lambda line: line.base)
    return lines


def joined(words: Sequence[Word]) -> list[Word]:
    """Glue fragments of one line that stand without a gap."""
    out: list[Word] = []
    for word in words:
        last = out[-1] if out else None
        near = last is not None and -0.4 * word.size < word.x0 - last.x1 <= WORD_GAP * min(word.size, last.size)
        if last is not None and near and not last.note and not word.spaced:
            out[-1] = Word(
                last.text + word.text,
                last.x0,
                max(last.x1, word.x1),
                min(last.top, word.top),
                max(last.bottom, word.bottom),
                last.base,
                max(last.size, word.size),
                last.bold and word.bold,
                last.colour,
                min(last.confidence, word.confidence),
                word.note,
                last.spaced,
            )
        else:
            out.append(word)
    return unspaced(out)


def unspaced(words: list[Word]) -> list[Word]:
    """Undo letter spacing: a run of single characters with even gaps is one word (``H e m o g l o b i n``)."""
    if len(words) < 5 or sum(len(w.text) == 1 for w in words) < 0.7 * len(words):
        return words
    gaps = [b.x0 - a.x1 for a, b in itertools.pairwise(words) if len(a.text) == len(b.text) == 1]
    if len(gaps) < 4:
        return words
    usual = median(gaps)
    out = [words[0]]
    for word in words[1:]:
        last = out[-1]
        if word.x0 - last.x1 <= min(1.45 * usual, 1.2 * word.size) and len(word.text) == 1:
            out[-1] = replace(last, text=last.text + word.text, x1=word.x1, bold=last.bold and word.bold, note=word.note)
        else:
            out.append(word)
    return out


def cells_of(words: Sequence[Word]) -> list[Cell]:
    """Split the words of one line at wide gaps; leader dots between name and value fall away and split as well."""
    cells: list[Cell] = []
    broken = True
    for word in words:
        text = word.text
        if len(words) > 1 and re.fullmatch(r"[.…·_]+|[|¦│]", text):
            broken = True
            continue
        if match := re.match(r"[.…·_]{3,}(?=[^.\d])", text):
            word, broken = replace(word, text=text[match.end() :]), True
            text = word.text
        if re.search(r"(?:\.{4,}|…{2,}|_{4,})$", text):
            word, ends = replace(word, text=text.rstrip(".…_")), True
        else:
            ends = False
        if not broken and word.x0 - cells[-1].x1 <= CELL_GAP * max(min(word.size, cells[-1].words[-1].size), 4.0):
            cells[-1].words.append(word)
        else:
            cells.append(Cell([word]))
        broken = ends
    return cells or [Cell([words[0]])]
