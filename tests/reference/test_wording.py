"""How the knowledge speaks: possible, never certain; no percentage, no dose, no brand, no fear. Every text and template is read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message

from labinterp.causes import describe_cause
from labinterp.language import language, languages
from labinterp.reference import Reference
from labinterp.translate import interface_texts

FORBIDDEN: dict[str, dict[str, str]] = {
    "en": {
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
    },
    "de": {
        "you have": r"\bSie (?:haben|leiden|sind krank)\b",
        "a diagnosis": r"\bdiagnos",
        "a probability": r"\d\s*(?:%|Prozent)|\bwahrscheinlich|\bRisiko von \d|\bChance",
        "likely with a number": r"\bvermutlich\b[^.]*\d+\s*(?:%|von \d)",
        "rule out": r"\bausschlie(?:ß|ss)|\bausgeschlossen|\bauszuschlie|\bschlie(?:ß|ss)(?:t|en)\b[^.;]*\baus\b(?<!nicht aus)",
        "reassurance": r"\balles in Ordnung\b|\bkein Grund zur Sorge\b|\bSie sind gesund\b|\bharmlos",
        "a dose": r"\b\d+(?:[.,]\d+)?\s*(?:mg|mcg|µg|ug|g|IE|Einheiten)\b(?!\s*/)(?! oder mehr/)",
        "advice on a medicine": r"\b(?:nehmen Sie|setzen Sie|beginnen Sie|erhöhen Sie|verringern Sie)\b[^.]*\b(?:Statin|Metformin|Steroid|Kortison|Medikament|Tablette|Präparat)",
        "a brand": r"\b(?:lipitor|sortis|crestor|zocor|glucophage|nexium|euthyrox|ozempic|aspirin|tylenol|voltaren|lyrica|siphox)\b",
        "fear": r"\b(?:tödlich|schrecklich|furchtbar|unheilbar|verheerend)",
    },
}
"""What no text may say, a pattern for each fault, in each language."""
ALLOWED: dict[str, dict[str, str]] = {
    "en": {
        "you have": r"cannot [^.]*tell you what you have",
        "a diagnosis": r"(?:not|no|never a|not a) diagnos[ei]s",
        "a probability": r"HbA1c 6\.5 %|not a probability|never a probability|agrees? to \{score\}%",
        "rule out": r"not ruled out|do not explain or rule out",
        "advice on a medicine": r"please do not start or stop a medicine because of this page|steroids must never be stopped suddenly",
        "reassurance": r"(?:usually|mostly|the) harmless|harmless (?:inherited form|statin effect|-looking|kind)|is harmless and|seafood arsenic is harmless|-looking",
    },
    "de": {
        "a diagnosis": r"keine Diagnosen?|nie eine Diagnose",
        "a probability": r"HbA1c 6,5 %|keine Wahrscheinlichkeit",
        "rule out": r"nicht ganz aus|noch schließen sie sie aus|Kein Bluttest zeigt [^.]* oder schließt ihn aus|schließen keine Ursache aus",
        "advice on a medicine": r"Bitte beginnen Sie wegen dieser Seite kein Medikament und setzen Sie keines ab",
        "reassurance": r"(?:meist|meistens|der|die|das) harmlos\w*|harmlos\w* (?:erbliche Form|Wirkung|Art|vererbte Form)",
    },
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


RULES = [(code, fault) for code, faults in FORBIDDEN.items() for fault in faults]


def wrong_in(code: str, fault: str, text: str) -> bool:
    """Whether a text of this language says what it must not."""
    allowed = ALLOWED[code].get(fault)
    return bool(re.search(FORBIDDEN[code][fault], re.sub(allowed, "", text, flags=re.I) if allowed else text, re.I))


@pytest.fixture(scope="module")
def ref() -> Reference:
    return Reference.default()


def test_every_language_has_its_rules() -> None:
    assert set(FORBIDDEN) == set(ALLOWED) == set(languages())
    assert len({frozenset(faults) for faults in FORBIDDEN.values()}) == 1


@pytest.mark.parametrize(("code", "fault"), RULES)
def test_no_text_of_the_knowledge_says(code: str, fault: str) -> None:
    told = texts(Reference.default(language=code))
    assert [f"{place}: {text}" for place, text in told if wrong_in(code, fault, text)] == []


@pytest.fixture(scope="module")
def said() -> list[str]:
    return [form for message in interface_texts() for form in forms_of(message) if form]


@pytest.mark.parametrize(("code", "fault"), RULES)
def test_no_text_of_the_interface_says(code: str, fault: str, said: list[str]) -> None:
    spoken = language(code)
    assert [text for text in map(spoken.say, said) if wrong_in(code, fault, text)] == []


def forms_of(message: Message) -> tuple[str, ...]:
    """The texts of a message, a remark as it is asked for."""
    texts = message.id if isinstance(message.id, tuple | list) else (message.id,)
    return tuple(f"{message.context}\x04{text}" if message.context else text for text in texts)


@pytest.mark.parametrize(
    ("code", "text", "fault"),
    [
        ("en", "You have diabetes.", "you have"),
        ("en", "The probability is high.", "a probability"),
        ("en", "in 70 % of people", "a probability"),
        ("en", "This rules out a stroke.", "rule out"),
        ("en", "Nothing is wrong.", "reassurance"),
        ("en", "Take 1000 mg of B12.", "a dose"),
        ("en", "Stop your statin.", "advice on a medicine"),
        ("de", "Sie haben Diabetes.", "you have"),
        ("de", "Das sichert die Diagnose.", "a diagnosis"),
        ("de", "Es wurde diagnostiziert.", "a diagnosis"),
        ("de", "Das ist unwahrscheinlich oder wahrscheinlich.", "a probability"),
        ("de", "bei 70 % der Menschen", "a probability"),
        ("de", "Das schließt einen Schlaganfall aus.", "rule out"),
        ("de", "Ein Schlaganfall ist ausgeschlossen.", "rule out"),
        ("de", "Es ist alles in Ordnung.", "reassurance"),
        ("de", "Das ist harmlos.", "reassurance"),
        ("de", "1000 mg B12 am Tag", "a dose"),
        ("de", "Setzen Sie das Statin ab.", "advice on a medicine"),
        ("de", "eine tödliche Krankheit", "fear"),
    ],
)
def test_the_rules_catch(code: str, text: str, fault: str) -> None:
    assert wrong_in(code, fault, text)


@pytest.mark.parametrize("text", ["Das schließt es nicht aus.", "Das ist meist harmlos.", "Das sind keine Diagnosen."])
def test_the_german_rules_let_pass(text: str) -> None:
    assert not [fault for fault in FORBIDDEN["de"] if wrong_in("de", fault, text)]


def test_no_brand_of_certainty_in_a_description(ref: Reference) -> None:
    for cause in ref.causes:
        text = describe_cause(cause, ref)
        assert "editorial" in text and "reviewed by nobody" in text
        assert not wrong_in("en", "you have", text)


@pytest.mark.parametrize("code", languages())
def test_labels_fit_on_a_button(code: str) -> None:
    told = Reference.default(language=code)
    assert not [answer.label for question in told.questions.values() for answer in question.answers if len(answer.label) > 40]


def test_borderline_is_not_called_a_deficiency(ref: Reference) -> None:
    """Texts that speak of a borderline value do not name it a deficiency."""
    said = [text for _, text in texts(ref) if re.search(r"borderline|mildly|low-normal", text) and re.search("deficien", text, re.I)]
    assert not said
