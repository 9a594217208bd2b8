"""Stage: which limits a result is compared with. A range printed by the laboratory is one more interval, with the report as its source.

Unknown facts widen: with sex unknown the limits of both sexes are kept, and an answer stands only where all of them agree.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from labinterp.columns import Columns, encode, height, resolve, spread, stage
from labinterp.errors import ValueTextError
from labinterp.language import Language, english
from labinterp.limits import INF, SAME, Limits, Line, Scale, Slip, Span, closed_high, closed_low, words
from labinterp.model import Patient, today
from labinterp.reference import Reference
from labinterp.reference.fold import fold_name
from labinterp.reference.limits import Bounds, parse_limits
from labinterp.reference.schema import Critical, Interval, Marker, Population, Scheme
from labinterp.shapes import MISPRINT, DateOrder, RangeReading, Segment, parse_date, parse_range
from labinterp.words import AGE_OF_WORD, fold_word

ADULT = 18.0
CHILDBEARING = (12.0, 56.0)  # outside these ages pregnancy needs no asking (editorial)
MULTIPLE = "xULN"
APPROXIMATE = 0.25
"""How far a factor may be off where laboratories use several (editorial). Of those that we know thiamine is the widest: 2.36 or 2.96."""
NORMAL_LABELS = frozenset(
    {"normal", "sufficient", "sufficiency", "desirable", "optimal", "optimum", "adequate", "negative", "not deficient", "reference"}
)

AnyPopulation = TypeVar("AnyPopulation", bound=Population)


@stage
def choose_intervals(results: Columns, ref: Reference, patient: Patient | None = None) -> Columns:
    """Add `limits`: all that the result may be compared with, for every population that the person may belong to.

    `sex`, `age` and `birth_date` columns win over `patient`, row by row; age counts on the day of collection.
    """
    printed = {name: results[name] for name in ("marker", "ucum", "range_text", "decimal", "range_ucum")}
    keyed = {**printed, "told": needs_told(results, ref), **people_of(results, patient or Patient())}
    codes, kept = encode(keyed, list(keyed))
    known: dict[Limits, Limits] = {}  # equal limits are one object: the next stage judges all rows of one at once
    answers = []
    for marker, ucum, range_text, mark, range_ucum, told, sex, age, pregnant in kept:
        years = None if age is None or age != age else float(age)
        limits = limits_for(ref, marker, ucum or "", range_text or "", mark or None, range_ucum or "", sex or None, years, pregnant)
        limits = limits if told else without_built_in(limits, ref)
        answers.append(known.setdefault(limits, limits))
    return {"limits": spread(codes, answers)}


MORNING = re.compile(
    r"(?<![^\W_])(?:a\.?\s?m\.?|morning|basal|morgens|früh|vormittag|matin|mañana|manana|mattino|mattina|manhã|ochtend|rano|morgon|утр\w*|晨)(?!\w)"
    r"|(?<!\d)0?[789]\s?(?:[:h]\s?[0-5]\d|h|uhr|00)(?!\d|\s?p)",
    re.IGNORECASE,
)
"""What a report says of a sample taken in the morning."""


def needs_told(results: Columns, ref: Reference) -> np.ndarray:
    """Whether the report says what the marker's limits presuppose (a cortisol limit holds in the morning only)."""
    needy = needy_markers(ref)
    parts = ("marker", "name_text", "section_text", "specimen_text", "collected_text")
    codes, told = resolve(results, parts, lambda marker, *texts: marker not in needy or any(in_the_morning(text or "") for text in texts))
    return spread(codes, told).astype(bool)


@lru_cache(maxsize=16)
def needy_markers(ref: Reference) -> frozenset[str]:
    """Markers whose limits hold in the morning only."""
    return frozenset(marker.id for marker in ref.markers.values() if "morning" in marker.needs)


def in_the_morning(text: str) -> bool:
    """Whether a text says that the sample was taken in the morning."""
    return MORNING.search(text) is not None


def without_built_in(limits: Limits, ref: Reference) -> Limits:
    """Only what the laboratory printed, and what is critical or a slip at any time."""
    reason = ref.say("Its limits hold in the morning; the report does not say when.")
    return replace(limits, scales=(), intervals=(), reasons=(*limits.reasons, reason))


def people_of(results: Columns, patient: Patient) -> dict[str, np.ndarray]:
    """Sex, age (years) and pregnancy of each row: from the row's own columns, else from `patient`."""
    n = height(results)
    codes, sexes = resolve(results, ("sex",), lambda text: sex_of(text) or patient.sex)
    days = _ordinals(results, "collected", today().toordinal())
    age = np.full(n, math.nan)
    if "birth_date" in results:
        age = ages_on(_ordinals(results, "birth_date"), days)
    if "age" in results:
        age = np.where(np.isnan(age), possible_age(pd.to_numeric(pd.Series(results["age"]), errors="coerce").to_numpy(dtype=float)), age)
    if patient.birth_date is not None:
        age = np.where(np.isnan(age), ages_on(patient.birth_date.toordinal(), days), age)
    if patient.age is not None:
        age[np.isnan(age)] = patient.age
    return {"sex": spread(codes, sexes), "age": age, "pregnant": np.full(n, patient.pregnant, dtype=object)}


OLDEST = 130.0


def possible_age(years: Any) -> Any:
    """Ages in years; what no person can be (999, which tables write for "not known") is NaN."""
    return np.where((years >= 0) & (years <= OLDEST), years, math.nan)


def ages_on(birth: Any, day: Any) -> Any:
    """Age in years on a day, both as ordinals of `date`, NaN where one is NaN or the birth lies after the day."""
    return possible_age((day - birth) / 365.25)


def _ordinals(results: Columns, column: str, missing: float = math.nan) -> np.ndarray:
    """A column of dates (or texts of dates, in the order of the document) as ordinals of `date`."""
    codes, days = resolve(results, (column, "date_order"), lambda value, order: day_of(value, order or ""))
    return spread(codes, [missing if day is None else float(day.toordinal()) for day in days]).astype(float)


def sex_of(text: object) -> str | None:
    """`male`, `female` or None from the ways tables spell it."""
    word = str(text).strip().casefold()
    return (
        "male"
        if word in ("m", "male", "männlich", "homme", "hombre", "1_m")
        else "female"
        if word in ("f", "female", "w", "weiblich", "femme", "mujer")
        else None
    )


def day_of(value: object, order: DateOrder = "") -> date | None:
    """A calendar day from a date, a timestamp or a text whose order of day and month is plain or given; None otherwise."""
    if isinstance(value, datetime):
        return None if pd.isna(value) else value.date()
    if isinstance(value, date):
        return value
    return parse_date(value, order) if isinstance(value, str) and value.strip() else None


# ---- which population ----------------------------------------------------------------------------------------------------


def applies(limit: Population, sex: str | None, age: float | None, pregnant: bool | None) -> tuple[bool, tuple[str, ...]]:
    """Whether a limit may be for this person, and the facts that are missing to be sure.

    Age unknown means adult. Pregnancy is asked only where it could be.
    """
    unknown: list[str] = []
    if limit.sex is not None and sex != limit.sex:
        if sex is not None:
            return False, ()
        unknown.append(english("sex"))
    low, high = limit.age
    if age is None:
        if high is not None and high <= ADULT:
            return False, ()
        if high is not None or (low or 0) > ADULT:
            unknown.append(english("age"))
    elif age < (low or 0) or (high is not None and age >= high):
        return False, ()
    if limit.pregnant:
        possible = sex != "male" and (age is None or CHILDBEARING[0] <= age < CHILDBEARING[1])
        if pregnant is False or (pregnant is None and not possible):
            return False, ()
        if pregnant is None:
            unknown.append(english("pregnancy"))
    elif pregnant:
        return False, ()
    return True, tuple(unknown)


def chosen(
    limits: Iterable[AnyPopulation], sex: str | None, age: float | None, pregnant: bool | None
) -> tuple[list[AnyPopulation], set[str]]:
    """The limits that may be for this person, and the facts that would settle which."""
    kept: list[AnyPopulation] = []
    facts: set[str] = set()
    for limit in limits:
        possible, unknown = applies(limit, sex, age, pregnant)
        if possible:
            kept.append(limit)
            facts.update(unknown)
    return kept, facts if len(kept) > 1 else set()


# ---- limits of one kind of result ----------------------------------------------------------------------------------------


def limits_for(
    ref: Reference,
    marker_id: str | None,
    ucum: str,
    range_text: str,
    mark: str | None,
    range_ucum: str,
    sex: str | None,
    age: float | None,
    pregnant: bool | None,
) -> Limits:
    """Everything that a result of this marker, in this unit, of this person and with this printed range may be compared with."""
    marker = ref.markers.get(marker_id) if marker_id else None
    printed, words, reasons, facts = printed_range(ref, marker, ucum, range_text, mark, range_ucum, sex, age)
    meanings = tuple(marker.qualitative.items()) if marker else ()
    passed_over = bool(reasons) and not (printed or words) and not misprinted(range_text, mark)
    if marker is None or (not ucum and marker.unit is not None):
        return Limits(printed=printed, printed_words=words, reasons=reasons, open_facts=tuple(sorted(facts)), meanings=meanings)
    age_class = age_key(ref, marker.id, age)
    built_in = _built_in(ref, marker.id, ucum, sex, age_class, pregnant)
    ceilings = tuple((span.high, span.line) for span in printed if span.high < INF) or built_in.upper
    scales: list[Scale] = []
    schemes, open_schemes = chosen(default_schemes(marker, ref), sex, age_class, pregnant)
    for scheme in schemes:
        scales.extend(scales_of(ref, marker, scheme, ucum, ceilings))
    return Limits(
        printed=printed,
        printed_words=words,
        scales=tuple(scales),
        intervals=built_in.intervals,
        critical=built_in.critical,
        plausible=built_in.plausible,
        upper=ceilings,
        open_facts=tuple(sorted(facts | open_schemes | set(built_in.open_facts))),
        reasons=reasons,
        slips=built_in.slips,
        meanings=meanings,
        passed_over=passed_over,
    )


def age_key(ref: Reference, marker_id: str, age: float | None) -> float | None:
    """Age, coarsened to where this marker's limits change, so that a table of millions has few distinct people."""
    if age is None:
        return None
    edges = _age_edges(ref, marker_id)
    return math.floor(age * 4) / 4 if edges is None else max((edge for edge in edges if edge <= age), default=0.0)


@lru_cache(maxsize=4096)
def _age_edges(ref: Reference, marker_id: str) -> tuple[float, ...] | None:
    """Ages at which some limit of the marker begins or ends; None where a limit follows age itself."""
    marker = ref.markers[marker_id]
    if any(parse_limits(text).follows_age for interval in marker.intervals for text in interval.limits.values()):
        return None
    limits: list[Population] = [*marker.intervals, *marker.decision, *marker.critical]
    return tuple(sorted({edge for limit in limits for edge in limit.age if edge is not None} | set(CHILDBEARING)))


def age_edges(ref: Reference, marker_id: str | None, range_text: str, mark: str | None) -> tuple[float, ...]:
    """All ages at which anything may change for a result of this marker with this printed range, ascending."""
    edges: set[float] = set()
    if marker_id:
        own = _age_edges(ref, marker_id)
        edges.update(np.arange(0, OLDEST + 0.25, 0.25).tolist() if own is None else own)
    if range_text.strip():
        parsed = read_range(range_text, mark)
        if isinstance(parsed, RangeReading):
            edges.update(edge for segment in map(aged, parsed.segments) for edge in segment.age or () if edge is not None)
    return tuple(sorted(edges))


@lru_cache(maxsize=65536)
def _built_in(ref: Reference, marker_id: str, ucum: str, sex: str | None, age: float | None, pregnant: bool | None) -> Limits:
    marker = ref.markers[marker_id]
    intervals, facts = chosen(default_intervals(marker), sex, age, pregnant)
    spans = tuple(span for interval in intervals for span in spans_of(ref, marker, interval, ucum, age))
    critical = chosen((c for c in marker.critical if c.default), sex, age, False)[0]
    return Limits(
        intervals=spans,
        critical=tuple(span for c in critical if (span := critical_span(ref, marker, c, ucum)) is not None),
        plausible=plausible_span(ref, marker, ucum),
        upper=tuple((span.high, span.line) for span in spans if span.high < INF),
        open_facts=tuple(facts),
        slips=slips_of(ref, marker, ucum),
    )


def default_intervals(marker: Marker) -> list[Interval]:
    return [] if marker.printed_only else [interval for interval in marker.intervals if interval.default]


def default_schemes(marker: Marker, ref: Reference) -> list[Scheme]:
    """The scheme asked for by name, else the marker's default; a scheme may have one entry per population."""
    wanted = ref.schemes.get(marker.id)
    if wanted:
        return [scheme for scheme in marker.decision if scheme.scheme == wanted]
    return [] if marker.printed_only else [scheme for scheme in marker.decision if scheme.default]


def line_to(ref: Reference, marker: Marker, ucum: str, units: Sequence[str]) -> tuple[str, Line] | None:
    """The unit, of those in which a limit is published, to compare in; and the way there from the unit of the report.

    The report's own unit wins; then one that differs by a power of ten only; then the canonical unit; then the first.
    """
    if ucum in units:
        return ucum, SAME
    here = ref.factor(marker.id, ucum)
    if here is None or here.own_scale:
        return None
    best: tuple[int, str, Line] | None = None
    for unit in units:
        there = ref.factor(marker.id, unit)
        if there is None or there.own_scale:
            continue
        factor, intercept = here.factor / there.factor, (here.intercept - there.intercept) / there.factor
        if intercept == 0 and math.isclose(factor, 1, rel_tol=1e-9):
            return unit, SAME
        ten = intercept == 0 and math.isclose(math.log10(factor), round(math.log10(factor)), abs_tol=1e-9)
        exact = here.approximate == there.approximate if ten else not (here.approximate or there.approximate)
        rank = 0 if ten else 1 if unit == marker.unit else 2
        if best is None or rank < best[0]:
            best = (
                rank,
                unit,
                Line(
                    10.0 ** round(math.log10(factor)) if ten else factor,
                    intercept,
                    None if ten else there.decimals,
                    0.0 if exact else APPROXIMATE,
                ),
            )
    return (best[1], best[2]) if best else None


def spans_of(ref: Reference, marker: Marker, interval: Interval, ucum: str, age: float | None) -> list[Span]:
    """The interval in a unit that suits the report. Where it follows an age that is not known: at both ends of its ages."""
    way = line_to(ref, marker, ucum, list(interval.limits))
    if way is None:
        return []
    unit, line = way
    bounds = parse_limits(interval.limits[unit])
    ages = [age] if age is not None else [interval.age[0] or 0.0, interval.age[1] or 100.0] if bounds.follows_age else [0.0]
    name = f"{marker.id}:interval:{marker.intervals.index(interval) + 1}"
    return [span_from(bounds.at(years), name, interval.source, line, unit, ref.language) for years in ages]


def span_from(bounds: Bounds, name: str, source: str, line: Line, unit: str, language: Language) -> Span:
    return Span(
        closed_low(bounds.low, bounds.low_inclusive),
        closed_high(bounds.high, bounds.high_inclusive),
        name,
        source,
        line,
        words(bounds, language),
        unit,
    )


def critical_span(ref: Reference, marker: Marker, critical: Critical, ucum: str) -> Span | None:
    """What is not critical, as a span: a value outside it is."""
    way = line_to(ref, marker, ucum, list(dict.fromkeys([*critical.low, *critical.high])))
    if way is None:
        return None
    unit, line = way
    low, high = -INF, INF
    if unit in critical.low:
        bound = parse_limits(critical.low[unit])
        low = math.nextafter(closed_high(bound.high, bound.high_inclusive), INF)
    if unit in critical.high:
        bound = parse_limits(critical.high[unit])
        high = math.nextafter(closed_low(bound.low, bound.low_inclusive), -INF)
    texts = [part for part in (critical.low.get(unit, ""), critical.high.get(unit, "")) if part]
    return Span(low, high, f"{marker.id}:critical", critical.source, line, ref.language.either(map(ref.language.number, texts)), unit)


def plausible_span(ref: Reference, marker: Marker, ucum: str) -> Span | None:
    if marker.plausible is None:
        return None
    way = line_to(ref, marker, ucum, list(marker.plausible.limits))
    if way is None:
        return None
    unit, line = way
    line = Line(line.factor, line.intercept)  # a slip is far away: no rounding
    return span_from(
        parse_limits(marker.plausible.limits[unit]), f"{marker.id}:plausible", marker.plausible.source, line, unit, ref.language
    )


def published_units(marker: Marker) -> set[str]:
    """The canonical unit and those in which some limit of the marker is published."""
    units = {unit for interval in marker.intervals for unit in interval.limits}
    units |= {unit for scheme in marker.decision for band in scheme.bands for unit in band.limits}
    return units | ({marker.unit} if marker.unit else set())


def slips_of(ref: Reference, marker: Marker, ucum: str) -> tuple[Slip, ...]:
    """Other units in which the marker is reported, with the plausible range in each and the way back to the report's unit."""
    published = published_units(marker)
    out = []
    for unit in sorted((published | {unit.ucum for unit in marker.units if not unit.approximate}) - {ucum, MULTIPLE}):
        span, way = plausible_span(ref, marker, unit), line_to(ref, marker, unit, [ucum])
        if span is not None and way is not None and not (way[1].intercept == 0 and way[1].factor == 1):
            here = ref.factor(marker.id, ucum)
            back = Line(way[1].factor, way[1].intercept, here.decimals if here else None)
            out.append(Slip(unit, span.line.back(span.low), span.line.back(span.high), back, unit in published))
    return tuple(out)


def scales_of(ref: Reference, marker: Marker, scheme: Scheme, ucum: str, ceilings: Sequence[tuple[float, Line]]) -> list[Scale]:
    """The bands of a scheme in a unit that suits the report; a scheme of multiples gives one scale per upper limit in force."""
    units = list(scheme.bands[0].limits)
    if units == [MULTIPLE]:
        return [_multiples(ref, marker, scheme, ucum, high, line) for high, line in dict.fromkeys(ceilings) if high > 0]
    way = line_to(ref, marker, ucum, units)
    return [] if way is None else [_scale(ref, marker, scheme, *way)]


def _multiples(ref: Reference, marker: Marker, scheme: Scheme, ucum: str, high: float, line: Line) -> Scale:
    """Bands of multiples of one upper limit; in words they are told as numbers in the unit of the report."""
    ladder = Line(line.factor / high, line.intercept / high, None, line.uncertainty)
    return _scale(ref, marker, scheme, MULTIPLE, ladder, lambda bounds: f"{words(scaled(bounds, ladder), ref.language)} {ucum}")


def scaled(bounds: Bounds, line: Line) -> Bounds:
    """Bounds in the unit that `line` starts from, to four digits."""
    low, high = (float(f"{line.back(end):.4g}") for end in (bounds.low, bounds.high))
    return Bounds(low, bounds.low_inclusive, high, bounds.high_inclusive)


def _scale(ref: Reference, marker: Marker, scheme: Scheme, unit: str, line: Line, wording: Callable[[Bounds], str] | None = None) -> Scale:
    bounds = [parse_limits(band.limits[unit]) for band in scheme.bands]
    starts = [closed_low(bound.low, bound.low_inclusive) for bound in bounds]
    return Scale(
        starts=(-INF, *starts[1:]),
        categories=tuple(band.category for band in scheme.bands),
        labels=tuple(band.label for band in scheme.bands),
        texts=tuple(wording(bound) if wording else f"{words(bound, ref.language)} {unit}" for bound in bounds),
        severities=tuple(band.severity for band in scheme.bands),
        sides=tuple(band.side for band in scheme.bands),
        scheme=scheme.scheme,
        id=f"{marker.id}:{scheme.scheme}",
        source=scheme.source,
        unit=unit,
        line=line,
        descriptive=scheme.descriptive,
        open_side=scheme.open_side,
    )


# ---- the range printed on the report -------------------------------------------------------------------------------------


def printed_range(
    ref: Reference, marker: Marker | None, ucum: str, text: str, mark: str | None, range_ucum: str, sex: str | None, age: float | None
) -> tuple[tuple[Span, ...], str, tuple[str, ...], set[str]]:
    """The printed range as spans (one per sex where the sex is not known), the expected word, why it is not used, and missing facts."""
    if not text.strip():
        return (), "", (), set()
    parsed = read_range(text, mark)
    if isinstance(parsed, str):
        reason = ref.say("The printed range {range} is not used: {why}", range=repr(text.strip()), why=ref.language.again(parsed))
        return (), "", (reason,), set()
    if parsed.kind == "qualitative":
        return (), parsed.qualitative or "", (), set()
    alone = parsed.kind in ("interval", "upper", "lower")
    parts: tuple[Sequence[RangeReading | Segment], set[str]] = ([parsed], set()) if alone else usable_segments(parsed.segments, sex, age)
    limits, facts = parts
    if not limits:
        unnamed = ref.say("The printed range {range} names no single usual range.", range=repr(text.strip()))
        return (), "", () if parsed.kind == "none" else (unnamed,), set()
    line = SAME
    told: tuple[str, ...] = ()
    if range_ucum and range_ucum != ucum:
        way = line_to(ref, marker, ucum, [range_ucum]) if marker and ucum else None
        if way is None:
            other = ref.say("The printed range {range} is in another unit than the result.", range=repr(text.strip()))
            return (), "", (other,), set()
        line = way[1]
        if alone and isinstance(parsed, RangeReading) and not parsed.unit:
            bare = english("The range {range} is printed without a unit and fits {unit} only.")
            told = (ref.say(bare, range=repr(text.strip()), unit=range_ucum),)
    spans = []
    for part in limits:
        low = -INF if part.low is None else closed_low(part.low, part.low_inclusive is not False)
        high = INF if part.high is None else closed_high(part.high, part.high_inclusive is not False)
        spans.append(Span(low, high, "printed", "report", line, " ".join(text.split()), range_ucum or ucum))
    return tuple(dict.fromkeys(spans)), "", told, facts


@lru_cache(maxsize=65536)
def read_range(text: str, mark: str | None) -> RangeReading | str:
    """The reading of a printed range, or why there is none."""
    try:
        return parse_range(text, locale=mark)
    except ValueTextError as error:
        return str(error)


def misprinted(text: str, mark: str | None) -> bool:
    """Whether a printed range is only a slip of the laboratory's (its ends the wrong way round), and says nothing."""
    parsed = read_range(text, mark)
    return isinstance(parsed, str) and MISPRINT in parsed


def aged(segment: Segment) -> Segment:
    """A segment named for adults or children as one of an age."""
    age = AGE_OF_WORD.get(fold_word(segment.label)) if segment.label and segment.age is None else None
    return segment if age is None else replace(segment, age=age, label="")


def overlapping(segments: Sequence[Segment]) -> bool:
    """Whether two of them share more than an edge."""
    spans = sorted((-INF if s.low is None else s.low, INF if s.high is None else s.high) for s in segments)
    return any(after[0] < before[1] for before, after in pairwise(spans))


def usable_segments(segments: Sequence[Segment], sex: str | None, age: float | None) -> tuple[list[Segment], set[str]]:
    """Of a range by sex and age those parts that may be this person's, with the facts that are missing; of named bands the normal one."""
    facts: set[str] = set()
    kept = []
    for segment in map(aged, segments):
        if segment.sex and sex and segment.sex != sex:
            continue
        if segment.age is not None and age is not None and not (segment.age[0] or 0) <= age < (segment.age[1] or math.inf):
            continue
        facts |= {fact for fact, unknown in (("sex", segment.sex and not sex), ("age", segment.age is not None and age is None)) if unknown}
        kept.append(segment)
    if any(segment.label for segment in kept):
        named = [segment for segment in kept if fold_name(segment.label) in NORMAL_LABELS]
        whose = [s for s in kept if s.sex or s.age is not None]
        if named and len({(s.sex, s.age) for s in named}) == len(named):
            kept = named
        elif overlapping(kept):  # grades lie side by side; what overlaps are the ranges of several states, of which one is this person's
            facts |= {english("the state that the printed range names")} if len(whose) < len(kept) else set()
        else:
            kept = whose
    elif not any(segment.sex or segment.age is not None for segment in kept) and len(kept) > 1:
        kept = []
    return kept, facts if len(kept) > 1 else set()
