"""The frame around every page: settings, style, navigation, the choice of language, and the sentence at the foot."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from labinterp.app import answer, check, lookup, many, start, trends
from labinterp.app.folder import sweep
from labinterp.app.markup import esc, p, show
from labinterp.app.session import current
from labinterp.app.speech import begin, choose, code, name_of, offered, say
from labinterp.readers.guarded import shared

HERE = Path(__file__).resolve().parent
NEED_A_REPORT = ("check", "answer", "trends")


def main() -> None:
    """Draw the page that the visitor is on."""
    shared().start()
    _sweep_once()
    st.set_page_config(page_title="labinterp", page_icon=str(HERE / "icon.png"), layout="centered")
    begin()
    st.html(f"<style>{_style()}{_words()}</style>")
    st.logo(str(HERE / "logo.svg"), size="large")
    pages = {
        "start": st.Page(start.page, title=say("Report"), url_path="report", default=True),
        "check": st.Page(check.page, title=say("Check"), url_path="check"),
        "answer": st.Page(answer.page, title=say("Answer"), url_path="answer"),
        "trends": st.Page(trends.page, title=say("Over time"), url_path="over-time"),
        "many": st.Page(many.page, title=say("Many results"), url_path="many-results"),
        "reference": st.Page(lookup.page, title=say("Reference"), url_path="reference"),
    }
    st.session_state["pages"] = pages
    page = st.navigation(list(pages.values()), position="top")
    other_languages()
    with st.container(key="nav", horizontal=True, gap="small"):  # on a phone, instead of Streamlit's drawer: it stays open over the page
        for target in pages.values():
            st.page_link(target)
    if any(page is pages[name] for name in NEED_A_REPORT) and not current().is_open:
        nothing_open()
    else:
        _run(page)
    show(f'<footer class="foot">{esc(safety())}</footer>')
    tell_the_language()


class Fault(Exception):
    """A fault of ours, without the words of the error that shows it."""


def _run(page: Any) -> None:
    """Draw a page. What Streamlit logs of a fault says where it is and of which kind, but quotes no report."""
    try:
        page.run()
    except Exception as error:
        raise Fault(type(error).__name__).with_traceback(error.__traceback__) from None


def safety() -> str:
    """The sentence at the foot of every page."""
    return say(
        "This page compares your results with published limits and patterns. It cannot examine you. New, fast or one-sided weakness, "
        "trouble breathing or swallowing, or loss of bladder or bowel control needs emergency care whatever these results say. "
        "Please do not start or stop a medicine because of this page."
    )


def other_languages() -> None:
    """A button for each language that is not in use, named in itself."""
    with st.container(key="language", horizontal=True, width="content"):
        for other in offered():
            if other != code():
                st.button(name_of(other), key=f"language-{other}", on_click=choose, args=(other,), type="tertiary")


def tell_the_language() -> None:
    """Mark the whole page with its language, for screen readers and hyphenation: Streamlit itself says English."""
    st.html(f"<script>document.documentElement.lang = '{code()}'</script>", unsafe_allow_javascript=True)


def nothing_open() -> None:
    """Check, Answer and Over time before a report was added, or after a reload, which forgets it."""
    lives = say("Reports live only in this page. A reload or a new tab starts empty.")
    show(f"<h1>{esc(say('No report is open'))}</h1>{p(esc(lives), 'lede')}")
    if st.button(say("Add a report"), type="primary"):
        st.switch_page(st.session_state["pages"]["start"])


@cache
def _sweep_once() -> None:
    sweep()


@cache
def _style() -> str:
    return (HERE / "style.css").read_text(encoding="utf-8")


def _words() -> str:
    """The one word on the page that Streamlit writes itself: the button of an upload box."""
    return f':root {{ --li-upload: "{say("Choose a file")}"; }}'
