"""The facts about the person that matter here: shown as the report says them, asked only where they would change an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from labinterp.app.markup import esc, p, show
from labinterp.app.session import Session
from labinterp.app.speech import say


def facts(session: Session, place: str, *, as_read: bool = False) -> None:
    """Ask what is missing and matters; with `as_read` also show what the report says, so that it can be corrected."""
    wanted = session.wanted_facts(as_read=as_read)
    if not wanted:
        return
    with st.container(key="facts" if place == "answer" else f"facts-{place}"):
        if place == "answer":
            why = say("Asked because it would change an answer below. You need not say.")
            show(f"<h3>{esc(say('About you'))}</h3>{p(esc(why), 'soft')}")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            given: dict[str, Any] = {}
            turn = f"{place}-{session.turn}"
            if "sex" in wanted:
                sexes = {"female": say("Female"), "male": say("Male")}
                given["sex"] = chosen(say("Sex, for the range"), sexes, session.patient.sex, f"sex-{turn}")
            if "age" in wanted:
                years = session.age()
                age = st.number_input(say("Age in years"), 0, 120, years, 1, key=f"age-{turn}", placeholder=say("not given"), width=160)
                if age != years:
                    given |= {"age": None if age is None else float(age), "birth_date": None}
            if "pregnant" in wanted:
                answers = {True: say("Yes"), False: say("No")}
                given["pregnant"] = chosen(say("Pregnant"), answers, session.patient.pregnant, f"pregnant-{turn}")
    if given and replace(session.patient, **given) != session.patient:
        session.patient = replace(session.patient, **given)
        st.rerun()


NOT_GIVEN = "not given"


def chosen(label: str, words: dict[Any, str], value: Any, key: str) -> Any:
    """A choice among a few meanings, "Not given" (None) among them."""
    labels = {**words, NOT_GIVEN: say("Not given")}
    now = NOT_GIVEN if value is None else value
    picked = st.segmented_control(label, list(labels), default=now, format_func=labels.__getitem__, key=key, required=True, wrap=True)
    return value if picked is None else None if picked == NOT_GIVEN else picked
