"""The visitor's language: chosen on the page, at first the browser's. Every text, number and day of the app goes through here."""

from __future__ import annotations

from datetime import date
from functools import cache
from math import isfinite
from typing import Any

import streamlit as st

from labinterp.language import ENGLISH, Language, languages
from labinterp.reference import Reference

KEPT = "language"
"""Where the choice stands in the visitor's session. It outlives "Forget this report"."""


def begin() -> None:
    """Take the browser's language for a visitor who has not chosen one, where there is a catalogue for it."""
    if KEPT not in st.session_state:
        wanted = str(st.context.locale or ENGLISH).replace("_", "-").partition("-")[0].lower()
        st.session_state[KEPT] = wanted if wanted in offered() else ENGLISH


def choose(code: str) -> None:
    """The visitor chose a language."""
    st.session_state[KEPT] = code


def code() -> str:
    """The code of the language in use."""
    return str(st.session_state.get(KEPT, ENGLISH))


@cache
def offered() -> tuple[str, ...]:
    """Codes of the languages there are."""
    return languages()


def knowledge() -> Reference:
    """What is known, in the visitor's language."""
    return Reference.default(language=code())


def tongue() -> Language:
    """The language itself."""
    return knowledge().language


def name_of(code: str) -> str:
    """A language's name in itself."""
    # Translators: the name of your own language, in it
    return Reference.default(language=code).language.say("English")


def say(text: str, **values: object) -> str:
    """A text in the visitor's language."""
    return tongue().say(text, **values)


def plural(one: str, many: str, n: int, **values: object) -> str:
    """The form that belongs to `n`, which stands at ``{n}``."""
    form = tongue().plural
    return form(one, many, n, **values)


def number(value: float | str) -> str:
    """A number, or its English digits, with the reader's decimal mark: ``3.5``, ``3,5``."""
    return tongue().number(value)


def percent(change: float) -> str:
    """A change in whole percent with its sign: ``+12 %``, ``−28 %``."""
    return f"{change:+.0f} %".replace("-", "−") if isfinite(change) else ""


def large(many: int) -> str:
    """A count that may be large, in groups of three: ``97 412``."""
    return f"{many:,}".replace(",", "\u202f")


def day(when: Any) -> str:
    """A day in words, ``23 February 2026``; empty for what is none."""
    return tongue().day(when) if isinstance(when, date) else ""


def within(name: str) -> str:
    """A name as it stands inside a sentence: English takes the capital away, German keeps it."""
    return tongue().inside(name)


def again(remark: str) -> str:
    """What was said in English where no language was known (a reader's reason, an error), in the visitor's language."""
    return tongue().again(str(remark))
