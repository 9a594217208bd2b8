"""The grammar of result values."""

from __future__ import annotations

import contextlib

from fuzz.grammar import PIECES, locale_and_text
from fuzz.sound import value_is_sound
from labinterp.errors import ValueTextError
from labinterp.shapes import decimal_vote, looks_like_value, parse_date, parse_value

SECONDS, SHARE, LONGEST, WORDS = 0.25, 5, 100, PIECES


def check(data: bytes) -> None:
    locale, text = locale_and_text(data)
    found = None
    with contextlib.suppress(ValueTextError):
        found = parse_value(text, locale)
        value_is_sound(found, text)
    if data[:1] > b"\xe0" or found is not None:  # blanks around a text mean nothing
        again = None
        with contextlib.suppress(ValueTextError):
            again = parse_value(f"  {text}\n", locale)
        assert again == found or len(text) > 190, (text, found, again)
    if locale is None and found is not None:
        assert looks_like_value(text)
        # what was read without a locale is what one of the two decimal marks makes of it
        others = []
        for mark in ".,":
            with contextlib.suppress(ValueTextError):
                others.append(parse_value(text, mark))
        assert found in others, (text, found, others)
    if data[:1] < b"\x20":
        parse_date(text)
        assert decimal_vote([text]) in (".", ",", "")
