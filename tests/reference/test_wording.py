"""How the knowledge speaks: possible, never certain; no percentage, no dose, no brand, no fear. Every text and template is read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from labinterp.causes import describe_cause
from labinterp.reference import Reference

FORBIDDEN = {
    "you have": r"\byou (?:have|suffer|are ill)\b",
    "a diagnosis": r"\bdiagnos",
    "a probability": r"\d\s*(?:%|per ?cent)|\bprobabilit|\blikelihood\b|\bchances? (?:of|that)\b",
    "likely with a number": r"\blikely\b[^.]*\d+\s*(?:%|in \d)",
    "rule out": r"\brul(?:e|es|ed|ing) (?:it )?(?:in|out)\b",
    "reassurance": r"\bnothing (?:is )?wrong\b|\ball clear\b|\bnothing to worry\b|\byou are healthy\b|\bharmless\b(?<!usually harmless)(?<!mostly harmless)",
    "a dose": r"\b\d+(?:[.,]\d+)?\s*(?:mg|mcg|µg|ug|g|IU|units)\b(?!\s*/)(?! or more/)",
    "advice on a medicine": r"\b(?:take|stop|start|increase|reduce)(?:ing)? (?:the |your )?(?:statin|metformin|steroid|supplement|medicine|tablet)",
    "a brand": r"\b(?:lipitor|crestor|zocor|glucophage|nexium|prilosec|losec|synthroid|euthyrox|ozempic|aspirin|tylenol|voltaren|lyrica|siphox)\b",
    "fear": r"\b(?:deadly|fatal|terrible|horrible|devastating|crippling|incurable)\b",
}
ALLOWED = {
    "advice on a medicine": r"please do not start or stop a medicine because of this page|steroids must never be stopped suddenly",
    "reassurance": r"(?:usually|mostly|the) harmless|harmless (?:inherited form|statin effect|-looking|kind)|is harmless and|seafood arsenic is harmless|-looking",
}


def texts(ref: Reference) -> Iterator[tuple[str, str]]:
    """Where a text stands and the text: everything of ours; quotations of the seeds and published numbers stand apart with their source."""
    for cause in ref.causes.values():
        parts = [cause.name, cause.mechanism, cause.wording, cause.course, cause.note, *cause.red_flags, *cause.settles]
        parts += [part for test in cause.next_tests for part in (test.test, test.reason)]
        parts += [link.note for link in cause.links] + [seed.applied for seed in cause.seeds]
        yield from ((f"causes/{cause.id}", part) for part in parts if part)
    for pattern in ref.patterns.values():
        yield f"patterns/{pattern.id}", " ".join((pattern.name, pattern.meaning, pattern.note))
        yield from ((f"patterns/{pattern.id}", f"{alert.text} {alert.action}") for alert in pattern.alerts)
    yield from ((f"quality/{rule.id}", rule.text) for rule in ref.quality.values())
    for screen in ref.screens.values():
        yield f"screens/{screen.id}", " ".join((screen.text, screen.alert, screen.action, screen.note))
    for question in ref.questions.values():
        yield f"questions/{question.id}", f"{question.text} {question.why} {question.note}"
        yield from ((f"questions/{question.id}", f"{answer.label}. {answer.says}") for answer in question.answers)
    yield from ((f"evidence/{tier}", text) for tier, text in (*ref.evidence.wording.items(), *ref.evidence.tiers.items()))
    yield "evidence/closing", ref.evidence.closing


@pytest.fixture(scope="module")
def ref() -> Reference:
    return Reference.default()


@pytest.mark.parametrize("fault", FORBIDDEN)
def test_no_text_says(fault: str, ref: Reference) -> None:
    said = []
    for place, text in texts(ref):
        clean = re.sub(ALLOWED[fault], "", text, flags=re.I) if ALLOWED.get(fault) else text
        if re.search(FORBIDDEN[fault], clean, re.I) and "HbA1c 6.5 %" not in text:
            said.append(f"{place}: {text}")
    assert not said


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("You have diabetes.", "you have"),
        ("The probability is high.", "a probability"),
        ("in 70 % of people", "a probability"),
        ("This rules out a stroke.", "rule out"),
        ("Nothing is wrong.", "reassurance"),
        ("Take 1000 mg of B12.", "a dose"),
        ("Stop your statin.", "advice on a medicine"),
    ],
)
def test_the_rules_catch(text: str, fault: str) -> None:
    assert re.search(FORBIDDEN[fault], text, re.I)


def test_no_brand_of_certainty_in_a_description(ref: Reference) -> None:
    for cause in ref.causes:
        text = describe_cause(cause, ref)
        assert "editorial" in text and "reviewed by nobody" in text
        assert not re.search(FORBIDDEN["you have"], text, re.I)


def test_labels_fit_on_a_button(ref: Reference) -> None:
    assert not [answer.label for question in ref.questions.values() for answer in question.answers if len(answer.label) > 40]


def test_borderline_is_not_called_a_deficiency(ref: Reference) -> None:
    """Texts that speak of a borderline value do not name it a deficiency."""
    said = [text for _, text in texts(ref) if re.search(r"borderline|mildly|low-normal", text) and re.search("deficien", text, re.I)]
    assert not said
