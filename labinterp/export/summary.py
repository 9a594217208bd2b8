"""What the summary for a doctor says, decided once and drawn by `labinterp.export.html` and `labinterp.export.pdf`.

Everything judged comes from the interpretation; here it is put into words and order. Long lists of lesser things are cut with the number
that is left out; alerts, results and lines that were not read are never cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite, isnan, nan
from typing import TYPE_CHECKING, Any

from labinterp.causes import NOT_TESTED
from labinterp.facts import STRENGTHS, without_day
from labinterp.language import Language, english
from labinterp.model import Alert, Evidence, Finding, Patient, today
from labinterp.shown import (
    ENGLISH,
    GLYPHS,
    SEXES,
    STATUS_WORDS,
    Group,
    Look,
    Units,
    Way,
    disagreement,
    flag_words,
    group_of,
    interval_words,
    result_name,
    sentence,
    target_unit,
    unit_words,
)

if TYPE_CHECKING:
    from labinterp.interpretation import Interpretation
    from labinterp.reference import Reference

TITLE = english("Blood results and weak legs")
INTENDED_USE = english(
    "A reading aid for a talk with a doctor. It is not a medical device and makes no diagnosis, and no clinician has reviewed it. "
    "Please do not start or stop a medicine because of this page."
)
SIGNS = english("Call the emergency number, and do not wait for a report, if one of these is new")
QUESTIONS = 5
CAUSES = 3  # told with all their reasons
WHOSE = {"printed": english("lab"), "decision": english("guideline"), "interval": english("built-in")}
SOON = {"emergency": english("if so, an emergency"), "urgent": english("if so, within days"), "routine": english("at the next visit")}
TIERS = {"fits": english("fits these results, worth asking about"), "possible": english("possible")}
HEADS = {
    "fits": english("Also fits"),
    "possible": english("Also possible"),
    "less_supported": english("Less supported, not ruled out"),
    "unseen": english("Blood tests cannot show"),
}
_SCHEME = re.compile(r" \((\w+)\)$")


@dataclass(frozen=True)
class Item:
    """One result, in words. `first`, `last`, `low` and `high` are for the bar, in the printed unit (NaN: no bar)."""

    group: Group
    name: str
    result: str
    unit: str
    other: str  # the same in the other unit system, or empty
    flag: str
    look: Look
    range: str
    whose: str
    note: str
    first: float
    last: float
    low: float
    high: float
    language: Language = ENGLISH

    @property
    def mark(self) -> str:
        return GLYPHS[self.look]

    @property
    def whole(self) -> str:
        """``Potassium 2.9 mmol/L``"""
        return " ".join(part for part in (self.name, self.result, self.unit) if part)

    @property
    def has_bar(self) -> bool:
        ends = (self.first, self.last, self.low, self.high)
        if self.look in ("low", "high") and self.side != self.look:
            return False  # flagged by another limit than the range that would be drawn
        return self.group != "open" and not any(map(isnan, ends)) and (isfinite(self.low) or isfinite(self.high))

    @property
    def side(self) -> str:
        return "low" if self.last < self.low else "high" if self.first > self.high else "in"

    @property
    def sentence(self) -> str:
        """The bar for people who do not see it."""
        return sentence(self.result, self.side, self.low, self.high, self.language)


@dataclass(frozen=True)
class Cause:
    """A possible cause with its three lists; an empty list says so."""

    name: str
    tier: str
    soon: str
    reasons: tuple[tuple[str, str, str], ...]  # (glyph, word, text)


@dataclass(frozen=True)
class Summary:
    """Everything on the paper, in its order. Texts are plain and not escaped."""

    day: date
    name: str
    facts: tuple[tuple[str, str], ...]
    counts: str
    alerts: tuple[Alert, ...]
    past: tuple[str, ...]
    doubt: str
    signs: tuple[str, ...]
    items: tuple[Item, ...]
    derived: tuple[str, ...]
    unread: tuple[str, ...]
    notices: tuple[str, ...]
    causes: tuple[Cause, ...]
    lesser: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str], ...]
    to_ask: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]  # (short, in full)
    closing: str
    version: str
    language: Language = ENGLISH

    @property
    def emergency(self) -> bool:
        return any(alert.urgency == "emergency" for alert in self.alerts)

    @property
    def band(self) -> str:
        """The heading over the alerts."""
        return self.language.say(
            "EMERGENCY: call your emergency number now" if self.emergency else "This should not wait: speak to a doctor"
        )

    @property
    def head(self) -> str:
        """Below the title."""
        return self.language.say("Summary for a doctor, prepared by the patient with labinterp on {day}", day=self.language.day(self.day))

    @property
    def imprint(self) -> str:
        """What it is for, and with what it was made."""
        return f"{self.language.say(INTENDED_USE)} {self.version}, {self.day.isoformat()}."

    def of(self, group: Group) -> list[Item]:
        return [item for item in self.items if item.group == group]


def summary_of(answer: Interpretation, day: date | None = None, *, with_name: bool = False) -> Summary:
    """The summary of an interpretation, dated `day` (today if None). The person's name only with `with_name`.

    Raises `ValueError` for results of several people: a summary is of one person.
    """
    from labinterp import __version__

    people = answer.results.get("patient_id")
    if people is not None and people.nunique() > 1:
        raise ValueError(f"the results are of {people.nunique()} people; a summary is of one: split them by patient_id first")
    ref, report, say = answer.reference, answer.report, answer.reference.say
    days = {one for one in answer.results["collected"] if isinstance(one, date)}
    only = days.copy().pop() if len(days) == 1 else None

    def plain(text: str) -> str:
        """Where all results are of one day, the day need not be repeated in each."""
        return without_day(text, only, ref.language) if only else text

    items = tuple(item_of(cells, ref, dated=len(days) > 1) for cells in cells_of(answer))
    present = sorted((alert for alert in answer.alerts if not alert.past), key=lambda alert: alert.urgency != "emergency")
    told = [finding for finding in answer.findings if finding.tier == "fits"] or [f for f in answer.findings if f.tier == "possible"]
    shown = told[:CAUSES]
    return Summary(
        day=day or today(),
        name=report.patient_name if with_name and report else "",
        facts=tuple(facts_of(answer.patient, report.laboratory if report else "", days, ref.language)),
        counts=answer.summary,
        alerts=tuple(Alert(a.id, a.urgency, plain(a.text), a.marker, a.action, a.row, a.past) for a in present),
        past=tuple(alert.text for alert in answer.alerts if alert.past),
        doubt=doubt_of(answer, items),
        signs=tuple(question.text for question in answer.questions if question.emergency),
        items=items,
        derived=tuple(
            f"{row['name']} {ref.language.number(str(row['value_text']))} {unit_words(str(row['unit_text']))}".strip()
            for row in answer.derived.to_dict("records")
        ),
        unread=tuple(say("“{line}” ({why})", line=" ".join(line.split()), why=why.rstrip(".")) for line, why in possible_results(answer)),
        notices=tuple(dict.fromkeys(plain(notice.text) for notice in answer.notices)),
        causes=tuple(cause_of(finding, ref, plain) for finding in shown),
        lesser=tuple(lesser_of([finding for finding in answer.findings if finding not in shown], ref.language)),
        answers=tuple(answers_of(answer)),
        to_ask=tuple(to_ask(answer)),
        sources=tuple(sources_of(answer, shown)),
        closing=ref.evidence.closing,
        version=say("labinterp {version}, knowledge {digest}", version=__version__, digest=ref.digest[:12]),
        language=ref.language,
    )


def cells_of(answer: Interpretation) -> list[Mapping[str, Any]]:
    return [{str(key): value for key, value in cells.items()} for cells in answer.results.to_dict("records")]


def possible_results(answer: Interpretation) -> list[tuple[str, str]]:
    """Unread lines that may be results, with the reason."""
    lines = answer.unread[answer.unread["kind"] == "possible_result"]
    return [(str(text), str(reason)) for text, reason in zip(lines["text"], lines["reason"])]


def item_of(cells: Mapping[str, Any], ref: Reference, *, dated: bool = False) -> Item:
    """One row of the results, in words; with its day if `dated`, which reports of several days need."""
    known = cells["marker"] if isinstance(cells["marker"], str) else ""
    marker = ref.markers.get(known)
    ucum = str(cells["ucum"] or "")
    language, say = ref.language, ref.say
    word, look = flag_words(cells, language)
    first, last, low, high = (float(cells[column]) for column in ("low", "high", "range_low", "range_high"))
    unit = str(cells["unit_text"]).strip() or unit_words(ucum)
    group = group_of(cells)
    basis = say(WHOSE.get(str(cells["basis"]), ""))
    limit = str(cells["limit_text"] or cells["range_text"] if basis else cells["range_text"]).strip()
    source = ref.sources.get(str(cells["source_id"])) if basis and cells["basis"] != "printed" else None
    whose = ", ".join(filter(None, (basis, source.organisation if source else ""))) + (
        "" if source is None or source.verified else f" {say('? not checked')}"
    )
    name = result_name(marker, str(cells["name_text"]), language)
    if dated:
        name += f", {language.day(cells['collected']) if isinstance(cells['collected'], date) else say('no date')}"
    return Item(
        group,
        name,
        str(cells["value_text"]).strip() or say("no value"),
        unit,
        other_unit(cells, ref, ucum) if marker and group != "open" else "",
        word,
        look,
        limit,
        whose,
        note_of(cells, group, language),
        first,
        last,
        low if group != "open" else nan,
        high if group != "open" else nan,
        language,
    )


def other_unit(cells: Mapping[str, Any], ref: Reference, ucum: str) -> str:
    """The result in the unit system that the report does not use; empty where there is no sound way."""
    marker = ref.markers[cells["marker"]]
    systems: tuple[Units, ...] = ("SI", "US")
    for system in systems:
        if isnan(cells["low"]):
            return ""
        if target := target_unit(ref, marker, ucum, system):
            way = Way.between(ref, marker, ucum, target)
            return f"{interval_words(cells['comparator'], way(cells['low']), way(cells['high']), ref.language)} {unit_words(target)}"
    return ""


def note_of(cells: Mapping[str, Any], group: Group, language: Language = ENGLISH) -> str:
    """What must be said beside the flag: why a row is open, what the guideline says, where two limits disagree."""
    if group == "open":
        status = language.say(STATUS_WORDS.get(str(cells["status"]), english("not judged")))
        return str(cells["reason"] or cells["review"] or status).rstrip(".")
    band = _SCHEME.sub("", str(cells["band_text"] or ""))
    guideline = language.say("Guideline: {band}", band=band) if cells["severity"] >= 1 and band else ""
    notes = [disagreement({**cells, "band_text": band}, language) or guideline]
    notes += [str(cells["reason"] or "")]
    notes += [language.say("Please check on the report: {why}", why=cells["review"]) if cells["review"] else ""]
    return ". ".join(note.rstrip(".") for note in notes if note)


def facts_of(patient: Patient, laboratory: str, days: set[date], language: Language = ENGLISH) -> Iterable[tuple[str, str]]:
    """Who, where and when. What is not known is said, never filled in."""
    say = language.say
    born = (
        language.day(patient.birth_date)
        if patient.birth_date
        else say("age {years}", years=language.number(f"{patient.age:g}"))
        if patient.age is not None
        else say("not given (limits for adults)")
    )
    sex = say(SEXES[patient.sex]) if patient.sex else say("sex not given")
    pregnant = say({True: english("pregnant"), False: english("not pregnant"), None: ""}[patient.pregnant])
    yield say("Born"), ", ".join(filter(None, (born, sex, pregnant)))
    yield say("Laboratory"), laboratory or say("not given")
    dates = [language.day(day) for day in sorted(days)]
    between = say("{first} to {last}", first=dates[0], last=dates[-1]) if len(dates) > 1 else dates[0] if dates else say("date not given")
    yield say("Collected"), between


def doubt_of(answer: Interpretation, items: Sequence[Item]) -> str:
    """What keeps this summary from being whole; empty only if nothing is open."""
    waiting = sum(item.group == "open" for item in items)
    looks = sum(1 for review in answer.results["review"] if review)
    unread = len(possible_results(answer))
    say, plural = answer.reference.say, answer.reference.language.plural
    parts = []
    if waiting:
        parts.append(
            plural("{n} of {all} results could not be judged", "{n} of {all} results could not be judged", waiting, all=len(items))
        )
    if looks:
        parts.append(plural("{n} was read with doubt", "{n} were read with doubt", looks))
    if unread:
        parts.append(plural("{n} line that may be a result was not read", "{n} lines that may be results were not read", unread))
    what = ", ".join(parts)
    return say("Not everything is certain: {what}. Please compare with the report itself.", what=what) if parts else ""


def cause_of(finding: Finding, ref: Reference, plain: Any) -> Cause:
    """A cause told in full."""
    say = ref.say

    def told(items: Sequence[Evidence], none: str) -> str:
        texts = (
            plain(item.text).removesuffix(f": {say(NOT_TESTED)}") + (f" ({say(STRENGTHS[item.strength])})" if item.strength else "")
            for item in items
        )
        return "; ".join(texts) or none

    reasons = (
        ("+", say("For"), told(finding.for_, say("nothing in this report"))),
        ("–", say("Against"), told(finding.against, say("nothing in this report"))),
        ("?", say("Not tested"), told(finding.missing, say("nothing that would change it"))),
        *((("→", say("Settled by"), "; ".join(finding.settles)),) if finding.settles else ()),
    )
    return Cause(finding.name, say(TIERS[finding.tier]), say(SOON[finding.urgency]), reasons)


def lesser_of(findings: Sequence[Finding], language: Language = ENGLISH) -> Iterable[tuple[str, str]]:
    """The other causes by name, a line for each tier."""
    for tier, head in HEADS.items():
        own = [finding.name for finding in findings if finding.tier == tier]
        if own:
            yield language.say(head), "; ".join(own) + "."


def answers_of(answer: Interpretation) -> Iterable[tuple[str, str]]:
    """What the patient said, question by question; the emergency questions that were all denied are one line."""
    ref, say = answer.reference, answer.reference.say
    denied = 0
    for id_, value in answer.answers.items():
        values = [str(one) for one in (value if isinstance(value, list | tuple | set) else [value])]
        screen = ref.screens.get(id_.removeprefix("screen.")) if id_.startswith("screen.") else None
        if screen and values == ["yes"]:
            yield screen.text, say("yes")
        elif screen and values == ["no"]:
            denied += 1
        elif id_ in ref.questions:
            labels = {rule.value: rule.label for rule in ref.questions[id_].answers}
            yield ref.questions[id_].text, ", ".join(labels.get(one, say("does not know")) for one in values)
    if denied:
        yield say("{n} of {all} emergency signs asked", n=denied, all=len(ref.screens)), say("no")


def to_ask(answer: Interpretation) -> list[str]:
    """At most five questions to take along, from the alerts, the causes that fit and the results in question."""
    rows = dict(zip(answer.results.index, cells_of(answer)))
    items = {label: item_of(cells, answer.reference) for label, cells in rows.items()}
    alarming = dict.fromkeys(alert.row for alert in answer.alerts if alert.row in items and not alert.past)
    say, within = answer.reference.say, answer.reference.language.inside
    repeat = english("My {result}: should it be repeated, and how soon?")
    asked = [say(repeat, result=within(items[i].whole)) for i in alarming if i is not None]
    for finding in answer.findings:
        if finding.tier == "fits":
            tests = answer.reference.language.both(within(test.test.split(",")[0]) for test in finding.next_tests[:2])
            further = f" {say('Would {tests} help to tell?', tests=tests)}" if tests else ""
            asked.append(say("Could {cause} play a part?", cause=within(finding.name)) + further)
    doubted = [label for label, cells in rows.items() if cells["status"] == "implausible" and label not in alarming]
    again = english("{test} could not be judged on my report. Should it be tested again?")
    asked += [say(again, test=items[label].name) for label in doubted]
    asked = list(dict.fromkeys(asked))[: QUESTIONS - 1]
    return [*asked, say("Could something that blood tests do not show be behind the weakness, and how would we look for it?")]


def sources_of(answer: Interpretation, shown: Sequence[Finding]) -> Iterable[tuple[str, str]]:
    """Every source that a limit or a cause on this paper stands on, with the mark of what was not checked."""
    ref = answer.reference
    cited: dict[str, bool] = {}
    for cells in cells_of(answer):
        if cells["basis"] == "printed":
            cited.setdefault("report", True)
        elif cells["source_id"]:
            cited.setdefault(str(cells["source_id"]), True)
        scheme = _SCHEME.search(str(cells["band_text"] or ""))
        if scheme and group_of(cells) == "outside" and cells["marker"] in ref.markers:
            for one in ref.decision(cells["marker"]):
                if one.scheme == scheme[1]:
                    cited[one.source] = cited.get(one.source, True) and one.verified
    for finding in shown:
        for id_ in finding.sources:
            cited.setdefault(id_, True)
    unchecked = f" [{ref.say('? not checked')}]"
    for id_, checked in cited.items():
        source = ref.sources.get(id_)
        if id_ == "report":
            yield ref.say("ranges printed by the laboratory"), ref.say("ranges printed by the laboratory")
        elif source:
            mark = "" if checked and source.verified else unchecked
            year = f" {source.year}" if source.year else ""
            yield f"{source.organisation}{year}{mark}", f"{source.organisation}{year}: {source.title}{mark}"
        else:
            yield f"{id_}{unchecked}", f"{id_}{unchecked}"
