"""Answer: what cannot wait, what stands out, one question at a time, possible causes, every result, questions for the doctor."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from importlib.util import find_spec
from typing import Any

import streamlit as st

from labinterp.app.evidence import causes
from labinterp.app.facts import facts
from labinterp.app.markup import capital, esc, p, show, ul
from labinterp.app.rows import Row, rows_of, waits
from labinterp.app.session import DO_NOT_KNOW, Session, current, forget
from labinterp.app.speech import day, plural, say, tongue, within
from labinterp.app.table import results
from labinterp.export.csv import to_csv
from labinterp.export.summary import to_ask
from labinterp.interpretation import Interpretation
from labinterp.model import Alert, Finding, Question

CARDS = 4
QUESTIONS_AT_ONCE = 3


def page() -> None:
    """Draw the page: an emergency stands alone, everything else is folded under it."""
    session = current()
    answer = session.interpretation()
    rows = rows_of(answer)
    emergencies = [alert for alert in answer.alerts if alert.urgency == "emergency" and not alert.past]
    show(f"<h1>{esc(say('Your answer'))}</h1>{p(headline(session, rows), 'soft')}")
    if emergencies:
        show(emergency(emergencies, rows))
        with st.expander(say("Everything else in this report")):
            body(session, answer, rows)
    else:
        body(session, answer, rows)


def headline(session: Session, rows: Sequence[Row]) -> str:
    """Laboratory, date, person and counts in one line."""
    report, age = session.report(), session.age()
    days = sorted(one for row in rows if isinstance(one := row["collected"], date))
    when = day(days[-1]) if days else ""
    sex = {"female": say("Woman"), "male": say("Man")}.get(session.patient.sex or "", "")
    years = say("age not given, so limits for adults") if age is None else str(age)
    waiting = sum(row.group == "open" for row in rows)
    parts = [
        ", ".join(part for part in (report.laboratory or report.name, when) if part),
        capital(", ".join(part for part in (sex, years) if part)),
        plural("{n} result judged", "{n} results judged", len(rows) - waiting)
        + (", " + say("{n} not judged", n=waiting) if waiting else ""),
        unread_words(session),
    ]
    return ". ".join(esc(part) for part in parts if part) + "."


def unread_words(session: Session) -> str:
    """How many lines may be results and were not read, in words; empty for none."""
    unread = int((session.unread["kind"] == "possible_result").sum())
    return plural("{n} line that may be a result not read", "{n} lines that may be results not read", unread) if unread else ""


def body(session: Session, answer: Interpretation, rows: Sequence[Row]) -> None:
    """Everything below the emergency band. No cause is shown before the emergency questions are answered."""
    urgent = [alert for alert in answer.alerts if alert.urgency != "emergency" and not alert.past]
    standing = stand_out(answer, rows)
    screen = [question for question in answer.questions if question.emergency]
    show(jumps(bool(standing), bool(answer.findings)))
    if urgent:
        show(urgently(urgent))
    past = [
        p(esc(say("Earlier, since followed by another value: {what}", what=alert.text)), "soft") for alert in answer.alerts if alert.past
    ]
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
    answered(session, answer)
    if screen:
        later = say("They follow once the box above is answered: emergency signs come first.")
        show(f'<h2 id="li-causes">{esc(say("Possible causes of weak legs"))}</h2>{p(esc(later), "soft")}')
    elif answer.findings:
        show(causes(answer, session.before, words_of(answer, session.last_question)))
    results(session, answer)
    show(for_the_doctor(answer))
    take_away(answer)


def jumps(standing: bool, findings: bool) -> str:
    """Links to the parts of the page."""
    links = [(say("What stands out"), "li-out")] if standing else []
    links += [(say("Possible causes"), "li-causes")] if findings else []
    links += [(say("All results"), "li-results"), (say("Questions for your doctor"), "li-ask")]
    anchors = "".join(f'<a href="#{place}">{esc(words)}</a>' for words, place in links)
    return f'<nav aria-label="{esc(say("On this page"))}">{anchors}</nav>'


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
        said = say("“{result}, weak legs”", result=within(title)) if title else say("“weak legs”, and what is new")
        texts = dict.fromkeys(text for alert in own for text in (alert.text, alert.action) if text)
        call = p(esc(say("Call your emergency number now. Say: {words}.", words=said)), "call")
        parts.append(f"<section><h2>{esc(title or say('Call for help now'))}</h2>{call}{''.join(p(esc(text)) for text in texts)}</section>")
    kicker = p(esc(say("EMERGENCY")), "kicker")
    numbers = say("112 in Europe, 911 in North America, 999 in the United Kingdom.")
    return f'<div class="band critical" role="alert">{kicker}{"".join(parts)}{p(esc(numbers), "soft")}</div>'


def urgently(alerts: Sequence[Alert]) -> str:
    """The rust band: a doctor soon; the action of each alert says how soon."""
    actions = "".join(p(esc(action)) for action in dict.fromkeys(alert.action for alert in alerts if alert.action))
    signs = say("with palpitations, fainting, dark urine, trouble breathing or swallowing, or when the weakness grows by the hour.")
    instead = p(f"<b>{esc(say('Call the emergency number instead'))}</b> {esc(signs)}")
    head = esc(say("This should not wait: speak to a doctor"))
    said = ul(esc(alert.text) for alert in alerts)
    return f'<section class="band today" role="alert"><h2>{head}</h2>{said}{actions}{instead}</section>'


def open_band(session: Session, rows: Sequence[Row]) -> None:
    """What is still open is said before anything that could reassure."""
    waiting = [row for row in rows if waits(row)]
    names = ", ".join(row.name for row in waiting[:4]) + (", …" if len(waiting) > 4 else "")
    parts = [plural("{n} line in question ({names})", "{n} lines in question ({names})", len(waiting), names=names)] if waiting else []
    parts += [unread_words(session)] if unread_words(session) else []
    if parts:
        nothing = say("Nothing here is called in range on their word; compare them with your paper first.")
        head, said = esc(say("Not everything is certain yet")), p(esc(f"{tongue().both(parts)}. {nothing}"))
        show(f'<section class="band doubt"><h2>{head}</h2>{said}</section>')
        if st.button(say("Look at these lines"), icon=":material/visibility:"):
            st.switch_page(st.session_state["pages"]["check"])


def emergency_screen(session: Session, screen: Sequence[Question]) -> None:
    """The emergency questions together: tick what is new, or say that none is."""
    with st.container(key="emergency"):
        tick = say("These matter more than any blood test. Tick what is true now.")
        show(f"<h2>{esc(say('First: is one of these new?'))}</h2>{p(esc(tick), 'soft')}")
        ticked = {question.id: st.checkbox(question.text, key=f"{question.id}-{session.turn}") for question in screen}
        with st.container(horizontal=True):
            if st.button(say("One or more is true"), disabled=not any(ticked.values())):
                session.answers |= {question_id: "yes" if yes else "no" for question_id, yes in ticked.items()}
                st.rerun()
            if st.button(say("None of these"), type="primary", disabled=any(ticked.values())):
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
    many = plural(
        "{n} result of {all} outside a range or guideline limit. All are in the table below.",
        "{n} results of {all} outside a range or guideline limit. All are in the table below.",
        len(standing),
        all=len(rows),
    )
    shown = "".join(card(group) for group in groups[:CARDS])
    also = p(esc(say("Also outside: {results}.", results=rest)), "soft") if rest else ""
    return f'<h2 id="li-out">{esc(say("What stands out"))}</h2>{p(esc(many), "soft")}<div class="cards">{shown}</div>{also}'


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
    both = esc(say("{one} with {other}", one=first.name, other=within(group[1].name)))
    head = f'<div class="head"><h3>{both}</h3><span class="soft">{esc(say("read together"))}</span></div>'
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
    labels = {answer.value: answer.label for answer in question.answers} | {DO_NOT_KNOW: say("I do not know")}
    key = f"ask-{question.id}-{session.turn}"
    with st.container(key="question"):
        which = say("Question 1 of at most {n}.", n=left) + " " if left > 1 else ""
        head = p(esc(which + say("An answer can change the order below.")), "soft")
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
            if st.button(say("That is all"), key=f"{key}-done", disabled=not several):
                take_answer(session, question, several)
        else:
            one = st.pills(question.text, list(labels), format_func=labels.__getitem__, key=key, label_visibility="collapsed")
            if one is not None:
                take_answer(session, question, one)


def take_answer(session: Session, question: Question, picked: Any) -> None:
    """Keep an answer and the order before it, so that what moved can be told."""
    session.before = [finding.cause for finding in session.interpretation().findings]
    session.last_question = question.id
    session.answers[question.id] = picked
    st.rerun()


def words_of(answer: Interpretation, question_id: str) -> str:
    """The answer that was given to a question, in words; empty where none was."""
    question, picked = answer.reference.questions.get(question_id), answer.answers.get(question_id)
    if question is None or picked is None:
        return ""
    labels = {rule.value: rule.label for rule in question.answers}
    return ", ".join(labels.get(one, say("I do not know")) for one in (picked if isinstance(picked, list) else [picked]))


def answered(session: Session, answer: Interpretation) -> None:
    """The answers given, each to be taken back."""
    screened = [question_id for question_id in session.answers if question_id.startswith("screen.")]
    asked = [question_id for question_id in session.answers if question_id in answer.reference.questions]
    if not asked and not screened:
        return
    with st.expander(say("Your answers ({n})", n=len(asked) + bool(screened))):
        if screened:
            yes = sum(session.answers[question_id] == "yes" for question_id in screened)
            undo(session, screened, say("Emergency signs:"), say("{n} ticked", n=yes) if yes else say("none of them"))
        for question_id in asked:
            undo(session, [question_id], answer.reference.questions[question_id].text, words_of(answer, question_id))


def undo(session: Session, ids: Sequence[str], text: str, words: str) -> None:
    """One answer and the button that takes it back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        show(p(f"{esc(text)} <b>{esc(words)}</b>"))
        if st.button(say("Take back"), key=f"undo-{ids[0]}"):
            for question_id in ids:
                session.answers.pop(question_id, None)
            session.before, session.last_question = [], ""
            session.turn += 1
            st.rerun()


# ---- to take along -------------------------------------------------------------------------------------------------------


def for_the_doctor(answer: Interpretation) -> str:
    """At most five questions, from the alerts, the causes that fit and the lines in question."""
    asked = to_ask(answer)
    return (
        f'<h2 id="li-ask">{esc(say("Questions to take to your doctor"))}</h2><ol>{"".join(f"<li>{esc(text)}</li>" for text in asked)}</ol>'
    )


def take_away(answer: Interpretation) -> None:
    """Save, in the visitor's language, and forget. The name goes along only where the visitor says so."""
    name = answer.report.patient_name if answer.report else ""
    with_name = False
    if name:
        with_name = st.checkbox(say("Put the name on the summary ({name})", name=name), key="with-name")
    with st.container(horizontal=True):
        if find_spec("fpdf"):
            pdf = say("Save summary for the doctor (PDF)")
            save(pdf, lambda: answer.to_pdf(with_name=with_name), say("summary") + ".pdf", "application/pdf", ":material/print:")
        with st.popover(say("Save as"), icon=":material/download:"):
            html, results_ = say("Summary for the doctor (HTML)"), say("results")
            save(html, lambda: answer.to_html(with_name=with_name).encode(), say("summary") + ".html", "text/html")
            save(say("Table (CSV)"), lambda: to_csv(answer).encode("utf-8-sig"), results_ + ".csv", "text/csv")
            save(say("Everything (JSON)"), lambda: answer.to_json().encode(), results_ + ".json", "application/json")
            save(say("For a clinic (FHIR)"), lambda: fhir(answer), results_ + ".fhir.json", "application/fhir+json")
        if st.button(say("Forget this report"), icon=":material/delete:", type="tertiary"):
            forget()
            st.switch_page(st.session_state["pages"]["start"])


def save(label: str, data: Callable[[], bytes], name: str, mime: str, icon: str | None = None) -> None:
    """A button that makes a file when it is pressed."""
    st.download_button(label, data, name, mime, icon=icon, on_click="ignore")


def fhir(answer: Interpretation) -> bytes:
    return json.dumps(answer.to_fhir(), ensure_ascii=False).encode()
