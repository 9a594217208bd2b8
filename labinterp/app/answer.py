"""Answer: what cannot wait, what stands out, one question at a time, possible causes, every result, questions for the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from labinterp.app.facts import facts
from labinterp.app.html import count, esc, fold, pill, show
from labinterp.app.rows import Row, Units, range_words, rows_of
from labinterp.app.session import DO_NOT_KNOW, Session, current, forget
from labinterp.interpretation import Interpretation
from labinterp.model import Alert, Evidence, Finding, Question

CARDS = 4
OPEN_FINDINGS = 3
QUESTIONS_AT_ONCE = 3
SOON = {"emergency": "today", "urgent": "within days", "routine": "at the next visit"}
UNITS: dict[str, Units] = {"As printed": "printed", "SI": "SI", "US": "US"}


def page() -> None:
    """Draw the page: an emergency stands alone, everything else is folded under it."""
    session = current()
    answer = session.interpretation()
    emergencies = [alert for alert in answer.alerts if alert.urgency == "emergency" and not alert.past]
    rows = rows_of(answer)
    show(f'<h1>Your answer</h1><p class="soft">{headline(session, rows)}</p>')
    if emergencies:
        show(emergency(emergencies, rows))
        with st.expander("Everything else in this report"):
            body(session, answer, rows)
    else:
        body(session, answer, rows)


def headline(session: Session, rows: Sequence[Row]) -> str:
    """Laboratory, date, person and counts in one line."""
    report = session.report()
    days = sorted({day for row in rows if isinstance(day := row["collected"], date)})
    when = f"{days[-1]:%d %B %Y}".lstrip("0") if days else ""
    age, sex = session.age(), {"female": "Woman", "male": "Man", None: ""}[session.patient.sex]
    person = ", ".join(part for part in (sex, "" if age is None else f"{age}") if part)
    waiting = sum(row.group == "open" for row in rows)
    judged = f"{count(len(rows) - waiting, 'result')} judged" + (f", {waiting} not judged" if waiting else "")
    unread = int((session.unread["kind"] == "possible_result").sum())
    parts = [", ".join(part for part in (report.laboratory or report.name, when) if part), person, judged]
    parts += [f"{count(unread, 'line')} that may be a result not read"] if unread else []
    return ". ".join(esc(part) for part in parts if part) + "."


def body(session: Session, answer: Interpretation, rows: Sequence[Row]) -> None:
    """Everything below the emergency band."""
    urgent = [alert for alert in answer.alerts if alert.urgency != "emergency" and not alert.past]
    past = [alert for alert in answer.alerts if alert.past]
    standing = stand_out(rows)
    questions = answer.questions
    screen = [question for question in questions if question.emergency]
    links = [("What stands out", "li-out")] if standing else []
    links += [("Possible causes", "li-causes")] if answer.findings else []
    links += [("All results", "li-results"), ("Questions for your doctor", "li-ask")]
    show("<nav aria-label='On this page'>" + "".join(f'<a href="#{place}">{words}</a>' for words, place in links) + "</nav>")
    if urgent:
        show(today(urgent))
    if past:
        show("".join(f'<p class="soft">Earlier, since followed by another value: {esc(alert.text)}</p>' for alert in past))
    open_band(session, rows)
    if screen:
        emergency_screen(session, screen)
    if standing:
        show(cards(answer, rows, standing))
    if not screen:
        facts(session, "answer")
        ask(session, [question for question in questions if not question.emergency])
    answered(session)
    if screen:
        show('<h2 id="li-causes">Possible causes of weak legs</h2><p class="soft">They follow once you have answered the box above. Emergency signs come first.</p>')
    elif answer.findings:
        show(causes(session, answer))
    results(session, answer)
    show(for_the_doctor(answer, rows))
    take_away(answer)


# ---- what cannot wait ----------------------------------------------------------------------------------------------------


def emergency(alerts: Sequence[Alert], rows: Sequence[Row]) -> str:
    """The red band. It stands alone and first."""
    parts = []
    by_label = {row.label: row for row in rows}
    for alert in alerts:
        row = by_label.get(alert.row) if alert.row is not None else None
        said = f"“{row.name.lower()} {row.result}, weak legs”" if row else "“weak legs”, and what is new"
        title = f"{row.name} {row.result}" if row else "Call for help now"
        parts.append(
            f'<section><p class="kicker">EMERGENCY</p><h2>{esc(title)}</h2><p class="call">Call your emergency number now. Say: {esc(said)}.</p>'
            f"<p>{esc(alert.text)}</p><p>{esc(alert.action)}</p></section>"
        )
    numbers = '<p class="soft">112 in Europe, 911 in North America, 999 in the United Kingdom.</p>'
    return f'<div class="band critical" role="alert">{"<hr>".join(parts)}{numbers}</div>'


def today(alerts: Sequence[Alert]) -> str:
    """The rust band: a doctor today."""
    lines = "".join(f"<li>{esc(alert.text)}</li>" for alert in alerts)
    actions = "".join(f"<p>{esc(action)}</p>" for action in dict.fromkeys(alert.action for alert in alerts if alert.action))
    return (
        f'<section class="band today" role="alert"><h2>Speak to a doctor today</h2><ul>{lines}</ul>{actions}'
        "<p><b>Call the emergency number instead</b> if you have palpitations, faint, pass dark urine, have trouble breathing or swallowing, "
        "or the weakness is getting worse by the hour.</p></section>"
    )


def open_band(session: Session, rows: Sequence[Row]) -> None:
    """What is still open is said before anything that could reassure."""
    waiting = [row for row in rows if row["review"] or row["status"] in ("implausible", "unreadable_value", "unknown_unit")]
    unread = int((session.unread["kind"] == "possible_result").sum())
    if not waiting and not unread:
        return
    parts = [f"{count(len(waiting), 'line')} in question ({esc(', '.join(row.name for row in waiting[:4]))}{', …' if len(waiting) > 4 else ''})"] if waiting else []
    parts += [f"{count(unread, 'line')} that may be a result not read"] if unread else []
    show(f'<section class="band doubt"><h2>Not everything counts yet</h2><p>{" and ".join(parts)}. What they say is not part of this answer.</p></section>')
    if st.button("Look at these lines", icon=":material/visibility:"):
        st.switch_page(st.session_state["pages"]["check"])


def emergency_screen(session: Session, screen: Sequence[Question]) -> None:
    """The emergency questions together: tick what is new, or say that none is."""
    with st.container(key="emergency"):
        show("<h2 style='margin:0'>First: is one of these new?</h2><p class='soft'>These matter more than any blood test. Tick what is true now.</p>")
        ticked = {question.id: st.checkbox(question.text, key=f"{question.id}-{session.turn}") for question in screen}
        with st.container(horizontal=True):
            if st.button("One or more is true", disabled=not any(ticked.values())):
                session.answers |= {question_id: "yes" if yes else "no" for question_id, yes in ticked.items()}
                st.rerun()
            if st.button("None of these", type="primary", disabled=any(ticked.values())):
                session.answers |= dict.fromkeys(ticked, "no")
                st.rerun()


# ---- what stands out -----------------------------------------------------------------------------------------------------


def stand_out(rows: Sequence[Row]) -> list[Row]:
    """Rows outside a limit, the most marked first; a critical limit before all."""

    def weight(row: Row) -> tuple[bool, float]:
        severity, times = row["severity"], row["xuln"]
        return row["flag"] not in ("LL", "HH"), -max(0.0 if severity != severity else severity, 2.0 if times == times and times >= 3 else 0.0)

    return sorted((row for row in rows if row.group == "outside"), key=weight)


def cards(answer: Interpretation, rows: Sequence[Row], standing: Sequence[Row]) -> str:
    """At most four cards. Two rows that one well-fitting cause stands on share a card."""
    shown: list[list[Row]] = []
    pairs = partners(answer.findings)
    placed: set[int] = set()
    for row in standing:
        if row.label in placed:
            continue
        together = [row] + [other for other in standing if other.label not in placed and other.label != row.label and {row.label, other.label} in pairs][:1]
        placed |= {one.label for one in together}
        shown.append(together)
    front, rest = shown[:CARDS], [row for group in shown[CARDS:] for row in group]
    html = "".join(card(group) for group in front)
    also = ""
    if rest:
        also = f'<p class="soft">Also outside: {esc("; ".join(f"{row.name} {row.result}" for row in rest))}.</p>'
    many = f"{count(len(standing), 'result')} of {len(rows)} outside a range or guideline limit. All are in the table below."
    return f'<h2 id="li-out">What stands out</h2><p class="soft">{many}</p><div class="cards">{html}</div>{also}'


def partners(findings: Sequence[Finding]) -> list[set[int]]:
    """Pairs of rows on which one well-fitting cause stands strongly."""
    pairs = []
    for finding in findings:
        strong = [item.row for item in finding.for_ if item.row is not None and item.strength in ("strong", "moderate")]
        if finding.tier == "fits" and len(strong) >= 2:
            pairs.append({strong[0], strong[1]})
    return pairs


def card(group: Sequence[Row]) -> str:
    """One card: name, flag, value, bar, one or two sentences."""
    if len(group) == 1:
        row = group[0]
        about = row.marker.about if row.marker else ""
        return (
            f'<section class="card"><div class="head"><h3>{esc(row.name)}</h3>{row.flag}</div>{value(row)}{row.bar}'
            f"<p>{esc(about)}</p>{f'<p class=soft>{esc(row.disagreement)}</p>' if row.disagreement else ''}</section>"
        )
    parts = "".join(f'<div><div class="head"><h4>{esc(row.name)}</h4>{row.flag}</div>{value(row)}{row.bar}</div>' for row in group)
    about = " ".join(row.marker.about for row in group if row.marker and row.marker.about)
    title = " with ".join(row.name for row in group)
    return f'<section class="card"><div class="head"><h3>{esc(title)}</h3><span class="soft">read together</span></div><div class="pair">{parts}</div><p>{esc(about)}</p></section>'


def value(row: Row) -> str:
    return f'<div><span class="number">{esc(row.words)}</span> <span class="unit">{esc(row.unit)}</span></div>'


# ---- questions -----------------------------------------------------------------------------------------------------------


def ask(session: Session, questions: Sequence[Question]) -> None:
    """One question at a time, with why it is asked; "I do not know" is an answer."""
    if not questions:
        return
    question = questions[0]
    with st.container(key="question"):
        left = min(QUESTIONS_AT_ONCE, len(questions))
        which = f"Question 1 of at most {left}. " if left > 1 else ""
        show(f'<p class="soft">{which}An answer can change the order below.</p><h3>{esc(question.text)}</h3><p class="soft">{esc(question.why)}</p>')
        labels = {answer.value: answer.label for answer in question.answers} | {DO_NOT_KNOW: "I do not know"}
        key = f"ask-{question.id}-{session.turn}"
        if question.multiple:
            picked = st.pills(question.text, list(labels), selection_mode="multi", format_func=labels.get, key=key, label_visibility="collapsed")
            if st.button("That is all", key=f"{key}-done", disabled=not picked):
                take_answer(session, question, list(picked), labels)
        else:
            one = st.pills(question.text, list(labels), format_func=labels.get, key=key, label_visibility="collapsed")
            if one is not None:
                take_answer(session, question, one, labels)


def take_answer(session: Session, question: Question, picked: Any, labels: dict[str, str]) -> None:
    """Keep an answer and the order before it, so that what moved can be told."""
    values = picked if isinstance(picked, list) else [picked]
    session.before = [finding.cause for finding in session.interpretation().findings]
    session.last_answer = ", ".join(labels[one] for one in values)
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
            undo(session, screened, "Emergency signs", count(yes, "sign") + " ticked" if yes else "none of them")
        for question_id, (text, words) in list(session.said.items()):
            undo(session, [question_id], text, words)


def undo(session: Session, ids: Sequence[str], text: str, words: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        show(f"<p>{esc(text)} <b>{esc(words)}</b></p>")
        if st.button("Take back", key=f"undo-{ids[0]}"):
            for question_id in ids:
                session.answers.pop(question_id, None)
                session.said.pop(question_id, None)
            session.before, session.last_answer = [], ""
            session.turn += 1
            st.rerun()


# ---- causes --------------------------------------------------------------------------------------------------------------


def causes(session: Session, answer: Interpretation) -> str:
    """Tiers: what fits is open, what is possible is folded, the rest is one line each."""
    tiers = {tier: [finding for finding in answer.findings if finding.tier == tier] for tier in ("fits", "possible", "less_supported", "unseen")}
    names = answer.reference.evidence.tiers
    parts = [
        '<h2 id="li-causes">Possible causes of weak legs</h2>'
        '<p class="soft">Ordered by how well your results fit. More than one can be true. These are reasons to ask, not diagnoses.</p>'
    ]
    if tiers["fits"]:
        parts.append(f"<h3>{esc(names['fits'])}</h3>")
        for position, finding in enumerate(tiers["fits"]):
            inside = cause(session, answer, finding)
            whole = f'<section class="card cause"><div class="head"><h3>{esc(finding.name)}</h3>{soon(finding)}</div>{inside}</section>'
            parts.append(whole if position < OPEN_FINDINGS else folded(finding, inside))
    if tiers["possible"]:
        parts.append(f"<h3>{esc(names['possible'])}</h3>" + "".join(folded(finding, cause(session, answer, finding)) for finding in tiers["possible"]))
    if tiers["less_supported"]:
        lines = "".join(f"<dt>{esc(f.name)}</dt><dd>{esc('; '.join(item.text for item in f.against[:2]) or f.wording)}</dd>" for f in tiers["less_supported"])
        parts.append(f'<h3>{esc(names["less_supported"])}</h3><p class="soft">Less likely, not ruled out.</p><dl class="lines">{lines}</dl>')
    if tiers["unseen"]:
        lines = "".join(f"<dt>{esc(f.name)}</dt><dd>{unseen(f)}</dd>" for f in tiers["unseen"])
        parts.append(
            "<h2>Blood tests cannot show these</h2><p class='soft'>Normal or not, this report says nothing about them. If one sounds like you, say so to your doctor.</p>"
            f'<dl class="lines">{lines}</dl>'
        )
    return "".join(parts)


def unseen(finding: Finding) -> str:
    urgent = "<b>Emergency when new.</b> " if finding.urgency == "emergency" else ""
    return f"{urgent}{esc(finding.mechanism or finding.wording)} {esc('What can show it: ' + '; '.join(finding.settles) + '.') if finding.settles else ''}"


def soon(finding: Finding) -> str:
    return f'<span class="soft">how soon: {SOON[finding.urgency]}</span>'


def folded(finding: Finding, inside: str) -> str:
    """A cause behind its name and counts."""
    counts = f"{len(finding.for_)} for, {len(finding.against)} against, {len(finding.missing)} not tested"
    return fold(f'{esc(finding.name)} <span class="soft">{counts}</span>', inside)


def cause(session: Session, answer: Interpretation, finding: Finding) -> str:
    """One cause: a sentence, For / Against / Not tested yet, and what usually settles it."""
    settles = f'<p class="settles"><b>What usually settles it:</b> {esc("; ".join(finding.settles))}.</p>' if finding.settles else ""
    tests = "".join(f"<li>{esc(test.test)}: {esc(test.reason)}</li>" for test in finding.next_tests)
    worth = f"<p class='soft'>Tests worth asking about</p><ul>{tests}</ul>" if tests else ""
    return (
        f"{moved(session, answer, finding)}<p>{esc(finding.wording or finding.mechanism)}</p><div class='three'>"
        f"<div><h4>For</h4>{evidence(finding.for_, '+', 'for', 'Nothing in this report.')}</div>"
        f"<div><h4>Against</h4>{evidence(finding.against, '−', 'against', 'Nothing in this report.')}</div>"
        f"<div><h4>Not tested yet</h4>{evidence(finding.missing, '?', 'not tested', 'Nothing that would change it.')}</div>"
        f"</div>{settles}{fold('Tests, sources and how sure this is', worth + sources(answer, finding))}"
    )


def evidence(items: Sequence[Evidence], glyph: str, word: str, none: str) -> str:
    """One of the three lists. The glyph is read out as its word."""
    if not items:
        return f'<p class="soft">{none}</p>'
    look = ' class="doubtful"' if glyph == "?" else ""
    lines = "".join(
        f'<li><b{look} role="img" aria-label="{word}">{glyph}</b><span>{esc(item.text)}</span><span class="small">{esc(item.strength or "")}</span>'
        f"{f'<span class=soft>{esc(item.note)}</span>' if item.note else ''}</li>"
        for item in items
    )
    return f"<ul>{lines}</ul>"


def sources(answer: Interpretation, finding: Finding) -> str:
    """What the cause stands on, and who has looked at it."""
    lines = "".join(f"<li>{cite(answer, source_id)}</li>" for source_id in finding.sources)
    said = "".join(f"<li>{esc(says)} <span class='small'>({esc(article)})</span></li>" for article, says in finding.seeds)
    return (
        (f"<p class='soft'>Sources</p><ul>{lines}</ul>" if lines else "")
        + (f"<p class='soft'>Articles on leg weakness that name it</p><ul>{said}</ul>" if said else "")
        + f"<p class='soft'>The links between results and this cause are judgement ({esc(finding.basis)}), reviewed by {esc(finding.reviewed_by)}.</p>"
    )


def cite(answer: Interpretation, source_id: str) -> str:
    """A source in one line, with the mark of what was checked."""
    source = answer.reference.sources.get(source_id)
    if source is None:
        return esc(source_id)
    year = f" ({source.year})" if source.year else ""
    return f"{esc(source.organisation)}: {esc(source.title)}{year}" + ("" if source.verified else " " + pill("not checked", "doubt"))


def moved(session: Session, answer: Interpretation, finding: Finding) -> str:
    """Said where the last answer moved a cause."""
    order = [one.cause for one in answer.findings]
    if not session.before or not session.last_answer:
        return ""
    before = session.before.index(finding.cause) if finding.cause in session.before else len(session.before)
    now = order.index(finding.cause)
    if now < before:
        return f'<p class="moved"><b>Moved up</b> after your answer “{esc(session.last_answer)}”.</p>'
    return ""


# ---- every result --------------------------------------------------------------------------------------------------------


def results(session: Session, answer: Interpretation) -> None:
    """All rows in three groups, in the units of choice."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        show('<h2 id="li-results">All results</h2>')
        units = st.segmented_control("Units", list(UNITS), default="As printed", key=f"units-{session.turn}", required=True, label_visibility="collapsed")
    rows = rows_of(answer, UNITS[units or "As printed"])
    show(table(answer, rows))
    notes = "".join(f"<li>{esc(notice.text)}</li>" for notice in answer.notices)
    derived = "".join(f"<li>{line}</li>" for line in derived_lines(answer))
    outside = sum(row.group == "outside" for row in rows)
    chance = f"With {len(rows)} tests a healthy person often has one slightly outside. " if len(rows) >= 8 and outside else ""
    show(
        (f"<h3>Worth knowing about these results</h3><ul>{notes}</ul>" if notes else "")
        + (f"<h3>Worked out from them</h3><ul>{derived}</ul>" if derived else "")
        + f'<p class="soft">{chance}“Your lab’s” is the range printed on your report; “built-in” and “guideline” come from the sources named in Reference.</p>'
    )


def derived_lines(answer: Interpretation) -> list[str]:
    """Results worked out from others, in words."""
    shown = []
    for cells in answer.derived.to_dict("records"):
        value_ = cells.get("value_text") or cells.get("value")
        text = f"{cells.get('name_text') or cells.get('marker')}: {value_} {cells.get('unit_text') or cells.get('unit') or ''}"
        shown.append(esc(text.strip()) + (f' <span class="small">{esc(cells["reason"])}</span>' if cells.get("reason") else ""))
    return shown


HEAD = "<thead><tr><th scope='col'>Test</th><th scope='col'>Your result</th><th scope='col'>Where it lies</th><th scope='col'>Flag</th><th scope='col'>Range used</th></tr></thead>"


def table(answer: Interpretation, rows: Sequence[Row]) -> str:
    """The three groups; what is in range is folded, what is not judged never is."""
    groups = {group: [row for row in rows if row.group == group] for group in ("outside", "open", "inside")}
    parts = []
    for group, title in (("outside", "Outside the range"), ("open", "Not judged")):
        if groups[group]:
            parts.append(f"<table><caption>{title} ({len(groups[group])})</caption>{HEAD}<tbody>{''.join(line(answer, row) for row in groups[group])}</tbody></table>")
    if groups["inside"]:
        inside = f"<table><caption>In range</caption>{HEAD}<tbody>{''.join(line(answer, row) for row in groups['inside'])}</tbody></table>"
        parts.append(fold(f"In range ({len(groups['inside'])})", inside))
    return "".join(parts)


def line(answer: Interpretation, row: Row) -> str:
    """One row of the table, its disagreement, and why it got its answer."""
    about = row.marker.about if row.marker else ""
    more = "".join(f'<span class="soft">{esc(text)}</span>' for text in (f"printed {row.printed}" if row.printed else "", row["edited"]) if text)
    where = row.bar if row.group != "open" or row.bar and row["status"] == "undetermined" else ""
    if row.group == "open":
        where += f"<span>{esc(row['reason'] or row['review'] or 'No limit to compare with.')}</span>"
    why = f"<details class='why'><summary>Why<span style='position:absolute;left:-999rem'> {esc(row.name)}</span></summary><div class='inside'>{esc(answer.explain(row.label))}</div></details>"
    said = f"<span class='soft'>{esc(row.disagreement)}</span>" if row.disagreement else ""
    return (
        f"<tr class='joined'><th scope='row'>{esc(row.name)}<span class='soft'>{esc(about)}</span></th>"
        f"<td><b>{esc(row.words)}</b> <span class='unit'>{esc(row.unit)}</span>{more}</td><td class='where'>{where}</td><td>{row.flag}</td><td>{range_words(row, answer.reference)}</td></tr>"
        f"<tr class='more'><td colspan='5' class='wide'>{said}{why}</td></tr>"
    )


# ---- to take along -------------------------------------------------------------------------------------------------------


def for_the_doctor(answer: Interpretation, rows: Sequence[Row]) -> str:
    """At most five questions, from the alerts, the open lines and the tests worth asking about."""
    by_label = {row.label: row for row in rows}
    asked = []
    for alert in answer.alerts:
        row = by_label.get(alert.row) if alert.row is not None else None
        if row and not alert.past:
            asked.append(f"My {row.name} is {row.result}. Should it be repeated, and how soon?")
    for finding in answer.findings:
        if finding.tier == "fits":
            tests = " and ".join(test.test for test in finding.next_tests[:2])
            asked.append(f"Could {finding.name.lower() if finding.name[1:2].islower() else finding.name} play a part?" + (f" Would {tests} help to tell?" if tests else ""))
    asked += [f"{row.name} could not be judged on my report. Should it be tested again?" for row in rows if row["status"] == "implausible"]
    asked.append("Could something that blood tests do not show be behind the weakness, and how would we look for it?")
    lines = "".join(f"<li>{esc(text)}</li>" for text in list(dict.fromkeys(asked))[:5])
    return f'<h2 id="li-ask">Questions to take to your doctor</h2><ol>{lines}</ol>'


def take_away(answer: Interpretation) -> None:
    """Save, and forget."""
    with st.container(horizontal=True):
        with st.popover("Save as", icon=":material/download:"):
            st.download_button("Table (CSV)", lambda: answer.to_frame().to_csv(index=False).encode("utf-8-sig"), "results.csv", "text/csv", on_click="ignore")
            st.download_button("Everything (JSON)", lambda: answer.to_json().encode(), "answer.json", "application/json", on_click="ignore")
        if st.button("Forget this report", icon=":material/delete:", type="tertiary"):
            forget()
            st.switch_page(st.session_state["pages"]["start"])
