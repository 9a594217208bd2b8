"""Check: the page picture beside the lines that need an eye, then every line in a grid. Corrections are marked as the visitor's."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import labinterp
from labinterp.app import picture
from labinterp.app.facts import facts
from labinterp.app.markup import aside, esc, fold, label_of, p, pill, show
from labinterp.app.rows import ASKS, Row, rows_of, unsettled, waits
from labinterp.app.session import Session, current
from labinterp.app.speech import again, code, plural, say
from labinterp.app.start import messages
from labinterp.interpretation import Interpretation
from labinterp.model import ROW_COLUMNS, frame_of
from labinterp.reference import Reference
from labinterp.reference.schema import Marker
from labinterp.shown import unit_words

EDITABLE = ("name_text", "value_text", "unit_text", "range_text", "flag_text", "collected_text")
CHECK, UNDERSTOOD, WHERE = "check", "understood", "where"
GRID = (CHECK, *EDITABLE, UNDERSTOOD, WHERE)
SHOWN_DOUBTS = 4
ALSO = 6  # further names of a test in the search


def page() -> None:
    """Draw the page."""
    session = current()
    answer = session.interpretation()
    rows = rows_of(answer)
    doubts = [row for row in rows if waits(row)]
    show(f"<h1>{esc(say('Check what was read'))}</h1>{p(esc(headline(len(rows), len(doubts))), 'lede')}")
    messages(session)
    for notice in session.report().notices:
        show(p(esc(again(notice)), "soft"))
    sheets = [number for number, document in enumerate(session.documents) if has_sheet(session, number)]
    if sheets:
        left, right = st.columns([6, 5], gap="medium")
        with left:
            shown = page_picture(session, sheets, rows)
        with right:
            doubt_cards(session, answer, doubts)
            confirm(session)
    else:
        shown = False
        doubt_cards(session, answer, doubts)
    show(f"<h2>{esc(say('All lines read'))}</h2>")
    with st.container(key="lines-grid"):
        if rows:
            aside(say("Change any cell that does not match the page. Your changes are marked as yours."))
            grid(session, rows)
        with st.container(key="entry"):
            show(f"<h3>{esc(say('Add a line'))}</h3>")
            entry(session, "entry", beside=True)
    with st.container(key="lines-phone"):
        phone_list(session, rows)
    notes(session)
    if not shown:
        confirm(session)


def headline(lines: int, doubts: int) -> str:
    """``19 result lines found. 17 were read, 2 need your eye before they count.``"""
    if not lines:
        return say("No result line yet. Type one in below: the test, the result, and its unit and range as they stand on the paper.")
    found = plural("{n} result line found.", "{n} result lines found.", lines)
    if not doubts:
        return f"{found} {say('Please compare them with your paper.')}"
    read = plural("{n} was read,", "{n} were read,", lines - doubts)
    asks = plural("{n} needs your eye before it counts.", "{n} need your eye before they count.", doubts)
    return f"{found} {read} {asks}"


def confirm(session: Session) -> None:
    """The facts that matter and the way to the answer."""
    facts(session, "check", as_read=True)
    if st.button(
        say("These are right: show the answer"),
        type="primary",
        icon=":material/arrow_forward:",
        width="stretch",
        disabled=session.rows.empty,
    ):
        st.switch_page(st.session_state["pages"]["answer"])
    aside(say("You can go on without answering. A line in question is then marked so, and never called in range."))


# ---- the page picture ----------------------------------------------------------------------------------------------------


def has_sheet(session: Session, number: int) -> bool:
    return sheet(session, number, 1) is not None


def sheet(session: Session, number: int, page_number: int) -> picture.Sheet | None:
    """A page of a document as a picture, drawn once for this visitor."""
    key = (number, page_number)
    if key not in session.sheets:
        session.sheets[key] = picture.sheet_of(session.documents[number], page_number)
    return session.sheets[key]


def page_picture(session: Session, sheets: list[int], rows: list[Row]) -> bool:
    """One page with its marks; which page is chosen above it."""
    choices = [(number, page_number) for number in sheets for page_number in pages_of(session, number)]
    asked = next(((int(row["document"]), int(row["page"])) for row in rows if waits(row) and not pd.isna(row["page"])), choices[0])
    many = len(sheets) > 1

    def words(choice: tuple[int, int]) -> str:
        page_words = say("Page {n}", n=choice[1])
        return f"{session.documents[choice[0]].name}, {page_words}" if many else page_words

    chosen = asked if asked in choices else choices[0]
    if len(choices) > 1:
        labels = {choice: words(choice) for choice in choices}
        chosen = st.selectbox(
            say("Page"),
            choices,
            index=choices.index(chosen),
            format_func=labels.__getitem__,
            key=f"page-{session.turn}",
            label_visibility="collapsed",
        )
    leaf = sheet(session, *chosen)
    if leaf is None:
        return False
    here = [row for row in rows if (int(row["document"]), row["page"]) == chosen]
    marks: list[tuple[str, Any]] = [("ask" if waits(row) else "read", row) for row in here]
    noted = session.unread[
        (session.unread["document"] == chosen[0]) & (session.unread["page"] == chosen[1]) & (session.unread["kind"] == "possible_result")
    ]
    marks += [("note", line) for _, line in noted.iterrows()]
    counts = plural("{n} line read, {asks} in question.", "{n} lines read, {asks} in question.", len(here), asks=sum(map(waits, here)))
    what = say("{page} of your report. {counts} The same lines are in the list below.", page=words(chosen), counts=counts)
    read, ask = esc(say("Bar at the left: read.")), esc(say("Dashed frame: needs your answer."))
    key = f"{read} <b>{ask}</b> {esc(say('Dotted: may be a result, left as a note.'))}"
    show(picture.page_html(leaf, marks, what) + p(key if leaf.size else esc(say("The picture as you gave it.")), "soft"))
    return True


def pages_of(session: Session, number: int) -> list[int]:
    """The pages of a document, from 1 to the last that holds any line."""
    report = session.documents[number].report
    last = max(
        [float(report.rows["page"].max() or 1), float(report.unread["page"].max() or 1), 1.0], key=lambda page: -1 if page != page else page
    )
    return list(range(1, int(last) + 1))


# ---- lines in question ---------------------------------------------------------------------------------------------------


def doubt_cards(session: Session, answer: Interpretation, doubts: list[Row]) -> None:
    """One card for each line in question: the line cut out of the page, one sentence, and answers to press."""
    for row in doubts[:SHOWN_DOUBTS]:
        doubt_card(session, answer, row)
    if len(doubts) > SHOWN_DOUBTS:
        with st.expander(plural("{n} more line in question", "{n} more lines in question", len(doubts) - SHOWN_DOUBTS)):
            for row in doubts[SHOWN_DOUBTS:]:
                doubt_card(session, answer, row)
    only_review = [row.label for row in doubts if row["review"] and row["status"] not in ASKS]
    if len(only_review) > 1:
        lines = "".join(f"<li>{esc(row['name_text'])} <b>{esc(row.result)}</b></li>" for row in doubts if row.label in only_review)
        show(
            fold(
                esc(plural("{n} line to compare with your paper", "{n} lines to compare with your paper", len(only_review))),
                f"<ul>{lines}</ul>",
            )
        )
        if st.button(say("I compared them: all {n} are right", n=len(only_review))):
            session.accept(*only_review)
            st.rerun()


def doubt_card(session: Session, answer: Interpretation, row: Row) -> None:
    """The question that one line asks."""
    key = f"{session.version}-{row.label}"
    with st.container(key=f"doubt-{key}"):
        leaf = sheet(session, int(row["document"]), int(row["page"])) if session.documents and not pd.isna(row["page"]) else None
        cells = "".join(
            f"<span>{esc(row[c])}</span>" for c in ("name_text", "value_text", "flag_text", "unit_text", "range_text") if row[c]
        )
        cut = (picture.cut_html(leaf, row) if leaf else "") or f'<div class="quote">{cells}</div>'
        why = " ".join(again(part) for part in (row["reason"], row["review"]) if part)
        show(
            f'<div class="head"><h3>{esc(row.name)}: {esc(row.result)}?</h3>{pill(say("Not judged"), "doubt")}</div>{cut}<p>{esc(why)}</p>'
        )
        with st.container(horizontal=True, gap="small"):
            for ucum in other_units(answer, row):
                words = f"{row['value_text']} {unit_words(ucum)}"
                if st.button(say("It says {what}", what=label_of(words)), key=f"unit-{key}-{ucum}"):
                    session.change(row.label, unit_text=ucum)
                    st.rerun()
            if unsettled(row) and st.button(say("It is right"), key=f"right-{key}"):
                session.accept(row.label)
                st.rerun()
            with st.popover(say("Type what it says")):
                texts = line_form(f"form-{key}", row.cells)
                if texts and st.button(say("Use this"), key=f"use-{key}", type="primary"):
                    session.change(row.label, **texts)
                    st.rerun()
            if st.button(say("Leave it out"), key=f"drop-{key}"):
                session.leave_out(row.label)
                st.rerun()


def other_units(answer: Interpretation, row: Row) -> list[str]:
    """Units of this marker in which the printed number would be possible: each is tried out, none is guessed."""
    if row.marker is None or row["status"] not in ("implausible", "unknown_unit"):
        return []
    units = [u for u in dict.fromkeys([row.marker.unit or "", *(unit.ucum for unit in row.marker.units)]) if u and u != row["ucum"]]
    if not units:
        return []
    lines = [{column: row[column] for column in ROW_COLUMNS} | {"unit_text": unit, "review": ""} for unit in units]
    tried = labinterp.interpret(frame_of(lines, ROW_COLUMNS), patient=answer.patient, reference=answer.reference).results
    return [unit for unit, status in zip(units, tried["status"], strict=True) if status in ("ok", "undetermined")][:3]


def line_form(key: str, cells: Any) -> dict[str, str]:
    """Fields for one line; empty until the test is named."""
    texts = {
        "name_text": st.text_input(say("Test"), value=str(cells.get("name_text", "")), key=f"{key}-name", max_chars=120),
        "value_text": st.text_input(say("Result"), value=str(cells.get("value_text", "")), key=f"{key}-value", max_chars=60),
        "unit_text": st.text_input(say("Unit"), value=str(cells.get("unit_text", "")), key=f"{key}-unit", max_chars=40),
        "range_text": st.text_input(say("Range on the paper"), value=str(cells.get("range_text", "")), key=f"{key}-range", max_chars=80),
    }
    return texts if texts["name_text"].strip() else {}


# ---- every line ----------------------------------------------------------------------------------------------------------


def mark_of(row: Row) -> str:
    """The first cell of a line: whether it was read, asks, or is the visitor's."""
    if waits(row):
        what = {"implausible": say("value"), "unreadable_value": say("no number"), "unknown_unit": say("unit")}
        return f"? {what.get(str(row['status']), say('look'))}"
    if row["edited"]:
        return f"✎ {again(row['edited'])}"
    if row["status"] == "unknown_marker":
        return f"? {say('not known')}"
    return f"✓ {say('not final') if row['review'] else say('read')}"


def where(session: Session, row: Row) -> str:
    """The page a line stands on, and in which of several reports."""
    page_words = "" if pd.isna(row["page"]) else say("p {n}", n=int(row["page"]))
    return f"{int(row['document']) + 1}: {page_words}" if len(session.documents) > 1 else page_words


def grid(session: Session, rows: list[Row]) -> None:
    """The editable grid. A change is taken over at once, so that none is lost on the way to another page."""
    ordered = sorted(rows, key=lambda row: not waits(row))
    known = sorted({marker.name for marker in session.interpretation().reference.markers.values()}, key=str.casefold)
    frame = pd.DataFrame(
        [
            {
                CHECK: mark_of(r),
                **{column: str(r[column]) for column in EDITABLE},
                UNDERSTOOD: r.marker.name if r.marker else None,
                WHERE: where(session, r),
            }
            for r in ordered
        ],
        columns=list(GRID),
    )
    key = f"grid-{session.turn}-{session.version}"
    st.data_editor(
        frame,
        key=key,
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        height=min(560, 38 * (len(frame) + 2) + 2),
        disabled=[CHECK, WHERE],
        column_config={
            CHECK: st.column_config.TextColumn(say("Check"), width=90),
            "name_text": st.column_config.TextColumn(say("Test as printed")),
            "value_text": st.column_config.TextColumn(say("Result"), width=80),
            "unit_text": st.column_config.TextColumn(say("Unit"), width=80),
            "range_text": st.column_config.TextColumn(say("Range"), width=90),
            "flag_text": st.column_config.TextColumn(say("Flag"), width=50),
            "collected_text": st.column_config.TextColumn(say("Date"), width=90),
            UNDERSTOOD: st.column_config.SelectboxColumn(say("Understood as"), options=known, width=150),
            WHERE: st.column_config.TextColumn(say("Where"), width=50),
        },
        on_change=take_changes,
        args=(session, key, [row.label for row in ordered]),
    )


def take_changes(session: Session, key: str, labels: list[int]) -> None:
    """Take over what was changed in the grid. A new line counts once anything stands in it."""
    changes = st.session_state[key]
    for position, cells in changes["edited_rows"].items():
        texts = {column: str(text or "") for column, text in cells.items() if column in EDITABLE}
        session.change(labels[int(position)], **texts, **understood_as(session, cells.get(UNDERSTOOD)))
    for cells in changes["added_rows"]:
        texts = {column: str(text) for column, text in cells.items() if column in EDITABLE and text}
        texts |= understood_as(session, cells.get(UNDERSTOOD))
        if texts:
            session.add({"name_text": cells.get(UNDERSTOOD) or "", **texts})
    for label in sorted((labels[position] for position in changes["deleted_rows"]), reverse=True):
        session.leave_out(label)


def understood_as(session: Session, name: str | None) -> dict[str, str]:
    """The cells that make a line this test, whatever stands on the paper."""
    marker = next((m for m in session.interpretation().reference.markers.values() if m.name == name), None) if name else None
    return this_test(marker) if marker else {}


def this_test(marker: Marker) -> dict[str, str]:
    """The cells that say that a line is this test: its LOINC code, and a name and a specimen that do not contradict it."""
    codes = sorted((code for code in marker.loinc if not code.exclude), key=lambda code: not code.default)
    if codes:
        return {"name_text": marker.name, "code_text": codes[0].code, "specimen_text": ""}
    return {"name_text": Reference.default().markers[marker.id].name}


def phone_list(session: Session, rows: list[Row]) -> None:
    """The same lines as a list, for narrow screens."""
    items = "".join(
        f'<tr><th scope="row">{esc(row["name_text"])}<span class="soft">{esc(mark_of(row))}</span></th><td>{esc(row.result)}</td></tr>'
        for row in sorted(rows, key=lambda row: not waits(row))
    )
    if items:
        show(f"<table><caption>{esc(plural('{n} line', '{n} lines', len(rows)))}</caption><tbody>{items}</tbody></table>")
    if st.button(say("Change or add a line"), key="phone-edit"):
        st.dialog(say("Change or add a line"))(change_line)(session, rows)


def change_line(session: Session, rows: list[Row]) -> None:
    """Edit one line on a phone."""
    by_label = {row.label: row for row in rows}
    labels = {-1: say("A new line"), **{row.label: f"{row['name_text']} {row.result}" for row in rows}}
    chosen = st.selectbox(
        say("Line"),
        list(labels),
        format_func=labels.__getitem__,
    )
    if chosen not in by_label:
        entry(session, "dialog")
        return
    texts = line_form(f"dialog-{session.version}-{chosen}", by_label[chosen].cells)
    if st.button(say("Use this"), type="primary", disabled=not texts):
        session.change(chosen, **texts)
        st.rerun()


def entry(session: Session, place: str, *, beside: bool = False) -> None:
    """A new line: the test is searched by its name, the unit is one of that test's or another that stands on the paper."""
    ref = session.interpretation().reference
    key = f"{place}-{session.turn}-{session.version}"
    markers = sorted(ref.markers.values(), key=lambda marker: marker.name.casefold())
    labels = {marker.id: searched(marker, code()) for marker in markers}
    with st.container(horizontal=beside, vertical_alignment="bottom"):
        test = st.selectbox(
            say("Test"),
            list(labels),
            index=None,
            format_func=lambda id_: labels.get(id_, str(id_)),
            placeholder=say("Type to search"),
            accept_new_options=True,
            key=f"{key}-test",
        )
        marker = ref.markers.get(test or "")
        units = [u for u in dict.fromkeys([marker.unit or "", *(one.ucum for one in marker.units)]) if u] if marker else []
        value = st.text_input(say("Result"), key=f"{key}-value", max_chars=60)
        unit = st.selectbox(
            say("Unit"),
            units,
            index=None,
            format_func=unit_words,
            placeholder=say("as on the paper"),
            accept_new_options=True,
            key=f"{key}-unit-{test}",
        )
        span = st.text_input(say("Range on the paper"), key=f"{key}-range", max_chars=80)
        if st.button(say("Add this line"), type="primary", key=f"{key}-add", disabled=not test or not value.strip()):
            texts = this_test(marker) if marker else {"name_text": str(test)}
            session.add({**texts, "value_text": value.strip(), "unit_text": unit or "", "range_text": span.strip()})
            st.rerun()


def searched(marker: Marker, language: str) -> str:
    """A test as it is found by typing: its name, and others that reports print for it, one of each further language."""
    further = [names[0] for spoken, names in marker.names.items() if names and spoken != language]
    also = {name.casefold(): name for name in (*marker.names.get(language, ())[:3], *further) if name.casefold() != marker.name.casefold()}
    return " · ".join((marker.name, ", ".join(list(also.values())[:ALSO]))) if also else marker.name


# ---- notes ---------------------------------------------------------------------------------------------------------------


def notes(session: Session) -> None:
    """Lines that did not become results: those that may be one can be added, the rest is there to be seen."""
    unread = session.unread
    possible = unread[unread["kind"] == "possible_result"]
    if len(possible):
        head = plural("{n} line that may be a result, not read", "{n} lines that may be results, not read", len(possible))
        with st.expander(head, expanded=len(possible) <= 3):
            for label, line in possible.iterrows():
                note(session, int(str(label)), line)
    other = unread[unread["kind"] != "possible_result"]
    if len(other):
        items = "".join(
            f'<li>{esc(line["text"])} <span class="small">{esc(again(line["reason"]))}</span></li>' for _, line in other.iterrows()
        )
        show(fold(esc(plural("{n} line left as a note", "{n} lines left as notes", len(other))), f"<ul>{items}</ul>"))


def note(session: Session, label: int, line: Any) -> None:
    """One line that may be a result, and the form that adds it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        show(f'<p>{esc(line["text"])}<br><span class="small">{esc(again(line["reason"]))}</span></p>')
        key = f"note-{session.version}-{label}"
        with st.popover(say("Add as a result")):
            texts = line_form(key, guess(str(line["text"])))
            if st.button(say("Add it"), key=f"{key}-add", type="primary", disabled=not texts):
                session.add_from_note(label, **texts)
                st.rerun()


def guess(text: str) -> dict[str, Any]:
    """The cells of a line of text as the text reader sees them, to fill the form with; the visitor decides."""
    try:
        rows = labinterp.read(text.encode(), name="line.txt").rows
    except labinterp.LabinterpError:
        rows = None
    if rows is None or len(rows) != 1:
        return {"name_text": text}
    return {str(key): value for key, value in rows.iloc[0].items()}
