"""What cannot wait: emergency answers, critical values, and lines about dangerous markers that nobody has read yet.

Alerts are never scored and no normal result takes one away. An older critical value is told as past. Limits and words are data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pandas as pd

from labinterp.facts import UNJUDGED, Answers, Fact, Facts, facts_in, name_of, pattern_facts, people, says
from labinterp.language import english
from labinterp.model import CONTRADICTED, Alert
from labinterp.reference import Reference
from labinterp.reference.fold import fold_name
from labinterp.reference.schema_causes import AlertRule, Condition, Pattern
from labinterp.words import not_final

_ORDER = {"emergency": 0, "urgent": 1}
URGENT = 4  # the severity of the bands that cannot wait
_CHECK = english("Look at this line on the paper now; if the value is right, it can be dangerous. If you feel ill, do not wait.")


def find_alerts(
    results: pd.DataFrame,
    ref: Reference,
    answers: Answers | None = None,
    unread: pd.DataFrame | None = None,
    derived: pd.DataFrame | None = None,
) -> list[Alert]:
    """Alerts, emergencies first and past ones last; an id stands once for each person.

    Ids: a pattern of `patterns.yaml`, a screen of `questions.yaml`, ``critical_<marker>`` where a critical limit is passed or an
    urgent band reached that no pattern names, or ``check_<marker>`` where a line about a marker with an alert could not be read with
    certainty.
    """
    persons = people(results)
    alerts = list(_by_answers(Facts.of(results.iloc[:0], ref, answers)))
    for person in persons:
        alone = len(persons) == 1
        facts = Facts.of(person, ref, answers if alone else None, derived=derived if alone else None)
        own = [*_by_patterns(facts), *_past(facts)]
        own += _critical(facts, {alert.marker for alert in own if not alert.past})
        emergencies = {alert.marker for alert in own if alert.urgency == "emergency" and not alert.past}
        own += [check for check in (*_checks(facts), *_contradicted(person, ref)) if check.marker not in emergencies]
        alerts += own if alone else [replace(alert, text=_of(person, alert.text, ref)) for alert in own]
    for lines in (_mangled(results), unread):
        if lines is not None and len(lines):
            checked = {alert.id for alert in alerts}
            alerts += [check for check in _unread_checks(lines, ref) if check.id not in checked]
    alerts.sort(key=lambda alert: (alert.past, _ORDER[alert.urgency]))
    return alerts


def _of(person: pd.DataFrame, text: str, ref: Reference) -> str:
    """The text of an alert with the id of the person it is about, where a document has several."""
    name = str(person["patient_id"].iat[0] or "")
    return ref.say("Person {id}: {text}", id=name, text=text) if name.strip() else text


def _by_answers(facts: Facts) -> list[Alert]:
    """What the answers fire, each screen once: by the more urgent of its rules."""
    fired = [(screen, screen.urgency) for screen in facts.ref.screens.values() if "yes" in facts.answers.get(f"screen.{screen.id}", ())]
    fired += [(facts.ref.screens[rule.fire], rule.urgency) for rule in facts.ref.triggers.values() if facts.truth(rule.when)]
    alerts: dict[str, Alert] = {}
    for screen, urgency in sorted(fired, key=lambda pair: _ORDER[pair[1]]):
        alerts.setdefault(screen.id, Alert(screen.id, urgency, screen.alert, action=screen.action))
    return list(alerts.values())


def _by_patterns(facts: Facts) -> Iterator[Alert]:
    for pattern in sorted(facts.ref.patterns.values(), key=lambda pattern: not _one_marker(pattern)):  # the plain value first
        rule = _rule(pattern, facts)
        if rule is not None:
            used = pattern_facts(pattern, facts) or []
            told = list(dict.fromkeys(fact.marker for fact in used))
            values = "; ".join(says(facts.latest[marker], facts.ref) for marker in told if marker in facts.latest)
            text = f"{values}. {rule.text}" if values else rule.text
            yield _alert(pattern, rule, text + _doubts(used, facts.ref), used[0] if used else None)


def _doubts(used: Iterable[Fact], ref: Reference) -> str:
    """Why a person should look at what an alert stands on."""
    reviews = dict.fromkeys(fact.review.rstrip(".") for fact in used if fact.review)
    return "".join(f" {ref.say('Please look: {why}', why=review)}." for review in reviews)


def _rule(pattern: Pattern, facts: Facts) -> AlertRule | None:
    """The first alert of the pattern that holds."""
    if not pattern.alerts or pattern_facts(pattern, facts) is None:
        return None
    return next((rule for rule in pattern.alerts if rule.when is None or facts.truth(rule.when)), None)


def _alert(pattern: Pattern, rule: AlertRule, text: str, fact: Fact | None) -> Alert:
    return Alert(pattern.id, rule.urgency, text, fact.marker if fact else "", rule.action, fact.row if fact else None)


def _past(facts: Facts) -> Iterator[Alert]:
    """An older critical value that a later one has followed."""
    for pattern in facts.ref.patterns.values():
        marker = _one_marker(pattern)
        if not marker or not pattern.alerts or _rule(pattern, facts):
            continue
        held = (*facts.earlier.get(marker, ()), facts.latest.get(marker))
        dated = [fact for fact in held if fact is not None and fact.day is not None]
        for fact in reversed([fact for fact in dated if fact.day != dated[-1].day]):
            rule = _rule(pattern, replace(facts, latest={**facts.latest, marker: fact}))
            if rule is not None:
                say = facts.ref.say
                then, later = says(fact, facts.ref), says(dated[-1], facts.ref)
                text = say("{then}. That was critical then; the later value is {now}.", then=then, now=later)
                action = say("Ask whether the reason was found.")
                yield replace(_alert(pattern, rule, text, fact), urgency="urgent", past=True, action=action)
                break


def _one_marker(pattern: Pattern) -> str:
    """The marker of a pattern that is one critical value and nothing else."""
    if pattern.none_of or not all(part.limits for part in (*pattern.all_of, *pattern.any_of)):
        return ""
    markers = {part.marker for part in (*pattern.all_of, *pattern.any_of)}
    return markers.pop() if len(markers) == 1 else ""


def _critical(facts: Facts, told: set[str]) -> list[Alert]:
    """Values beyond a critical limit, so marked by the laboratory, or in a band that is urgent, that no pattern has told."""
    say = facts.ref.say
    out = []
    for marker, fact in facts.latest.items():
        if fact.marker != marker or marker in told or not fact.judged:
            continue
        if fact.flag in ("LL", "HH"):
            why = say("Laboratories report a value like this to the doctor by telephone.")
        elif fact.severity >= URGENT:
            why = say("By the guideline limits a value like this should not wait.")
        else:
            continue
        text = f"{says(fact, facts.ref)}. {why}{_doubts([fact], facts.ref)}"
        out.append(Alert(f"critical_{marker}", "urgent", text, marker, say("Medical advice today."), fact.row))
    return out


# ---- lines that nobody has read with certainty -----------------------------------------------------------------------------


def _alert_limits(ref: Reference) -> dict[str, list[Condition]]:
    """Marker -> its conditions in number form, of patterns that raise an alert."""
    out: dict[str, list[Condition]] = {}

    def walk(parts: Iterable[Condition]) -> None:
        for part in parts:
            if part.limits:
                out.setdefault(part.marker, []).append(part)
            walk((*part.all_of, *part.any_of))

    for pattern in ref.patterns.values():
        if _is_critical(pattern):
            walk((*pattern.all_of, *pattern.any_of))
    return out


def _is_critical(pattern: Pattern) -> bool:
    """A pattern with an alert that a single value can fire."""
    if not pattern.alerts or any(rule.when for rule in pattern.alerts):
        return False
    return len(pattern.all_of) == 1 and bool(pattern.all_of[0].limits) if pattern.all_of else bool(pattern.any_of)


def _checks(facts: Facts) -> list[Alert]:
    """Check this now: a doubtful line, or a result that may or may not be beyond an alert limit."""
    limits = _alert_limits(facts.ref)
    out: dict[str, Alert] = {}
    for fact in facts.doubtful:
        if fact.status not in UNJUDGED and fact.review == not_final(fact.review, facts.ref.language.again):
            continue  # read with certainty: judged as it is, and nothing to compare
        if fact.marker in limits and (fact.status != "unknown_unit" or _would_meet(fact, limits[fact.marker], facts.ref)):
            known = facts.ref.say(_WHY[fact.status]) if fact.status in _WHY else ""
            why = "; ".join(filter(None, [fact.review, known]))
            out.setdefault(fact.marker, _check(fact.marker, _shown(fact, facts.ref), why, facts.ref, fact.row))
    for marker, conditions in limits.items():
        latest = facts.latest.get(marker)
        if latest is None or latest.marker != marker or marker in out:
            continue
        unclear = latest.low != latest.high and any(latest.meets(part.limits, facts.ref) is None for part in conditions)
        numberless = latest.flag in ("LL", "HH") and latest.low != latest.low
        if (unclear and latest.low == latest.low) or numberless:
            out[marker] = _check(marker, _shown(latest, facts.ref), facts.ref.say("the exact number is not known"), facts.ref, latest.row)
    return list(out.values())


def _contradicted(results: pd.DataFrame, ref: Reference) -> Iterator[Alert]:
    """Rows whose name and LOINC code mean different tests, where the value would be dangerous in one of them."""
    if "match" not in results.columns:
        return
    limits = _alert_limits(ref)
    for _, line in results[results["match"] == CONTRADICTED].iterrows():
        coded = ref.by_loinc(str(line["code_text"]))
        for marker in dict.fromkeys([*([coded[0]] if coded else []), *ref.candidates(str(line["name_text"]))]):
            fact = facts_in(line.to_frame().T.assign(marker=marker), ref)[0]
            if marker in limits and _would_meet(fact, limits[marker], ref):
                shown = " ".join(filter(None, (fact.name_text.strip(), fact.value_text.strip(), fact.unit_text.strip())))
                yield _check(marker, shown, str(line["match_reason"]), ref, fact.row)


_WHY = {
    "implausible": english("the value is not possible as it stands"),
    "unreadable_value": english("the value could not be read"),
    "unknown_unit": english("the unit is missing, and in one unit the value would be dangerous"),
}


def _would_meet(fact: Fact, conditions: list[Condition], ref: Reference) -> bool:
    units = {unit for part in conditions for unit in part.limits if unit != "xULN"}
    return any(replace(fact, ucum=unit).meets(part.limits, ref) for part in conditions for unit in units if unit in part.limits)


def _shown(fact: Fact, ref: Reference) -> str:
    return " ".join(filter(None, (name_of(fact.marker, ref), fact.value_text.strip(), fact.unit_text.strip())))


def _check(marker: str, shown: str, why: str, ref: Reference, row: int | None = None) -> Alert:
    return Alert(f"check_{marker}", "urgent", f"{shown}: {why.rstrip('.')}.", marker, ref.say(_CHECK), row)


def _mangled(results: pd.DataFrame) -> pd.DataFrame | None:
    """Rows with neither a known name nor a readable value, as lines: their cells may have been cut in the wrong place."""
    if not {"name_text", "value_text", "status"} <= set(results.columns):
        return None
    rows = results[results["marker"].isna() & (results["status"] == "unreadable_value")]
    if rows.empty:
        return None
    text = rows["name_text"] + " " + rows["value_text"]
    text = text[text.str.contains(r"(?<![^\s(])\d")]  # a number of its own; the G1 of a category is none
    return pd.DataFrame({"text": text, "kind": "possible_result"})


def _unread_checks(unread: pd.DataFrame, ref: Reference) -> list[Alert]:
    """Unread lines that look like a result of a marker with an alert."""
    limits = _alert_limits(ref)
    out: dict[str, Alert] = {}
    for text, kind in zip(unread["text"].map(str), unread["kind"].map(str), strict=True):
        if kind != "possible_result":
            continue
        for marker in _named(text, ref):
            if marker in limits:
                line = " ".join(text.split())[:80]
                shown = ref.say("A line that names {test} ({line})", test=name_of(marker, ref), line=line)
                out.setdefault(marker, _check(marker, shown, ref.say("it could not be read"), ref))
    return list(out.values())


_LONGEST_NAME = 5
_CERTAIN_ANYWHERE = 4


def _named(text: str, ref: Reference) -> list[str]:
    """Markers whose name begins the line, or stands in it as whole words if it is not a mere abbreviation."""
    words = text.split()
    folded = f" {fold_name(text)} "
    out = []
    for start in range(min(len(words), 12)):
        for length in range(1, _LONGEST_NAME + 1):
            name = " ".join(words[start : start + length]).strip(" :;,.*")
            if start and len(name) < _CERTAIN_ANYWHERE:
                continue
            for marker in ref.candidates(name):
                cues = [f" {fold_name(cue)} " for confusion in ref.markers[marker].not_to_confuse for cue in confusion.cues if len(cue) > 2]
                if not any(cue in folded and cue not in f" {fold_name(name)} " for cue in cues):
                    out.append(marker)
    return list(dict.fromkeys(out))
