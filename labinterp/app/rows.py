"""How one row of `Interpretation.results` is shown: its words, flag, bar, range and units. Nothing is judged here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

from labinterp.app.bar import Side, Tick, bar
from labinterp.app.markup import esc, pill
from labinterp.app.speech import again, number, say, tongue, within
from labinterp.reference import Reference
from labinterp.reference.limits import parse_limits
from labinterp.reference.schema import Marker
from labinterp.shown import (
    SEVERITY_BORDERLINE,
    Group,
    Units,
    Way,
    disagreement,
    flag_words,
    group_of,
    interval_words,
    result_name,
    span_words,
    target_unit,
    unit_words,
)
from labinterp.words import not_final

if TYPE_CHECKING:
    from labinterp.interpretation import Interpretation

LONGEST_WORDS = 22  # letters that fit over a tick
ASKS = ("implausible", "unreadable_value", "unknown_unit")
"""Statuses that a look at the paper can settle."""


def whose(basis: str) -> str:
    """On whose word a limit stands; empty where there is none."""
    return {"printed": say("your lab’s"), "decision": say("guideline"), "interval": say("built-in")}.get(basis, "")


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
        return say("{times} × limit", times=number(float(f"{times:.3g}"))) if isinstance(times, float) and times >= 3 else ""

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
        word, look = flag_words(self.cells, tongue())
        return f'<span class="calm">{esc(word)}</span>' if look == "calm" else pill(word, look)

    @property
    def disagreement(self) -> str:
        """A sentence where the printed range and the guideline do not say the same."""
        return disagreement(self.cells, tongue())


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
        words = interval_words(cells["comparator"], first, last, tongue())
    tick = tick_of(cells, marker, ref, target or str(cells["ucum"] or ""))
    name = result_name(marker, str(cells["name_text"]), tongue())
    return Row(label, cells, marker, name, group_of(cells), first, last, low, high, words or say("no value"), unit, printed, tick)


def waits(row: Row) -> bool:
    """Whether the line needs a look at the paper before it counts."""
    return unsettled(row) or row["status"] in ASKS


def unsettled(row: Row) -> bool:
    """Whether the reading is in doubt, which a look at the paper settles; that a result is not final it does not."""
    return bool(row["review"] != not_final(row["review"], again))


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
    words = re.split("[:;,(]", bands[0].label)[0].strip()
    words = within(words) if len(words) <= LONGEST_WORDS else say("guideline")
    return Tick(
        edge,
        say("{what} from {limit}", what=words, limit=number(edge))
        if side == "high"
        else say("{what} below {limit}", what=words, limit=number(edge)),
    )


def range_words(row: Row, ref: Reference) -> str:
    """The range used and on whose word, as HTML."""
    kind = whose(str(row["basis"]))
    if not kind:
        return f'<span class="soft">{esc(say("none"))}</span>'
    if row["basis"] == "printed":
        text = (
            span_words(row.low, row.high, tongue())
            if row.printed and not (isnan(row.low) and isnan(row.high))
            else str(row["range_text"]).strip() or say("the lab’s mark")
        )
        return f'{esc(text)}<span class="soft">{esc(kind)}</span>'
    text = (
        span_words(row.low, row.high, tongue())
        if row["basis"] == "interval" and not (isnan(row.low) and isnan(row.high))
        else str(row["limit_text"])
    )
    source = ref.sources.get(str(row["source_id"]))
    who = f"{kind}, {source.organisation}{f' {source.year}' if source.year else ''}" if source else kind
    doubt = "" if source and source.verified else " " + pill(say("not checked"), "doubt")
    return f'{esc(text)}<span class="soft">{esc(who)}{doubt}</span>'
