"""The first page: add a report, or see one of ours; what to do before any report; what this can and cannot do."""

from __future__ import annotations

import streamlit as st

import labinterp
from labinterp.app.bar import bar
from labinterp.app.markup import count, esc, p, pill, show, ul
from labinterp.app.session import Document, Session, current, forget
from labinterp.goldens import samples_folder

SAMPLE = "leg_weakness.pdf"
ENDINGS = ["pdf", "png", "jpg", "jpeg", "webp", "tif", "tiff", "csv", "tsv", "txt", "xlsx", "json", "xml", "hl7", "parquet", "xpt"]

CAN = (
    "Read the report and show you every line it read. Check each value against your lab’s own range and published limits. "
    "Say which causes of weak legs fit, which do not, and which test is missing."
)
CANNOT = (
    "It cannot examine you or tell you what you have. Many causes of weak legs never show in blood: a pinched nerve, a stroke, "
    "multiple sclerosis. It never names a treatment or a dose."
)


def page() -> None:
    """Draw the page."""
    session = current()
    if "sample" in st.query_params:
        st.query_params.clear()
        if not session.is_open:
            open_sample(session)
    show(
        "<h1>Understand your blood tests when your legs are weak</h1>"
        '<p class="lede">Add a lab report. See each value against its range, what stands out, and what to ask your doctor.</p>'
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        upload(session)
        messages(session)
        buttons(session)
        forgets = '<span class="soft">Nothing is sent, nothing is saved. Closing this page forgets your report.</span>'
        show(p(f"<b>Everything stays on this computer.</b> {forgets}"))
    with right:
        show(how_to_read())
    show(do_not_wait())
    show(
        f'<div class="can"><section><h2>What it can do</h2>{p(CAN)}</section><section><h2>What it cannot do</h2>{p(CANNOT)}</section></div>'
    )
    state = f"Open source, version {labinterp.__version__}. Every limit names its source in <b>Reference</b>."
    show(p(f"{state} Not reviewed by a clinician yet. Not a medical device.", "soft"))


def upload(session: Session) -> None:
    """The box that takes files; a good upload leads on to Check."""
    with st.container(key="drop"):
        show("<h2>Drop your report here</h2>")
        turn = st.session_state.setdefault("upload_round", 0)
        files = st.file_uploader(
            "Your lab reports", type=ENDINGS, accept_multiple_files=True, key=f"upload-{turn}", label_visibility="collapsed"
        )
        show('<p class="small">PDF, picture, CSV, Excel, FHIR or HL7. Several at once, up to 50 MB each.</p>')
    if files:
        known = len(session.documents)
        session.refused = []
        with st.spinner("Reading … A picture can take half a minute."):
            session.take([(file.name, file.getvalue()) for file in files])
        st.session_state["upload_round"] = turn + 1
        if len(session.documents) > known and not session.waiting and not session.refused:
            st.switch_page(st.session_state["pages"]["check"])
        st.rerun()


def buttons(session: Session) -> None:
    """Other ways to begin, and the way back to what is open."""
    if session.is_open:
        names = ", ".join(esc(document.name) for document in session.documents) or "Values typed by hand"
        show(f"<p><b>Open now:</b> {names}, {count(len(session.rows), 'result line')}.</p>")
        with st.container(horizontal=True):
            if st.button("Check what was read", type="primary", icon=":material/arrow_forward:"):
                st.switch_page(st.session_state["pages"]["check"])
            if st.button("Forget everything", icon=":material/delete:"):
                forget()
                st.rerun()
        return
    with st.container(horizontal=True):
        if st.button("Try it with a sample report", icon=":material/description:"):
            open_sample(session)
        if st.button("Type values in by hand", icon=":material/keyboard:", type="tertiary"):
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
        lines = ul(f"<b>{esc(name)}</b>: {esc(reason)}" for name, reason in session.refused)
        show(f'<div class="band doubt" role="status"><h2>{count(len(session.refused), "file")} could not be added</h2>{lines}</div>')
    for number, document in enumerate(list(session.waiting)):
        two_people(session, document, number)


def two_people(session: Session, document: Document, number: int) -> None:
    """Ask before the reports of two people are joined."""
    with st.container(key=f"doubt-person-{number}"):
        here, there = whose(session.documents[0] if session.documents else document), whose(document)
        said = p(f"Open now: <b>{here}</b>. {esc(document.name)} says <b>{there}</b>. Results of two people must not be mixed.")
        show(f"<h3>Are these two people?</h3>{said}")
        with st.container(horizontal=True):
            if st.button("It is the same person: add it", key=f"same-{number}"):
                session.waiting.remove(document)
                session.join(document)
                st.rerun()
            if st.button("Open only the new one", key=f"only-{number}"):
                forget()
                current().take([(document.name, document.data)])
                st.switch_page(st.session_state["pages"]["check"])
            if st.button("Leave it out", key=f"out-{number}"):
                session.waiting.remove(document)
                st.rerun()


def whose(document: Document) -> str:
    """The person whom a document names, in words."""
    person = document.report.patient
    born = f"born {person.birth_date:%d %B %Y}" if person.birth_date else ""
    return esc(", ".join(part for part in (document.report.patient_name, person.sex or "", born) if part) or "no name")


def how_to_read() -> str:
    """The range bar, taught once."""
    lines = (
        (pill("Low", "low"), bar("3.2", 3.2, 3.2, 3.5, 5.1, "low")),
        ('<span class="calm">In range</span>', bar("4.3", 4.3, 4.3, 3.5, 5.1, "in")),
        (pill("High", "high"), bar("5.6", 5.6, 5.6, 3.5, 5.1, "high")),
        (pill("Not judged", "doubt"), '<span class="soft">asked, never guessed</span>'),
    )
    return (
        '<h3>How to read a result</h3><p class="soft">The green band is your lab’s own range.</p><div class="key">'
        + "".join(f"<div>{flag}</div><div>{picture}</div>" for flag, picture in lines)
        + "</div>"
    )


def do_not_wait() -> str:
    """What must not wait for any report."""
    return (
        '<section class="band critical"><h2>Do not wait for a report if one of these is new</h2><ul>'
        "<li>weakness on one side of the body, or trouble with speech or sight</li>"
        "<li>weakness climbing from the feet over hours or days, or trouble breathing or swallowing</li>"
        "<li>trouble passing urine, losing stool, or numbness between the legs</li>"
        "<li>one leg suddenly cold and pale, or swollen, warm and painful</li>"
        '</ul><p class="call">Call your emergency number now.</p></section>'
    )
