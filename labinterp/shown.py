"""How results are shown on a page or on paper: numbers, units, flags, where a value lies, what to ask. Nothing is judged here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite, isnan, log, log10, nan
from typing import Any, Literal

from labinterp.language import Language, english
from labinterp.reference import Reference
from labinterp.reference.schema import Marker

Group = Literal["outside", "open", "inside"]
Look = Literal["low", "high", "doubt", "plain", "calm"]
Units = Literal["printed", "SI", "US"]

ENGLISH = Language()

FLAGS: dict[str, tuple[str, Look]] = {
    "LL": (english("Very low"), "low"),
    "L": (english("Low"), "low"),
    "H": (english("High"), "high"),
    "HH": (english("Very high"), "high"),
    "A": (english("Abnormal"), "high"),
    "POS": (english("Positive"), "plain"),
    "NEG": (english("Negative"), "plain"),
}
SEXES = {"male": english("male"), "female": english("female")}
BY_GUIDELINE = {
    "low": english("Low by guideline"),
    "high": english("High by guideline"),
    "normal": english("Normal by guideline"),
    "": english("Outside by guideline"),
}
GLYPHS: dict[Look, str] = {"low": "▼", "high": "▲", "doubt": "?", "plain": "", "calm": ""}
STATUS_WORDS = {
    "unknown_marker": english("test not known here"),
    "unreadable_value": english("value not readable"),
    "unknown_unit": english("unit not known"),
    "implausible": english("not plausible, please check"),
    "no_interval": english("no range to compare with"),
    "undetermined": english("undetermined"),
    "not_a_result": english("no result yet"),
}
"""Status of a row -> what a person is told."""
SEVERITY_BORDERLINE = 1


def group_of(cells: Mapping[str, Any]) -> Group:
    """Where a row stands: outside a limit, inside all that apply, or open. What waits for a look may alarm but never reassures."""
    if cells["abnormal"] is True and cells["status"] != "implausible":
        return "outside"
    return "inside" if cells["abnormal"] is False and cells["status"] == "ok" and not cells["review"] else "open"


def flag_words(cells: Mapping[str, Any], language: Language = ENGLISH) -> tuple[str, Look]:
    """The flag in words, and its look: words and glyph carry the meaning, colour only repeats it."""
    group, flag, side = group_of(cells), cells["flag"], cells["side"]
    if group == "open":
        return language.say("Not judged"), "doubt"
    if flag in FLAGS:
        word, look = FLAGS[flag]
        return language.say(word), look
    if group == "outside":
        word = english("Borderline") if cells["severity"] == SEVERITY_BORDERLINE else BY_GUIDELINE.get(side, BY_GUIDELINE[""])
        return language.say(word), side if side in ("low", "high") else "plain"
    return language.say("In range"), "calm"


def disagreement(cells: Mapping[str, Any], language: Language = ENGLISH) -> str:
    """A sentence where the printed range and the guideline do not say the same."""
    flag, severity, band = cells["flag"], cells["severity"], cells["band_text"]
    if group_of(cells) == "open" or cells["basis"] != "printed" or not band or isnan(severity):
        return ""
    if flag == "N" and severity >= SEVERITY_BORDERLINE:
        return language.say("Inside your lab’s range. Guideline: {band}.", band=band)
    if flag in ("L", "H") and severity == 0:
        return language.say("Outside your lab’s range. Guideline: {band}.", band=band)
    return ""


_PLAIN = english("serum/plasma|serum|plasma|blood|total|total cobalamin")
"""What goes without saying beside a result, and stands in brackets behind the name of a test."""


def result_name(marker: Marker | None, name_text: str, language: Language = ENGLISH) -> str:
    """The name of a test beside its result; the printed one where the test is not known."""
    if marker is None:
        return name_text.strip() or language.say("Unnamed line")
    return re.sub(rf" \((?:{language.say(_PLAIN)})\)$", "", marker.name)


def within(name: str, language: Language = ENGLISH) -> str:
    """A name as it stands inside a sentence."""
    return language.inside(name)


def number(value: float, language: Language = ENGLISH) -> str:
    """A number as people write it: no exponent, no float noise, a true minus sign."""
    return language.number(value)


def span_words(low: float, high: float, language: Language = ENGLISH) -> str:
    """``3.5 – 5.1``, ``up to 5``, ``from 60``."""
    first, last = language.number(low), language.number(high)
    if isfinite(low) and isfinite(high):
        return f"{first} – {last}"
    return language.say("up to {high}", high=last) if isfinite(high) else language.say("from {low}", low=first)


def interval_words(comparator: str, first: float, last: float, language: Language = ENGLISH) -> str:
    """A result as people read it: ``2.9``, ``<150``, ``3–5``."""
    if first == last or not (isfinite(first) and isfinite(last)):
        return f"{comparator}{language.number(first if isfinite(first) else last)}"
    return f"{language.number(first)}–{language.number(last)}"


# ---- where a value lies ----------------------------------------------------------------------------------------------------

LEFT, RIGHT = 32.0, 68.0
"""The range in force always fills the middle third of a bar, in percent."""


def position(value: float, low: float = -inf, high: float = inf) -> float:
    """Where `value` stands on the bar, in percent from the left (2 to 98), for a range with one or two finite limits.

    Outside the range the scale is compressed, t / (1 + t) with t = 2 ln(value / limit), so that 24 times the limit still fits.
    """
    if not isfinite(low) and not isfinite(high):
        raise ValueError("a bar needs a limit")
    if isfinite(low) and value < low:
        place = LEFT * (1 - _beyond(low, value, high - low))
    elif isfinite(high) and value > high:
        place = RIGHT + (100 - RIGHT) * _beyond(value, high, high - low)
    elif not isfinite(low):
        place = RIGHT * (max(value, 0.0) / high if high > 0 else 0.5)
    elif not isfinite(high):
        place = LEFT + (100 - LEFT) * _beyond(value, low, inf)
    else:
        place = LEFT + (RIGHT - LEFT) * ((value - low) / (high - low) if high > low else 0.5)
    return min(98.0, max(2.0, place))


def _beyond(larger: float, smaller: float, width: float) -> float:
    """How far `larger` is from `smaller`, from 0 to 1: by ratio where both are positive, else by the width of the range."""
    if not isfinite(larger):
        return 1.0
    if smaller > 0:
        t = 2 * log(larger / smaller)
    elif isfinite(width) and width > 0:
        t = 2 * (larger - smaller) / width
    else:
        return 1.0
    return t / (1 + t)


SENTENCES = {
    "in": english("{result} is inside {range}"),
    "low": english("{result} is below {range}"),
    "high": english("{result} is above {range}"),
    "doubt": english("{result} is not judged against {range}"),
}


def sentence(words: str, side: str, low: float, high: float, language: Language = ENGLISH) -> str:
    """What a bar shows, for people who do not see it: ``2.9 is below the range 3.5 to 5.1``."""
    first, last = language.number(low), language.number(high)
    if isfinite(low) and isfinite(high):
        span = language.say("the range {low} to {high}", low=first, high=last)
    else:
        span = language.say("the range up to {high}", high=last) if isfinite(high) else language.say("the range from {low}", low=first)
    return language.say(SENTENCES[side], result=words, range=span)


# ---- units -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """From one unit of a marker to another, for display."""

    factor: float
    intercept: float
    decimals: int | None

    @classmethod
    def between(cls, ref: Reference, marker: Marker, ucum: str, target: str) -> Way:
        here, there = ref.factor(marker.id, ucum), ref.factor(marker.id, target)
        if here is None or there is None:
            raise ValueError(f"{marker.id}: no sound way from {ucum} to {target}")
        return cls(here.factor / there.factor, (here.intercept - there.intercept) / there.factor, there.decimals)

    def __call__(self, value: float, *, exact: bool = False) -> float:
        if isnan(value):
            return nan
        if not isfinite(value):
            return inf if value > 0 else -inf
        moved = value * self.factor + self.intercept
        if self.decimals is not None and not exact:
            return round(moved, self.decimals)
        return float(f"{moved:.3g}") if moved and abs(log10(abs(moved))) < 12 else moved


_MOLAR = re.compile(r"mol")
_PER_LITRE = re.compile(r"/L$")
_US = re.compile(r"(g|\[IU\])/(dL|mL)$|^%$|10\*3/uL$")


def target_unit(ref: Reference, marker: Marker | None, ucum: str, units: Units) -> str:
    """The unit to show instead of `ucum`: empty where the printed one stays."""
    if units == "printed" or marker is None or not ucum or ref.factor(marker.id, ucum) is None:
        return ""
    known = [unit for unit in dict.fromkeys([marker.unit or "", *(u.ucum for u in marker.units)]) if unit]
    sound = [unit for unit in known if (factor := ref.factor(marker.id, unit)) is not None and not factor.approximate]
    for pattern in (_MOLAR, _PER_LITRE) if units == "SI" else (_US,):
        if pattern.search(ucum):
            return ""
        for unit in sound:
            if pattern.search(unit):
                return unit
    return ""


_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def unit_words(ucum: str) -> str:
    """A UCUM unit as people write it: ``10*9/L`` is ×10⁹/L, ``umol/L`` µmol/L, ``m[IU]/L`` mIU/L."""
    text = re.sub(r"10\*(\d+)", lambda m: "×10" + m[1].translate(_SUPERSCRIPT), ucum)
    text = text.replace("[IU]", "IU").replace("[arb'U]", "U").replace("{1.73_m2}", "1.73 m²").replace("[", "").replace("]", "")
    text = re.sub(r"\{[^}]*\}", "", text)
    text = re.sub(r"(?<![A-Za-z])u(?=[a-zA-Z])", "µ", text)
    return "" if text == "1" else text
