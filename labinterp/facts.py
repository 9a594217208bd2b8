"""What is known of one person: the latest result of each marker, the answers, the age. Statements about it are true, false or not known.

This is the only place that says what a finding such as ``high`` or ``borderline_low`` means, and how a limit is met.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from labinterp.language import Language, english
from labinterp.model import Patient, today
from labinterp.reference import Reference
from labinterp.reference.limits import Bounds, parse_limits
from labinterp.reference.schema_causes import AnswerRule, Condition, Pattern

Answers = Mapping[str, Any]
Truth = bool | None

NOT_SAID = frozenset({"", "dont_know", "unknown", "skip"})
"""Answers that mean "I do not know" and change nothing."""

UNJUDGED = frozenset({"unreadable_value", "implausible", "unknown_unit"})
"""Statuses of a row that holds something, but nothing that counts."""

_POSITIVE = frozenset({"POS", "A"})


URGENCY_WORDS = {"emergency": english("emergency"), "urgent": english("urgent"), "routine": english("routine")}
STRENGTHS = {"strong": english("strong"), "moderate": english("moderate"), "weak": english("weak")}
EDITORIAL = {"editorial": english("editorial"), "nobody": english("nobody")}
FINDING_WORDS = {
    "low": english("low"), "high": english("high"), "very_low": english("very low"), "very_high": english("very high"),
    "borderline_low": english("borderline low"), "borderline_high": english("borderline high"), "normal": english("normal"),
    "low_or_normal": english("low or normal"), "high_or_normal": english("high or normal"), "any_abnormal": english("any abnormal"),
    "measured": english("measured"), "high_inappropriate": english("high inappropriate"), "positive": english("positive"),
    "negative": english("negative"),
}  # fmt: skip
"""Ids that are told to people, in words."""


@dataclass(frozen=True)
class Fact:
    """One judged result of one marker, as a row of `results` gives it."""

    row: Any
    marker: str
    flag: str = ""
    severity: float = math.nan
    side: str = ""
    abnormal: Truth = None
    low: float = math.nan
    high: float = math.nan
    low_open: bool = False
    high_open: bool = False
    ucum: str = ""
    xuln: float = math.nan
    day: date | None = None
    qualitative: str = ""
    status: str = "ok"
    review: str = ""
    value_text: str = ""
    unit_text: str = ""
    range_text: str = ""
    name_text: str = ""
    basis: str = ""
    limit_text: str = ""
    band_text: str = ""
    line: str = ""
    mild: bool = False  # abnormal only by a band that has worse ones beyond it
    well_above: bool = False  # many times the upper limit, where no decision band applies
    inside: bool = False  # wholly between the ends of the range that is shown

    @property
    def judged(self) -> bool:
        """Whether a limit, a word or the laboratory gave an answer."""
        return (self.flag not in ("", "IND") or self.abnormal is not None) and self.status not in UNJUDGED

    @property
    def is_low(self) -> bool:
        return self.flag in ("L", "LL") or (self.side == "low" and self.severity >= 2)

    @property
    def is_high(self) -> bool:
        return self.flag in ("H", "HH") or (self.side == "high" and self.severity >= 2)

    def holds(self, finding: str) -> Truth:
        """Whether the finding is true of this result; None if the result is not judged."""
        if finding == "measured":
            return self.status != "not_a_result"
        if not self.judged:
            return None
        normal = self.abnormal is False
        match finding:
            case "low":
                return self.is_low
            case "high":
                return self.is_high
            case "borderline_low":
                return self.severity == 1 and self.side == "low"
            case "borderline_high":
                return self.severity == 1 and self.side == "high"
            case "very_low":
                return self.flag == "LL" or (self.severity >= 3 and self.side == "low")
            case "very_high":
                return self.flag == "HH" or (self.severity >= 3 and self.side == "high") or self.well_above
            case "normal":
                return normal
            case "low_or_normal":
                return self.is_low or normal
            case "high_or_normal":
                return self.is_high or normal
            case "any_abnormal":
                return self.abnormal is True or self.is_low or self.is_high or self.flag in _POSITIVE
            case "high_inappropriate":
                return not self.is_low
            case "positive":
                return self.flag in _POSITIVE or self.is_high
            case "negative":
                return self.flag == "NEG" or (normal and self.flag not in _POSITIVE)
        raise ValueError(f"no such finding: {finding}")

    def meets(self, limits: Mapping[str, str], ref: Reference) -> Truth:
        """Whether the whole result lies within the limits: in its own unit where that is given, else converted."""
        if self.status in UNJUDGED - {"unknown_unit"} or math.isnan(self.low):
            return None
        if self.ucum in limits:
            return _inside(self.low, self.high, self.low_open, self.high_open, parse_limits(limits[self.ucum]))
        answers = [self._within(unit, parse_limits(text), ref) for unit, text in limits.items()]
        return _any(answers)

    def _within(self, unit: str, bounds: Bounds, ref: Reference) -> Truth:
        if unit == "xULN":
            if math.isnan(self.xuln):
                return None
            top = math.inf if math.isinf(self.high) else self.xuln
            return _inside(self.xuln, top, self.low_open, self.high_open, bounds)
        mine, wanted = ref.factor(self.marker, self.ucum), ref.factor(self.marker, unit)
        if mine is None or wanted is None or mine.approximate or wanted.approximate:
            return None
        low, high = (((end * mine.factor + mine.intercept) - wanted.intercept) / wanted.factor for end in (self.low, self.high))
        decimals = wanted.decimals
        if decimals is not None:  # rounded as laboratories print it, so that a converted value is compared where it would be printed
            low, high = (round(end, decimals) if math.isfinite(end) else end for end in (low, high))
        return _inside(low, high, self.low_open, self.high_open, bounds)


def _inside(low: float, high: float, low_open: bool, high_open: bool, bounds: Bounds) -> Truth:
    """True if every value from `low` to `high` meets the bounds, False if none does, else None. An open end is not itself possible."""

    def contains(value: float, opened: bool, inward: float) -> bool:
        if math.isinf(value):
            return value in (bounds.low, bounds.high)
        return bounds.contains(math.nextafter(value, inward) if opened else value)

    bottom, top = contains(low, low_open, math.inf), contains(high, high_open, -math.inf)
    if bottom and top:
        return True
    if low == high:
        return False
    beyond = high < bounds.low or low > bounds.high
    touching = (high == bounds.low and (high_open or not bounds.low_inclusive)) or (
        low == bounds.high and (low_open or not bounds.high_inclusive)
    )
    return False if beyond or touching else None


def _all(truths: Iterable[Truth]) -> Truth:
    seen = list(truths)
    return False if False in seen else None if None in seen else True


def _any(truths: Iterable[Truth]) -> Truth:
    seen = list(truths)
    return True if True in seen else None if None in seen else False


@dataclass(frozen=True)
class Facts:
    """One person. `latest` holds the result that counts for each marker, `earlier` the older ones."""

    ref: Reference
    latest: Mapping[str, Fact]
    earlier: Mapping[str, tuple[Fact, ...]]
    doubtful: tuple[Fact, ...]  # rows that name a marker and cannot count
    answers: Mapping[str, tuple[str, ...]]
    age: float | None = None
    unknown_answers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls,
        results: pd.DataFrame,
        ref: Reference,
        answers: Answers | None = None,
        patient: Patient | None = None,
        derived: pd.DataFrame | None = None,
    ) -> Facts:
        """Facts of one person's rows. The latest result of a marker counts; of two on one day, or of unknown day, the more severe.

        `derived` holds results worked out from others (calcium corrected for albumin): facts that stand on no row of the report.
        """
        by_marker: dict[str, list[Fact]] = {}
        doubtful = []
        worked_out = [] if derived is None else [replace(fact, row=None) for fact in facts_in(derived, ref)]
        for fact in (*facts_in(results, ref), *worked_out):
            if fact.status in UNJUDGED or fact.review:
                doubtful.append(fact)
            if fact.status != "not_a_result" and fact.status not in UNJUDGED:
                by_marker.setdefault(fact.marker, []).append(fact)
        for facts in by_marker.values():
            facts.sort(key=_order)
            undated = [fact for fact in facts if fact.day is None]
            if undated and facts[-1].day is not None:  # when it was is not known, so it may be the latest: the more severe one counts
                worst = max(undated[-1], facts[-1], key=_weight)
                facts.remove(worst)
                facts.append(worst)
        held = {marker: facts[-1] for marker, facts in by_marker.items()}
        older = {marker: tuple(facts[:-1]) for marker, facts in by_marker.items()}
        given, unknown = answers_in(answers or {}, ref)
        age = _age(patient, [fact.day for fact in held.values() if fact.day])
        known = cls(ref, held, older, tuple(doubtful), given, age, unknown)
        return known._with_stand_ins()

    def _with_stand_ins(self) -> Facts:
        held = dict(self.latest)
        for stand in self.ref.evidence.stand_ins:
            other = self.latest.get(stand.instead)
            if other is not None and other.judged and (stand.when is None or self.truth(stand.when)):
                own = self.latest.get(stand.marker)
                if own is None or not own.judged or stand.when is None:
                    held[stand.marker] = other
        return Facts(self.ref, held, self.earlier, self.doubtful, self.answers, self.age, self.unknown_answers)

    def truth(self, condition: Condition) -> Truth:
        """True, false, or not known: not measured, not judged, not answered."""
        if condition.marker:
            fact = self.latest.get(condition.marker)
            if condition.finding is not None:
                if fact is None:
                    return False if condition.finding == "measured" else None
                return fact.holds(condition.finding)
            if fact is None:
                return None
            if condition.printed:
                return any(word in fact.line for word in condition.printed)
            return fact.meets(condition.limits, self.ref)
        if condition.question:
            given = self.answers.get(condition.question)
            return None if given is None else any(value in given for value in condition.answer)
        if condition.age:
            return None if self.age is None else parse_limits(condition.age).contains(self.age)
        return self.joined(condition.all_of, condition.any_of, condition.none_of)

    def joined(self, all_of: tuple[Condition, ...], any_of: tuple[Condition, ...], none_of: tuple[Condition, ...]) -> Truth:
        """All of, one of, none of. What is not known in `none_of` never blocks."""
        parts: list[Truth] = [self.truth(part) for part in all_of]
        if any_of:
            parts.append(_any(self.truth(part) for part in any_of))
        parts += [False for part in none_of if self.truth(part)]
        return _all(parts)

    def used(self, condition: Condition) -> Iterator[Fact]:
        """The results on which a true condition stands."""
        if condition.marker:
            fact = self.latest.get(condition.marker)
            if fact is not None and self.truth(condition):
                yield fact
        for part in (*condition.all_of, *condition.any_of):
            if self.truth(part):
                yield from self.used(part)

    def open_parts(self, condition: Condition) -> Iterator[Condition]:
        """The single statements that are not known and could make the condition true."""
        if condition.marker or condition.question or condition.age:
            if self.truth(condition) is None:
                yield condition
            return
        for part in condition.all_of:
            yield from self.open_parts(part)
        if condition.any_of and not _any(self.truth(part) for part in condition.any_of):
            for part in condition.any_of:
                yield from self.open_parts(part)

    def given(self, question: str) -> tuple[AnswerRule, ...]:
        """The answers given to a question, as rules; an age that is known answers the question on age."""
        rule = self.ref.questions[question]
        values = self.answers.get(question)
        if values is None:
            if self.age is None:
                return ()
            return tuple(answer for answer in rule.answers if answer.age and parse_limits(answer.age).contains(self.age))
        return tuple(answer for answer in rule.answers if answer.value in values)


def facts_in(results: pd.DataFrame, ref: Reference) -> list[Fact]:
    """Rows that name a marker, as facts."""
    columns = {name: results[name].tolist() for name in results.columns}

    def text(name: str, row: int) -> str:
        value = columns[name][row] if name in columns else ""
        return "" if pd.isna(value) else str(value)

    def number(name: str, row: int) -> float:
        value = columns[name][row] if name in columns else None
        return math.nan if pd.isna(value) else float(value)

    facts = []
    for row, label in enumerate(results.index):
        marker = text("marker", row)
        if not marker:
            continue
        abnormal = columns["abnormal"][row] if "abnormal" in columns else None
        abnormal = None if pd.isna(abnormal) else bool(abnormal)
        day = columns["collected"][row] if "collected" in columns else None
        day = None if pd.isna(day) else day.date() if hasattr(day, "date") else day
        low, high, value = number("low", row), number("high", row), number("value", row)
        ucum = text("ucum", row)
        comparator = text("comparator", row)
        if math.isnan(low) and not math.isnan(value):
            low = -math.inf if comparator.startswith("<") else value
            high = math.inf if comparator.startswith(">") else value
            ucum = text("unit", row)
        severity, side, flag = number("severity", row), text("side", row), text("flag", row)
        facts.append(
            Fact(
                row=label,
                marker=marker,
                flag=flag,
                severity=severity,
                side=side,
                abnormal=abnormal,
                low=low,
                high=high,
                low_open=comparator == ">",
                high_open=comparator == "<",
                ucum=ucum,
                xuln=number("xuln", row),
                day=day if isinstance(day, date) else None,
                qualitative=text("qualitative", row),
                status=text("status", row) or "ok",
                review=text("review", row),
                value_text=text("value_text", row),
                unit_text=text("unit_text", row),
                range_text=text("range_text", row),
                name_text=text("name_text", row),
                basis=text("basis", row),
                limit_text=text("limit_text", row),
                band_text=text("band_text", row),
                line=" ".join(text(name, row) for name in ("text", "name_text", "value_text", "flag_text", "specimen_text")).lower(),
                mild=_mild(marker, flag, severity, side, ref),
                inside=low >= number("range_low", row) and high <= number("range_high", row),
                well_above=flag == "H" and math.isnan(severity) and number("xuln", row) >= ref.evidence.well_above,
            )
        )
    return facts


def _mild(marker: str, flag: str, severity: float, side: str, ref: Reference) -> bool:
    """Abnormal, but with worse bands beyond on that side: a borderline result, or one that only the printed range calls abnormal."""
    if math.isnan(severity) or severity > 1 or marker not in ref.markers:
        return False
    towards = {"L": "low", "LL": "low", "H": "high", "HH": "high"}.get(flag, side)
    worst = max((band.severity for scheme in ref.decision(marker) for band in scheme.bands if band.side == towards), default=0)
    return worst >= 2


def _order(fact: Fact) -> tuple[Any, ...]:
    """By day, then by how much it matters, then by what is printed: never by the place in the table."""
    return fact.day or date.min, *_weight(fact), fact.value_text, str(fact.row)


def _weight(fact: Fact) -> tuple[Any, ...]:
    """How much a result matters."""
    return fact.abnormal is True, fact.flag in ("LL", "HH"), -1.0 if math.isnan(fact.severity) else fact.severity, fact.flag


def _age(patient: Patient | None, days: list[date]) -> float | None:
    if patient is None:
        return None
    if patient.birth_date is not None:
        return patient.age_on(max(days, default=today()))
    return patient.age


def answers_in(answers: Answers, ref: Reference) -> tuple[dict[str, tuple[str, ...]], tuple[tuple[str, str], ...]]:
    """Answers as question -> values, without "I do not know"; and those that no question offers."""
    given: dict[str, tuple[str, ...]] = {}
    unknown = []
    for question, answer in answers.items():
        values = [answer] if isinstance(answer, str | bool) or not isinstance(answer, Iterable) else list(answer)
        texts = ["yes" if value is True else "no" if value is False else "" if value is None else str(value) for value in values]
        screen = question.removeprefix("screen.")
        offered = (
            {"yes", "no"}
            if question.startswith("screen.") and screen in ref.screens
            else {rule.value for rule in ref.questions[question].answers}
            if question in ref.questions
            else set()
        )
        kept = [text for text in texts if text in offered]
        unknown += [(question, text) for text in texts if text not in offered and text not in NOT_SAID]
        if kept:
            given[question] = tuple(dict.fromkeys(kept))
    return given, tuple(unknown)


def people(results: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of each person, in order of appearance: two persons are never mixed."""
    if "patient_id" not in results.columns or not len(results):
        return [results]
    ids = results["patient_id"].astype(object).where(results["patient_id"].notna(), "").map(str)
    return [results[ids == one] for one in dict.fromkeys(ids)] if ids.nunique() > 1 else [results]


def pattern_facts(pattern: Pattern, facts: Facts) -> list[Fact] | None:
    """The results on which a pattern stands, or None if it does not hold, is not known, or its results lie too far apart."""
    if not facts.joined(pattern.all_of, pattern.any_of, pattern.none_of):
        return None
    used = [fact for part in (*pattern.all_of, *pattern.any_of) if facts.truth(part) for fact in facts.used(part)]
    if _apart(used) <= facts.ref.evidence.days_apart:
        return used
    needed = [fact for part in pattern.all_of for fact in facts.used(part)]
    for choice in pattern.any_of:  # one of them is enough, if it is near in time
        if facts.truth(choice) and _apart(near := needed + list(facts.used(choice))) <= facts.ref.evidence.days_apart:
            return near
    return None


def _apart(used: Iterable[Fact]) -> int:
    days = [fact.day for fact in used if fact.day is not None]
    return (max(days) - min(days)).days if days else 0


_SCHEME = re.compile(r" \(\S+\)$")  # the id of the guideline's scheme, which `explain` tells in full


def name_of(marker: str, ref: Reference) -> str:
    """The plain name of a marker; what stands in long brackets (specimen, method) is left out."""
    if marker not in ref.markers:
        return marker.replace("_", " ")
    name = ref.markers[marker].name
    head, bracket, tail = name.partition(" (")
    return name if not bracket or (len(tail) <= 6 and tail.endswith(")")) else head


def on_day(head: str, day: date, language: Language) -> str:
    """A result with its day: ``Potassium 2.9 mmol/L on 12 March 2026``."""
    return language.say("{result} on {day}", result=head, day=language.day(day))


def without_day(text: str, day: date, language: Language) -> str:
    """A sentence of `says` without that day: where all results are of one day it need not be repeated in each."""
    return text.replace(on_day("", day, language), "")


WAYS = {
    "below": (english("{result}, below your laboratory's {range}"), english("{result}: low (usual: {range})")),
    "above": (english("{result}, above your laboratory's {range}"), english("{result}: high (usual: {range})")),
    "within": (english("{result}, within your laboratory's {range}"), english("{result}: normal (usual: {range})")),
    "beside": (english("{result}, beside your laboratory's {range}"), english("{result}: abnormal (usual: {range})")),
}
"""Where a result lies -> how that is said of a printed range, and of one that we know."""
LABORATORY_SAYS = {
    "L": english("{test}: low in the words of your laboratory"),
    "LL": english("{test}: very low in the words of your laboratory"),
    "H": english("{test}: high in the words of your laboratory"),
    "HH": english("{test}: very high in the words of your laboratory"),
    "N": english("{test}: normal in the words of your laboratory"),
    "POS": english("{test}: positive in the words of your laboratory"),
    "NEG": english("{test}: negative in the words of your laboratory"),
    "A": english("{test}: abnormal in the words of your laboratory"),
    "": english("{test}: reported in the words of your laboratory"),
}
"""A flag without a value, or without a range."""


def says(fact: Fact, ref: Reference) -> str:
    """The result as a sentence part with its value and its limit: "Vitamin B12 165 pg/mL, below your laboratory's 232-1245"."""
    say = ref.say
    name = name_of(fact.marker, ref)
    head = " ".join(filter(None, (name, fact.value_text.strip(), fact.unit_text.strip())))
    if fact.day is not None:
        head = on_day(head, fact.day, ref.language)
    printed, mark = fact.basis == "printed", LABORATORY_SAYS.get(fact.flag, LABORATORY_SAYS[""])
    if not fact.value_text.strip():
        return say(mark, test=name)
    if printed and not fact.range_text.strip():  # a mark without a range
        return say(mark, test=head)
    band = _SCHEME.sub("", fact.band_text)
    way = _way(fact, printed)
    if printed and way:
        agrees = way != "within" or fact.severity != fact.severity or fact.severity == 0
        outside = say(WAYS[way][0], result=head, range=fact.range_text.strip())
        return outside if agrees or not band else say("{result}; by the guideline: {band}", result=outside, band=band)
    if fact.basis == "decision" and band:
        return f"{head}: {band}"
    if fact.limit_text and way and not printed:
        return say(WAYS[way][1], result=head, range=fact.limit_text)
    return head


def _way(fact: Fact, printed: bool) -> str:
    """Where a result lies by the limit that it is told with; empty where that is not known.

    By the printed range only that range and the laboratory's mark say it: what the guideline calls low or critical may lie within.
    """
    if printed and (fact.flag == "N" or (fact.flag in ("LL", "HH") and fact.inside)):
        return "within"
    low, high = (fact.flag in ("L", "LL"), fact.flag in ("H", "HH")) if printed else (fact.is_low, fact.is_high)
    return "below" if low else "above" if high else {True: "beside", False: "within", None: ""}[fact.abnormal]
