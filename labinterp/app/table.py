"""Every result: outside the range, not judged, in range, in the units of choice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from labinterp.app.markup import esc, fold, p, pill, show, table, ul
from labinterp.app.rows import Row, range_words, rows_of
from labinterp.app.session import Session
from labinterp.interpretation import Interpretation
from labinterp.shown import Units, number, unit_words

UNITS: dict[str, Units] = {"As printed": "printed", "SI": "SI", "US": "US"}
HEADS = ("Test", "Your result", "Where it lies", "Flag", "Range used")


def results(session: Session, answer: Interpretation) -> None:
    """All rows in three groups, what to know about them, and what was worked out from them."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        show('<h2 id="li-results">All results</h2>')
        units = st.segmented_control(
            "Units", list(UNITS), default="As printed", key=f"units-{session.turn}", required=True, label_visibility="collapsed"
        )
    rows = rows_of(answer, UNITS[units or "As printed"])
    notices = ul(esc(notice.text) for notice in answer.notices)
    derived = ul(derived_lines(answer))
    many = len(rows) >= 8 and any(row.group == "outside" for row in rows)
    chance = f"With {len(rows)} tests a healthy person often has one slightly outside. " if many else ""
    named = "“Your lab’s” is the range printed on your report; “built-in” and “guideline” come from the sources named in Reference."
    show(
        groups(answer, rows)
        + (f"<h3>Worth knowing about these results</h3>{notices}" if notices else "")
        + (f"<h3>Worked out from them</h3>{derived}" if derived else "")
        + p(chance + named, "soft")
    )


def derived_lines(answer: Interpretation) -> list[str]:
    """Results worked out from others, in words."""
    shown = []
    for cells in answer.derived.to_dict("records"):
        rounded = number(float(format(float(cells["value_text"]), ".3g")))
        text = f"{cells['name']}: {rounded} {unit_words(cells['unit_text'])}"
        shown.append(f'{esc(text.strip())} <span class="small">{esc(cells["formula"])}</span>')
    return shown


def groups(answer: Interpretation, rows: Sequence[Row]) -> str:
    """The three groups. What is in range is folded; what is not judged never is."""
    several_days = len({row["collected"] for row in rows if isinstance(row["collected"], date)}) > 1
    parts = []
    for group, title in (("outside", "Outside the range"), ("open", "Not judged"), ("inside", "In range")):
        own = [line(answer, row, dated=several_days) for row in rows if row.group == group]
        if own:
            heading = f"{title} ({len(own)})"
            parts.append(fold(heading, table(title, HEADS, own)) if group == "inside" else table(heading, HEADS, own))
    return "".join(parts)


def line(answer: Interpretation, row: Row, *, dated: bool = False) -> str:
    """One row of the table, where the two ranges disagree, and why it got its answer; with its day where there are several."""
    about = row.marker.about if row.marker and row.group != "open" else ""
    day = f"{row['collected']:%d %b %Y}" if dated and isinstance(row["collected"], date) else ""
    more = "".join(soft(text) for text in (f"printed {row.printed}" if row.printed else "", day, str(row["edited"])))
    where = row.bar if row.group != "open" or row["status"] == "undetermined" else ""
    if row.group == "open":
        where += f"<span>{esc(row['reason'] or row['review'] or 'No limit to compare with.')}</span>"
    check = " " + pill("compare it", "doubt") if row["review"] and row.group == "outside" else ""
    cells = (
        f'<th scope="row">{esc(row.name)}{soft(about)}</th>',
        f'<td><b>{esc(row.words)}</b> <span class="unit">{esc(row.unit)}</span>{more}</td>',
        f'<td class="where">{where}</td>',
        f"<td>{row.flag}{check}</td>",
        f"<td>{range_words(row, answer.reference)}</td>",
    )
    said = soft(row.disagreement) + (soft(str(row["review"])) if check else "")
    why = f'<summary>Why<span class="unseen"> {esc(row.name)}</span></summary><div class="inside">{esc(answer.explain(row.label))}</div>'
    below = f'<td colspan="{len(HEADS)}" class="wide">{said}<details class="why">{why}</details></td>'
    return f'<tr class="joined">{"".join(cells)}</tr><tr class="more">{below}</tr>'


def soft(text: str) -> str:
    """A smaller line under the main one, or nothing."""
    return f'<span class="soft">{esc(text)}</span>' if text else ""
