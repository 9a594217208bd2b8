"""Many results: a whole table judged line by line; what came out, and why some lines were not judged."""

from __future__ import annotations

import shlex
from pathlib import PurePath

import streamlit as st

from labinterp.app.markup import aside, esc, fold, p, show, table
from labinterp.app.speech import again, knowledge, large, say
from labinterp.app.tally import Tally, csv_of, judge, made_up
from labinterp.errors import LabinterpError
from labinterp.shown import STATUS_WORDS

LARGEST_MB = 50
ENDINGS = ["csv", "tsv", "parquet", "gz"]
SHOWN = 12  # names and units before the fold
KEY, REFUSED = "many", "many_refused"
"""Where the last run, or why there is none, stands in the visitor's session; "Forget" removes it with everything else."""


def page() -> None:
    """Draw the page."""
    lede = say("Drop a table of results, one line each. Nothing is dropped: a line that cannot be judged comes back with its reason.")
    show(f"<h1>{esc(say('Many results at once'))}</h1>{p(esc(lede), 'lede')}")
    upload()
    if REFUSED in st.session_state:
        refused(st.session_state[REFUSED])
    tally = st.session_state.get(KEY)
    if isinstance(tally, Tally):
        outcome(tally)
    else:
        command("results.csv", {})


def upload() -> None:
    """The box that takes a table; it is judged at once."""
    turn = st.session_state.setdefault("upload_round", 0)
    with st.container(key="drop-many"):
        show(f"<h2>{esc(say('Drop your table here'))}</h2>")
        file = st.file_uploader(
            say("A table of results"), type=ENDINGS, key=f"many-{turn}", max_upload_size=LARGEST_MB, label_visibility="collapsed"
        )
        text = say("CSV or Parquet, also packed (.gz), up to {size} MB. For larger ones use the command below.", size=LARGEST_MB)
        show(p(esc(text), "small"))
    with st.expander(say("Which column is which")):
        columns = mapping(turn)
    if file is not None:
        work(file.name, file.getvalue(), columns)
    elif KEY not in st.session_state and st.button(say("Try it with 20 000 made-up results"), icon=":material/table:"):
        work("made-up.csv", made_up(), {})


def mapping(turn: int) -> dict[str, str]:
    """Headings that the visitor names, for a table whose headings are not known words."""
    aside(say("Headings such as Test, Result, Unit are found without help. Write others here before you drop the table."))
    fields = {
        "name_text": say("Column of the test"),
        "value_text": say("Column of the result"),
        "unit_text": say("Column of the unit"),
        "range_text": say("Column of the range"),
        "collected_text": say("Column of the date"),
    }
    with st.container(horizontal=True):
        named = {ours: st.text_input(label, key=f"map-{ours}", max_chars=120, width=200).strip() for ours, label in fields.items()}
    return {ours: theirs for ours, theirs in named.items() if theirs}


def work(name: str, data: bytes, columns: dict[str, str]) -> None:
    """Judge a table, and tell how far it is."""
    st.session_state.pop(KEY, None)
    st.session_state.pop(REFUSED, None)
    with st.status(say("Judging {name} …", name=name), expanded=True) as status:
        bar = st.progress(0.0)

        def tell(share: float) -> None:
            bar.progress(share)

        try:
            st.session_state[KEY] = judge(name, data, columns, knowledge(), tell)
        except (LabinterpError, UnicodeError, OSError) as error:
            st.session_state[REFUSED] = str(error)
        status.update(label=say("Done."), state="complete", expanded=False)
    st.session_state["upload_round"] += 1  # a new upload box: Streamlit frees the file of the old one
    st.rerun()


def refused(reason: str) -> None:
    """A table that could not be read."""
    show(f'<div class="band doubt" role="status"><h2>{esc(say("This table could not be judged"))}</h2>{p(esc(again(reason)))}</div>')


def outcome(tally: Tally) -> None:
    """Four numbers, why lines were not judged, what was not known, and the table to take along."""
    numbers = (
        (tally.judged, say("judged")),
        (tally.outside, say("of them outside the range")),
        (tally.critical, say("beyond a critical limit")),
        (tally.not_judged, say("not judged, with a reason")),
    )
    four = "".join(f'<div><dt>{esc(words)}</dt><dd class="number">{large(number)}</dd></div>' for number, words in numbers)
    show(f'<h2>{esc(say("What came out of {name}", name=tally.name))}</h2><dl class="numbers">{four}</dl>')
    if tally.critical:
        show(p(f"<b>{esc(say('Look at the lines beyond a critical limit first (flag LL or HH).'))}</b>"))
    if tally.unread:
        show(p(esc(say("{n} lines that may be results were not read.", n=large(tally.unread)))))
    for notice in tally.summary.notices:
        aside(again(notice))
    why(tally)
    unknown(say("Tests not known here"), say("Test"), tally.names)
    unknown(say("Units not known for their test"), say("Test and unit"), tally.units(knowledge()))
    downloads(tally)
    command(tally.name, tally.columns)


def why(tally: Tally) -> None:
    """The reasons, the most frequent first, each with one line as an example."""
    if not tally.reasons:
        return
    most = tally.reasons[0].lines
    rows = [
        f'<tr><th scope="row">{esc(say(STATUS_WORDS.get(reason.status, reason.status)))}</th>'
        f'<td class="count">{large(reason.lines)}<i style="width:{max(1, round(100 * reason.lines / most))}%" aria-hidden="true"></i></td>'
        f'<td class="wide"><b>{esc(reason.example)}</b><span class="soft">{esc(again(reason.why))}</span></td></tr>'
        for reason in tally.reasons
    ]
    show(table(esc(say("Why {n} lines were not judged", n=large(tally.not_judged))), (say("Reason"), say("Lines"), say("Example")), rows))


def unknown(title: str, head: str, counted: list[tuple[str, int]]) -> None:
    """Names or units by how often they stand in the table."""
    if not counted:
        return
    rows = [f'<tr><th scope="row">{esc(name or say("(empty)"))}</th><td>{large(many)}</td></tr>' for name, many in counted[:200]]
    heads = (head, say("Lines"))
    show(table(esc(f"{title} ({large(len(counted))})"), heads, rows[:SHOWN]))
    if rows[SHOWN:]:
        show(fold(esc(say("{n} more", n=large(len(counted) - SHOWN))), table(esc(title), heads, rows[SHOWN:])))


def downloads(tally: Tally) -> None:
    """All lines, or only those that were not judged."""
    stem = PurePath(tally.name.lower().removesuffix(".gz")).stem
    with st.container(horizontal=True):
        st.download_button(
            say("Download all {n} lines (CSV)", n=large(tally.lines)),
            lambda: csv_of(tally.table),
            f"{stem}.judged.csv",
            "text/csv",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )
        if tally.not_judged:
            st.download_button(
                say("Only the lines not judged (CSV)"),
                lambda: csv_of(tally.table, only_open=True),
                f"{stem}.not-judged.csv",
                "text/csv",
                on_click="ignore",
            )
        st.download_button(
            say("All as Parquet"), tally.table, f"{stem}.judged.parquet", "application/vnd.apache.parquet", on_click="ignore"
        )
        if st.button(say("Forget this table"), icon=":material/delete:", type="tertiary"):
            st.session_state.pop(KEY, None)
            st.rerun()


def command(name: str, columns: dict[str, str]) -> None:
    """The same without the page, for tables of any size."""
    parts = ["labinterp", "batch", name, f"{PurePath(name.removesuffix('.gz')).stem}.judged.parquet"]
    parts += [part for ours, theirs in columns.items() for part in ("--map", f"{ours}={theirs}")]
    show(f"<h3>{esc(say('The same on the command line'))}</h3>")
    st.code(shlex.join(parts), language=None, wrap_lines=True)
