"""How one row of `Interpretation.results` is shown: its words, flag, bar, range and units. Nothing is judged here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite, isnan, log10, nan
from typing import TYPE_CHECKING, Any, Literal

from labinterp.app.bar import Side, Tick, bar
from labinterp.app.markup import esc, number, pill
from labinterp.reference import Reference
from labinterp.reference.limits import parse_limits
from labinterp.reference.schema import Marker

if TYPE_CHECKING:
    from labinterp.interpretation import Interpretation

Group = Literal["outside", "open", "inside"]
Units = Literal["printed", "SI", "US"]

FLAGS = {
    "LL": ("Very low", "low"),
    "L": ("Low", "low"),
    "H": ("High", "high"),
    "HH": ("Very high", "high"),
    "A": ("Abnormal", "high"),
    "POS": ("Positive", "plain"),
    "NEG": ("Negative", "plain"),
}
SEVERITY_BORDERLINE = 1
LONGEST_WORDS = 22  # letters that fit over a tick
ASKS = ("implausible", "unreadable_value", "unknown_unit")
"""Statuses that a look at the paper can settle."""

KINDS = {"printed": "your lab’s", "decision": "guideline", "interval": "built-in"}


@dataclass(frozen=True)
class Row:
    """One row, ready to be shown. Texts are not yet escaped."""

    label: int
    cells: Mapping[str, Any]
    marker: Marker | None
    name: str
    group: Group
    first: float  # the result as an interval, in the unit shown
    last: float
    low: float  # the range in force, in the unit shown; NaN where there is none to draw
    high: float
    words: str  # the result as people read it
    unit: str
    printed: str  # the result as printed, where another unit is shown
    tick: Tick | None

    def __getitem__(self, column: str) -> Any:
        return self.cells[column]

    @property
    def result(self) -> str:
        """Result and unit in one text."""
        return f"{self.words} {self.unit}".strip()

    @property
    def place(self) -> Side:
        """Where the result lies on its bar."""
        if self.group == "open":
            return "doubt"
        if self.last < self.low:
            return "low"
        return "high" if self.first > self.high else "in"

    @property
    def legs(self) -> str:
        """What this test has to do with weak legs, else what it measures."""
        return (self.marker.leg_weakness or self.marker.about) if self.marker else ""

    @property
    def multiple(self) -> str:
        """``24 × limit`` where the result is at least three times the upper limit."""
        times = self.cells["xuln"]
        return f"{times:.3g} × limit" if isinstance(times, float) and times >= 3 else ""

    @property
    def bar(self) -> str:
        """The range bar, or empty where no sensible bar exists."""
        return bar(self.words, self.first, self.last, self.low, self.high, self.place, [self.tick] if self.tick else [], self.multiple)

    @property
    def plain_bar(self) -> str:
        """The range bar without words above it, for narrow places."""
        return bar(self.words, self.first, self.last, self.low, self.high, self.place)

    @property
    def flag(self) -> str:
        """The flag as HTML: word, glyph and shape."""
        if self.group == "open":
            return pill("Not judged", "doubt")
        flag, severity, side = self.cells["flag"], self.cells["severity"], self.cells["side"]
        if flag in FLAGS:
            return pill(*FLAGS[flag])
        if self.group == "outside":
            look = side if side in ("low", "high") else "plain"
            return pill("Borderline" if severity == SEVERITY_BORDERLINE else f"{side.title() or 'Outside'} by guideline", look)
        return '<span class="calm">In range</span>'

    @property
    def disagreement(self) -> str:
        """A sentence where the printed range and the guideline do not say the same."""
        flag, severity, band = self.cells["flag"], self.cells["severity"], self.cells["band_text"]
        if self.group == "open" or self.cells["basis"] != "printed" or not band or isnan(severity):
            return ""
        if flag == "N" and severity >= SEVERITY_BORDERLINE:
            return f"Inside your lab’s range. Guideline: {band}."
        if flag in ("L", "H") and severity == 0:
            return f"Outside your lab’s range. Guideline: {band}."
        return ""


def rows_of(answer: Interpretation, units: Units = "printed") -> list[Row]:
    """All rows in their order, in the units asked for."""
    records = answer.results.to_dict("records")
    return [
        row_of(label, {str(k): v for k, v in cells.items()}, answer.reference, units)
        for label, cells in zip(answer.results.index, records, strict=True)
    ]


def row_of(label: int, cells: Mapping[str, Any], ref: Reference, units: Units = "printed") -> Row:
    """One row in the units asked for; a result that cannot be converted soundly stays as printed."""
    marker = ref.markers.get(str(cells["marker"])) if isinstance(cells["marker"], str) else None
    words, unit = str(cells["value_text"]).strip(), str(cells["unit_text"]).strip() or unit_words(str(cells["ucum"] or ""))
    first, last, low, high = (float(cells[column]) for column in ("low", "high", "range_low", "range_high"))
    printed = ""
    target = target_unit(ref, marker, str(cells["ucum"] or ""), units) if cells["status"] in ("ok", "no_interval", "undetermined") else ""
    if target and marker:
        way = Way.between(ref, marker, str(cells["ucum"]), target)
        printed, unit = f"{words} {unit}".strip(), unit_words(target)
        first, last, low, high = way(first), way(last), way(low, exact=True), way(high, exact=True)
        words = (
            f"{cells['comparator']}{number(first if isfinite(first) else last)}"
            if first == last or not (isfinite(first) and isfinite(last))
            else f"{number(first)}–{number(last)}"
        )
    tick = tick_of(cells, marker, ref, target or str(cells["ucum"] or ""))
    name = _PLAIN.sub("", marker.name) if marker else str(cells["name_text"]).strip() or "Unnamed line"
    return Row(label, cells, marker, name, group_of(cells), first, last, low, high, words or "no value", unit, printed, tick)


def waits(row: Row) -> bool:
    """Whether the line needs a look at the paper before it counts."""
    return bool(row["review"]) or row["status"] in ASKS


def group_of(cells: Mapping[str, Any]) -> Group:
    """Where a row stands: outside a limit, inside all that apply, or open. What waits for a look may alarm but never reassures."""
    if cells["abnormal"] is True and cells["status"] != "implausible":
        return "outside"
    return "inside" if cells["abnormal"] is False and cells["status"] == "ok" and not cells["review"] else "open"


def tick_of(cells: Mapping[str, Any], marker: Marker | None, ref: Reference, ucum: str) -> Tick | None:
    """The guideline limit that this result has crossed, where it is published in the unit `ucum`: a published number is never converted."""
    severity, side = cells["severity"], cells["side"]
    if marker is None or not ucum or isnan(severity) or severity < SEVERITY_BORDERLINE or side not in ("low", "high"):
        return None
    bands = [
        band for scheme in ref.decision(marker.id) for band in scheme.bands if band.category == cells["category"] and ucum in band.limits
    ]
    limits = [parse_limits(band.limits[ucum]) for band in bands]
    edges = {limit.low if side == "high" else limit.high for limit in limits}
    if len(edges) != 1 or not isfinite(edge := edges.pop()):
        return None  # the edge depends on the person, or there is none
    words = re.split("[:;,(]", bands[0].label)[0].strip().lower()
    words = words if len(words) <= LONGEST_WORDS else "guideline"
    return Tick(edge, f"{words} {'from' if side == 'high' else 'below'} {number(edge)}")


def range_words(row: Row, ref: Reference) -> str:
    """The range used and on whose word, as HTML."""
    kind = KINDS.get(str(row["basis"]), "")
    if not kind:
        return '<span class="soft">none</span>'
    if row["basis"] == "printed":
        text = (
            span_words(row.low, row.high)
            if row.printed and not (isnan(row.low) and isnan(row.high))
            else str(row["range_text"]).strip() or "the lab’s mark"
        )
        return f'{esc(text)}<span class="soft">{kind}</span>'
    text = (
        span_words(row.low, row.high) if row["basis"] == "interval" and not (isnan(row.low) and isnan(row.high)) else str(row["limit_text"])
    )
    source = ref.sources.get(str(row["source_id"]))
    who = f"{kind}, {source.organisation}{f' {source.year}' if source.year else ''}" if source else kind
    doubt = "" if source and source.verified else " " + pill("not checked", "doubt")
    return f'{esc(text)}<span class="soft">{esc(who)}{doubt}</span>'


def span_words(low: float, high: float) -> str:
    """``3.5 – 5.1``, ``up to 5``, ``from 60``."""
    if isfinite(low) and isfinite(high):
        return f"{number(low)} – {number(high)}"
    return f"up to {number(high)}" if isfinite(high) else f"from {number(low)}"


# ---- units ---------------------------------------------------------------------------------------------------------------


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


_PLAIN = re.compile(r" \((serum/plasma|serum|plasma|blood|total|total cobalamin)\)$")  # goes without saying beside a result
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
