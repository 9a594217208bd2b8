"""Stage: results in the marker's canonical unit, and `convert` for one value. Factors were worked out when the knowledge was compiled."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from labinterp.columns import Columns, resolve, spread, stage
from labinterp.errors import UnitError, ValueTextError
from labinterp.limits import significant
from labinterp.reference import Reference
from labinterp.reference.schema import Factor, Marker
from labinterp.shapes import parse_range
from labinterp.ucum import range_fits, ucum_of

NAN = math.nan
BLOCK = 1 << 14  # rows at a time: what a processor keeps close by
FAR = 5.0  # a range is of another unit only if that unit differs by more than this (editorial)


class Unit(NamedTuple):
    """How the rows of one kind are converted; the names are columns that `normalize_units` adds."""

    ucum: str = ""
    unit: str = ""
    unit_basis: str = ""
    unit_reason: str = ""
    range_ucum: str = ""
    factor: float = NAN
    intercept: float = 0.0


@stage
def normalize_units(results: Columns, ref: Reference) -> Columns:
    """Add `value` in the canonical `unit`, `ucum` (the printed unit), how the unit was found, why not, and the unit of the printed range.

    `unit_basis` is ``printed``, ``value_text``, ``range_text``, ``only_unit`` or ``range_fits``.
    """
    columns = ("marker", "unit_text", "value_unit", "range_text", "decimal", "value_kind")
    codes, units = resolve(results, columns, lambda *texts: unit_of(ref, *(text if isinstance(text, str) else "" for text in texts)))
    found = {name: spread(codes, [getattr(unit, name) for unit in units]) for name in Unit._fields}
    found |= {name: found[name].astype(float) for name in ("factor", "intercept")}
    return {"value": converted(results["number"], found["factor"], found["intercept"]), **found}


def converted(number: np.ndarray, factor: np.ndarray, intercept: np.ndarray) -> np.ndarray:
    """Numbers in canonical units. What needs no conversion stays exactly as printed."""
    value: np.ndarray = np.empty(len(number), dtype=float)
    for start in range(0, len(number), BLOCK):
        part = slice(start, start + BLOCK)
        moved = (factor[part] != 1.0) | (intercept[part] != 0.0)
        value[part] = number[part]
        value[part][moved] = significant(number[part][moved] * factor[part][moved] + intercept[part][moved])
    return value


@lru_cache(maxsize=1 << 16)
def unit_of(ref: Reference, marker_id: str, unit_text: str, value_unit: str, range_text: str, mark: str, kind: str = "number") -> Unit:
    """The unit of a row: printed, glued to the value, inside the range, the only one there is, or the only one that the range fits."""
    marker = ref.markers.get(marker_id)
    in_range = range_unit(range_text, mark)
    range_ucum = ucum_of(ref, in_range, marker) or (in_range if in_range else "")
    for basis, text in (("printed", unit_text), ("value_text", value_unit), ("range_text", in_range)):
        if not text.strip():
            continue
        ucum = ucum_of(ref, text, marker)
        if marker is None:
            return Unit(ucum or "", "", basis, "", range_ucum)
        factor = ref.factor(marker.id, ucum) if ucum else None
        if factor is None or ucum is None:
            shown = repr(text.strip())
            if ucum is None:
                return Unit(unit_reason=ref.say("The unit {unit} is not known.", unit=shown), range_ucum=range_ucum)
            reason = ref.say("The unit {unit} cannot be converted soundly for {test}.", unit=shown, test=marker.name)
            return Unit(unit_reason=reason, range_ucum=range_ucum)
        if factor.own_scale:
            return Unit(ucum, ucum, basis, "", range_ucum, 1.0)
        range_ucum = range_ucum or other_scale(ref, marker, ucum, range_text, mark)
        return Unit(ucum, marker.unit or "", basis, "", range_ucum, factor.factor, factor.intercept)
    if marker is None or marker.unit is None or kind in ("qualitative", "no_result", ""):
        return Unit(range_ucum=range_ucum)
    if only := only_unit(ref, marker, kind):
        factor = ref.factor(marker.id, only)
        return Unit(only, marker.unit, "only_unit", "", range_ucum, factor.factor if factor else 1.0, factor.intercept if factor else 0.0)
    if fitting := range_fits(ref, marker, range_text, mark):
        factor = ref.factor(marker.id, fitting)
        assert factor is not None
        return Unit(fitting, marker.unit, "range_fits", "", range_ucum, factor.factor, factor.intercept)
    return Unit(unit_reason=ref.say("No unit is printed, and it cannot be told from the range."), range_ucum=range_ucum)


def range_unit(range_text: str, mark: str) -> str:
    """The unit that stands inside a printed range, as printed."""
    if not range_text.strip():
        return ""
    try:
        return parse_range(range_text, locale=mark or None).unit
    except ValueTextError:
        return ""


UNITLESS = ("1", "{ratio}", "{titer}", "{index}", "[pH]", "{INR}", "{score}")


def only_unit(ref: Reference, marker: Marker, kind: str) -> str:
    """The unit of a marker that laboratories print without one (INR, pH, ratios, titres)."""
    if kind == "titer" and ref.factor(marker.id, "{titer}"):
        return "{titer}"
    return marker.unit if marker.unit in UNITLESS else ""


def other_scale(ref: Reference, marker: Marker, ucum: str, range_text: str, mark: str) -> str:
    """The unit of a range printed without one that only fits far from the result's (``7.2 x10^9/L``, ``4000-11000``); else empty."""
    fitting = range_fits(ref, marker, range_text, mark, every_unit=True) if range_text.strip() else ""
    here, there = ref.factor(marker.id, ucum), ref.factor(marker.id, fitting) if fitting else None
    if here is None or there is None or here.intercept or not here.factor:
        return ""
    return fitting if not 1 / FAR < there.factor / here.factor < FAR else ""


def convert(marker: str, value: float, unit: str, to: str | None = None) -> float:
    """`value` of a marker from `unit` to `to` (default: its canonical unit), free of float noise but not rounded.

    `marker` is an id, a LOINC code or any known name; units are UCUM or what laboratories print. Raises `UnitError` where the marker
    or a unit is not known, or where no sound factor exists (mass for an activity, kits with scales of their own).
    """
    way = _default_way(marker, unit, to)
    if way.factor == 1.0 and way.intercept == 0.0:
        return float(value)
    return float(f"{value * way.factor + way.intercept:.12g}")


class Way(NamedTuple):
    """One conversion: ``value * factor + intercept``, between two UCUM units of a marker."""

    marker: str
    ucum: str
    to: str
    factor: float
    intercept: float
    decimals: int | None = None
    approximate: bool = False
    sources: tuple[str, ...] = ()


@lru_cache(maxsize=65536)
def _default_way(name: str, unit: str, to: str | None) -> Way:
    return way_between(Reference.default(), name, unit, to)


def way_between(ref: Reference, name: str, unit: str, to: str | None = None) -> Way:
    """How a unit of a marker becomes another (default: the canonical one). Raises `UnitError`."""
    marker = marker_of(ref, name, unit)
    if marker.unit is None:
        raise UnitError(f"{marker.name} is not a number and has no unit")
    (here, first), (there, last) = (_factor(ref, marker, text) for text in (unit, marker.unit if to is None else to))
    if here != there and (first.own_scale or last.own_scale):
        raise UnitError(f"{marker.name}: no factor holds between {here!r} and {there!r}: a scale of its own")
    return Way(
        marker.id,
        here,
        there,
        float(f"{first.factor / last.factor:.14g}"),
        float(f"{(first.intercept - last.intercept) / last.factor:.14g}"),
        last.decimals,
        first.approximate or last.approximate,
        tuple(dict.fromkeys(filter(None, (first.source, last.source)))),
    )


def explain_conversion(marker: str, value: float, unit: str, to: str | None = None) -> str:
    """The same conversion in words: units as understood, factor, where it comes from, and the result as laboratories print it."""
    ref = Reference.default()
    way = way_between(ref, marker, unit, to)
    result = convert(marker, value, unit, to)
    known = ref.markers[way.marker]
    offset = f" {'+' if way.intercept > 0 else '-'} {abs(way.intercept):.10g}" if way.intercept else ""
    lines = [
        f"{known.name}: {value:.12g} {way.ucum} = {result:.12g} {way.to}",
        f"{way.to} = {way.ucum} x {way.factor:.10g}{offset}" + (" (approximate: never decides near a limit)" if way.approximate else ""),
    ]
    if way.decimals is not None:
        lines.append(f"rounded as laboratories print {way.to}: {result:.{way.decimals}f}")
    stated = [entry for entry in known.units if entry.ucum in (way.ucum, way.to) and entry.basis]
    lines += [f"{entry.ucum}: {entry.basis}{'' if entry.verified else ' (not checked)'}" for entry in stated]
    substance = [re.search("mol|eq|osm", unit) is not None for unit in (way.ucum, way.to)]
    if known.molar_mass and substance[0] != substance[1]:
        lines.append(f"molar mass {known.molar_mass.value:g} g/mol ({known.molar_mass.substance})")
    elif not way.sources and not stated:
        lines.append("source: definition of the units")
    lines += [f"source: {ref.sources[id_].organisation}, {ref.sources[id_].title}" for id_ in way.sources if id_ in ref.sources]
    return "\n".join(lines)


def marker_of(ref: Reference, name: str, unit: str = "") -> Marker:
    """The marker that an id, a LOINC code or a name means; of several with one name, the one that has this unit. Raises `UnitError`."""
    if name in ref.markers:
        return ref.markers[name]
    coded = ref.by_loinc(name)
    if coded and not coded[1]:
        return ref.markers[coded[0]]
    ids = ref.candidates(name)
    if len(ids) > 1:
        ids = tuple(i for i in ids if (ucum := ucum_of(ref, unit, ref.markers[i])) and ref.factor(i, ucum)) or ids
    if len(ids) != 1:
        raise UnitError(f"no marker is called {name!r}" if not ids else f"{name!r} may be {' or '.join(ids)}")
    return ref.markers[ids[0]]


def _factor(ref: Reference, marker: Marker, unit: str) -> tuple[str, Factor]:
    ucum = ucum_of(ref, unit, marker)
    if ucum is None:
        raise UnitError(f"{marker.name}: {unit!r} is not a unit known here, or may mean several")
    factor = ref.factor(marker.id, ucum)
    if factor is None:
        raise UnitError(f"{marker.name}: {unit!r} has no sound conversion")
    return ucum, factor
