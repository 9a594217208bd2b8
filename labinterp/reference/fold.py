"""One way to compare names: case, accents, punctuation and width do not count; ``%`` and ``#`` do."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "α": "alpha", "β": "beta", "γ": "gamma"}
)
_BREAK = re.compile(r"[^\w%#]+|_+")


def fold_name(text: str) -> str:
    """``"Vitamin B-12, (Serum)"`` -> ``"vitamin b 12 serum"``. Words are kept apart by one space."""
    text = unicodedata.normalize("NFKD", str(text).translate(_LETTERS)).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c)).translate(_LETTERS)
    return _BREAK.sub(" ", text).strip()
