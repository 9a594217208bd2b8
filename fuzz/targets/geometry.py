"""Words with boxes -> lines -> columns -> rows: what PDF text and pictures share. No word of a page may be lost."""

from __future__ import annotations

from collections import Counter

from fuzz.draw import Draw
from fuzz.grammar import PIECES
from fuzz.sound import report_is_sound
from labinterp.readers.document import report_of
from labinterp.readers.geometry import Page, Word

TEXTS = (
    *(
        "Test",
        "Result",
        "Units",
        "Reference",
        "range",
        "Flag",
        "Untersuchung",
        "Ergebnis",
        "Einheit",
        "Date",
        "Previous",
        "2024-01-02",
        "09:30",
    ),
    *(
        "Potassium",
        "Sodium",
        "Haemoglobin",
        "HbA1c",
        "Vitamin",
        "B12",
        "CK",
        "TSH",
        "4.1",
        "2.9",
        "<5",
        "141",
        "3.5",
        "-",
        "5.1",
        "3.5-5.1",
        "H",
        "L",
    ),
    *(
        "*",
        "mmol/L",
        "g/dL",
        "%",
        "10",
        "9",
        "/L",
        "HAEMATOLOGY",
        "Urine",
        "Page",
        "1",
        "of",
        "Patient:",
        "DOB:",
        "Sex:",
        "F",
        "Collected:",
        "(a)",
    ),
    *("Optimal", "High", "Normal", "range:", "The", "result", "was", "discussed", "with", "........", "|", "___", "H", "e", "m", "o", "."),
)
SECONDS, SHARE, LONGEST, WORDS = 2.0, 8, 1200, ()
COLUMNS = (40.0, 150.0, 230.0, 300.0, 380.0, 480.0)


def page(draw: Draw, number: int) -> Page:
    """A page of words that mostly stand in lines and columns, and sometimes anywhere."""
    words: list[Word] = []
    y, size = 50.0, draw.choice((8.0, 10.0, 6.0, 20.0))
    while draw and len(words) < 90:
        if draw.number(0, 9):
            x = draw.choice(COLUMNS) + draw.number(-3, 3)
        else:
            x = draw.number(-50, 700) + draw.number(0, 99) / 100
        for _ in range(draw.number(1, 3)):
            text = (
                draw.choice(TEXTS) if draw.number(0, 5) else "".join((draw.choice(PIECES) if draw.number(0, 3) else draw.text(6)).split())
            )
            text = text.replace("\x00", "") or "x"
            own = size if draw.number(0, 7) else draw.choice((5.0, 0.5, 14.0, 40.0))
            base = y - draw.choice((0.0, 0.0, 0.0, 0.0, 3.5, -2.0, 0.4))
            wide = len(text) * own * 0.5
            words.append(
                Word(
                    text,
                    x,
                    x + wide,
                    base - 0.8 * own,
                    base + 0.22 * own,
                    base,
                    own,
                    not draw.number(0, 9),
                    draw.choice((0, 0, 0, 0xC00000)),
                )
            )
            x += wide + draw.choice((0.3, 0.3, 0.3, 0.1, 2.0, 0.0, -0.2)) * own
        if not draw.number(0, 3):
            y += draw.choice((1.4, 1.4, 1.4, 2.5, 0.7, 5.0, 0.2)) * size
    return Page(number, 595.0, 842.0, words, draw.choice(("text", "text", "text", "ocr", "layer")))


def check(data: bytes) -> None:
    draw = Draw(data)
    pages = [page(draw, number) for number in range(1, draw.number(1, 2) + 1)]
    # leader dots, rules and footnote marks fall away on purpose; letters and digits never
    printed = Counter(c for one in pages for word in one.words for c in word.text if c.isalnum() and c.isascii())
    report = report_of(pages, name="x.pdf", format="pdf")
    report_is_sound(report)
    said = Counter("".join([*report.rows["text"], *report.unread["text"]]))
    lost = {c: count - said[c] for c, count in printed.items() if said[c] < count and not (c.isdigit() or c in "abcH")}
    assert not lost, ("letters are lost", lost)
    rows = report.rows
    assert (rows["x0"] <= rows["x1"]).all() and (rows["top"] <= rows["bottom"]).all()
