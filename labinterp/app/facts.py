"""The facts about the person that matter here: shown as the report says them, asked only where they would change an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from labinterp.app.markup import show
from labinterp.app.session import Session

SEXES = {"Female": "female", "Male": "male", "Not given": None}
PREGNANT = {"Yes": True, "No": False, "Not given": None}


def facts(session: Session, place: str, *, as_read: bool = False) -> None:
    """Ask what is missing and matters; with `as_read` also show what the report says, so that it can be corrected."""
    wanted = session.wanted_facts(as_read=as_read)
    if not wanted:
        return
    with st.container(key="facts" if place == "answer" else f"facts-{place}"):
        if place == "answer":
            show("<h3>About you</h3><p class='soft'>Asked because it would change an answer below. You need not say.</p>")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            given: dict[str, Any] = {}
            turn = f"{place}-{session.turn}"
            if "sex" in wanted:
                given["sex"] = SEXES[chosen("Sex, for the range", SEXES, session.patient.sex, f"sex-{turn}")]
            if "age" in wanted:
                years = session.age()
                age = st.number_input("Age in years", 0, 120, years, 1, key=f"age-{turn}", placeholder="not given", width=160)
                if age != years:
                    given |= {"age": None if age is None else float(age), "birth_date": None}
            if "pregnant" in wanted:
                given["pregnant"] = PREGNANT[chosen("Pregnant", PREGNANT, session.patient.pregnant, f"pregnant-{turn}")]
    if given and replace(session.patient, **given) != session.patient:
        session.patient = replace(session.patient, **given)
        st.rerun()


def chosen(label: str, words: dict[str, Any], value: Any, key: str) -> str:
    """A choice among a few words, "Not given" among them."""
    now = next(word for word, meaning in words.items() if meaning == value)
    return st.segmented_control(label, list(words), default=now, key=key, required=True) or now
