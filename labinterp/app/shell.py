"""The frame around every page: settings, style, navigation, and the sentence at the foot."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

from labinterp.app import answer, check, lookup, start, trends
from labinterp.app.markup import show
from labinterp.app.session import current
from labinterp.readers.guarded import shared

HERE = Path(__file__).resolve().parent

SAFETY = (
    "This page compares your results with published limits and patterns. It cannot examine you. New, fast or one-sided weakness, "
    "trouble breathing or swallowing, or loss of bladder or bowel control needs emergency care whatever these results say. "
    "Please do not start or stop a medicine because of this page."
)


def main() -> None:
    """Draw the page that the visitor is on."""
    shared().start()
    st.set_page_config(page_title="labinterp", page_icon=str(HERE / "icon.png"), layout="centered")
    st.html(f"<style>{_style()}</style>")
    st.logo(str(HERE / "logo.svg"), size="large")
    pages = {
        "start": st.Page(start.page, title="Report", url_path="report", default=True),
        "check": st.Page(check.page, title="Check", url_path="check"),
        "answer": st.Page(answer.page, title="Answer", url_path="answer"),
        "trends": st.Page(trends.page, title="Over time", url_path="over-time"),
        "reference": st.Page(lookup.page, title="Reference", url_path="reference"),
    }
    st.session_state["pages"] = pages
    page = st.navigation(list(pages.values()), position="top")
    with st.container(key="nav", horizontal=True, gap="small"):  # on a phone, instead of Streamlit's drawer: it stays open over the page
        for target in pages.values():
            st.page_link(target)
    if page is not pages["start"] and page is not pages["reference"] and not current().is_open:
        nothing_open()
    else:
        page.run()
    show(f'<footer class="foot">{SAFETY}</footer>')


def nothing_open() -> None:
    """Check and Answer before a report was added, or after a reload, which forgets it."""
    show('<h1>No report is open</h1><p class="lede">Reports live only in this page. A reload or a new tab starts empty.</p>')
    if st.button("Add a report", type="primary"):
        st.switch_page(st.session_state["pages"]["start"])


@cache
def _style() -> str:
    return (HERE / "style.css").read_text(encoding="utf-8")
