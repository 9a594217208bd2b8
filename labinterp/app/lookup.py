"""Reference: every limit and every cause with its source, searchable, drawn from the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite

import streamlit as st

from labinterp.app.markup import count, esc, fold, p, pill, show, table, ul
from labinterp.reference import Reference
from labinterp.reference.fold import fold_name
from labinterp.reference.limits import parse_limits
from labinterp.reference.schema import Marker, Population, Source
from labinterp.reference.schema_causes import Cause
from labinterp.shown import number, unit_words

SHOWN = 12
FIRST = ("hba1c", "vitamin_b12", "mma", "ck", "crp", "esr", "potassium", "vitamin_d_25oh")
"""Tests to begin with, before a word is typed."""


def page() -> None:
    """Draw the page."""
    ref = Reference.default()
    counts = f"{count(len(ref.markers), 'test')}, {count(len(ref.causes), 'cause')}. Each number has its own source."
    about = p(f"{counts} “Not checked” means that nobody has compared it with the source yet.", "lede")
    show(f"<h1>Every limit and where it comes from</h1>{about}")
    wanted = st.text_input(
        "Find a test, a cause or a source", placeholder="for example potassium, B12, ADA", icon=":material/search:", max_chars=80
    )
    kinds: dict[str, Callable[[Reference, str], list[str]]] = {"Tests": tests, "Causes": causes, "Sources": sources}
    kind = st.pills("What to look in", list(kinds), default="Tests", required=True, label_visibility="collapsed") or "Tests"
    found = kinds[kind](ref, fold_name(wanted))
    if not found:
        show(f"<p>Nothing under {esc(kind)} has “{esc(wanted)}” in it.</p>")
    show("".join(found[:SHOWN]))
    if len(found) > SHOWN:
        show(f'<p class="soft">{len(found) - SHOWN} more. Type a word to find one.</p>')


def tests(ref: Reference, wanted: str) -> list[str]:
    """Markers whose name, alias, code or source has the words in it; those named so come first."""

    def place(marker: Marker) -> int:
        if not wanted:
            return FIRST.index(marker.id) - len(FIRST) if marker.id in FIRST else 2
        names = [fold_name(name) for name in (marker.name, *(name for names in marker.names.values() for name in names))]
        if wanted in names:
            return 0
        if any(wanted in name for name in names):
            return 1
        words = [marker.id, *(code.code for code in marker.loinc), *(organisation(ref, source_id) for source_id in sources_of(marker))]
        return 2 if any(wanted in fold_name(word) for word in words) else 3

    ranked = sorted(((place(marker), marker.name.casefold(), marker) for marker in ref.markers.values()), key=lambda entry: entry[:2])
    return [test(ref, marker) for rank, _, marker in ranked if rank < 3]


def sources_of(marker: Marker) -> Iterable[str]:
    """The sources of a marker's limits, each once."""
    intervals, decision, critical = ((limit.source for limit in limits) for limits in (marker.intervals, marker.decision, marker.critical))
    return dict.fromkeys((*intervals, *decision, *critical))


def organisation(ref: Reference, source_id: str) -> str:
    source = ref.sources.get(source_id)
    return f"{source.organisation} {source.title}" if source else source_id


def test(ref: Reference, marker: Marker) -> str:
    """One marker: names, units, every limit with kind, population, source and whether it was checked."""
    names = [name for name in dict.fromkeys(name for names in marker.names.values() for name in names) if name != marker.name][:8]
    codes = [code.code for code in marker.loinc if not code.exclude][:3]
    units = ", ".join(unit_words(unit) for unit in dict.fromkeys([marker.unit or "", *(unit.ucum for unit in marker.units)]) if unit)
    about = [
        marker.about,
        f"Also printed as {', '.join(names)}." if names else "",
        f"LOINC {', '.join(codes)}." if codes else "",
        f"Read in {units}." if units else "",
    ]
    lines = [
        *(
            limit(ref, i, i.limits, "usual range" + ("" if i.default else ", not applied"), i.source, i.verified, i.note)
            for i in marker.intervals
        ),
        *(
            limit(ref, s, b.limits, ("guideline: " if s.default else "not applied: ") + b.label, s.source, s.verified and b.verified, "")
            for s in marker.decision
            for b in s.bands
        ),
        *(limit(ref, c, side, "critical", c.source, c.verified, c.note) for c in marker.critical for side in (c.low, c.high) if side),
    ]
    if marker.plausible:
        lines.append(
            limit(
                ref,
                Population(age=(None, None)),
                marker.plausible.limits,
                "possible at all",
                marker.plausible.source,
                False,
                marker.plausible.note,
            )
        )
    limits = table(f"Limits of {esc(marker.name)}", ("Who", "Limit", "Kind", "Source", "Checked"), lines) if lines else ""
    notes = ul(esc(n.text) + ("" if n.verified else " " + pill("not checked", "doubt")) for n in (*marker.interferences, *marker.notes))
    uses = [cause.name for cause in ref.causes.values() if any(link.marker == marker.id for link in cause.links)]
    return (
        f"<section><h2>{esc(marker.name)}</h2>{p(esc(' '.join(part for part in about if part)), 'soft')}{limits}"
        + (p(esc(marker.seed), "soft") if marker.seed else "")
        + (fold("What can falsify it, and notes", notes) if notes else "")
        + (fold(f"Causes of weak legs that use it ({len(uses)})", p(esc(", ".join(uses)))) if uses else "")
        + "</section>"
    )


def limit(ref: Reference, whom: Population, limits: Mapping[str, str], kind: str, source_id: str, checked: bool, note: str) -> str:
    """One limit as a row: in each unit in which it is published."""
    texts = "<br>".join(f"<b>{esc(limit_words(text))}</b> {esc(unit_words(unit))}" for unit, text in limits.items())
    source = ref.sources.get(source_id)
    where = cite(source) if source else esc(source_id)
    sure = "✓ checked" if checked else pill("not checked", "doubt")
    remark = f"<span class='soft'>{esc(note)}</span>" if note else ""
    cells = f'<td>{texts}</td><td class="wide">{esc(kind)}{remark}</td><td class="wide">{where}</td><td>{sure}</td>'
    return f'<tr><th scope="row">{esc(people(whom))}</th>{cells}</tr>'


def limit_words(text: str) -> str:
    """``>=5.7 <6.5`` as people write it: ``5.7 to under 6.5``."""
    limit = parse_limits(text)
    low, high = _end(limit.low, limit.low_slope), _end(limit.high, limit.high_slope)
    if isfinite(limit.low) and isfinite(limit.high):
        if limit.low_inclusive and limit.high_inclusive:
            return f"{low} – {high}"
        return f"{low if limit.low_inclusive else f'above {low}'} to {'' if limit.high_inclusive else 'under '}{high}"
    if isfinite(limit.low):
        return f"{low} or more" if limit.low_inclusive else f"above {low}"
    return f"up to {high}" if limit.high_inclusive else f"below {high}"


def _end(value: float, slope: float) -> str:
    parts = [number(value)] if value or not slope else []
    return " + ".join(parts + ([f"{number(slope)} × age"] if slope else []))


def people(whom: Population) -> str:
    """Whom a limit is for: ``Women, 18 to 50``."""
    who = {"female": "Women", "male": "Men", None: ""}[whom.sex]
    low, high = whom.age
    if (low, high) == (18, None):
        ages = "" if who else "Adults"
    elif not low and high is None:
        ages = "" if who else "Anyone"
    elif high is None:
        ages = f"from {low:g} years"
    else:
        ages = f"under {high:g} years" if not low else f"{low:g} to {high:g} years"
    parts = [part for part in (who, ages, "pregnant" if whom.pregnant else "", "fasting" if whom.fasting else "") if part]
    return ", ".join(parts)


def causes(ref: Reference, wanted: str) -> list[str]:
    """Causes that have the words in their name, mechanism or markers."""
    found = []
    for cause in sorted(ref.causes.values(), key=lambda cause: cause.name.casefold()):
        used = dict.fromkeys(link.marker for link in cause.links)
        words = [cause.name, cause.id, cause.mechanism, cause.category, *(ref.markers[m].name if m in ref.markers else m for m in used)]
        if any(wanted in fold_name(word) for word in words):
            found.append(cause_html(ref, cause))
    return found


def cause_html(ref: Reference, cause: Cause) -> str:
    """One cause: what speaks for and against, whether blood shows it, what settles it, and on whose word."""
    seen = {"yes": "Blood tests can show it.", "partly": "Blood tests show part of it.", "no": "Blood tests cannot show it."}[cause.visible]
    rows = [
        f'<tr><th scope="row">{esc(ref.markers[link.marker].name if link.marker in ref.markers else link.marker)}</th>'
        f"<td>{esc(link.finding.replace('_', ' '))}</td><td>{esc(link.role)}, {esc(link.strength)}</td>"
        f'<td class="wide">{esc(link.note)}</td></tr>'
        for link in cause.links
    ]
    links = table(f"What blood says about {esc(cause.name)}", ("Test", "Finding", "What it says", "Why"), rows) if rows else ""
    cited = ul(cite(ref.sources[source_id]) if source_id in ref.sources else esc(source_id) for source_id in cause.sources)
    said = ul(
        esc(seed.says)
        + (f" <b>Applied here:</b> {esc(seed.applied)}" if seed.applied else "")
        + f' <span class="small">({esc(seed.article)})</span>'
        for seed in cause.seeds
    )
    more = links + cited + (p("Articles that name it", "soft") + said if said else "")
    return (
        f"<section><h2>{esc(cause.name)}</h2>{p(esc(cause.mechanism) + ' ' + seen)}"
        + (p(f"<b>What usually settles it:</b> {esc('; '.join(cause.settles))}.") if cause.settles else "")
        + fold("What speaks for and against, and sources", more)
        + p(f"The links are {esc(cause.basis)}, reviewed by {esc(cause.reviewed_by)}.", "soft")
        + "</section>"
    )


def sources(ref: Reference, wanted: str) -> list[str]:
    """Sources that have the words in them."""
    found = []
    for source in sorted(ref.sources.values(), key=lambda source: source.organisation.casefold()):
        if any(wanted in fold_name(word) for word in (source.organisation, source.title, source.id, source.doi)):
            sure = "✓ checked" if source.verified else pill("not checked", "doubt")
            note = " ".join(part for part in (source.checked, source.note) if part)
            found.append(f"<section><p>{cite(source)} {sure}<br><span class='small'>{esc(note)}</span></p></section>")
    return found


def cite(source: Source) -> str:
    """Organisation, title, year, and the way to it. The link is followed only when the reader presses it."""
    year = f", {source.year}" if source.year else ""
    address = f"https://doi.org/{source.doi}" if source.doi else source.url
    title = (
        f'<a href="{esc(address)}" target="_blank" rel="noreferrer">{esc(source.title)}</a>'
        if address.startswith("https://")
        else esc(source.title)
    )
    return f"{esc(source.organisation)}: {title}{year}"
