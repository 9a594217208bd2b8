"""One way to compare names: case, accents, punctuation and width do not count; ``%`` and ``#`` do."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "α": "alpha", "β": "beta", "γ": "gamma"}
)
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")  # T.S.H. is one word
_BREAK = re.compile(r"[^\w%#]+|_+")


@lru_cache(maxsize=1 << 17)
def fold_name(text: str) -> str:
    """``"Vitamin B-12, (Serum)"`` -> ``"vitamin b 12 serum"``, ``"T.S.H."`` -> ``"tsh"``. Words are kept apart by one space."""
    text = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", unicodedata.normalize("NFC", str(text)))
    text = unicodedata.normalize("NFKD", text.translate(_LETTERS)).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c)).translate(_LETTERS)
    return _BREAK.sub(" ", text).strip()
