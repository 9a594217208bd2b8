"""Answer: what cannot wait, what stands out, one question at a time, possible causes, every result, questions for the doctor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from importlib.util import find_spec
from typing import Any

import streamlit as st

from labinterp.app.evidence import causes
from labinterp.app.facts import facts
from labinterp.app.markup import count, esc, p, show, ul
from labinterp.app.rows import Row, rows_of, waits
from labinterp.app.session import DO_NOT_KNOW, Session, current, forget
from labinterp.app.table import results
from labinterp.export.csv import to_csv
from labinterp.export.summary import to_ask
from labinterp.interpretation import Interpretation
from labinterp.model import Alert, Finding, Question
from labinterp.shown import within

CARDS = 4
QUESTIONS_AT_ONCE = 3
NUMBERS = "112 in Europe, 911 in North America, 999 in the United Kingdom."


def page() -> None:
    """Draw the page: an emergency stands alone, everything else is folded under it."""
    session = current()
    answer = session.interpretation()
    rows = rows_of(answer)
    emergencies = [alert for alert in answer.alerts if alert.urgency == "emergency" and not alert.past]
    show(f"<h1>Your answer</h1>{p(headline(session, rows), 'soft')}")
    if emergencies:
        show(emergency(emergencies, rows))
        with st.expander("Everything else in this report"):
            body(session, answer, rows)
    else:
        body(session, answer, rows)


def headline(session: Session, rows: Sequence[Row]) -> str:
    """Laboratory, date, person and counts in one line."""
    report, age = session.report(), session.age()
    days = sorted(day for row in rows if isinstance(day := row["collected"], date))
    when = f"{days[-1].day} {days[-1]:%B %Y}" if days else ""
    sex = {"female": "Woman", "male": "Man", None: ""}[session.patient.sex]
    waiting = sum(row.group == "open" for row in rows)
    parts = [
        ", ".join(part for part in (report.laboratory or report.name, when) if part),
        ", ".join(part for part in (sex, "age not given, so limits for adults" if age is None else str(age)) if part).capitalize(),
        count(len(rows) - waiting, "result") + " judged" + (f", {waiting} not judged" if waiting else ""),
        unread_words(session),
    ]
    return ". ".join(esc(part) for part in parts if part) + "."


def unread_words(session: Session) -> str:
    """How many lines may be results and were not read, in words; empty for none."""
    unread = int((session.unread["kind"] == "possible_result").sum())
    return f"{count(unread, 'line')} that may be a result not read" if unread else ""


def body(session: Session, answer: Interpretation, rows: Sequence[Row]) -> None:
    """Everything below the emergency band. No cause is shown before the emergency questions are answered."""
    urgent = [alert for alert in answer.alerts if alert.urgency != "emergency" and not alert.past]
    standing = stand_out(answer, rows)
    screen = [question for question in answer.questions if question.emergency]
    show(jumps(bool(standing), bool(answer.findings)))
    if urgent:
        show(urgently(urgent))
    past = [p(f"Earlier, since followed by another value: {esc(alert.text)}", "soft") for alert in answer.alerts if alert.past]
    if past:
        show("".join(past))
    open_band(session, rows)
    if screen:
        emergency_screen(session, screen)
    if standing:
        show(cards(answer, rows, standing))
    facts(session, "answer")
    if not screen:
        ask(session, [question for question in answer.questions if not question.emergency])
    answered(session)
    if screen:
        later = "They follow once the box above is answered: emergency signs come first."
        show(f'<h2 id="li-causes">Possible causes of weak legs</h2>{p(later, "soft")}')
    elif answer.findings:
        show(causes(answer, session.before, session.last_answer))
    results(session, answer)
    show(for_the_doctor(answer))
    take_away(answer)


def jumps(standing: bool, findings: bool) -> str:
    """Links to the parts of the page."""
    links = [("What stands out", "li-out")] if standing else []
    links += [("Possible causes", "li-causes")] if findings else []
    links += [("All results", "li-results"), ("Questions for your doctor", "li-ask")]
    return '<nav aria-label="On this page">' + "".join(f'<a href="#{place}">{words}</a>' for words, place in links) + "</nav>"


# ---- what cannot wait ----------------------------------------------------------------------------------------------------


def emergency(alerts: Sequence[Alert], rows: Sequence[Row]) -> str:
    """The red band. It stands alone and first."""
    by_label = {row.label: row for row in rows}
    about: dict[str, list[Alert]] = {}
    for alert in alerts:
        row = by_label.get(alert.row) if alert.row is not None else None
        about.setdefault(f"{row.name} {row.result}" if row else "", []).append(alert)
    parts = []
    for title, own in about.items():
        said = f"“{within(title)}, weak legs”" if title else "“weak legs”, and what is new"
        texts = dict.fromkeys(text for alert in own for text in (alert.text, alert.action) if text)
        call = p(f"Call your emergency number now. Say: {esc(said)}.", "call")
        parts.append(f"<section><h2>{esc(title or 'Call for help now')}</h2>{call}{''.join(p(esc(text)) for text in texts)}</section>")
    return f'<div class="band critical" role="alert">{p("EMERGENCY", "kicker")}{"".join(parts)}{p(NUMBERS, "soft")}</div>'


def urgently(alerts: Sequence[Alert]) -> str:
    """The rust band: a doctor soon; the action of each alert says how soon."""
    actions = "".join(p(esc(action)) for action in dict.fromkeys(alert.action for alert in alerts if alert.action))
    instead = p(
        "<b>Call the emergency number instead</b> with palpitations, fainting, dark urine, trouble breathing or swallowing, "
        "or when the weakness grows by the hour."
    )
    said = ul(esc(alert.text) for alert in alerts)
    return f'<section class="band today" role="alert"><h2>This should not wait: speak to a doctor</h2>{said}{actions}{instead}</section>'


def open_band(session: Session, rows: Sequence[Row]) -> None:
    """What is still open is said before anything that could reassure."""
    waiting = [row for row in rows if waits(row)]
    names = ", ".join(row.name for row in waiting[:4]) + (", …" if len(waiting) > 4 else "")
    parts = [f"{count(len(waiting), 'line')} in question ({names})"] if waiting else []
    parts += [unread_words(session)] if unread_words(session) else []
    if parts:
        said = p(f"{esc(' and '.join(parts))}. Nothing here is called in range on their word; compare them with your paper first.")
        show(f'<section class="band doubt"><h2>Not everything is certain yet</h2>{said}</section>')
        if st.button("Look at these lines", icon=":material/visibility:"):
            st.switch_page(st.session_state["pages"]["check"])


def emergency_screen(session: Session, screen: Sequence[Question]) -> None:
    """The emergency questions together: tick what is new, or say that none is."""
    with st.container(key="emergency"):
        show("<h2>First: is one of these new?</h2>" + p("These matter more than any blood test. Tick what is true now.", "soft"))
        ticked = {question.id: st.checkbox(question.text, key=f"{question.id}-{session.turn}") for question in screen}
        with st.container(horizontal=True):
            if st.button("One or more is true", disabled=not any(ticked.values())):
                session.answers |= {question_id: "yes" if yes else "no" for question_id, yes in ticked.items()}
                st.rerun()
            if st.button("None of these", type="primary", disabled=any(ticked.values())):
                session.answers |= dict.fromkeys(ticked, "no")
                st.rerun()


# ---- what stands out -----------------------------------------------------------------------------------------------------


def stand_out(answer: Interpretation, rows: Sequence[Row]) -> list[Row]:
    """Rows outside a limit: those with an alert first, then those on which a well-fitting cause stands, then by how far out they are."""
    alarming = {alert.row for alert in answer.alerts}
    telling = {item.row for finding in answer.findings if finding.tier == "fits" for item in finding.for_ if item.strength == "strong"}

    def weight(row: Row) -> tuple[bool, bool, bool, float]:
        severity = row["severity"]
        return (
            row.label not in alarming,
            row["flag"] not in ("LL", "HH"),
            row.label not in telling,
            0.0 if severity != severity else -severity,
        )

    return sorted((row for row in rows if row.group == "outside"), key=weight)


def cards(answer: Interpretation, rows: Sequence[Row], standing: Sequence[Row]) -> str:
    """At most four cards. Two rows on which one well-fitting cause stands share a card."""
    pairs = partners(answer.findings)
    groups: list[list[Row]] = []
    placed: set[int] = set()
    for row in standing:
        if row.label not in placed:
            partner = [other for other in standing if other.label not in placed and {row.label, other.label} in pairs and other is not row]
            groups.append([row, *partner[:1]])
            placed |= {one.label for one in groups[-1]}
    rest = "; ".join(f"{row.name} {row.result}" for group in groups[CARDS:] for row in group)
    many = f"{count(len(standing), 'result')} of {len(rows)} outside a range or guideline limit. All are in the table below."
    shown = "".join(card(group) for group in groups[:CARDS])
    also = p(f"Also outside: {esc(rest)}.", "soft") if rest else ""
    return f'<h2 id="li-out">What stands out</h2>{p(many, "soft")}<div class="cards">{shown}</div>{also}'


def partners(findings: Sequence[Finding]) -> list[set[int]]:
    """Pairs of rows on which one well-fitting cause stands."""
    pairs = []
    for finding in findings:
        stands_on = list(dict.fromkeys(i.row for i in finding.for_ if i.row is not None and i.strength in ("strong", "moderate")))
        if finding.tier == "fits" and len(stands_on) >= 2:
            pairs.append(set(stands_on[:2]))
    return pairs


def card(group: Sequence[Row]) -> str:
    """One card: name, flag, value, bar, one or two sentences."""
    legs = p(esc(" ".join(row.legs for row in group if row.legs)))
    disagreements = "".join(p(esc(row.disagreement), "soft") for row in group if row.disagreement)
    first = group[0]
    if len(group) == 1:
        head = f'<div class="head"><h3>{esc(first.name)}</h3>{first.flag}</div>'
        return f'<section class="card">{head}{value(first)}{first.bar}{legs}{disagreements}</section>'
    head = f'<div class="head"><h3>{esc(first.name)} with {esc(within(group[1].name))}</h3><span class="soft">read together</span></div>'
    parts = "".join(f'<div><div class="head"><h4>{esc(row.name)}</h4>{row.flag}</div>{value(row)}{row.plain_bar}</div>' for row in group)
    return f'<section class="card">{head}<div class="pair">{parts}</div>{legs}{disagreements}</section>'


def value(row: Row) -> str:
    return f'<div><span class="number">{esc(row.words)}</span> <span class="unit">{esc(row.unit)}</span></div>'


# ---- questions -----------------------------------------------------------------------------------------------------------


def ask(session: Session, questions: Sequence[Question]) -> None:
    """One question at a time, with why it is asked; "I do not know" is an answer."""
    if not questions:
        return
    question, left = questions[0], min(QUESTIONS_AT_ONCE, len(questions))
    labels = {answer.value: answer.label for answer in question.answers} | {DO_NOT_KNOW: "I do not know"}
    key = f"ask-{question.id}-{session.turn}"
    with st.container(key="question"):
        which = f"Question 1 of at most {left}. " if left > 1 else ""
        head = p(f"{which}An answer can change the order below.", "soft")
        show(f"{head}<h3>{esc(question.text)}</h3>{p(esc(question.why), 'soft')}")
        if question.multiple:
            several = st.pills(
                question.text,
                list(labels),
                selection_mode="multi",
                default=None,
                format_func=labels.__getitem__,
                key=key,
                label_visibility="collapsed",
            )
            if st.button("That is all", key=f"{key}-done", disabled=not several):
                take_answer(session, question, several, labels)
        else:
            one = st.pills(question.text, list(labels), format_func=labels.__getitem__, key=key, label_visibility="collapsed")
            if one is not None:
                take_answer(session, question, one, labels)


def take_answer(session: Session, question: Question, picked: Any, labels: dict[str, str]) -> None:
    """Keep an answer and the order before it, so that what moved can be told."""
    session.before = [finding.cause for finding in session.interpretation().findings]
    session.last_answer = ", ".join(labels[one] for one in (picked if isinstance(picked, list) else [picked]))
    session.said[question.id] = (question.text, session.last_answer)
    session.answers[question.id] = picked
    st.rerun()


def answered(session: Session) -> None:
    """The answers given, each to be taken back."""
    screened = [question_id for question_id in session.answers if question_id.startswith("screen.")]
    if not session.said and not screened:
        return
    with st.expander(f"Your answers ({len(session.said) + bool(screened)})"):
        if screened:
            yes = sum(session.answers[question_id] == "yes" for question_id in screened)
            undo(session, screened, "Emergency signs:", f"{yes} ticked" if yes else "none of them")
        for question_id, (text, words) in list(session.said.items()):
            undo(session, [question_id], text, words)


def undo(session: Session, ids: Sequence[str], text: str, words: str) -> None:
    """One answer and the button that takes it back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        show(p(f"{esc(text)} <b>{esc(words)}</b>"))
        if st.button("Take back", key=f"undo-{ids[0]}"):
            for question_id in ids:
                session.answers.pop(question_id, None)
                session.said.pop(question_id, None)
            session.before, session.last_answer = [], ""
            session.turn += 1
            st.rerun()


# ---- to take along -------------------------------------------------------------------------------------------------------


def for_the_doctor(answer: Interpretation) -> str:
    """At most five questions, from the alerts, the causes that fit and the lines in question."""
    asked = to_ask(answer)
    return f'<h2 id="li-ask">Questions to take to your doctor</h2><ol>{"".join(f"<li>{esc(text)}</li>" for text in asked)}</ol>'


def take_away(answer: Interpretation) -> None:
    """Save, and forget."""
    with st.container(horizontal=True):
        if find_spec("fpdf"):
            st.download_button(
                "Save summary for the doctor (PDF)",
                lambda: answer.to_pdf(with_name=True),
                "summary.pdf",
                "application/pdf",
                icon=":material/print:",
                on_click="ignore",
            )
        with st.popover("Save as", icon=":material/download:"):
            st.download_button(
                "Summary for the doctor (HTML)",
                lambda: answer.to_html(with_name=True).encode(),
                "summary.html",
                "text/html",
                on_click="ignore",
            )
            st.download_button("Table (CSV)", lambda: to_csv(answer).encode("utf-8-sig"), "results.csv", "text/csv", on_click="ignore")
            st.download_button("Everything (JSON)", lambda: answer.to_json().encode(), "answer.json", "application/json", on_click="ignore")
            fhir = "application/fhir+json"
            st.download_button(
                "For a clinic (FHIR)", lambda: json.dumps(answer.to_fhir()).encode(), "report.fhir.json", fhir, on_click="ignore"
            )
        if st.button("Forget this report", icon=":material/delete:", type="tertiary"):
            forget()
            st.switch_page(st.session_state["pages"]["start"])
