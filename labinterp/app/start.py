"""The first page: add a report, or see one of ours; what to do before any report; what this can and cannot do."""

from __future__ import annotations

import streamlit as st

import labinterp
from labinterp.app.bar import bar
from labinterp.app.markup import aside, esc, p, pill, show, ul
from labinterp.app.session import Document, Session, current, forget
from labinterp.app.speech import again, day, number, plural, say
from labinterp.goldens import samples_folder

SAMPLE = "leg_weakness.pdf"
ENDINGS = ["pdf", "png", "jpg", "jpeg", "webp", "tif", "tiff", "csv", "tsv", "txt", "xlsx", "json", "xml", "hl7", "parquet", "xpt"]
LONGEST_PASTE = 200_000  # letters: about a hundred pages


def page() -> None:
    """Draw the page."""
    session = current()
    if "sample" in st.query_params:
        st.query_params.clear()
        if not session.is_open:
            open_sample(session)
    lede = say("Add a lab report. See each value against its range, what stands out, and what to ask your doctor.")
    show(f"<h1>{esc(say('Understand your blood tests when your legs are weak'))}</h1>{p(esc(lede), 'lede')}")
    left, right = st.columns([3, 2], gap="large")
    with left:
        upload(session)
        messages(session)
        buttons(session)
        paste(session)
        forgets = say("Nothing is sent, nothing is saved. Closing this page forgets your report.")
        show(p(f"<b>{esc(say('Everything stays on this computer.'))}</b> <span class='soft'>{esc(forgets)}</span>"))
    with right:
        show(how_to_read())
    show(do_not_wait())
    show(can_and_cannot())


def can_and_cannot() -> str:
    """What to expect, and on whose word."""
    can = say(
        "Read the report and show you every line it read. Check each value against your lab’s own range and published limits. "
        "Say which causes of weak legs fit, which do not, and which test is missing."
    )
    cannot = say(
        "It cannot examine you or tell you what you have. Many causes of weak legs never show in blood: a pinched nerve, a stroke, "
        "multiple sclerosis. It never names a treatment or a dose."
    )
    state = say("Open source, version {version}. Every limit names its source in “Reference”.", version=labinterp.__version__)
    review = say("Not reviewed by a clinician yet. Not a medical device.")
    return (
        f'<div class="can"><section><h2>{esc(say("What it can do"))}</h2>{p(esc(can))}</section>'
        f"<section><h2>{esc(say('What it cannot do'))}</h2>{p(esc(cannot))}</section></div>{p(esc(f'{state} {review}'), 'soft')}"
    )


def upload(session: Session) -> None:
    """The box that takes files; a good upload leads on to Check."""
    with st.container(key="drop"):
        show(f"<h2>{esc(say('Drop your report here'))}</h2>")
        turn = st.session_state.setdefault("upload_round", 0)
        files = st.file_uploader(
            say("Your lab reports"), type=ENDINGS, accept_multiple_files=True, key=f"upload-{turn}", label_visibility="collapsed"
        )
        show(p(esc(say("PDF, picture, CSV, Excel, FHIR or HL7. Several at once, up to 50 MB each.")), "small"))
    if files:
        with st.spinner(say("Reading … A picture can take half a minute.")):
            taken = take(session, [(file.name, file.getvalue()) for file in files])
        st.session_state["upload_round"] = turn + 1
        if taken:
            st.switch_page(st.session_state["pages"]["check"])
        st.rerun()


def take(session: Session, files: list[tuple[str, bytes]]) -> bool:
    """Open files. Whether all went well, so that there is nothing left to say on this page."""
    known, session.refused = len(session.documents), []
    session.take(files)
    return len(session.documents) > known and not session.waiting and not session.refused


def paste(session: Session) -> None:
    """Text from a portal or an e-mail, read like a text file."""
    with st.expander(say("Paste text from a portal or an e-mail"), icon=":material/content_paste:"):
        turn = st.session_state["upload_round"]
        text = st.text_area(
            say("The text with your results"),
            key=f"paste-{turn}",
            height=160,
            max_chars=LONGEST_PASTE,
            placeholder="Potassium  2.9  mmol/L  3.5 - 5.1",
            help=None,
        )
        show(
            p(
                esc(say("Copy the page of your results as it is: names, values, units and ranges. Every line is shown before it counts.")),
                "small",
            )
        )
        if st.button(say("Read this text"), type="primary"):
            if not text.strip():
                aside(say("There is nothing in the box yet."))
                return
            if take(session, [(say("Pasted text"), text.encode())]):
                st.session_state["upload_round"] = turn + 1
                st.switch_page(st.session_state["pages"]["check"])
            st.rerun()


def buttons(session: Session) -> None:
    """Other ways to begin, and the way back to what is open."""
    if session.is_open:
        names = ", ".join(esc(document.name) for document in session.documents) or esc(say("Values typed by hand"))
        lines = plural("{n} result line", "{n} result lines", len(session.rows))
        show(p(f"<b>{esc(say('Open now:'))}</b> {names}, {esc(lines)}."))
        with st.container(horizontal=True):
            if st.button(say("Check what was read"), type="primary", icon=":material/arrow_forward:"):
                st.switch_page(st.session_state["pages"]["check"])
            if st.button(say("Forget everything"), icon=":material/delete:"):
                forget()
                st.rerun()
        return
    with st.container(horizontal=True):
        if st.button(say("Try it with a sample report"), icon=":material/description:"):
            open_sample(session)
        if st.button(say("Type values in by hand"), icon=":material/keyboard:", type="tertiary"):
            session.typed = True
            st.switch_page(st.session_state["pages"]["check"])


def open_sample(session: Session) -> None:
    """Read the built-in sample like any upload, and go to its answer."""
    session.take([(SAMPLE, (samples_folder() / SAMPLE).read_bytes())])
    if session.documents:
        st.switch_page(st.session_state["pages"]["answer"])


def messages(session: Session) -> None:
    """Files that could not be read, and files that seem to be of another person."""
    if session.refused:
        lines = ul(f"<b>{esc(name)}</b>: {esc(again(reason))}" for name, reason in session.refused)
        head = plural("{n} file could not be added", "{n} files could not be added", len(session.refused))
        show(f'<div class="band doubt" role="status"><h2>{esc(head)}</h2>{lines}</div>')
    for place, document in enumerate(list(session.waiting)):
        two_people(session, document, place)


def two_people(session: Session, document: Document, place: int) -> None:
    """Ask before the reports of two people are joined."""
    with st.container(key=f"doubt-person-{place}"):
        here, there = whose(session.documents[0] if session.documents else document), whose(document)
        open_now = say("Open now: {person}.", person=f"<b>{esc(here)}</b>")
        other = say("{file} says {person}.", file=esc(document.name), person=f"<b>{esc(there)}</b>")
        never = esc(say("Results of two people must not be mixed."))
        show(f"<h3>{esc(say('Are these two people?'))}</h3>{p(f'{open_now} {other} {never}')}")
        with st.container(horizontal=True):
            if st.button(say("It is the same person: add it"), key=f"same-{place}"):
                session.waiting.remove(document)
                session.join(document)
                st.rerun()
            if st.button(say("Open only the new one"), key=f"only-{place}"):
                forget()
                current().take([(document.name, document.data)])
                st.switch_page(st.session_state["pages"]["check"])
            if st.button(say("Leave it out"), key=f"out-{place}"):
                session.waiting.remove(document)
                st.rerun()


def whose(document: Document) -> str:
    """The person whom a document names, in words."""
    person = document.report.patient
    sex = {"female": say("female"), "male": say("male")}.get(person.sex or "", "")
    born = say("born {day}", day=day(person.birth_date)) if person.birth_date else ""
    known = "" if document.report.patient_name else ", ".join(sorted(document.report.patient_numbers))
    number_ = say("patient {number}", number=known) if known else ""
    return ", ".join(part for part in (document.report.patient_name, number_, sex, born) if part) or say("no name")


def how_to_read() -> str:
    """The range bar, taught once."""
    lines = (
        (pill(say("Low"), "low"), bar(number(3.2), 3.2, 3.2, 3.5, 5.1, "low")),
        (f'<span class="calm">{esc(say("In range"))}</span>', bar(number(4.3), 4.3, 4.3, 3.5, 5.1, "in")),
        (pill(say("High"), "high"), bar(number(5.6), 5.6, 5.6, 3.5, 5.1, "high")),
        (pill(say("Not judged"), "doubt"), f'<span class="soft">{esc(say("asked, never guessed"))}</span>'),
    )
    return (
        f"<h3>{esc(say('How to read a result'))}</h3>{p(esc(say('The green band is your lab’s own range.')), 'soft')}"
        '<div class="key">' + "".join(f"<div>{flag}</div><div>{picture}</div>" for flag, picture in lines) + "</div>"
    )


def do_not_wait() -> str:
    """What must not wait for any report."""
    signs = ul(
        esc(sign)
        for sign in (
            say("weakness on one side of the body, or trouble with speech or sight"),
            say("weakness climbing from the feet over hours or days, or trouble breathing or swallowing"),
            say("trouble passing urine, losing stool, or numbness between the legs"),
            say("one leg suddenly cold and pale, or swollen, warm and painful"),
        )
    )
    head, call = say("Do not wait for a report if one of these is new"), say("Call your emergency number now.")
    return f'<section class="band critical"><h2>{esc(head)}</h2>{signs}{p(esc(call), "call")}</section>'
