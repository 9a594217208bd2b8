"""The whole story of a marker in plain text: what it is, its limits in every unit, and the source of each number."""

from __future__ import annotations

from collections.abc import Iterator

from labinterp.reference import Reference
from labinterp.reference.schema import Limits, Marker, Note, Population


def describe(marker: Marker, ref: Reference) -> str:
    """Lines of text for a terminal or a page; every number is followed by its source, unverified ones say so."""
    return "\n".join(_story(marker, ref)) + "\n"


def _story(marker: Marker, ref: Reference) -> Iterator[str]:
    chosen = ref.schemes.get(marker.id)
    yield f"{marker.name}  ({marker.id}; {marker.category}; {', '.join(marker.specimen)})"
    if marker.about:
        yield f"  {marker.about}"
    units = [marker.unit or "no unit", *(unit.ucum for unit in marker.units)]
    yield f"  Units: {', '.join(units)}"
    codes = [f"{loinc.code}{' (another quantity)' if loinc.exclude else ''}" for loinc in marker.loinc]
    if codes:
        yield f"  LOINC: {', '.join(codes)}"
    if marker.printed_only:
        yield "  Only the range printed on the report is used: no limit could be confirmed."
    if marker.needs:
        yield f"  Limits are used only if the report says: {', '.join(marker.needs)}."
    if marker.plausible:
        yield f"  Beyond {_limits(marker.plausible.limits)} a value is taken for a slip until confirmed."
    if marker.decision:
        yield "  Decision limits"
    for scheme in marker.decision:
        in_force = scheme.scheme == chosen if chosen else scheme.default
        use = "in use" if in_force else "can be chosen"
        yield f"    {scheme.scheme}{_people(scheme)}: {use}{_source(scheme.source, scheme.verified, ref)}"
        for band in scheme.bands:
            unverified = "" if band.verified else " (unverified)"
            yield f"      {band.category:<14} {_limits(band.limits)}  {band.label}{unverified}"
        yield from _said("      ", scheme.applies_to, scheme.note)
    if marker.intervals:
        yield "  Reference intervals"
    for interval in marker.intervals:
        use = "in use" if interval.default and not marker.printed_only else "for comparison"
        yield f"    {_limits(interval.limits)}{_people(interval)}: {use}{_source(interval.source, interval.verified, ref)}"
        yield from _said("      ", interval.note)
    if marker.critical:
        yield "  Critical limits"
    for critical in marker.critical:
        both = " or ".join(_limits(limits) for limits in (critical.low, critical.high) if limits)
        use = "in use" if critical.default else "for comparison"
        yield f"    {both}{_people(critical)}: {use}{_source(critical.source, critical.verified, ref)}"
        yield from _said("      ", critical.note)
    for derived in marker.derived:
        yield f"  {derived.name} = {derived.formula} {derived.unit}{_source(derived.source, derived.verified, ref)}"
    for heading, text in (
        ("Limits that differ", marker.disagreement),
        ("The article's number", marker.seed),
        ("Weak legs", marker.leg_weakness),
    ):
        if text:
            yield f"  {heading}: {text}"
    yield from _notes("What can mislead", marker.interferences, ref)
    yield from _notes("Notes", marker.notes, ref)
    for term in marker.not_to_confuse:
        yield f"  Not to be confused with {term.what}{f': {term.why}' if term.why else ''}"
    further = [_title(source, ref) for source in marker.sources]
    if further:
        yield "  Further reading"
        yield from (f"    {title}" for title in further)


def _limits(limits: Limits) -> str:
    return " = ".join(f"{text} {unit}" for unit, text in limits.items())


def _people(population: Population) -> str:
    low, high = population.age
    words = [{"male": "men", "female": "women"}.get(population.sex or "", "")]
    if (low, high) != (18, None):
        words.append(f"from {low or 0:g}{'' if high is None else f' to below {high:g}'} years")
    if population.pregnant:
        words.append("in pregnancy")
    return "".join(f", {word}" for word in words if word)


def _source(source: str, verified: bool, ref: Reference) -> str:
    return f"\n      {_title(source, ref)}{'' if verified else ' -- UNVERIFIED'}"


def _title(source: str, ref: Reference) -> str:
    found = ref.sources[source]
    link = f" https://doi.org/{found.doi}" if found.doi else f" {found.url}" if found.url else ""
    return f"[{found.id}] {found.organisation}{f' ({found.year})' if found.year else ''}: {found.title}{link}"


def _notes(heading: str, notes: tuple[Note, ...], ref: Reference) -> Iterator[str]:
    if notes:
        yield f"  {heading}"
    for note in notes:
        yield f"    - {note.text}{'' if note.verified else ' (unverified)'}{f' [{note.source}]' if note.source else ''}"


def _said(indent: str, *texts: str) -> Iterator[str]:
    yield from (f"{indent}{text}" for text in texts if text)
