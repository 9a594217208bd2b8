"""Possible causes: evidence for and against, what is not tested, what to ask next. Never a diagnosis, never a probability.

Nothing here knows a cause or a marker by name: links, patterns, answers and weights are read from `reference_ranges/`.
Points are added up inside (`evidence.yaml`); outside there are four tiers and three lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from labinterp.facts import EDITORIAL, FINDING_WORDS, STRENGTHS, URGENCY_WORDS, Answers, Facts, name_of, pattern_facts, people, says
from labinterp.language import english
from labinterp.model import Answer, Evidence, Finding, NextTest, Notice, Patient, Question, Strength, Tier
from labinterp.reference import Reference
from labinterp.reference.schema_causes import Cause, CauseCase, EvidenceWeights, MarkerLink, Pattern, QuestionRule

AnswerKind = Literal["raises", "telling", "specific", "lowers"]
_KINDS: tuple[AnswerKind, ...] = ("raises", "telling", "specific", "lowers")
_SHOWN: dict[AnswerKind, Strength] = {"raises": "weak", "telling": "moderate", "specific": "strong", "lowers": "weak"}
_NORMAL = frozenset({"normal", "negative", "low_or_normal", "high_or_normal"})
_URGENCY = {"emergency": 0, "urgent": 1, "routine": 2}
_SOFTENED = frozenset({"high", "low", "positive", "any_abnormal"})


@dataclass(frozen=True)
class _Reason:
    """One piece of evidence with its weight."""

    points: float
    evidence: Evidence
    group: str = ""  # markers of one evidence group count as one finding
    defining: bool = False
    own_pattern: bool = False  # a pattern of this cause, not of a group of causes
    normal: bool = False  # a normal result: supports only what something else suggests
    orders: bool = False  # age: orders, never suggests
    answer: str = ""  # kind of answer: raises, telling, specific
    soft: bool = False  # borderline, or under a data-quality note
    id: str = ""  # of the pattern, question or screen it stands on, where that is no marker

    @property
    def key(self) -> tuple[str, ...]:
        """Orders reasons of equal weight, alike in every language."""
        return self.id, self.evidence.marker, self.evidence.finding


@dataclass
class _Weighed:
    cause: Cause
    for_: list[_Reason] = field(default_factory=list)
    against: list[_Reason] = field(default_factory=list)
    points: float = 0.0
    history: float = 0.0  # points of answers
    results: float = 0.0  # points of abnormal results
    pointed: bool = False  # answers point to it: a telling one, or two
    suggested: bool = False  # answers alone make a visible cause worth testing: a telling one, or three, and no result against it

    @property
    def pointing(self) -> list[_Reason]:
        """Reasons that can bring a cause up at all."""
        return [reason for reason in self.for_ if reason.points > 0 and not reason.normal and not reason.orders]


def rank_causes(
    results: pd.DataFrame,
    ref: Reference,
    answers: Answers | None = None,
    patient: Patient | None = None,
    derived: pd.DataFrame | None = None,
) -> list[Finding]:
    """Possible causes of one person, best first: what fits, then what is possible or cannot be seen in blood, then what is less supported.

    Uses the latest result of each marker. Results of several persons (column `patient_id`) give no ranking: two are never mixed.
    """
    if len(people(results)) > 1:
        return []
    facts = Facts.of(results, ref, answers, patient, derived)
    placed = [(tier, weighed) for weighed in weigh(facts) if (tier := _tier(weighed, ref.evidence))]
    placed.sort(key=lambda item: _place(*item))
    return [_finding(weighed, tier, facts) for tier, weighed in placed]


# ---- weighing ------------------------------------------------------------------------------------------------------------


def weigh(facts: Facts) -> list[_Weighed]:
    """Every cause with its reasons and points."""
    ref, weights = facts.ref, facts.ref.evidence
    group_of = {marker: group for group, markers in weights.groups.items() for marker in markers}
    doubtful = _doubtful(facts)
    reasons: dict[str, list[_Reason]] = {cause: [] for cause in ref.causes}
    for pattern in ref.patterns.values():
        for cause, reason in _pattern_reasons(pattern, facts, weights, doubtful):
            reasons[cause].append(reason)
    for cause, reason in _answer_reasons(facts, weights):
        reasons[cause].append(reason)
    return [
        _sum(cause, reasons[id_] + _link_reasons(cause, facts, weights, doubtful, group_of), weights) for id_, cause in ref.causes.items()
    ]


def _doubtful(facts: Facts) -> frozenset[str]:
    return frozenset(marker for rule in facts.ref.quality.values() if facts.truth(rule.when) for marker in rule.halves)


def _link_reasons(
    cause: Cause, facts: Facts, weights: EvidenceWeights, doubtful: frozenset[str], group_of: dict[str, str]
) -> list[_Reason]:
    """One reason per marker: of its links that hold the one that names the degree, then the strongest."""
    best: dict[str, tuple[tuple[bool, float], _Reason]] = {}
    for link in cause.links:
        fact = facts.latest.get(link.marker)
        if link.role == "screening" or fact is None or not fact.holds(link.finding):
            continue
        soft = fact.mild and link.finding in _SOFTENED
        points = weights.links[link.role][link.strength] * (weights.borderline if soft else 1)
        if fact.review and (points < 0 or fact.abnormal is False):  # what a person should look at first reassures nobody
            continue
        if link.marker in doubtful or fact.marker in doubtful:
            points, soft = points * weights.doubtful, True
        note = "; ".join(filter(None, (link.note, facts.ref.say("borderline") if fact.mild and soft else "")))
        reason = _Reason(
            points,
            Evidence(says(fact, facts.ref), link.marker, link.finding, link.strength, fact.row, note),
            group=group_of.get(link.marker, link.marker),
            defining=link.role == "defining",
            normal=link.finding in _NORMAL and fact.abnormal is False,
            soft=soft,
        )
        rank = (link.finding.startswith(("very_", "borderline_")), abs(points))
        if link.marker not in best or rank > best[link.marker][0]:
            best[link.marker] = rank, reason
    return [reason for _, reason in best.values()]


def _pattern_reasons(pattern: Pattern, facts: Facts, weights: EvidenceWeights, doubtful: frozenset[str]) -> Iterable[tuple[str, _Reason]]:
    used = pattern_facts(pattern, facts)
    if used is None:
        return
    abnormal = [fact for fact in used if fact.abnormal is not False]
    soft = bool(abnormal) and all(fact.mild for fact in abnormal)
    points = weights.patterns[pattern.level][pattern.strength] * (weights.borderline if soft else 1)
    if any(fact.marker in doubtful for fact in abnormal):
        points, soft = points * weights.doubtful, True
    row = used[0].row if used else None
    text = facts.ref.say("Together: {pattern}", pattern=facts.ref.language.inside(pattern.name))
    evidence = Evidence(text, strength=pattern.strength, row=row, note=pattern.meaning)
    normal = bool(used) and not abnormal
    for cause in pattern.points_to:
        yield cause, _Reason(points, evidence, own_pattern=pattern.level == "cause", normal=normal, soft=soft, id=pattern.id)
    for cause in () if any(fact.review for fact in used) else pattern.weakens:
        yield cause, _Reason(-points, evidence, soft=soft, id=pattern.id)


def _answer_reasons(facts: Facts, weights: EvidenceWeights) -> Iterable[tuple[str, _Reason]]:
    for question in facts.ref.questions.values():
        orders = any(answer.age for answer in question.answers)
        for answer in facts.given(question.id):
            mine = question.id in facts.answers
            text = facts.ref.say("Your answer: {answer}" if mine else "From the report: {answer}", answer=answer.says)
            for kind in _KINDS:
                evidence = Evidence(text, strength=_SHOWN[kind])
                for cause in getattr(answer, kind):
                    yield cause, _Reason(weights.answers[kind], evidence, orders=orders, answer=kind, id=f"{question.id}.{answer.value}")
    fired = {trigger.fire for trigger in facts.ref.triggers.values() if facts.truth(trigger.when)}
    for screen in facts.ref.screens.values():
        told = "yes" in facts.answers.get(f"screen.{screen.id}", ())
        if told or screen.id in fired:
            weight: AnswerKind = "telling" if told else "raises"
            own, together = english("Your answer of yes: {question}"), english("Your answers together, as in the emergency check")
            text = facts.ref.say(own, question=screen.text) if told else facts.ref.say(together)
            evidence = Evidence(text, strength=_SHOWN[weight])
            for cause in screen.suggests:
                yield cause, _Reason(weights.answers[weight], evidence, answer=weight, id=screen.id)


def _sum(cause: Cause, reasons: list[_Reason], weights: EvidenceWeights) -> _Weighed:
    weighed = _Weighed(cause)
    shared = _share_groups(reasons, weights)
    shared.sort(key=lambda reason: (-abs(reason.points), reason.key))
    weighed.for_ = [reason for reason in shared if reason.points >= 0]
    weighed.against = [reason for reason in shared if reason.points < 0]
    counted = [reason for reason in weighed.for_ if not reason.normal and not reason.orders]
    weak = sum(reason.points for reason in counted if _is_weak(reason))
    support = sum(reason.points for reason in counted) - max(0.0, weak - weights.weak_cap)
    weighed.history = sum(reason.points for reason in counted if reason.answer)
    weighed.results = support - weighed.history
    extra = sum(reason.points for reason in weighed.for_ if reason.normal or reason.orders)
    weighed.points = support + min(extra, support) + sum(reason.points for reason in weighed.against)
    answers = [reason.answer for reason in counted if reason.answer]
    telling = any(reason.answer in ("telling", "specific") for reason in weighed.for_)
    net = len(answers) - sum(1 for reason in weighed.against if reason.answer)
    alarming = cause.urgency == "emergency" and cause.visible != "yes"  # not brought up by two ordinary answers
    weighed.pointed = telling or net > (2 if alarming else 1)
    weighed.suggested = (telling or net > 2) and not any(
        not reason.answer and reason.evidence.strength != "weak" for reason in weighed.against
    )
    return weighed


def _is_weak(reason: _Reason) -> bool:
    return reason.evidence.strength == "weak" and not reason.defining and not reason.answer and not reason.own_pattern


def _share_groups(reasons: list[_Reason], weights: EvidenceWeights) -> list[_Reason]:
    """Of an evidence group the strongest reason on each side counts in full, each further one a share."""
    out, seen = [], set()
    for reason in sorted(reasons, key=lambda reason: (-abs(reason.points), reason.key)):
        side = (reason.group, reason.points > 0)
        if reason.group and side in seen:
            reason = _Reason(**{**reason.__dict__, "points": reason.points * weights.further_of_group})
        seen.add(side)
        out.append(reason)
    return out


# ---- tiers ---------------------------------------------------------------------------------------------------------------


def _tier(weighed: _Weighed, weights: EvidenceWeights) -> Tier | None:
    """The tier of a cause, or None where nothing worth telling is known."""
    cause, points = weighed.cause, weighed.points
    contradicted = any(reason.evidence.strength == "strong" and not reason.soft and not reason.answer for reason in weighed.against)
    if not weighed.pointing:
        told = any(reason.evidence.strength == "strong" and reason.evidence.finding in _NORMAL for reason in weighed.against)
        return "less_supported" if told and cause.visible != "no" and not cause.labs_may_not_hide else None
    own = any(reason.defining or (reason.own_pattern and not reason.soft) for reason in weighed.pointing)
    if cause.needs_pointer and not own and not weighed.pointed:
        return None
    if points >= weights.fits and not contradicted and not cause.never_leading and _lifted(weighed):
        return "fits"
    history_alone = weighed.pointed and weighed.history >= weights.possible
    if cause.labs_may_not_hide and history_alone:
        return "possible" if points >= weights.possible and weighed.results >= weights.possible else "unseen"
    if points <= weights.less_supported or (contradicted and points < weights.possible):
        return "less_supported" if cause.visible != "no" or history_alone else None
    if cause.visible == "no" or (cause.visible == "partly" and weighed.results <= 0):
        if history_alone and points > 0:
            return "unseen"
        return "possible" if weighed.results >= weights.possible and points >= weights.possible else None
    if points >= weights.possible and (weighed.results >= weights.possible or weighed.suggested):
        return "possible"
    return None


def _lifted(weighed: _Weighed) -> bool:
    """A defining test, a strong pattern of its own, two independent strong findings, or one with an exposure that names the cause."""
    firm = [reason for reason in weighed.pointing if not reason.soft]
    if any(reason.defining and not reason.answer for reason in firm):
        return True
    if any(reason.own_pattern and reason.evidence.strength == "strong" for reason in firm):
        return True
    strong = {reason.group for reason in firm if reason.group and reason.evidence.strength == "strong"}
    return len(strong) > 1 or (bool(strong) and any(reason.answer == "specific" for reason in firm))


def _place(tier: Tier, weighed: _Weighed) -> tuple[object, ...]:
    order = {"fits": 0, "possible": 1, "unseen": 1, "less_supported": 2}[tier]
    cause = weighed.cause
    return order, cause.never_leading, -round(weighed.points, 6), _URGENCY[cause.urgency], cause.id


# ---- telling -------------------------------------------------------------------------------------------------------------


def _finding(weighed: _Weighed, tier: Tier, facts: Facts) -> Finding:
    cause, weights = weighed.cause, facts.ref.evidence
    wording = weights.wording[tier].format(name=cause.name, tests=facts.ref.language.either(cause.settles[:2]))
    return Finding(
        cause=cause.id,
        name=cause.name,
        tier=tier,
        urgency=cause.urgency,
        for_=tuple(reason.evidence for reason in weighed.for_),
        against=tuple(reason.evidence for reason in weighed.against),
        missing=tuple(_missing(cause, facts)),
        next_tests=tuple(_next_tests(cause, facts))[: weights.shown_next_tests],
        settles=cause.settles,
        wording=f"{wording} {cause.wording}" if cause.wording and tier != "unseen" else cause.wording or wording,
        mechanism=cause.mechanism,
        sources=tuple(dict.fromkeys((*cause.sources, *(link.statistic.source for link in cause.links if link.statistic)))),
        seeds=tuple((seed.article, seed.says) for seed in cause.seeds),
        basis=cause.basis,
        reviewed_by=cause.reviewed_by,
    )


def _missing(cause: Cause, facts: Facts) -> Iterable[Evidence]:
    """What was not tested, or tested and not judged: the defining and the screening tests, then the strong supporting ones."""
    wanted: dict[str, MarkerLink] = {}
    for role in ("defining", "screening", "supporting"):
        for link in cause.links:
            if link.role == role and (role != "supporting" or link.strength == "strong"):
                wanted.setdefault(link.marker, link)
    for link in wanted.values():
        if why := _not_known(link.marker, facts):
            yield Evidence(f"{name_of(link.marker, facts.ref)}: {why}", link.marker, link.finding, link.strength, note=link.note)


def _not_known(marker: str, facts: Facts) -> str:
    say = facts.ref.say
    fact = facts.latest.get(marker)
    unchecked = fact is not None and bool(fact.review) and fact.abnormal is False
    if fact is not None and not unchecked:
        result = f"{fact.value_text} {fact.unit_text}".strip()
        return "" if fact.judged else say("{result} could not be placed against a limit", result=result)
    if unchecked or any(doubt.marker == marker for doubt in facts.doubtful):
        return say("in the report, but not counted until someone has checked the line")
    return say(NOT_TESTED)


NOT_TESTED = english("not in these results")


def _next_tests(cause: Cause, facts: Facts) -> Iterable[NextTest]:
    for test in cause.next_tests:
        if not test.markers or any(_not_known(marker, facts) for marker in test.markers):
            yield NextTest(test.test, test.reason)


# ---- questions -----------------------------------------------------------------------------------------------------------


def next_questions(
    results: pd.DataFrame,
    ref: Reference,
    answers: Answers | None = None,
    patient: Patient | None = None,
    findings: Sequence[Finding] = (),
    derived: pd.DataFrame | None = None,
) -> list[Question]:
    """Questions still worth asking: the emergency screen first, then those that would change the order of causes most.

    A question that no answer of which would move anything is left out; so is every question already answered, "I do not know" included.
    `findings` may be given to save nothing being found twice; the order is worked out from the same points.
    """
    if len(people(results)) > 1:
        return []
    facts = Facts.of(results, ref, answers, patient, derived)
    asked = set(answers or {})
    first = ref.say("An emergency comes before everything else.")
    yes_no = (Answer("yes", ref.say("Yes")), Answer("no", ref.say("No")))
    screens = [
        Question(f"screen.{screen.id}", screen.text, first, yes_no, emergency=True)
        for screen in ref.screens.values()
        if f"screen.{screen.id}" not in asked
    ]
    open_ = [rule for rule in ref.questions.values() if rule.id not in asked and not facts.given(rule.id)]
    weighed_all = weigh(facts)
    base = {weighed.cause.id: weighed.points for weighed in weighed_all if weighed.pointing}
    if not base:  # nothing points anywhere yet: what blood cannot show is open
        base = {weighed.cause.id: weighed.points for weighed in weighed_all if weighed.cause.visible != "yes"}
    worth = {rule.id: (not rule.first, -_change(rule, base, ref.evidence)) for rule in open_}
    rank = {rule.id: place for place, rule in enumerate(open_)}
    useful = [rule for rule in open_ if rule.first or worth[rule.id][1] < 0]
    useful.sort(key=lambda rule: (*worth[rule.id], rank[rule.id]))
    return screens + [_question(rule) for rule in useful]


def _question(rule: QuestionRule) -> Question:
    return Question(rule.id, rule.text, rule.why, tuple(Answer(answer.value, answer.label) for answer in rule.answers), rule.multiple)


_WATCHED = 5
"""How many places at the top count when a question is judged by what it would move."""


def _change(rule: QuestionRule, base: dict[str, float], weights: EvidenceWeights) -> float:
    """How much a question would move the first places among what is suggested already, by its two answers that move most."""
    before = _order_of(base)
    moves = []
    for answer in rule.answers:
        points = dict(base)
        for kind in _KINDS:
            for cause in getattr(answer, kind):
                if cause in base:
                    points[cause] += weights.answers[kind]
        after = _order_of(points)
        watched = {*list(before)[:_WATCHED], *list(after)[:_WATCHED]}
        moves.append(sum(abs(min(before.get(cause, _WATCHED), _WATCHED) - min(after.get(cause, _WATCHED), _WATCHED)) for cause in watched))
    return sum(sorted(moves)[-2:])


def _order_of(points: dict[str, float]) -> dict[str, int]:
    held = [cause for cause, value in points.items() if value > 0]
    return {cause: place for place, cause in enumerate(sorted(held, key=lambda cause: (-round(points[cause], 6), cause)))}


# ---- quality and description ---------------------------------------------------------------------------------------------


def data_quality(
    results: pd.DataFrame, ref: Reference, answers: Answers | None = None, derived: pd.DataFrame | None = None
) -> list[Notice]:
    """Remarks on results that may mislead, and on answers that no question offers. Notices, never alarms."""
    notices = []
    persons = people(results)
    for person in persons:
        facts = Facts.of(person, ref, answers, derived=derived if len(persons) == 1 else None)
        for rule in ref.quality.values():
            if facts.truth(rule.when):
                fact = facts.latest.get(rule.marker)
                notices.append(Notice(rule.id, rule.text, rule.marker, fact.row if fact else None))
    if len(persons) > 1:
        notices.append(Notice("several_persons", ref.say("These results belong to several persons, so possible causes are not ranked.")))
    for question, value in Facts.of(results.iloc[:0], ref, answers).unknown_answers:
        told = ref.say(
            "The answer {answer} to {question} is not one that is offered, so it was not used.", answer=repr(value), question=repr(question)
        )
        notices.append(Notice("unknown_answer", told))
    return notices


SEEN = {"yes": english("yes"), "partly": english("partly"), "no": english("no, other tests show it")}
TERMS = {
    "sudden": english("sudden"), "hours_days": english("hours to days"), "days_weeks": english("days to weeks"),
    "weeks_months": english("weeks to months"), "months_years": english("months to years"), "episodic": english("in attacks"),
    "ascending": english("ascending"), "asymmetric": english("asymmetric"), "both_legs": english("both legs"),
    "bulbar_ocular": english("speech, swallowing or eyes"), "calf": english("calf"), "distal": english("distal"),
    "foot_drop": english("foot drop"), "generalised": english("generalised"), "heaviness_not_weakness": english("heaviness, not weakness"),
    "hip_girdle": english("hip girdle"), "legs_and_arms": english("legs and arms"), "legs_only": english("legs only"),
    "one_leg": english("one leg"), "one_side": english("one side"), "proximal": english("proximal"), "quadriceps": english("quadriceps"),
    "root_territory": english("territory of a nerve root"), "symmetric": english("symmetric"), "back_pain": english("back pain"),
    "burning": english("burning"), "cramps": english("cramps"), "loss_of_position_sense": english("loss of position sense"),
    "none": english("nothing felt"), "numbness": english("numbness"), "pain": english("pain"), "radiating_pain": english("radiating pain"),
    "saddle_numbness": english("saddle numbness"), "sensory_level": english("sensory level"), "tingling": english("tingling"),
}  # fmt: skip
"""Onset, place and feeling of a cause, in words."""
ROLES = {
    "defining": english("Defining"),
    "supporting": english("For"),
    "against": english("Against"),
    "screening": english("Should be checked"),
}


def describe_cause(cause_id: str, ref: Reference) -> str:
    """All that is known of one cause, as plain text for the command line. Raises `KeyError` for an unknown id."""
    say, cause = ref.say, ref.causes[cause_id]
    unverified = f" ({say('not verified')})"
    lines = [f"{cause.name}  [{cause.id}]", cause.mechanism]
    if cause.wording:
        lines.append(cause.wording)
    urgency, seen = say(URGENCY_WORDS[cause.urgency]), say(SEEN[cause.visible])
    lines += ["", say("Urgency: {urgency}. Visible in blood tests: {seen}.", urgency=urgency, seen=seen)]
    for title, words in ((say("Onset"), cause.onset), (say("Where"), cause.distribution), (say("Feeling"), cause.sensory)):
        lines.append(f"{title}: {', '.join(say(TERMS.get(word, word)) for word in words)}.")
    lines.append(say("Course: {course}.", course=cause.course))
    for role, title in ROLES.items():
        links = [link for link in cause.links if link.role == role]
        if links:
            lines += ["", f"{say(title)}:"] + [f"  {_link_line(link, ref)}" for link in links]
    patterns = [pattern for pattern in ref.patterns.values() if cause.id in pattern.points_to]
    if patterns:
        lines += ["", say("Patterns that point to it:")]
        lines += [f"  {pattern.name} ({say(STRENGTHS[pattern.strength])}). {pattern.meaning}" for pattern in patterns]
    raising = [
        f"  {question.text} {answer.label}"
        for question in ref.questions.values()
        for answer in question.answers
        if cause.id in (*answer.raises, *answer.telling, *answer.specific)
    ]
    if raising:
        lines += ["", say("Answers that point to it:"), *raising]
    for title, items in ((say("Red flags"), cause.red_flags), (say("What usually settles it"), cause.settles)):
        if items:
            lines += ["", f"{title}:"] + [f"  {item}" for item in items]
    if cause.next_tests:
        lines += ["", say("Tests worth asking about:")] + [f"  {test.test}: {test.reason}" for test in cause.next_tests]
    if cause.seeds:
        lines += ["", say("Named in the seed articles:")]
        for seed in cause.seeds:
            told = say("{article} says: {text}", article=seed.article, text=seed.says)
            lines.append(f"  {told}" + (f". {say('Applied: {text}', text=seed.applied)}" if seed.applied else ""))
    statistics = [("", number) for number in cause.statistics]
    statistics += [
        (f"{name_of(link.marker, ref)} {say(FINDING_WORDS[link.finding])}: ", link.statistic) for link in cause.links if link.statistic
    ]
    if statistics:
        lines += ["", say("Published numbers:")]
        doubt = f", {say('not verified')}"
        lines += [f"  {of}{number.text} [{number.source}{'' if number.verified else doubt}]" for of, number in statistics]
    if cause.note:
        lines += ["", cause.note + "."]
    if cause.codes:
        lines += ["", say("Codes:")]
        lines += [f"  {code.system} {code.code} {code.name}{'' if code.verified else unverified}" for code in cause.codes]
    lines += ["", say("Sources:")]
    for id_ in cause.sources:
        source = ref.sources[id_]
        lines.append(f"  {source.title}" + ("" if source.verified else unverified))
    basis, reviewer = say(EDITORIAL[cause.basis]), say(EDITORIAL.get(cause.reviewed_by, cause.reviewed_by))
    closing = english("Links and strengths are {basis}, reviewed by {reviewer}. A possible cause, never a diagnosis.")
    lines += ["", say(closing, basis=basis, reviewer=reviewer)]
    return "\n".join(lines)


def _link_line(link: MarkerLink, ref: Reference) -> str:
    note = f" - {link.note}" if link.note else ""
    finding, strength = ref.say(FINDING_WORDS[link.finding]), ref.say(STRENGTHS[link.strength])
    return f"{name_of(link.marker, ref)} [{link.marker}]: {finding} ({strength}){note}"


_JUDGED: dict[str, tuple[str, float, str, bool]] = {
    "low": ("L", 2.0, "low", True),
    "high": ("H", 2.0, "high", True),
    "very_low": ("L", 3.0, "low", True),
    "very_high": ("H", 3.0, "high", True),
    "borderline_low": ("L", 1.0, "low", True),
    "borderline_high": ("H", 1.0, "high", True),
    "normal": ("N", 0.0, "normal", False),
    "positive": ("POS", float("nan"), "", True),
    "negative": ("NEG", float("nan"), "", False),
}


def frame_of_findings(findings: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Rows as the stages would give them for pairs of marker and finding: the input of a cause's `cases:`."""
    columns = ["marker", "flag", "severity", "side", "abnormal"]
    return pd.DataFrame([(marker, *_JUDGED[finding]) for marker, finding in findings], columns=columns)


def fault_of_case(cause: str, case: CauseCase, ref: Reference) -> str:
    """What is wrong with a case of a cause; empty if it holds."""
    findings = rank_causes(frame_of_findings(case.results), ref, case.answers, Patient(age=case.age))
    tier = next((finding.tier for finding in findings if finding.cause == cause), "none")
    better = {"possible": ("fits", "unseen"), "unseen": ("fits", "possible")}.get(case.tier, ()) if case.at_least else ()
    return "" if tier == case.tier or tier in better else f"{tier} instead of {case.tier} ({case.why})"
