"""Plain text, as it is pasted."""

from __future__ import annotations

from fuzz.draw import Draw
from fuzz.grammar import PIECES
from fuzz.sound import LOCALES, nothing_is_lost, numbers_are_printed, report_is_sound
from labinterp.errors import ReadError
from labinterp.readers import text as reader
from labinterp.readers.encoding import decode

PHRASES = (
    *(
        "Potassium",
        "Sodium 141 mmol/L (135-145)",
        "Hemoglobin",
        "CK",
        "TSH",
        "Patient: A B",
        "Sex: F",
        "DOB: 01/02/1960",
        "Collected 2024-01-02",
    ),
    *("Test  Result  Units  Reference range", "HAEMATOLOGY", "2.9 mmol/L", "Normal range:", "Result:", "\n", "\n", "  ", "\t", " | ", "\f"),
    *("Your result is", "Negative", "in range", "H", "L", "*", "1.", "Comment: see note", "..........", "Page 1 of 2", "│", "- ", ";"),
)
SECONDS, SHARE, LONGEST, WORDS = 2.0, 3, 1500, PHRASES


def check(data: bytes) -> None:
    draw = Draw(data)
    locale = draw.choice(LOCALES)
    if draw.number(0, 1):
        content = ""
        while draw and len(content) < 1500:
            content += draw.choice(PHRASES) if draw.number(0, 2) else draw.choice(PIECES)
            content += " " if draw.number(0, 3) else ""
        raw = content.encode("utf-8", "replace")
    else:
        raw = draw.rest()
    if not raw.strip(b"\x00\t\n\r\x0b\x0c \xef\xbb\xbf\xfe\xff") or not reader.identify(raw, "x.txt"):
        return
    try:
        report = reader.read(raw, "x.txt", locale)
    except ReadError:
        return
    report_is_sound(report)
    text, _ = decode(raw, locale)
    numbers_are_printed(report, text)
    nothing_is_lost(report, "".join(character for character in text if character.isascii()))
