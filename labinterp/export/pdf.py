"""The summary for a doctor on A4: one or two pages, legible in grey, with fonts of its own. The same input gives the same bytes.

The fonts hold Latin, Greek, Cyrillic and Vietnamese. Every text is checked before it is written: what they cannot draw is written as
``[…]`` and said at the end, and a name that cannot be drawn becomes a line to write on. A broken name is never printed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labinterp.export.summary import SIGNS, TITLE, WHOSE, Cause, Item, Summary, summary_of
from labinterp.language import english
from labinterp.shown import LEFT, RIGHT, position

if TYPE_CHECKING:
    from fpdf import FPDF

    from labinterp.interpretation import Interpretation

FONTS = {
    ("Sans", ""): "SourceSansPro-Regular.ttf",
    ("Sans", "B"): "SourceSansPro-Semibold.ttf",
    ("Serif", "B"): "SourceSerifPro-Semibold.ttf",
}
MARGIN, WIDTH, BOTTOM = 16.0, 178.0, 271.0  # mm
INK, SOFT, LINE = (29, 36, 38), (79, 89, 92), (184, 189, 186)
COLOURS = {"low": (31, 79, 163), "high": (147, 55, 13), "doubt": (90, 62, 146), "plain": INK, "calm": SOFT}
TRACK, RANGE, EDGE = (230, 227, 219), (181, 211, 200), (78, 125, 115)
RUST, RED = (147, 55, 13), (155, 17, 30)
COLUMNS = (
    (english("Test"), 48.0),
    (english("Result"), 30.0),
    (english("SI / US"), 23.0),
    (english("Where it lies"), 29.0),
    (english("Flag"), 20.0),
    (english("Range used"), 28.0),
)
UNDRAWN = "[…]"
BOLD, *_OTHERS = (chr(0xE000 + n) * 2 for n in range(4))
"""Marks of bold (and of styles that are not used): private characters, so that ``**`` or ``--`` in a report are only themselves."""
PAGES = chr(0xE008)
FALLBACKS = (
    "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf", "wqy-microhei.ttc", "wqy-zenhei.ttc", "NanumGothic.ttf", "msyh.ttc", "simhei.ttf",
    "malgun.ttf", "meiryo.ttc", "msgothic.ttc", "Arial Unicode.ttf", "ARIALUNI.TTF",
)  # fmt: skip
"""Fonts with Chinese, Japanese or Korean letters that may be installed; they are too large to bring along."""
FONT_FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/Library/Fonts", "/System/Library/Fonts",
    "C:/Windows/Fonts",
)  # fmt: skip
_PLAIN_SCRIPTS = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Letters that stand side by side; other scripts are joined or reordered, which is not done here."""


def to_pdf(answer: Interpretation, *, day: date | None = None, with_name: bool = False) -> bytes:
    """The PDF, dated `day` (today if None). The person's name only with `with_name`. Needs fpdf2 (``pip install 'labinterp[pdf]'``)."""
    try:
        import fpdf  # noqa: F401
    except ImportError as error:
        raise ImportError("the PDF summary needs fpdf2: pip install 'labinterp[pdf]'") from error
    page = Page(unmarked(summary_of(answer, day, with_name=with_name)))
    page.draw()
    return bytes(page.pdf.output())


@cache
def drawable() -> frozenset[int]:
    """The characters that all the fonts of our own can draw."""
    return frozenset.intersection(*(characters(font_file(name)) for name in FONTS.values()))


def characters(font: Path) -> frozenset[int]:
    """The characters that a font file can draw."""
    from fontTools.ttLib import TTFont

    with TTFont(font, lazy=True, fontNumber=0) as opened:
        return frozenset(opened.getBestCmap())


def font_file(name: str) -> Path:
    return Path(str(files("labinterp.export") / "fonts" / name))


def installed_font(letters: frozenset[int]) -> tuple[Path, frozenset[int]] | None:
    """An installed font that has all these letters, and what it can draw; None where there is none or they need joining."""
    if not letters or not all(_PLAIN_SCRIPTS.match(chr(letter)) for letter in letters):
        return None
    for folder in FONT_FOLDERS:
        found = {path.name: path for path in sorted(Path(folder).expanduser().rglob("*.tt[fc]"))}
        for name in FALLBACKS:
            if name in found and letters <= (known := characters(found[name])):
                return found[name], known
    return None


def tidy(text: str) -> str:
    """`text` composed, with control characters as spaces and without what has no width."""
    kinds = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": ""}
    return "".join(kinds.get(unicodedata.category(letter), letter) for letter in unicodedata.normalize("NFC", text))


def bold(text: str) -> str:
    return f"{BOLD}{text}{BOLD}"


def texts_of(content: Any) -> Iterable[str]:
    """Every text in a summary, however deep."""
    if isinstance(content, str):
        yield content
    elif is_dataclass(content):
        for field in fields(content):
            yield from texts_of(getattr(content, field.name))
    elif isinstance(content, tuple):
        for inner in content:
            yield from texts_of(inner)


def unmarked(content: Any) -> Any:
    """A summary without the mark of bold in any of its texts: only what is written here is bold."""
    if isinstance(content, str):
        return content.replace(BOLD[0], "")
    if isinstance(content, tuple):
        return tuple(map(unmarked, content))
    if is_dataclass(content) and not isinstance(content, type):
        return replace(content, **{field.name: unmarked(getattr(content, field.name)) for field in fields(content) if field.init})
    return content


def document(content: Summary) -> FPDF:
    """An empty document with fonts, date and footer."""
    from fpdf import FPDF

    class Sheets(FPDF):
        MARKDOWN_BOLD_MARKER = BOLD
        MARKDOWN_ITALICS_MARKER, MARKDOWN_STRIKETHROUGH_MARKER, MARKDOWN_UNDERLINE_MARKER = _OTHERS
        MARKDOWN_MARKERS = (BOLD, _OTHERS[0], _OTHERS[1], _OTHERS[2])
        MARKDOWN_ESCAPE_CHARACTER = chr(0xE007)
        MARKDOWN_LINK_REGEX = re.compile(r"(?!)")

        def footer(self) -> None:
            self.set_y(-24)
            self.set_draw_color(*LINE)
            self.line(MARGIN, self.get_y(), MARGIN + WIDTH, self.get_y())
            self.set_y(-23)
            self.set_text_color(*INK)
            self.set_font("Sans", "", 7.6)
            text = f"{content.closing} {content.imprint}"
            self.multi_cell(WIDTH - 20, 3.2, tidy(text), align="L")
            self.set_xy(MARGIN + WIDTH - 20, -23)
            number = content.language.say("page {number} of {count}", number=self.page_no(), count=PAGES)
            self.cell(20, 3.2, number, align="R")

    pdf = Sheets(format="A4")
    pdf.alias_nb_pages(PAGES)
    for (family, style), name in FONTS.items():
        pdf.add_font(family, style, font_file(name))
    pdf.set_creation_date(datetime(content.day.year, content.day.month, content.day.day, tzinfo=UTC))
    pdf.set_title(content.language.say(TITLE))
    pdf.set_lang(content.language.code)
    pdf.set_creator(content.version)
    pdf.set_margins(MARGIN, 14)
    pdf.c_margin = 0
    pdf.set_auto_page_break(False)
    return pdf


class Page:
    """Draws a summary from top to bottom; what does not fit goes on the next page whole."""

    def __init__(self, content: Summary) -> None:
        self.content = content
        self.say = content.language.say
        self.pdf: Any = document(content)
        self.known = drawable()
        self.undrawn = False
        missing = frozenset(map(ord, tidy("".join(texts_of(content))))) - self.known
        if font := installed_font(missing):
            path, further = font
            self.known |= further
            for style in ("", "B"):
                self.pdf.add_font("Fallback", style, path)
            self.pdf.set_fallback_fonts(["Fallback"])
        self.pdf.add_page()

    def draw(self) -> None:
        """The whole paper. In an emergency the causes go to the second page."""
        content = self.content
        self.head()
        self.alerts()
        for past in content.past:
            self.text(self.say("Earlier, since followed by another value: {text}", text=past))
        if content.doubt:
            self.band("", [(f"? {content.doubt}", "")], COLOURS["doubt"])
        self.text(content.counts, colour=SOFT)
        self.results()
        if content.emergency and (content.causes or content.lesser):
            self.pdf.add_page()
        self.signs()
        self.causes()
        if content.answers:
            self.heading(self.say("What the patient said"))
            self.text(" ".join(f"{text} {bold(said)}." for text, said in content.answers))
        self.heading(self.say("Questions I would like to ask"))
        for number, text in enumerate(content.to_ask, 1):
            self.labelled(f"{number}.", text, 5)
        self.pdf.ln(1)
        self.text(f"{self.say('Sources')}: {'; '.join(dict.fromkeys(short for short, _ in content.sources))}.", size=7.6, colour=SOFT)
        if self.undrawn:
            undrawn = english("Parts shown as {sign} are in a script that this PDF cannot print; the HTML summary holds them.")
            self.text(self.say(undrawn, sign=UNDRAWN), size=7.6)

    # ---- parts -----------------------------------------------------------------------------------------------------------

    def head(self) -> None:
        content, pdf = self.content, self.pdf
        pdf.set_font("Serif", "B", 19)
        pdf.set_text_color(*INK)
        pdf.cell(WIDTH, 9, self.say(TITLE), new_x="LMARGIN", new_y="NEXT")
        self.text(content.head, size=9.5, colour=SOFT)
        pdf.ln(1.5)
        name = self.written(content.name)
        known = bool(name) and UNDRAWN not in name
        why = self.say("please write: this PDF cannot print the script of the name" if name and not known else "please write")
        facts = [(self.say("Name"), name if known else f"_____________________ ({why})"), *content.facts]
        top = bottom = pdf.get_y()
        for half in (facts[0::2], facts[1::2]):
            left = MARGIN if half[0] is facts[0] else MARGIN + 94
            pdf.set_y(top)
            for label, text in half:
                self.labelled(label, text, 20, left=left, width=84)
            bottom = max(bottom, pdf.get_y())
        pdf.set_y(bottom)
        pdf.ln(1)

    def alerts(self) -> None:
        content = self.content
        if content.alerts:
            lines = [(alert.text, alert.action) for alert in content.alerts]
            self.band(content.band, lines, RED if content.emergency else RUST, heavy=content.emergency)

    def band(
        self, heading: str, lines: Sequence[tuple[str, str]], colour: tuple[int, int, int], *, heavy: bool = False, size: float = 9.5
    ) -> None:
        """A framed part with a thick left edge. It is kept on one page where it fits on one."""
        pdf = self.pdf
        size = 11.0 if heavy else size
        texts = [self.ready(f"{text} {bold(action)}" if action else text) for text, action in lines]
        pdf.set_font("Sans", "", size)
        height = sum(self.height(text, WIDTH - 10, size) for text in texts) + (6 if heading else 0) + 3.5
        self.room(height + 2)
        top = pdf.get_y()
        pdf.set_y(top + 1.8)
        if heading:
            pdf.set_x(MARGIN + 6)
            pdf.set_font("Sans", "B", 13 if heavy else 11.5)
            pdf.set_text_color(*colour)
            pdf.cell(WIDTH - 10, 6, heading, new_x="LMARGIN", new_y="NEXT")
        for text in texts:
            self.write(text, size, left=MARGIN + 6, width=WIDTH - 10)
        bottom = pdf.get_y() + 1.5
        pdf.set_draw_color(*colour)
        pdf.set_fill_color(*colour)
        pdf.set_line_width(0.7 if heavy else 0.3)
        pdf.rect(MARGIN, top, WIDTH, bottom - top)
        pdf.rect(MARGIN, top, 3 if heavy else 1.8, bottom - top, style="F")
        pdf.set_line_width(0.2)
        pdf.set_y(bottom + 2)

    def results(self) -> None:
        content = self.content
        outside, waiting, inside = content.of("outside"), content.of("open"), content.of("inside")
        if outside:
            self.heading(self.say("Outside a range or guideline limit"), 22)
            self.table(outside)
            notes = " ".join(f"{bold(item.name + ':')} {item.note.rstrip('.')}." for item in outside if item.note)
            if notes:
                self.pdf.ln(0.8)
                self.text(notes, size=8.5, colour=SOFT)
        if waiting:
            self.text(bold(f"{self.say('Not judged')}: ") + " ".join(f"? {item.whole}{self.range(item)}: {item.note}." for item in waiting))
        if content.unread:
            self.text(bold(f"{self.say('Not read')}: ") + " ".join(f"? {line}." for line in content.unread))
        if inside:
            self.text(
                bold(f"{self.say('Inside the ranges used')}: ") + "; ".join(f"{item.whole}{self.range(item)}" for item in inside) + "."
            )
        if content.derived:
            self.text(f"{bold(self.say('Worked out from these') + ':')} {'; '.join(content.derived)}.")
        for notice in content.notices:
            self.text(notice, size=8.5, colour=SOFT)

    def range(self, item: Item) -> str:
        whose = item.whose if item.whose != self.say(WHOSE["printed"]) else ""
        return f" ({', '.join(filter(None, (item.range, whose)))})" if item.range else ""

    def table(self, items: Iterable[Item]) -> None:
        """Results outside a limit. A row is never split."""
        pdf = self.pdf
        self.columns()
        for item in items:
            cells = [(f"{bold(item.name)}", 9.5), (f"{bold(item.result)} {item.unit}", 9.5), (item.other, 8.5), ("", 8.5)]
            cells += [
                (bold(f"{item.mark} {item.flag}".strip()), 9),
                (item.range + (f", {item.whose}" if item.range and item.whose else item.whose), 8),
            ]
            ready = [(self.ready(text), size) for text, size in cells]
            height = max(self.height(text, width - 2, size) for (text, size), (_, width) in zip(ready, COLUMNS)) + 1.4
            if self.room(height):
                self.columns()
            top, left = pdf.get_y(), MARGIN
            for number, ((text, size), (_, width)) in enumerate(zip(ready, COLUMNS)):
                pdf.set_y(top + 0.7)
                if number == 3:
                    self.bar(item, left, top + height / 2, width - 4)
                elif text:
                    self.write(text, size, left=left, width=width - 2, colour=COLOURS[item.look] if number == 4 else INK)
                left += width
            pdf.set_draw_color(*LINE)
            pdf.line(MARGIN, top + height, MARGIN + WIDTH, top + height)
            pdf.set_y(top + height)

    def columns(self) -> None:
        pdf = self.pdf
        pdf.set_font("Sans", "", 8.5)
        pdf.set_text_color(*SOFT)
        for head, width in COLUMNS:
            pdf.cell(width, 5, self.say(head))
        pdf.ln(5)
        pdf.set_draw_color(*INK)
        pdf.line(MARGIN, pdf.get_y(), MARGIN + WIDTH, pdf.get_y())

    def bar(self, item: Item, left: float, middle: float, width: float) -> None:
        """The range bar: the range is the middle third; a dot inside it, a diamond outside, so that it is told without colour."""
        if not item.has_bar:
            return
        pdf = self.pdf
        start, end = LEFT if isfinite(item.low) else 0.0, RIGHT if isfinite(item.high) else 100.0
        at = left + width * position(item.last if isfinite(item.last) else item.first, item.low, item.high) / 100
        pdf.set_fill_color(*TRACK)
        pdf.rect(left, middle - 0.7, width, 1.4, style="F")
        pdf.set_fill_color(*RANGE)
        pdf.rect(left + width * start / 100, middle - 1, width * (end - start) / 100, 2, style="F")
        pdf.set_draw_color(*EDGE)
        for edge, limit in ((start, item.low), (end, item.high)):
            if isfinite(limit):
                pdf.line(left + width * edge / 100, middle - 1.8, left + width * edge / 100, middle + 1.8)
        pdf.set_fill_color(*COLOURS[item.look])
        if item.side == "in":
            pdf.ellipse(at - 1.1, middle - 1.1, 2.2, 2.2, style="F")
        else:
            pdf.polygon([(at, middle - 1.6), (at + 1.6, middle), (at, middle + 1.6), (at - 1.6, middle)], style="F")

    def signs(self) -> None:
        if self.content.signs:
            self.band(
                "",
                [(f"{bold(self.say(SIGNS) + ':')} " + " · ".join(sign.rstrip("?") for sign in self.content.signs) + ".", "")],
                SOFT,
                size=8.2,
            )

    def causes(self) -> None:
        content = self.content
        if content.causes or content.lesser:
            self.heading(self.say("Possible causes to consider"), 30)
            self.text(self.say("Reasons to ask, not diagnoses. More than one can be true."), size=8.5, colour=SOFT)
        for one in content.causes:
            self.cause(one)
        self.pdf.ln(0.8)
        for head, names in content.lesser:
            self.text(f"{bold(head + ':')} {names}", size=8.5)

    def cause(self, one: Cause) -> None:
        pdf = self.pdf
        labels = [f"{mark} {word}" for mark, word, _ in one.reasons]
        pdf.set_font("Sans", "", 9)
        indent = max(24.0, *(pdf.get_string_width(label) + 3 for label in labels))
        height = 6 + sum(self.height(self.ready(text), WIDTH - 4 - indent, 9) for _, _, text in one.reasons)
        self.room(height)
        pdf.ln(0.8)
        self.text(f"{bold(one.name)}   {one.tier}; {one.soon}", size=10)
        for label, (_, _, text) in zip(labels, one.reasons):
            self.labelled(label, text, indent, left=MARGIN + 4, width=WIDTH - 4, size=9)

    # ---- pieces ----------------------------------------------------------------------------------------------------------

    def ready(self, text: str) -> str:
        """`text` as it can be drawn: line by line, with `BOLD` as the only mark-up."""
        lines = [self.written(line) for line in text.split("\n")]
        self.undrawn = self.undrawn or any(UNDRAWN in line for line in lines)
        return "\n".join(lines)

    def written(self, text: str) -> str:
        """`text` with every run that cannot be drawn as ``[…]``."""
        kept = (letter if ord(letter) in self.known or letter == BOLD[0] else "\x00" for letter in tidy(text))
        return re.sub(r"\x00(?:\s*\x00)*", UNDRAWN, "".join(kept)).strip()

    def room(self, height: float) -> bool:
        """Begin a new page where `height` does not fit; true if one was begun."""
        if self.pdf.get_y() + min(height, 200) <= BOTTOM:
            return False
        self.pdf.add_page()
        return True

    def height(self, text: str, width: float, size: float) -> float:
        self.pdf.set_font("Sans", "", size)
        return float(self.pdf.multi_cell(width, size * 0.45, text or " ", align="L", markdown=True, dry_run=True, output="HEIGHT"))

    def write(self, text: str, size: float, *, left: float = MARGIN, width: float = WIDTH, colour: tuple[int, int, int] = INK) -> None:
        """Draw text that is `ready` and stand below it."""
        pdf = self.pdf
        pdf.set_x(left)
        pdf.set_font("Sans", "", size)
        pdf.set_text_color(*colour)
        pdf.multi_cell(width, size * 0.45, text, align="L", markdown=True, new_x="LMARGIN", new_y="NEXT")

    def text(self, text: str, *, size: float = 9.5, colour: tuple[int, int, int] = INK) -> None:
        """A paragraph; one that is longer than the rest of the page goes on over the edge, line by line."""
        ready = self.ready(text)
        self.pdf.set_font("Sans", "", size)
        lines = self.pdf.multi_cell(WIDTH, size * 0.45, ready, align="L", markdown=True, dry_run=True, output="LINES")
        if self.room(len(lines) * size * 0.45) and len(lines) * size * 0.45 > 200:
            for line in lines:
                self.room(size * 0.45)
                self.write(line, size, colour=colour)
        else:
            self.write(ready, size, colour=colour)
        self.pdf.ln(0.6)

    def heading(self, text: str, room: float = 14) -> None:
        pdf = self.pdf
        self.room(room)
        pdf.ln(1.8)
        pdf.set_font("Serif", "B", 12)
        pdf.set_text_color(*INK)
        pdf.cell(WIDTH, 6, text, new_x="LMARGIN", new_y="NEXT")

    def labelled(self, label: str, text: str, indent: float, *, left: float = MARGIN, width: float = WIDTH, size: float = 9.5) -> None:
        """A label and, beside it, a text of one or more lines."""
        pdf = self.pdf
        ready = self.ready(text)
        self.room(self.height(ready, width - indent, size))
        top = pdf.get_y()
        self.write(label, size, left=left, width=indent, colour=SOFT)
        below = pdf.get_y()
        pdf.set_y(top)
        self.write(ready, size, left=left + indent, width=width - indent)
        pdf.set_y(max(below, pdf.get_y()))
