"""What laboratories print for a unit, as UCUM.

A printed unit is a whole that `reference_ranges/units.yaml` knows, or is put together from its parts:

    unit  := part ("/" part)*            parts after a stroke (or "per") divide
    part  := [power of ten] [count] word (("." | " " | "*") word)*
    word  := known spelling | prefix + known spelling, with an exponent (``L-1``) or an annotation (``{creat}``)

Letters that mean several things (``G/L``, ``M/uL``) are decided by the marker: exactly one meaning must convert soundly for it.
What is not known, or stays ambiguous, is None. Nothing is guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

from labinterp.errors import ValueTextError
from labinterp.reference import Reference
from labinterp.reference.limits import parse_limits
from labinterp.reference.schema import Marker
from labinterp.shapes import parse_range, tidy

SIGNIFICANT = ("{1.73_m2}", "{FEU}", "{DDU}")
"""Annotations that make another quantity; all others only name what is counted (see `labinterp.reference.factors`)."""

GLUED = ("{creat}", "{Hb}", "{FEU}", "{DDU}", "{H2O}")
"""Annotations that are printed without a space: ``mg/gCr``."""

MANY = 64  # readings of one spelling; more would be noise
_POWER = re.compile(
    r"""^(?:[x*]\s?)?10\s?(?: (?:\^|\*\*?|e(?:xp)?\+?|x|hoch)\s?\(?([+-]?\d{1,2})\)?   # x10^3  10*9  10E12
                          | \((\d{1,2})\)                                               # 10(9)
                          | \s?(3|6|9|12)(?!\d) )\s*                                    # 109/L: the superscript was lost""",
    re.I | re.X,
)
_THOUSANDS = re.compile(r"^(?:[x*]\s?)?(1[.,]?000(?:[.,]?000)?)(?!\d)\s*")
_PER = re.compile(r"\s?/\s?|(?:\s|^)(?:per|pro|por|par|na|in|at|after|nach|за)\s", re.I)
_REMARK = re.compile(r"\s?\(([^()]+)\)$")
_COUNT = re.compile(r"^(\d{1,4})\s?(?:st|ère|era|re|a|ª|er)?\.?\s?(?=[^\W\d_])")
_EXPONENT = re.compile(r"^(.*?[^\W\d_])\^?(-?[1-3])$")
_SPLIT = re.compile(r"(?<=[^\W\d_])\.(?=\S)|\s*[·*]\s*|\s+|(?<=%)(?=[^\W\d_])")
_NOTES = re.compile(r"\{[^{}]*\}")


class _Spellings(NamedTuple):
    """The table of spellings, exact and without case, and the prefixes and annotations among them, longest first."""

    exact: dict[str, tuple[str, ...]]
    folded: dict[str, tuple[str, ...]]
    prefixes: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]


@lru_cache(maxsize=8)
def _spellings(ref: Reference) -> _Spellings:
    exact: dict[str, tuple[str, ...]] = {}
    prefixes = []
    for spelling, meant in ref.spellings.items():
        if spelling.endswith("-") and meant.endswith("-"):
            prefixes.append((tidy(spelling)[:-1], meant[:-1]))
        else:
            exact[tidy(spelling)] = tuple(meant.split(" | "))
    folded: dict[str, tuple[str, ...]] = {}
    for spelling, meanings in exact.items():
        key = spelling.casefold()
        folded[key] = tuple(dict.fromkeys((*folded.get(key, ()), *meanings)))
    notes = [(spelling, meanings[0]) for spelling, meanings in exact.items() if meanings[0] in GLUED and len(spelling) > 1]
    return _Spellings(exact, folded, *(tuple(sorted(pairs, key=lambda pair: -len(pair[0]))) for pairs in (prefixes, notes)))


def ucum_of(ref: Reference, text: str, marker: Marker | None = None) -> str | None:
    """The UCUM unit of a printed spelling, or None where it is not known or may mean several things.

    With a `marker`, of several meanings the one that converts soundly for it is taken, written as its own units are. A spelling whose
    only meaning does not convert for the marker is returned all the same: known, but not convertible.
    """
    return _ucum(ref, text, marker.id if marker else "")


@lru_cache(maxsize=65536)
def _ucum(ref: Reference, text: str, marker_id: str) -> str | None:
    plain = re.sub(r"\s+", " ", re.sub(r"^\?(?=(?:mol|g|kat|IU|U|L|m)\b)", "µ", tidy(text))).strip()
    for opening, closing in ("()", "[]"):
        if plain.startswith(opening) and plain.endswith(closing) and plain.count(opening) == 1 and "/" in plain:
            plain = plain[1:-1].strip()
    if not plain or len(plain) > 60:
        return None
    if marker_id and ref.factor(marker_id, plain):
        return plain
    known = _spellings(ref)
    if not _look_up(plain, known, False):
        plain = _REMARK.sub(r" \1", plain)  # % (NGSP)
    meanings = list(dict.fromkeys(islice(_whole(plain, known, True), MANY)))
    if not meanings:  # MG/DL: only where the case as printed means nothing at all
        meanings = list(dict.fromkeys(islice(_whole(plain, known, False), MANY)))
    if marker_id:
        sound: dict[tuple[float, float], str] = {}
        for meaning in meanings:
            for written in (meaning, _without_notes(meaning)):
                if factor := ref.factor(marker_id, written):
                    sound.setdefault((factor.factor, factor.intercept), written)
                    break
        if sound:  # of several, the canonical unit itself: `mil` is thousand for white cells, million for red ones
            return next(iter(sound.values())) if len(sound) == 1 else sound.get((1.0, 0.0))
    return meanings[0] if len({_without_notes(meaning) for meaning in meanings}) == 1 else None


def _without_notes(ucum: str) -> str:
    plain = _NOTES.sub(lambda note: note[0] if note[0] in SIGNIFICANT else "", ucum)
    return re.sub(r"/$", "", plain) or ucum  # pg/{cell}


def _whole(text: str, known: _Spellings, with_case: bool) -> Iterator[str]:
    """Every UCUM unit that a printed unit may stand for."""
    entire = _look_up(text, known, with_case)
    yield from entire
    if entire:
        return
    numerator, *denominators = _PER.split(text)
    for parts in product(list(_part(numerator, known, with_case, top=True)), *(list(_part(d, known, with_case)) for d in denominators)):
        tops, bottoms = list(parts[0][0]), list(parts[0][1])
        for above, below in parts[1:]:
            bottoms += above
            tops += below
        if len(tops) > 1 or any("/" in bottom for bottom in bottoms) or (bottoms and any("/" in term for term in tops)):
            continue
        if tops == ["1"] and bottoms:  # 1/nL
            tops = []
        yield _noted("/".join((*tops, *bottoms)) if tops else "/" + "/".join(bottoms))


def _noted(ucum: str) -> str:
    """Annotations that make another quantity stand at the end: ``ng{FEU}/mL`` -> ``ng/mL{FEU}``."""
    for note in SIGNIFICANT[1:]:
        if note in ucum:
            ucum = ucum.replace(note, "") + note
    return ucum


def _look_up(text: str, known: _Spellings, with_case: bool) -> tuple[str, ...]:
    return known.exact.get(text, ()) if with_case else known.folded.get(text.casefold(), ())


Sides = tuple[tuple[str, ...], tuple[str, ...]]
"""UCUM terms above and below the stroke."""


def _part(text: str, known: _Spellings, with_case: bool, top: bool = False) -> Iterator[Sides]:
    """What one part between strokes may be: a power of ten, a count, words."""
    text = text.strip()
    if not text:
        if top:
            yield (), ()
        return
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    if whole := _look_up(text, known, with_case):
        for meaning in whole:
            yield (meaning,), ()
        return
    power = 0
    if found := _POWER.match(text):
        power, text = int(found[1] or found[2] or found[3]), text[found.end() :]
    elif found := _THOUSANDS.match(text):
        power, text = (3 if len(re.sub(r"\D", "", found[1])) == 4 else 6), text[found.end() :]
    count = ""
    if not power and (found := _COUNT.match(text)):
        count, text = found[1], text[found.end() :]
    if not text:
        if power:
            yield (f"10*{power}",), ()
        return
    words = [word for word in ([text] if _look_up(text, known, with_case) else _SPLIT.split(text)) if word]
    for meanings in product(*(list(_word(word, known, with_case)) for word in words)):
        above: list[str] = []
        below: list[str] = []
        for meaning, exponent in meanings:
            if meaning.startswith("{") and meaning != "{1.73_m2}" and (above or below):
                (above or below)[-1] += meaning  # g creat -> g{creat}
            elif exponent < 0:
                below.append(meaning)
            else:
                above.append(meaning)
        if (power or count) and not (above := _scaled(above, power, count)):
            continue
        if len(above) == 2 and above[0].startswith("10*") and above[1].startswith("{"):
            above = above[:1]
        yield tuple(above), tuple(below)


def _word(word: str, known: _Spellings, with_case: bool) -> Iterator[tuple[str, int]]:
    """One word as a UCUM term with its exponent."""
    exponent = 1
    whole = _look_up(word, known, with_case) or _look_up(word.rstrip("."), known, with_case)
    if not whole and (found := _EXPONENT.match(word)) and found[2].startswith("-"):
        exponent, word = int(found[2]), found[1]
        whole = _look_up(word, known, with_case)
    note = ""
    if not whole and (found := re.search(r"\{[^{}]+\}$", word)):
        note, word = found[0], word[: found.start()]
        note = _look_up(note, known, True)[0] if _look_up(note, known, True) else note
        if not word:  # {beats}
            yield note, exponent
            return
        whole = _look_up(word, known, with_case)
    if not whole and not note:
        for spelling, meaning in known.notes:
            if word.endswith(spelling) and len(word) > len(spelling):
                note, word = meaning, word[: -len(spelling)]
                whole = _look_up(word, known, with_case)
                break
    if whole:
        yield from ((meaning + note, exponent) for meaning in whole)
        return
    bare = word.rstrip(".")
    for spelling, prefix in known.prefixes:
        same = bare.startswith(spelling) if with_case else bare.casefold().startswith(spelling.casefold())
        if not same or len(bare) == len(spelling):
            continue
        for meaning in _look_up(bare[len(spelling) :], known, with_case):
            if meaning in PREFIXABLE:
                yield prefix + meaning + note, exponent


PREFIXABLE = frozenset(("g", "mol", "eq", "osm", "kat", "U", "[IU]", "[arb'U]", "L", "m", "Pa", "s", "[GPL'U]", "[MPL'U]"))
_PREFIX_OF = {3: "k", -1: "d", -2: "c", -3: "m", -6: "u", -9: "n", -12: "p"}


def _scaled(above: list[str], power: int, count: str) -> list[str]:
    """A power of ten or a count in front of a unit: ``10^-3 IU`` is m[IU], ``24 h`` is (24.h), ``100 mL`` is dL, ``1 h`` is h."""
    if power:
        if not above or above[0].startswith("{"):
            return [f"10*{power}"]
        if above[0] in PREFIXABLE and power in _PREFIX_OF:
            return [_PREFIX_OF[power] + above[0], *above[1:]]
        return []
    if count == "1":
        return above
    unit = _NOTES.sub("", above[0]) if above else ""
    special = {("24", "h"): "(24.h)", ("60", "min"): "h", ("100", "mL"): "dL", ("1000", "mL"): "L", ("10", "dL"): "L"}.get((count, unit))
    return [special, *above[1:]] if special else []


FITS = 1.6  # a printed range tells the unit if both its ends lie within this factor of a built-in interval's (editorial)


def range_fits(ref: Reference, marker: Marker, range_text: str, mark: str, every_unit: bool = False) -> str:
    """The one unit in which the printed range looks like a built-in interval of this marker; empty if none or several do.

    Asked of the units in which limits are published, or of `every_unit` in which the marker is reported.
    """
    try:
        printed = parse_range(range_text, locale=mark or None)
    except ValueTextError:
        return ""
    if printed.kind != "interval" or not printed.low or not printed.high:
        return ""
    fitting: dict[float, str] = {}
    every = {unit for interval in marker.intervals for unit in interval.limits}
    every |= {unit for scheme in marker.decision for band in scheme.bands for unit in band.limits} | (
        {marker.unit} if marker.unit else set()
    )
    if every_unit:
        every |= {unit.ucum for unit in marker.units if not unit.approximate}
    for unit in sorted(every):
        factor = ref.factor(marker.id, unit)
        if factor is None or factor.intercept:
            continue
        low, high = printed.low * factor.factor, printed.high * factor.factor
        for interval in marker.intervals:
            for own, text in interval.limits.items():
                there, bounds = ref.factor(marker.id, own), parse_limits(text)
                if there is None or bounds.follows_age or not (bounds.low > 0 and math.isfinite(bounds.high)):
                    continue
                if all(1 / FITS <= a / (b * there.factor) <= FITS for a, b in ((low, bounds.low), (high, bounds.high))):
                    fitting.setdefault(round(factor.factor, 12), unit)
    return next(iter(fitting.values())) if len(fitting) == 1 else ""
