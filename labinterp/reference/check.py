"""What must be true of the knowledge beyond its schema: every fault with file and line.

Each check is a generator of (path within the record, what is wrong); `faults_of` runs them all over a folder that was read.
Running the cases needs the whole pipeline and is done by `labinterp.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, pairwise
from math import inf, isclose
from typing import Any, TypeVar

from labinterp import words
from labinterp.errors import LabinterpError
from labinterp.reference.compile import names_of
from labinterp.reference.factors import factors_of
from labinterp.reference.fold import fold_name
from labinterp.reference.limits import Bounds, parse_limits
from labinterp.reference.load import Fault, Knowledge, Path_
from labinterp.reference.schema import Band, Factor, Limits, Marker, Model, Population, Scheme, Source

Complaint = tuple[Path_, str]
AnyPopulation = TypeVar("AnyPopulation", bound=Population)

RELATIVE = ("xULN", "xLLN")
"""Multiples of the limit in force: units of limits that are no units of the marker."""

OLDEST = 130.0
SAME_EDGE = 0.02  # two units state the same edge if they agree to one rounding step, or to this share


def faults_of(known: Knowledge) -> list[Fault]:
    """Everything wrong with the knowledge, that of its reading included, in the order of files and lines."""
    noted = len(known.faults)
    known.factors = {marker.id: factors(marker) for marker in known.tables["markers"].values()}
    for marker in known.tables["markers"].values():
        for check in MARKER_CHECKS:
            for path, text in check(marker, known):
                known.fault("markers", marker.id, path, text)
    for table, id_, path, text in [*_references(known), *_variation(known), *_shared_names(known), *_shared_codes(known)]:
        known.fault(table, id_, path, text)
    found = sorted(set(known.faults))
    del known.faults[noted:]
    return found


# ---- one marker ----------------------------------------------------------------------------------------------------------


def check_limits(marker: Marker, known: Knowledge) -> Iterator[Complaint]:
    """Limit texts can be read, and their units are units of the marker."""
    units = {*known.factors[marker.id], *RELATIVE}
    for path, limits in limits_in(marker):
        for unit, text in limits.items():
            if unit not in units:
                yield (*path, unit), f"{unit!r} is not a unit of this marker"
            try:
                parse_limits(text)
            except LabinterpError as error:
                yield (*path, unit), str(error)


def check_bands(marker: Marker, known: Knowledge) -> Iterator[Complaint]:
    """Bands ascend without gap or overlap in every unit, worsen away from normal, and mean the same in every unit."""
    for i, scheme in enumerate(marker.decision):
        path = ("decision", i, "bands")
        units = list(scheme.bands[0].limits) if scheme.bands else []
        if len(scheme.bands) < 2:
            yield path, "a scheme needs two bands or more"
            continue
        names = [band.category for band in scheme.bands]
        for j, name in enumerate(names):
            if name in names[:j]:
                yield (*path, j, "category"), f"category {name!r} is given twice in one scheme"
        sides = ["low", "normal", "high"]
        for j, (below, above) in enumerate(pairwise(scheme.bands), start=1):
            if sides.index(above.side) < sides.index(below.side):
                yield (*path, j, "side"), f"side {above.side} stands above side {below.side}"
            elif above.side == below.side == "low" and above.severity > below.severity:
                yield (*path, j, "severity"), "a band nearer to normal is more severe than the one below it"
            elif above.side == below.side == "high" and above.severity < below.severity:
                yield (*path, j, "severity"), "a band farther from normal is less severe than the one below it"
        for j, band in enumerate(scheme.bands):
            if set(band.limits) != set(units):
                yield (*path, j, "limits"), f"the first band is given in {', '.join(units)}, this one in {', '.join(band.limits)}"
        for unit in units:
            yield from _contiguous(scheme, unit, path)
        if not marker.disagreement:
            yield from _same_edges(known.factors[marker.id], scheme, path)


def _contiguous(scheme: Scheme, unit: str, path: Path_) -> Iterator[Complaint]:
    read = [bounds_of(band.limits, unit) for band in scheme.bands]
    if any(bounds is None for bounds in read):
        return
    bands = [bounds for bounds in read if bounds]
    if bands[0].low != -inf:
        yield (*path, 0, "limits", unit), "the first band must be open below"
    if bands[-1].high != inf:
        yield (*path, len(bands) - 1, "limits", unit), "the last band must be open above"
    for j, (below, above) in enumerate(pairwise(bands), start=1):
        if below.high < above.low:
            yield (*path, j, "limits", unit), f"gap: nothing between {below.high:g} and {above.low:g} {unit}"
        elif below.high > above.low:
            yield (*path, j, "limits", unit), f"overlap: two bands hold {above.low:g} to {below.high:g} {unit}"
        elif below.high_inclusive == above.low_inclusive:
            owner = "both bands" if below.high_inclusive else "neither band"
            yield (*path, j, "limits", unit), f"the edge {above.low:g} {unit} belongs to {owner}"


def _same_edges(known: dict[str, Factor], scheme: Scheme, path: Path_) -> Iterator[Complaint]:
    for j, band in enumerate(scheme.bands[:-1]):
        edges = {unit: bounds.high for unit in band.limits if unit in known and (bounds := bounds_of(band.limits, unit))}
        for (one, edge), (other, twin) in combinations(edges.items(), 2):
            if not same_quantity(edge, known[one], twin, known[other]):
                yield (*path, j, "limits", other), f"{edge:g} {one} and {twin:g} {other} are not the same quantity"


def check_populations(marker: Marker, known: Knowledge) -> Iterator[Complaint]:
    """One default for each population; no ages left out between two defaults."""
    for part, limits in (("intervals", marker.intervals), ("decision", marker.decision), ("critical", marker.critical)):
        defaults: list[tuple[int, Population]] = [(i, limit) for i, limit in enumerate(limits) if limit.default]
        for i, limit in enumerate(limits):
            low, high = limit.age
            if (low or 0) >= (OLDEST if high is None else high):
                yield (part, i, "age"), f"no age lies in {list(limit.age)}"
        for (_, one), (i, other) in combinations(defaults, 2):
            if overlap(one, other):
                yield (part, i), f"two defaults for one population ({people(other)})"
        for sex in ("male", "female"):
            ages = sorted(((low_of(limit), high_of(limit), i) for i, limit in defaults if limit.sex in (None, sex) and not limit.pregnant))
            for (_, end, _), (start, _, i) in pairwise(ages):
                if end < start:
                    yield (part, i, "age"), f"no default from {end:g} to {start:g} years ({sex})"
        if marker.printed_only and part != "critical" and defaults:
            yield (part, defaults[0][0], "default"), "printed_only, and yet a default"


def check_normal_agrees(marker: Marker, known: Knowledge) -> Iterator[Complaint]:
    """The normal band and the default interval of a population say the same, unless the file says why not.

    An interval without an end on one side has no opinion there; a scheme names the side on which it has none.
    """
    if marker.disagreement:
        return
    for i, scheme in enumerate(marker.decision):
        normal = [band for band in scheme.bands if band.side == "normal"]
        if not scheme.default or scheme.descriptive or not normal:
            continue
        for interval in marker.intervals:
            if not interval.default or not overlap(scheme, interval):
                continue
            for unit in interval.limits:
                first, last = bounds_of(normal[0].limits, unit), bounds_of(normal[-1].limits, unit)
                built_in = bounds_of(interval.limits, unit)
                if not (first and last and built_in):
                    continue
                if (
                    scheme.open_side != "low"
                    and built_in.low != -inf
                    and (first.low, first.low_inclusive) != (built_in.low, built_in.low_inclusive)
                ):
                    yield ("decision", i), disagreement(unit, "begins", first.low, built_in.low, interval)
                if (
                    scheme.open_side != "high"
                    and built_in.high != inf
                    and (last.high, last.high_inclusive) != (built_in.high, built_in.high_inclusive)
                ):
                    yield ("decision", i), disagreement(unit, "ends", last.high, built_in.high, interval)


def disagreement(unit: str, verb: str, band: float, interval: float, population: Population) -> str:
    return (
        f"the normal band {verb} at {band:g}, the default interval at {interval:g} {unit} ({people(population)}), or only one has the edge:"
        " say why under disagreement, or name the open_side"
    )


def check_critical(marker: Marker, known: Knowledge) -> Iterator[Complaint]:
    """Critical limits lie outside what is normal and inside what is plausible."""
    plausible = in_canonical(marker, known, marker.plausible.limits) if marker.plausible else None
    for i, critical in enumerate(marker.critical):
        low, high = in_canonical(marker, known, critical.low), in_canonical(marker, known, critical.high)
        if low and high and low.high >= high.low:
            yield ("critical", i), "the lower critical limit does not lie below the upper one"
        for part, bounds, end in (("low", low, low.high if low else 0), ("high", high, high.low if high else 0)):
            if not bounds:
                continue
            if abs(end) == inf:
                yield ("critical", i, part), f"a critical limit on the {part} side must say where it ends"
            elif plausible and not plausible.contains(end):
                yield ("critical", i, part), f"{end:g} {marker.unit} is critical but not plausible"
            for limit, zone in normal_zones(marker, known):
                if critical.default and overlap(limit, critical) and zone.contains(end):
                    yield ("critical", i, part), f"{end:g} {marker.unit} is critical and normal at once"


def check_plausible(marker: Marker, known: Knowledge) -> Iterator[Complaint]:
    """Every limit lies within the plausibility limits."""
    if not marker.plausible:
        return
    plausible = in_canonical(marker, known, marker.plausible.limits)
    if plausible is None:
        return
    for path, limits in limits_in(marker):
        bounds = in_canonical(marker, known, limits) if path[0] in ("intervals", "decision") else None
        for end in (bounds.low, bounds.high) if bounds and not bounds.follows_age else ():
            if abs(end) != inf and not plausible.contains(end):
                yield path, f"{end:g} {marker.unit} is a limit but not plausible"


def check_units(marker: Marker, known: Knowledge) -> Iterator[Complaint]:
    """Every unit can be converted, and a stated factor agrees with the units, the molar mass and the valence."""
    known_factors = known.factors[marker.id]
    names = [unit.ucum for unit in marker.units]
    for i, unit in enumerate(marker.units):
        if unit.ucum in names[:i] or unit.ucum == marker.unit:
            yield ("units", i, "ucum"), f"the unit {unit.ucum!r} is given twice"
        if unit.ucum not in known_factors:
            yield ("units", i), f"{unit.ucum!r} cannot be converted into {marker.unit!r}: give a factor and its source"
        if unit.factor is not None and unit.factor <= 0:
            yield ("units", i, "factor"), "a factor is positive"
        if unit.factor is None or unit.approximate or unit.own_scale or unit.intercept or unit.ucum == "1" or unit.ucum.startswith("{"):
            continue
        bare = marker.model_copy(update={"units": (*marker.units[:i], unit.model_copy(update={"factor": None}), *marker.units[i + 1 :])})
        try:
            derived = factors(bare).get(unit.ucum)
        except LabinterpError:
            derived = None
        if derived is not None and not isclose(derived.factor, unit.factor, rel_tol=0.002):
            yield ("units", i, "factor"), f"factor {unit.factor:g}, but molar mass and units give {derived.factor:.6g}"


def check_loinc(marker: Marker, known: Knowledge) -> Iterator[Complaint]:
    """Codes have the form and the check digit of LOINC; one is the default."""
    for i, loinc in enumerate(marker.loinc):
        if not loinc_valid(loinc.code):
            yield ("loinc", i, "code"), f"{loinc.code!r} is not a LOINC code: wrong form or check digit"
        if loinc.default and loinc.exclude:
            yield ("loinc", i), f"{loinc.code} is the default and excluded at once"
        if loinc.code in [other.code for other in marker.loinc[:i]]:
            yield ("loinc", i, "code"), f"{loinc.code} is given twice"
    defaults = [i for i, loinc in enumerate(marker.loinc) if loinc.default]
    if len(defaults) > 1:
        yield ("loinc", defaults[1], "default"), "two default codes"


def check_words(marker: Marker, known: Knowledge) -> Iterator[Complaint]:
    """Qualitative codes are known ones, and the marker has a name to be found by."""
    for code in marker.qualitative:
        if code not in words.QUALITATIVE.values():
            yield ("qualitative", code), f"{code!r} is not a qualitative code"
    if not any(marker.names.values()):
        yield ("names",), "no name by which a report could call it"
    for language, names in marker.names.items():
        for i, name in enumerate(names):
            if name in names[:i]:
                yield ("names", language, i), f"the name {name!r} is given twice"
    for path, term in ((("not_to_confuse", i, "cues"), term) for i, term in enumerate(marker.not_to_confuse)):
        if not term.cues:
            yield path, "no cue tells the other test"


def check_verified(marker: Marker, known: Knowledge) -> Iterator[Complaint]:
    """A number that is called verified stands on a source that was checked."""
    sources = known.tables["sources"]
    for path, item in items_of(marker):
        source = sources.get(getattr(item, "source", ""))
        if source is not None and not source.verified and getattr(item, "verified", False):
            if not (path[0] == "units" or (path[0] in ("notes", "interferences"))):
                yield (*path, "verified"), f"verified, but its source {source.id!r} is not"


MARKER_CHECKS: tuple[Callable[[Marker, Knowledge], Iterable[Complaint]], ...] = (
    check_limits,
    check_bands,
    check_populations,
    check_normal_agrees,
    check_critical,
    check_plausible,
    check_units,
    check_loinc,
    check_words,
    check_verified,
)


# ---- between records -----------------------------------------------------------------------------------------------------

POINTERS = {
    "source": "sources",
    "sources": "sources",
    "marker": "markers",
    "markers": "markers",
    "instead": "markers",
    "halves": "markers",
    "question": "questions",
    "points_to": "causes",
    "weakens": "causes",
    "raises": "causes",
    "lowers": "causes",
    "telling": "causes",
    "specific": "causes",
    "causes": "causes",
    "suggests": "causes",
    "fire": "screens",
    "screens": "screens",
    "questions": "questions",
}
"""Fields that name records of another table. `see_also` names markers in a marker, and is free elsewhere."""


def _references(known: Knowledge) -> Iterator[tuple[str, str, Path_, str]]:
    """Whatever names a record names one that exists."""
    for table, records in known.tables.items():
        for id_, record in records.items():
            if not isinstance(record, Model):
                continue
            for path, field, value in _fields(record, ()):
                into = "markers" if field == "see_also" and table == "markers" else POINTERS.get(field)
                if into is None or (into == "causes" and not known.tables["causes"]):
                    continue
                for name in [value] if isinstance(value, str) else value:
                    if name and name not in known.tables[into] and not (into == "questions" and _is_answer(known, name)):
                        yield table, id_, path, f"{field}: there is no {into[:-1]} {name!r}"
            if isinstance(record, Source) and record.verified and not record.checked:
                yield table, id_, ("verified",), "verified, but it does not say how it was checked"


def _variation(known: Knowledge) -> Iterator[tuple[str, str, Path_, str]]:
    """Biological variation is of a marker, in a unit of it, and called verified only on a source that was checked."""
    for id_, record in known.tables["variation"].items():
        if id_ not in known.tables["markers"]:
            yield "variation", id_, (), f"there is no marker {id_!r}"
        elif record.unit and record.unit not in known.factors[id_]:
            yield "variation", id_, ("unit",), f"{record.unit} is no unit of {id_}"
        source = known.tables["sources"].get(record.source)
        if record.verified and source is not None and not source.verified:
            yield "variation", id_, ("verified",), f"verified, but its source {source.id!r} is not"


def _is_answer(known: Knowledge, name: str) -> bool:
    """Whether `name` is a question and one of its answers: ``onset.sudden``."""
    question, _, answer = name.partition(".")
    found = known.tables["questions"].get(question)
    return found is not None and answer in {one.value for one in found.answers}


def _fields(model: Model, path: Path_) -> Iterator[tuple[Path_, str, Any]]:
    for field in type(model).model_fields:
        value = getattr(model, field)
        if isinstance(value, str) or (isinstance(value, tuple) and value and isinstance(value[0], str)):
            yield (*path, field), field, value
        elif isinstance(value, Model):
            yield from _fields(value, (*path, field))
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                if isinstance(item, Model):
                    yield from _fields(item, (*path, field, i))


def _shared_names(known: Knowledge) -> Iterator[tuple[str, str, Path_, str]]:
    """Two markers may share a name only if specimen or unit tells them apart."""
    markers: dict[str, Marker] = known.tables["markers"]
    owners: dict[str, list[str]] = {}
    for marker in markers.values():
        for name in names_of(marker):
            owners.setdefault(name, []).append(marker.id)
    for name, ids in owners.items():
        for one, other in combinations(ids, 2):
            if not told_apart(markers[one], markers[other], known):
                path = place_of(name, markers[other])
                yield "markers", other, path, f"{name!r} is also a name of {one}, and neither specimen nor unit tells which is meant"


def place_of(name: str, marker: Marker) -> Path_:
    """Where a marker gives a folded name."""
    places = (("names", language, i) for language, names in marker.names.items() for i, said in enumerate(names) if fold_name(said) == name)
    return next(places, ("name",))


def told_apart(one: Marker, other: Marker, known: Knowledge) -> bool:
    """By specimen, by a word against a number, or by the units of either."""
    if not set(one.specimen) & set(other.specimen):
        return True
    if one.needs != other.needs:
        return True
    mine, theirs = set(known.factors[one.id]), set(known.factors[other.id])
    return bool(mine) != bool(theirs) or (bool(mine) and one.unit not in theirs and other.unit not in mine)


def _shared_codes(known: Knowledge) -> Iterator[tuple[str, str, Path_, str]]:
    owner: dict[str, str] = {}
    for marker in known.tables["markers"].values():
        for i, loinc in enumerate(marker.loinc):
            if loinc.exclude:
                continue
            if loinc.code in owner:
                yield "markers", marker.id, ("loinc", i), f"{loinc.code} is also a code of {owner[loinc.code]}"
            owner.setdefault(loinc.code, marker.id)


# ---- helpers -------------------------------------------------------------------------------------------------------------


def factors(marker: Marker) -> dict[str, Factor]:
    """What can be converted for this marker; a unit that cannot is left out here and named by `check_units`."""
    try:
        return factors_of(marker)
    except LabinterpError:
        sound = tuple(unit for unit in marker.units if _converts(marker.model_copy(update={"units": (unit,)})))
        return factors_of(marker.model_copy(update={"units": sound}))


def _converts(marker: Marker) -> bool:
    try:
        return bool(factors_of(marker))
    except LabinterpError:
        return False


def limits_in(marker: Marker) -> Iterator[tuple[Path_, Limits]]:
    """Every group of limits in a marker, and where it stands."""
    for i, interval in enumerate(marker.intervals):
        yield ("intervals", i, "limits"), interval.limits
    for i, scheme in enumerate(marker.decision):
        for j, band in enumerate(scheme.bands):
            yield ("decision", i, "bands", j, "limits"), band.limits
    for i, critical in enumerate(marker.critical):
        yield ("critical", i, "low"), critical.low
        yield ("critical", i, "high"), critical.high
    if marker.plausible:
        yield ("plausible", "limits"), marker.plausible.limits


def items_of(marker: Marker) -> Iterator[tuple[Path_, Model]]:
    """Everything in a marker that may carry a source."""
    for part in ("intervals", "decision", "critical", "units", "derived", "notes", "interferences"):
        for i, item in enumerate(getattr(marker, part)):
            yield (part, i), item


def bounds_of(limits: Limits, unit: str) -> Bounds | None:
    try:
        return parse_limits(limits[unit]) if unit in limits else None
    except LabinterpError:
        return None


def in_canonical(marker: Marker, known: Knowledge, limits: Limits) -> Bounds | None:
    """Limits in the canonical unit, from the first unit given that can be converted."""
    factors = known.factors[marker.id]
    for unit in sorted(limits, key=lambda unit: unit != marker.unit):
        bounds = bounds_of(limits, unit)
        if bounds and unit in factors and not factors[unit].own_scale:
            f = factors[unit]
            low, high = bounds.low * f.factor + f.intercept, bounds.high * f.factor + f.intercept
            return bounds._replace(low=low, high=high, low_slope=bounds.low_slope * f.factor, high_slope=bounds.high_slope * f.factor)
    return None


def normal_zones(marker: Marker, known: Knowledge) -> Iterator[tuple[Population, Bounds]]:
    """What the defaults call normal, in the canonical unit."""
    bands: Iterator[tuple[Population, Band]] = ((s, band) for s in marker.decision if s.default for band in s.bands if band.severity == 0)
    for scheme, band in bands:
        if zone := in_canonical(marker, known, band.limits):
            yield scheme, zone
    for interval in marker.intervals:
        if interval.default and (zone := in_canonical(marker, known, interval.limits)) and not zone.follows_age:
            yield interval, zone


def same_quantity(edge: float, factor: Factor, twin: float, other: Factor) -> bool:
    """Whether two edges differ by no more than one rounding step of either unit, or by two per cent."""
    if factor.own_scale or other.own_scale:
        return True
    one, two = edge * factor.factor + factor.intercept, twin * other.factor + other.intercept
    step = max(10.0**-f.decimals * f.factor if f.decimals is not None else 0.0 for f in (factor, other))
    return abs(one - two) <= step * 1.001 or isclose(one, two, rel_tol=SAME_EDGE)


def low_of(population: Population) -> float:
    return population.age[0] or 0.0


def high_of(population: Population) -> float:
    return OLDEST if population.age[1] is None else population.age[1]


def overlap(one: Population, other: Population) -> bool:
    """Whether somebody belongs to both."""
    return (
        (one.sex is None or other.sex is None or one.sex == other.sex)
        and low_of(one) < high_of(other)
        and low_of(other) < high_of(one)
        and bool(one.pregnant) == bool(other.pregnant)
    )


def people(population: Population) -> str:
    """``women from 18 years`` and the like, for messages."""
    who = {"male": "men", "female": "women", None: "everybody"}[population.sex]
    low, high = population.age
    until = "" if high is None else f" to {high:g}"
    return f"{who}{', pregnant,' if population.pregnant else ''} from {low or 0:g}{until} years"


def loinc_valid(code: str) -> bool:
    """LOINC's form and its mod-10 check digit."""
    number, dash, digit = code.partition("-")
    if not (
        dash and number.isascii() and number.isdigit() and 1 <= len(number) <= 7 and digit.isascii() and digit.isdigit() and len(digit) == 1
    ):
        return False
    total = 0
    for position, character in enumerate(reversed(number)):
        doubled = int(character) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return (10 - total % 10) % 10 == int(digit)
