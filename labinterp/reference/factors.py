"""Which units a marker can be converted from, and how: worked out with pint when the knowledge is compiled, never at run time.

Two units convert into each other if they measure the same quantity (SI), or if a property of the marker bridges them: its molar mass
(mass and amount), its valence (equivalents), one catalytic unit being one micromole a minute (katal), or a factor that its file
states with a source. Nothing else does: no mass for an activity, no equivalents without a charge, no excretion for a concentration.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pint

from labinterp.errors import ReferenceDataError
from labinterp.reference.schema import Factor, Marker

CREATININE = 113.12
"""g/mol, IUPAC abridged atomic weights of C4H7N3O: per gram and per mole of creatinine are two ways to say one ratio."""

SIGNIFICANT = ("{1.73_m2}", "{FEU}", "{DDU}")
"""Annotations that make another quantity. All others only name what is counted: ``mg/g{creat}`` may be printed ``mg/g``."""

_ATOMS: dict[str, str] = {
    "g": "gram",
    "mol": "mole",
    "L": "liter",
    "m": "meter",
    "s": "second",
    "min": "minute",
    "h": "hour",
    "d": "day",
    "(24.h)": "day",
    "U": "international",  # laboratories drop the I of an international unit, and print it for enzymes
    "kat": "katal",
    "Pa": "pascal",
    "m[Hg]": "meter*mercury",
    "Cel": "kelvin",
    "%": "0.01*percent_of",
    "[ppth]": "0.001*percent_of",
    "1": "percent_of",
    "eq": "equivalent",
    "osm": "osmole",
    "[IU]": "international",
    "[arb'U]": "arbitrary",
    "[GPL'U]": "igg_phospholipid",
    "[MPL'U]": "igm_phospholipid",
    "[beth'U]": "bethesda",
    "[HPF]": "high_power_field",
    "[LPF]": "low_power_field",
    "[pH]": "acidity",
}
_SHARES = {"L/L": "1", "mL/dL": "%", "g/g": "1"}  # shares of a whole, not plain numbers
_PREFIXES = {"k": 3, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
_TERM = re.compile(r"^(?P<unit>\(24\.h\)|1|%|[a-zA-Z\[\]']+)?(?P<power>[23])?(?P<note>\{[^{}]+\})?$")
_COUNT = re.compile(r"^10\*(-?\d+)$")


@cache
def _registry() -> pint.UnitRegistry[float]:
    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    for name, kind in {
        "equivalent": "charge",
        "osmole": "osmotic",
        "international": "international_unit",
        "arbitrary": "arbitrary_unit",
        "igg_phospholipid": "gpl",
        "igm_phospholipid": "mpl",
        "bethesda": "inhibitor",
        "high_power_field": "hpf",
        "low_power_field": "lpf",
        "acidity": "ph",
        "creatinine_gram": "creatinine",
        "hemoglobin_gram": "hemoglobin_mass",
        "body_surface": "surface",
        "fibrinogen_equivalent": "feu",
        "d_dimer_unit": "ddu",
        "percent_of": "share",
    }.items():
        registry.define(f"{name} = [{kind}]")
    registry.define("mercury = 133322.387415 * pascal / meter")
    return registry


Kind = frozenset[tuple[str, float]]
"""Base dimension -> power."""


class Quantity(NamedTuple):
    """A unit in base units: its size, and what it measures."""

    size: float
    kind: Kind


@cache
def quantity(ucum: str) -> Quantity:
    """The size and kind of a UCUM unit. Raises `ReferenceDataError` for what is not a unit known here."""
    registry = _registry()
    expression, size = [], 1.0
    numerator, *denominators = _SHARES.get(ucum, ucum).replace("(24.h)", "\x00").split("/")
    if not all(denominators) or not (numerator or denominators):
        raise ReferenceDataError(f"{ucum!r} is not a UCUM unit known here")
    for power, part in ((1, numerator), *((-1, d) for d in denominators)):
        for term in part.split(".") if part and part != "{1.73_m2}" else [part]:
            term = term.replace("\x00", "(24.h)")
            if count := _COUNT.match(term):
                size *= 10.0 ** (power * int(count[1]))
            elif term:
                expression.append(f"({_pint_term(term, ucum)})**{power}")
    found: Any = registry.Quantity(registry.parse_expression(" * ".join(expression) or "1")).to_base_units()
    return Quantity(size * float(found.magnitude), frozenset((name, float(p)) for name, p in found.dimensionality.items()))


def _pint_term(term: str, ucum: str) -> str:
    if term == "{1.73_m2}":
        return "body_surface"
    found = _TERM.match(term)
    if not found:
        raise ReferenceDataError(f"{ucum!r} is not a UCUM unit known here")
    unit, note = found["unit"] or "", found["note"] or ""
    scale, name = _atom(unit, ucum)
    if note == "{creat}":
        name = "creatinine_gram" if unit.endswith("g") else f"{CREATININE} * creatinine_gram"
    elif note == "{Hb}" and unit.endswith("g"):
        name = "hemoglobin_gram"
    text = f"(1e{scale} * {name})**{found['power'] or 1}" if unit else "1"
    special = {"{FEU}": "fibrinogen_equivalent", "{DDU}": "d_dimer_unit"}.get(note)
    return f"{text} * {special}" if special else text


def _atom(unit: str, ucum: str) -> tuple[int, str]:
    if unit in _ATOMS or not unit:
        return 0, _ATOMS.get(unit, "1")
    if unit[0] in _PREFIXES and unit[1:] in _ATOMS:
        return _PREFIXES[unit[0]], _ATOMS[unit[1:]]
    raise ReferenceDataError(f"{ucum!r} is not a UCUM unit known here")


# ---- the units laboratories use, by family -----------------------------------------------------------------------------------

MASS = ("g", "mg", "ug", "ng", "pg", "fg")
AMOUNT = ("mol", "mmol", "umol", "nmol", "pmol", "fmol")
CHARGE = ("eq", "meq", "ueq")
OSMOLES = ("osm", "mosm")
ACTIVITY = ("U", "kU", "mU", "uU", "nU")
KATAL = ("kat", "mkat", "ukat", "nkat", "pkat")
INTERNATIONAL = ("[IU]", "k[IU]", "m[IU]", "u[IU]", "n[IU]")
ARBITRARY = ("[arb'U]", "k[arb'U]", "m[arb'U]")
VOLUME = ("L", "dL", "mL", "uL", "nL", "pL", "fL")
TINY = ("um3", "fL", "pL", "nL")
COUNT = ("", "10*2", "10*3", "10*4", "10*5", "10*6", "10*8", "10*9", "10*10", "10*12")
SHARE = ("%", "1", "L/L", "[ppth]", "mL/dL", "g/g")
TIME = ("s", "min", "h", "d", "(24.h)")
PRESSURE = ("mm[Hg]", "kPa", "Pa")
SECONDS = ("s", "ms", "min")
_PER_VOLUME = ("L", "dL", "mL", "uL")
_PER_COUNTED = ("L", "dL", "mL", "uL", "nL", "pL", "mm3")
_PER_MASS = ("g", "kg", "mg")
_PER_CREATININE = tuple(f"{unit}{{creat}}" for unit in ("g", "kg", "mg", "mol", "mmol", "umol"))
UNITLESS = ("1", "{ratio}", "{index}")
_SUBSTANCE = (*MASS, *AMOUNT, *CHARGE, *OSMOLES, *ACTIVITY, *KATAL, *INTERNATIONAL, *ARBITRARY)
FAR = 1e7
"""A unit further than this from the canonical one is in use for no marker."""
_FAMILIES = (MASS, TINY, VOLUME, SECONDS, PRESSURE, AMOUNT, CHARGE, OSMOLES, ACTIVITY, KATAL, INTERNATIONAL, ARBITRARY)


def _candidates(ucum: str) -> Iterator[str]:
    """Units built like `ucum`: another prefix, volume, time, or a substance measured in another way."""
    numerator, *denominators = ucum.split("/")
    note = next((mark for mark in SIGNIFICANT[1:] if mark in ucum), "")
    if ucum == "%":
        yield from SHARE
        return
    if not numerator or _COUNT.match(numerator):
        heads: tuple[str, ...] = COUNT
    elif numerator in _SUBSTANCE and denominators:
        heads = _SUBSTANCE
    else:
        heads = next((family for family in _FAMILIES if numerator in family), (numerator,))
    if numerator in MASS and not denominators:  # of one cell
        heads = (*MASS, *AMOUNT)
    if numerator == "L" and not denominators:
        heads = VOLUME
    if numerator == "fL" and not denominators:
        heads = TINY
    tails: list[tuple[str, ...]] = []
    for part in denominators:
        plain = part.removesuffix(note) if note else part
        if plain in (*VOLUME, "mm3"):
            tails.append(_PER_COUNTED if heads is COUNT else _PER_VOLUME)
        elif plain in TIME and numerator != "mm":
            tails.append(TIME)
        elif part in _PER_CREATININE:
            tails.append(_PER_CREATININE)
        elif plain in _PER_MASS:
            tails.append(_PER_MASS)
        elif plain == "g{Hb}":
            tails.append(("g{Hb}", "mg{Hb}"))
        else:
            tails.append((part,))
    for head, *rest in product(heads, *tails):
        yield "/".join((head, *rest)) + note


def _bridges(marker: Marker, home: Quantity) -> dict[Kind, float]:
    """Kind of quantity -> how many canonical units one base unit of that kind is."""
    mass, amount, charge, osmoles, activity, katal = (quantity(unit).kind for unit in ("g", "mol", "eq", "osm", "U", "kat"))
    bridges = {home.kind: 1.0 / home.size}

    def swap(kind: Kind, old: Kind, new: Kind) -> Kind | None:
        """`kind` with a substance in the numerator measured otherwise; None where there is no such substance."""
        powers = dict(kind)
        if any(powers.get(name, 0.0) < power for name, power in old if power > 0):
            return None
        for change, sign in ((old, -1), (new, 1)):
            for name, power in change:
                powers[name] = powers.get(name, 0.0) + sign * power
        return frozenset((name, power) for name, power in powers.items() if power)

    molar = marker.molar_mass
    if molar:
        kilograms = molar.value / 1000.0  # a mole of it, in the base unit of mass
        if (kind := swap(home.kind, mass, amount)) is not None:
            bridges[kind] = kilograms / home.size
        elif (kind := swap(home.kind, amount, mass)) is not None:
            bridges[kind] = 1.0 / kilograms / home.size
        if molar.valence:
            for kind, size in list(bridges.items()):
                if (other := swap(kind, amount, charge)) is not None:
                    bridges[other] = size / molar.valence
    if (kind := swap(home.kind, osmoles, amount)) is not None:  # osmoles are moles of particles
        bridges[kind] = 1.0 / home.size
    if _catalytic(marker.unit or "") and (kind := swap(home.kind, activity, katal)) is not None:
        bridges[kind] = 60e6 / home.size  # one catalytic unit is one micromole a minute
    return bridges


def factors_of(marker: Marker) -> dict[str, Factor]:
    """Every UCUM unit this marker can be converted from -> its conversion into the canonical unit.

    Units that differ by a power of ten only take their `decimals` from the unit that states them. Raises `ReferenceDataError` for
    units that are not known or stated units without a sound factor.
    """
    if marker.unit is None:
        return {}
    factors = {marker.unit: Factor(factor=1.0, decimals=marker.decimals)}
    stated = {unit.ucum: unit for unit in marker.units}
    for ucum, unit in stated.items():
        if unit.factor is not None:
            factors[ucum] = Factor(**unit.model_dump(include=set(Factor.model_fields)))
    for ucum, factor in _derived(marker).items():
        factors.setdefault(ucum, factor)
    for ucum, unit in stated.items():
        if ucum not in factors and (derived := _worked_out(marker, ucum)) is not None:
            factors[ucum] = derived
        if ucum not in factors:
            raise ReferenceDataError(f"{marker.id}: {ucum!r} has no sound conversion into {marker.unit!r}: give a factor and its source")
        if unit.decimals is not None or unit.source:
            given = {"decimals": unit.decimals} if unit.decimals is not None else {}
            factors[ucum] = factors[ucum].model_copy(update={**given, **({"source": unit.source} if unit.source else {})})
    for ucum, factor in list(factors.items()):
        if (plain := without_notes(ucum)) != ucum:
            factors.setdefault(plain, factor)
    return {ucum: _with_decimals(ucum, factor, factors, marker) for ucum, factor in factors.items()}


def without_notes(ucum: str) -> str:
    """A unit without the annotations that only name what is counted: ``mg/g{creat}`` -> ``mg/g``."""
    plain = re.sub(r"\{[^{}]*\}", lambda note: note[0] if note[0] in SIGNIFICANT else "", ucum)
    return plain if plain else ucum


def _derived(marker: Marker) -> dict[str, Factor]:
    assert marker.unit is not None
    home = marker.unit
    if home.startswith("{") and home != "{titer}":
        return {ucum: Factor(factor=1.0) for ucum in (*UNITLESS, home)}
    if home in UNITLESS:
        return {ucum: Factor(factor=1.0) for ucum in UNITLESS}
    if home == "{titer}":
        return {"1": Factor(factor=1.0)}
    found: dict[str, Factor] = {}
    for ucum in _candidates(home):
        if (factor := _worked_out(marker, ucum)) is not None and 1 / FAR <= factor.factor <= FAR:
            found[ucum] = factor
    for unit in marker.units:  # a stated factor holds for its unit in every prefix
        if unit.factor is None or unit.intercept or unit.ucum.startswith("{"):
            continue
        try:
            there = quantity(unit.ucum)
        except ReferenceDataError:
            continue
        if there.kind in _bridges(marker, quantity(home)):
            continue
        for ucum in _candidates(unit.ucum):
            other = quantity(ucum)
            if other.kind == there.kind:
                more = unit.model_dump(include={"approximate", "own_scale", "source"})
                found.setdefault(ucum, Factor(factor=_clean(unit.factor * other.size / there.size), **more))
    return found


def _worked_out(marker: Marker, ucum: str) -> Factor | None:
    """The conversion that follows from the units and the properties of the substance, or None."""
    assert marker.unit is not None
    try:
        home, there = quantity(marker.unit), quantity(ucum)
    except ReferenceDataError:
        return None
    size = _bridges(marker, home).get(there.kind)
    if size is None:
        return None
    return Factor(factor=_clean(size * there.size), source="" if there.kind == home.kind else "calc")


def _catalytic(ucum: str) -> bool:
    """Enzymes are reported per litre or per gram; antibodies and tumour markers, whose unit is an agreed one, per millilitre."""
    return "kat" in ucum or (re.match(r"[kmun]?U/", ucum) is not None and not ucum.endswith("/mL"))


def _clean(factor: float) -> float:
    """A factor without the noise of binary multiplication."""
    return float(f"{factor:.12g}")


def _with_decimals(ucum: str, factor: Factor, factors: dict[str, Factor], marker: Marker) -> Factor:
    """The decimals of the unit, or those of a sibling moved by the power of ten between them."""
    if factor.decimals is not None or factor.intercept:
        return factor
    anchors = (marker.unit, *(unit.ucum for unit in marker.units if unit.decimals is not None))
    for anchor in anchors:
        near = factors.get(anchor or "")
        if near is None or near.decimals is None or near.intercept:
            continue
        shift = math.log10(factor.factor / near.factor)
        if abs(shift - round(shift)) < 1e-9:
            return factor.model_copy(update={"decimals": max(0, near.decimals + round(shift))})
    return factor
