"""Small pieces of HTML. Every text that comes from a document or a person goes through `esc`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import streamlit as st

from labinterp.app.speech import code
from labinterp.controls import plain
from labinterp.shown import GLYPHS, Look


def esc(text: Any) -> str:
    """`text` safe inside HTML, quotes included, without control characters."""
    return escape(plain(str(text)), quote=True)


def label_of(text: Any) -> str:
    """`text` safe in the label of a button, which Streamlit reads as Markdown: an image in it would be fetched."""
    return re.sub(r"([\\`*_\[\]<>!~$:&|#])", r"\\\1", plain(str(text)))


def show(html: str) -> None:
    """Put HTML on the page in the app's own style, marked with its language."""
    st.html(f'<div class="li" lang="{code()}">{html}</div>')


def aside(text: str) -> None:
    """Put a quieter line of plain text on the page."""
    show(p(esc(text), "soft"))


def pill(word: str, look: Look) -> str:
    """A flag: word, glyph and colour together, never colour alone. `look` is low, high, doubt or plain."""
    glyph = GLYPHS[look]
    mark = f'<i aria-hidden="true">{glyph}</i>' if glyph else ""
    return f'<span class="pill {look}">{mark}{esc(word)}</span>'


def capital(text: str) -> str:
    """A sentence with its first letter large."""
    return text[:1].upper() + text[1:]


def fold(summary: str, inside: str, *, opened: bool = False) -> str:
    """A part that opens on click; `summary` and `inside` are HTML."""
    return f"<details{' open' if opened else ''}><summary>{summary}</summary><div class='inside'>{inside}</div></details>"


def p(inside: str, look: str = "") -> str:
    """A paragraph; `inside` is HTML."""
    return f'<p class="{look}">{inside}</p>' if look else f"<p>{inside}</p>"


def ul(items: Iterable[str]) -> str:
    """A list of HTML items, or nothing where there are none."""
    lines = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{lines}</ul>" if lines else ""


def lines(pairs: Iterable[tuple[str, str]]) -> str:
    """Names with what is said of them, one line each; both are HTML."""
    return '<dl class="lines">' + "".join(f"<dt>{name}</dt><dd>{said}</dd>" for name, said in pairs) + "</dl>"


def table(caption: str, heads: Sequence[str], rows: Iterable[str]) -> str:
    """A table with its caption; `rows` are HTML."""
    head = "".join(f'<th scope="col">{word}</th>' for word in heads)
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
