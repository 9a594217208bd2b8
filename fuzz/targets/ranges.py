"""The grammar of reference ranges."""

from __future__ import annotations

import contextlib

from fuzz.grammar import PIECES, locale_and_text
from fuzz.sound import range_is_sound
from labinterp.errors import ValueTextError
from labinterp.shapes import looks_like_range, parse_range

SECONDS, SHARE, LONGEST, WORDS = 0.5, 6, 160, PIECES


def check(data: bytes) -> None:
    locale, text = locale_and_text(data)
    found = None
    with contextlib.suppress(ValueTextError):
        found = parse_range(text, locale)
        range_is_sound(found, text)
    if data[:1] > b"\xe0" or found is not None:
        again = None
        with contextlib.suppress(ValueTextError):
            again = parse_range(f"  {text}\n", locale)
        assert again == found or len(text) > 590, (text, found, again)
    if locale is None:
        assert looks_like_range(text) or found is None or found.kind == "none"
