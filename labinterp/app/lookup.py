"""Reference: every limit, every cause and every alarm with its source and whether it was checked; searchable, drawn from the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite

import streamlit as st

from labinterp.app.evidence import judged_by, strength
from labinterp.app.markup import aside, esc, fold, p, pill, show, table, ul
from labinterp.app.speech import code, knowledge, number, plural, say, within
from labinterp.reference import Reference
from labinterp.reference.fold import fold_name
from labinterp.reference.limits import parse_limits
from labinterp.reference.schema import Marker, Note, Population, Source
from labinterp.reference.schema_causes import Cause, Pattern
from labinterp.shown import unit_words

SHOWN = 12
FIRST = ("potassium", "hba1c", "vitamin_b12", "mma", "ck", "crp", "esr", "vitamin_d_25oh")
"""Tests to begin with, before a word is typed."""
EVERYBODY = Population(age=(None, None))


def page() -> None:
    """Draw the page."""
    ref = knowledge()
    tests_, causes_ = plural("{n} test", "{n} tests", len(ref.markers)), plural("{n} cause", "{n} causes", len(ref.causes))
    each = say("Each number has its own source. “Not checked” means that nobody has compared it with the source yet.")
    show(f"<h1>{esc(say('Every limit and where it comes from'))}</h1>{p(esc(f'{tests_}, {causes_}. {each}'), 'lede')}")
    wanted = st.text_input(
        say("Find a test, a cause or a source"),
        placeholder=say("for example potassium, B12, ADA"),
        icon=":material/search:",
        max_chars=80,
        key="looked-for",
    )
    kinds: dict[str, tuple[str, Callable[[Reference, str], list[str]]]] = {
        "tests": (say("Tests"), tests),
        "causes": (say("Causes"), causes),
        "alarms": (say("What cannot wait"), alarms),
        "sources": (say("Sources"), sources),
    }
    kind = st.pills(
        say("What to look in"),
        list(kinds),
        default="tests",
        format_func=lambda one: kinds[one][0],
        required=True,
        label_visibility="collapsed",
        key="looked-in",
    )
    title, find = kinds[kind or "tests"]
    found = find(ref, fold_name(wanted))
    if not found:
        show(p(esc(say("Nothing under {kind} has “{words}” in it.", kind=title, words=wanted))))
    show("".join(found[:SHOWN]))
    if len(found) > SHOWN:
        aside(say("{n} more. Type a word to find one.", n=len(found) - SHOWN))


def checked(verified: bool) -> str:
    """The mark of a number: whether somebody compared it with its source."""
    return f'<span class="calm">✓ {esc(say("checked"))}</span>' if verified else pill(say("not checked"), "doubt")


# ---- tests ---------------------------------------------------------------------------------------------------------------


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
    few = [marker for rank, _, marker in ranked if rank < 3]
    return [test(ref, marker) for marker in few[:SHOWN]] + [""] * len(few[SHOWN:])


def sources_of(marker: Marker) -> Iterable[str]:
    """The sources of a marker's limits, each once."""
    intervals, decision, critical = ((limit.source for limit in limits) for limits in (marker.intervals, marker.decision, marker.critical))
    return dict.fromkeys((*intervals, *decision, *critical))


def organisation(ref: Reference, source_id: str) -> str:
    source = ref.sources.get(source_id)
    return f"{source.organisation} {source.title}" if source else source_id


def test(ref: Reference, marker: Marker) -> str:
    """One marker: names, units, every limit with kind, population, source and whether it was checked."""
    codes = [code.code for code in marker.loinc if not code.exclude][:3]
    names = [name for name in dict.fromkeys(name for names in by_reader(marker) for name in names) if name != marker.name][:8]
    units = ", ".join(unit_in_words(ref, marker, unit) for unit in units_of(marker))
    about = [
        marker.about,
        say("Also printed as {names}.", names=", ".join(names)) if names else "",
        f"LOINC {', '.join(codes)}." if codes else "",
        say("Read in {units}.", units=units) if units else "",
        say("Only the range printed by the laboratory is used: no number of ours could be checked.") if marker.printed_only else "",
    ]
    used, aside = limits_of(ref, marker)
    heads = (say("Who"), say("Limit"), say("Kind"), say("Source"), say("Checked?"))
    limits = table(esc(say("Limits of {name}", name=marker.name)), heads, used) if used else ""
    title = esc(say("Other published limits, not applied ({n})", n=len(aside)))
    limits += fold(title, table(title, heads, aside)) if aside else ""
    falsify, notes = (noted(ref, some) for some in (marker.interferences, marker.notes))
    uses = [cause.name for cause in ref.causes.values() if any(link.marker == marker.id for link in cause.links)]
    derived = ul(
        f"{esc(one.name)}: <code>{esc(one.formula)}</code> {cited(ref, one.source)} {checked(one.verified)}" for one in marker.derived
    )
    return (
        f"<section><h2>{esc(marker.name)}</h2>{p(esc(' '.join(part for part in about if part)), 'soft')}{limits}"
        + (p(esc(marker.disagreement), "soft") if marker.disagreement else "")
        + (p(esc(marker.seed), "soft") if marker.seed else "")
        + varies(ref, marker)
        + (fold(esc(say("What can falsify it")), falsify) if falsify else "")
        + (fold(esc(say("Notes")), notes) if notes else "")
        + (fold(esc(say("Worked out from it")), derived) if derived else "")
        + (fold(esc(say("Causes of weak legs that use it ({n})", n=len(uses))), p(esc(", ".join(uses)))) if uses else "")
        + "</section>"
    )


def by_reader(marker: Marker) -> list[tuple[str, ...]]:
    """The names of a marker by language, the reader's own first, then a few of each."""
    own = marker.names.get(code(), ())
    return [own[:4], *(names[:2] for language, names in marker.names.items() if language != code()), own]


def units_of(marker: Marker) -> list[str]:
    return [unit for unit in dict.fromkeys([marker.unit or "", *(unit.ucum for unit in marker.units)]) if unit]


def unit_in_words(ref: Reference, marker: Marker, unit: str) -> str:
    """A unit, and what one of it is in the first: ``mg/dL (1 = 0.25575 mmol/L)``."""
    way = ref.factor(marker.id, unit)
    if unit == marker.unit or way is None or way.own_scale or not marker.unit:
        return unit_words(unit)
    if way.intercept:
        return f"{unit_words(unit)} (× {number(way.factor)} + {number(way.intercept)})"
    return f"{unit_words(unit)} (× {number(way.factor)})"


def limits_of(ref: Reference, marker: Marker) -> tuple[list[str], list[str]]:
    """Every limit of a marker, a row each: those that are applied, and the others that were published."""
    used: list[str] = []
    others: list[str] = []
    for one in marker.intervals:
        (used if one.default else others).append(limit(ref, one, one.limits, say("usual range"), one.source, one.verified, one.note))
    for scheme in marker.decision:
        for place, band in enumerate(scheme.bands):
            kind, note = say("guideline: {band}", band=band.label), "" if place else scheme.note
            line = limit(ref, scheme, band.limits, kind, scheme.source, scheme.verified and band.verified, note)
            (used if scheme.default else others).append(line)
    for c in marker.critical:
        lines = [limit(ref, c, side, say("critical"), c.source, c.verified, c.note) for side in (c.low, c.high) if side]
        (used if c.default else others).extend(lines)
    if marker.plausible:
        possible = marker.plausible
        used.append(limit(ref, EVERYBODY, possible.limits, say("possible at all"), possible.source, False, possible.note))
    return used, others


def limit(ref: Reference, whom: Population, limits: Mapping[str, str], kind: str, source_id: str, verified: bool, note: str) -> str:
    """One limit as a row: in each unit in which it is published."""
    texts = "<br>".join(f"<b>{esc(limit_words(text))}</b> {esc(unit_words(unit))}" for unit, text in limits.items())
    remark = f"<span class='soft'>{esc(note)}</span>" if note else ""
    what = f'<td>{texts}</td><td class="wide">{esc(kind)}{remark}</td><td class="wide">{cited(ref, source_id)}</td>'
    return f'<tr><th scope="row">{esc(people(whom))}</th>{what}<td>{checked(verified)}</td></tr>'


def limit_words(text: str) -> str:
    """``>=5.7 <6.5`` as people write it: ``5.7 to under 6.5``."""
    limit = parse_limits(text)
    low, high = _end(limit.low, limit.low_slope), _end(limit.high, limit.high_slope)
    if isfinite(limit.low) and isfinite(limit.high):
        if limit.low_inclusive and limit.high_inclusive:
            return f"{low} – {high}"
        if limit.low_inclusive:
            return say("{low} to under {high}", low=low, high=high)
        return (
            say("above {low} to {high}", low=low, high=high)
            if limit.high_inclusive
            else say("above {low} to under {high}", low=low, high=high)
        )
    if isfinite(limit.low):
        return say("{low} or more", low=low) if limit.low_inclusive else say("above {low}", low=low)
    return say("up to {high}", high=high) if limit.high_inclusive else say("below {high}", high=high)


def _end(value: float, slope: float) -> str:
    parts = [number(value)] if value or not slope else []
    return " + ".join(parts + ([say("{slope} × age", slope=number(slope))] if slope else []))


def people(whom: Population) -> str:
    """Whom a limit is for: ``Women, 18 to 50 years``."""
    who = {"female": say("Women"), "male": say("Men")}.get(whom.sex or "", "")
    low, high = whom.age
    if (low, high) == (18, None):
        ages = "" if who else say("Adults")
    elif not low and high is None:
        ages = "" if who else say("Anyone")
    elif high is None:
        ages = say("from {low} years", low=f"{low:g}")
    else:
        ages = say("under {high} years", high=f"{high:g}") if not low else say("{low} to {high} years", low=f"{low:g}", high=f"{high:g}")
    parts = (who, ages, say("pregnant") if whom.pregnant else "", say("fasting") if whom.fasting else "")
    return ", ".join(part for part in parts if part)


def noted(ref: Reference, notes: Iterable[Note]) -> str:
    """Notes with their sources."""
    return ul(
        esc(note.text)
        + (f' <span class="small">{cited(ref, note.source)}</span>' if note.source else "")
        + ("" if note.verified else " " + checked(False))
        for note in notes
    )


def varies(ref: Reference, marker: Marker) -> str:
    """How much the test varies in a healthy person, where that is known."""
    known = ref.variation.get(marker.id)
    if known is None:
        return ""
    if known.cvi is not None:
        told = say("Varies within a healthy person by {percent} % (coefficient of variation).", percent=number(known.cvi))
    else:
        told = say("A change of more than {percent} % is more than it varies in a healthy person.", percent=number(known.rcv or 0.0))
    return p(f"{esc(told)} {cited(ref, known.source)} {checked(known.verified)}", "soft")


# ---- causes --------------------------------------------------------------------------------------------------------------


def causes(ref: Reference, wanted: str) -> list[str]:
    """Causes that have the words in their name, mechanism, markers or sources; those named so come first."""
    found = []
    for cause in ref.causes.values():
        used = dict.fromkeys(link.marker for link in cause.links)
        cites = (organisation(ref, source_id) for source_id in cause.sources)
        words = [cause.id, cause.mechanism, cause.category, *(test_name(ref, marker) for marker in used), *cites]
        named = wanted in fold_name(cause.name)
        if named or any(wanted in fold_name(word) for word in words):
            found.append((not named, cause.name.casefold(), cause))
    found.sort(key=lambda entry: entry[:2])
    return [cause_html(ref, cause) for *_, cause in found[:SHOWN]] + [""] * len(found[SHOWN:])


def test_name(ref: Reference, marker: str) -> str:
    return ref.markers[marker].name if marker in ref.markers else marker


def cause_html(ref: Reference, cause: Cause) -> str:
    """One cause: what speaks for and against, whether blood shows it, what settles it, and on whose word."""
    seen = {"yes": say("Blood tests can show it."), "partly": say("Blood tests show part of it.")}
    shows = seen.get(cause.visible, say("Blood tests cannot show it."))
    rows = [
        f'<tr><th scope="row">{esc(test_name(ref, link.marker))}</th>'
        f"<td>{esc(finding_words(link.finding))}</td><td>{esc(role_words(link.role))}, {esc(strength(link.strength))}</td>"
        f'<td class="wide">{esc(link.note)}</td></tr>'
        for link in cause.links
    ]
    heads = (say("Test"), say("Finding"), say("What it says"), say("Why"))
    links = table(esc(say("What blood says about it: {cause}", cause=cause.name)), heads, rows) if rows else ""
    references = ul(cited(ref, source_id) + " " + source_mark(ref, source_id) for source_id in cause.sources)
    said = ul(
        esc(seed.says)
        + (f" <b>{esc(say('Applied here:'))}</b> {esc(seed.applied)}" if seed.applied else "")
        + f' <span class="small">({esc(seed.article)})</span>'
        for seed in cause.seeds
    )
    more = links + (p(esc(say("Sources")), "soft") + references if references else "")
    more += p(esc(say("Articles on leg weakness that name it")), "soft") + said if said else ""
    settles = f"<b>{esc(say('What usually settles it:'))}</b> {esc('; '.join(cause.settles))}."
    return (
        f"<section><h2>{esc(cause.name)}</h2>{p(esc(cause.mechanism) + ' ' + esc(shows))}"
        + (p(settles) if cause.settles else "")
        + fold(esc(say("What speaks for and against, and sources")), more)
        + p(esc(judged_by(cause.basis, cause.reviewed_by)), "soft")
        + "</section>"
    )


def finding_words(finding: str) -> str:
    """What a result must be to count, in words."""
    return {
        "high": say("high"),
        "low": say("low"),
        "very_high": say("very high"),
        "very_low": say("very low"),
        "borderline_high": say("borderline high"),
        "borderline_low": say("borderline low"),
        "low_or_normal": say("low or in range"),
        "high_or_normal": say("high or in range"),
        "normal": say("in range"),
        "any_abnormal": say("outside the range"),
        "measured": say("measured"),
        "positive": say("positive"),
        "negative": say("negative"),
        "high_inappropriate": say("high where it should be low"),
    }.get(finding, finding.replace("_", " "))


def role_words(role: str) -> str:
    """What a finding says about a cause, in words."""
    return {
        "defining": say("names it"),
        "supporting": say("speaks for it"),
        "against": say("speaks against it"),
        "screening": say("a reason to look"),
    }.get(role, role)


# ---- what cannot wait ----------------------------------------------------------------------------------------------------


def alarms(ref: Reference, wanted: str) -> list[str]:
    """Critical limits, the patterns of results that alarm, and the signs that are asked for first."""
    rows = [
        (marker.name, limit_named(ref, marker.name, critical, side, critical.source, critical.verified))
        for marker in sorted(ref.markers.values(), key=lambda marker: marker.name.casefold())
        for critical in marker.critical
        for side in (critical.low, critical.high)
        if side and critical.default and matches(wanted, marker.name, organisation(ref, critical.source))
    ]
    heads = (say("Test"), say("Limit"), say("Source"), say("Checked?"))
    title = say("Critical limits: a laboratory telephones")
    found = [f"<section>{table(esc(title), heads, [row for _, row in rows])}</section>"] if rows else []
    signs = [screen for screen in ref.screens.values() if matches(wanted, screen.text, screen.alert)]
    if signs:
        items = ul(f"{esc(sign.text)} <span class='small'>{esc(sign.alert)}</span>" for sign in signs)
        found.append(f"<section><h2>{esc(say('Signs that no blood test shows'))}</h2>{items}</section>")
    patterns = [pattern for pattern in ref.patterns.values() if pattern.alerts]
    return found + [pattern_html(ref, pattern) for pattern in patterns if matches(wanted, pattern.name, *pattern_tests(ref, pattern))]


def matches(wanted: str, *words: str) -> bool:
    return any(wanted in fold_name(word) for word in words)


def limit_named(ref: Reference, name: str, whom: Population, limits: Mapping[str, str], source_id: str, verified: bool) -> str:
    """A critical limit as a row that begins with its test."""
    texts = "<br>".join(f"<b>{esc(limit_words(text))}</b> {esc(unit_words(unit))}" for unit, text in limits.items())
    who = people(whom)
    aside = f'<span class="soft">{esc(who)}</span>' if who not in (say("Adults"), say("Anyone")) else ""
    cells = f'<td>{texts}{aside}</td><td class="wide">{cited(ref, source_id)}</td><td>{checked(verified)}</td>'
    return f'<tr><th scope="row">{esc(name)}</th>{cells}</tr>'


def pattern_tests(ref: Reference, pattern: Pattern) -> list[str]:
    """The tests that a pattern reads."""
    conditions = (*pattern.all_of, *pattern.any_of, *pattern.none_of)
    return [test_name(ref, marker) for marker in dict.fromkeys(marker for condition in conditions for marker in condition.markers())]


def pattern_html(ref: Reference, pattern: Pattern) -> str:
    """A pattern that alarms: what it means, what to do, what it reads, and on whose word."""
    rules = ul(f"{esc(rule.text)} <b>{esc(rule.action)}</b>" for rule in pattern.alerts)
    read = ", ".join(within(name) for name in pattern_tests(ref, pattern))
    cites = ul(cited(ref, source_id) for source_id in pattern.sources)
    reads = p(esc(say("Reads: {tests}.", tests=read)), "soft") if read else ""
    return f"<section><h2>{esc(pattern.name)}</h2>{p(esc(pattern.meaning))}{rules}{reads}{cites}{p(checked(pattern.verified))}</section>"


# ---- sources -------------------------------------------------------------------------------------------------------------


def sources(ref: Reference, wanted: str) -> list[str]:
    """Sources that have the words in them."""
    found = []
    for source in sorted(ref.sources.values(), key=lambda source: source.organisation.casefold()):
        if matches(wanted, source.organisation, source.title, source.id, source.doi):
            note = " ".join(part for part in (source.checked, source.note) if part)
            found.append(f"<section><p>{cite(source)} {checked(source.verified)}<br><span class='small'>{esc(note)}</span></p></section>")
    return found


def source_mark(ref: Reference, source_id: str) -> str:
    """Whether a source was checked."""
    source = ref.sources.get(source_id)
    return checked(source.verified) if source else ""


def cited(ref: Reference, source_id: str) -> str:
    """A source by its id; one that is none of the sources is named as it stands."""
    source = ref.sources.get(source_id)
    return cite(source) if source else esc(say("editorial") if source_id == "editorial" else source_id)


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
