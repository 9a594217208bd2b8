"""Signs in a text that do something instead of showing something: control characters, and marks that turn the direction of writing.

A terminal obeys the first (a title is set, a line is written over), a reader is deceived by the second (``5.1`` shown as ``1.5``).
What a document says is kept as it is in the tables; this is for the moment at which a text is shown.
"""

from __future__ import annotations

import re

_TURNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_SHOWN_AS_SPACE = re.compile("[\t\x0b\x0c\r\x85\u2028\u2029]+")
_HIDDEN = re.compile(f"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029{_TURNS}\ud800-\udfff]")


def plain(text: str) -> str:
    """`text` without signs that do something; line breaks stay, tabs and other breaks become a space."""
    if not _HIDDEN.search(text):
        return text
    return _HIDDEN.sub("", _SHOWN_AS_SPACE.sub(" ", text.replace("\r\n", "\n")))


def escaped(json_text: str) -> str:
    """JSON text with those signs as ``\\u202e``: the same data, and safe to look at. (JSON escapes the first 32 itself.)"""
    return _HIDDEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json_text)
