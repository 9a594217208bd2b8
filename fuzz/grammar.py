"""Pieces of which printed values, ranges and units are made: who puts whole words together gets further than who guesses bytes."""

from __future__ import annotations

from fuzz.draw import Draw
from fuzz.sound import LOCALES
from labinterp import words

UNIT_PIECES = (
    *("mg", "g", "µg", "ug", "mmol", "nmol", "U", "IU", "mIU", "k", "K", "M", "m", "L", "dL", "mL", "fL", "µL", "uL", "cell", "cells", "h"),
    *("24h", "min", "1.73 m²", "1.73m2", "%", "‰", "mEq", "mOsm", "kg", "mm", "Hg", "[IU]", "{creat}", "{FEU}", "10^3", "10*9", "x10E3"),
    *("x 10³", "109", "G", "T", "/", ".", "·", "*", " ", "(", ")", "[", "]", "{", "}", "^", "-1", "⁻¹", "per", "pro", "?mol", "HPF", "Cr"),
    *("FEU", "DDU", "NGSP", "IFCC", "Â", "µ", "μ", "&micro;", "S/CO", "ratio", "sec", "s", "мкмоль", "л", "ед", "mil", "10", "100", "1000"),
)
PIECES = (
    *("0", "1", "2", "3", "5", "9", "10", "12", "100", "4,500", "1.234", "1:80", "0.5", "·5", "1e5", "E5", "10^3", "²", "٣", "½", "Ⅷ", "𝟗"),
    *(
        ".",
        ",",
        "'",
        " ",
        "\u00a0",
        "\u202f",
        "\t",
        "\n",
        "-",
        "–",
        "--",
        "..",
        "/",
        ":",
        ";",
        "|",
        "||",
        "+",
        "±",
        "*",
        "(",
        ")",
        "[",
        "]",
    ),
    *("<", ">", "≤", "≥", "=", "=<", "~", "< or =", "{", "}", "x", "X", "е", "#", "!", "↑", "▲", "♂", "♀", "&lt;", "&amp;gt;", "&#x31;"),
    *(
        "H",
        "L",
        "HH",
        "LL",
        "A",
        "N",
        "M",
        "F",
        "m",
        "w",
        "male",
        "Männer",
        "female",
        "mujeres",
        "years",
        "<50y",
        "18-49 yrs",
        "months",
        "d",
    ),
    *(
        "trimester 1",
        "1st trim",
        "Tanner 2",
        "age",
        "Alter",
        "adult",
        "neg",
        "Positive",
        "Trace",
        "nil",
        "see note",
        "pending",
        "n/a",
        "TNP",
    ),
    *(
        "bis",
        "up to",
        "to",
        "and",
        "or",
        "unter",
        "less than",
        "et",
        "zwischen",
        "between",
        "or more",
        "under",
        "над",
        "до",
        "от",
        "以下",
        "至",
    ),
    *(
        "Normal",
        "Desirable:",
        "Non-diabetic",
        "High:",
        "\u200b",
        "\ufeff",
        "\ud800",
        "\ue000",
        "\uf8ff",
        "\x01",
        "\x00",
        "Âµ",
        "â‰¤",
        "nan",
    ),
    *("inf", "-inf", "1" * 16, "0" * 30, "2024-01-02", "03/04/2024", "12 jan 2024", "年", *UNIT_PIECES[:24]),
    *(words.listed(" | ".join(words.COMPARATORS.values()))[:40]),
    *(words.listed(" | ".join(words.AFTER_COMPARATORS.values()))[:20]),
)


def locale_and_text(data: bytes) -> tuple[str | None, str]:
    """The first byte says the locale and whether the others are UTF-8 (0-127) or numbers of pieces (128-255)."""
    head = data[0] if data else 0
    locale = LOCALES[head % len(LOCALES)]
    if head < 128:
        return locale, data[1:].decode("utf-8", "replace")
    draw = Draw(data[1:])
    text = ""
    while draw and len(text) < 600:
        text += draw.choice(PIECES)
    return locale, text
