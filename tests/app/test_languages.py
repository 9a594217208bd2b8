"""The page in German: every text of it, numbers and days; switching keeps what is open and what was answered."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import labinterp.app
from labinterp.language import languages
from labinterp.reference import Reference

APP = Path(labinterp.app.__file__).parent
NEVER = ("sie haben", "sie leiden", "diagnos", "wahrscheinlich", "ausgeschlossen", "alles in ordnung", "tödlich", "unheilbar")


def german(visitor):
    """The same visitor after pressing the button that names the language."""
    return visitor.press("Deutsch")


def app_texts() -> dict[str, str]:
    """Every text that the app says, with the file where it stands; of plurals both forms."""
    found = {}
    for file in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in ("say", "plural"):
                for argument in node.args[: 2 if name == "plural" else 1]:
                    for part in (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,):
                        if isinstance(part, ast.Constant):
                            found[str(part.value)] = file.name
    return found


def test_every_text_of_the_app_is_told_in_german():
    known = {}
    for texts in Reference.default(language="de").language.texts:
        for key, translation in texts._catalog.items():
            known[key[0] if isinstance(key, tuple) else key] = translation
    texts = app_texts()
    assert len(texts) > 300
    singular = {key for key in known if isinstance(key, str)}
    plural_forms = {text for text in texts if "{n}" in text}
    assert not {text: file for text, file in texts.items() if text not in singular and text not in plural_forms}


def test_the_german_of_the_app_keeps_the_rules_of_wording():
    told = Reference.default(language="de").language
    for text in app_texts():
        said = told.say(text).casefold()
        assert not [word for word in NEVER if word in said], said


def test_there_is_a_button_for_every_other_language(visitor):
    assert [b.label for b in visitor.at.button if str(b.key).startswith("language-")] == ["Deutsch"]
    german(visitor)
    assert [b.label for b in visitor.at.button if str(b.key).startswith("language-")] == ["English"]
    assert len(languages()) == 2


def test_numbers_and_days_are_written_as_the_reader_writes_them(visitor):
    visitor.table("Potassium,2.9,mmol/L,,", "HbA1c,7.2,%,,")
    visitor.go("answer")
    assert "4.8" in visitor.text or "3.5" in visitor.text
    german(visitor)
    assert "3,5" in visitor.text or "4,8" in visitor.text


def test_switching_keeps_the_report_and_the_answers(visitor):
    visitor.sample("leg_weakness.pdf").go("answer")
    visitor.press("None of these")
    session = visitor.at.session_state["labinterp"]
    question = next(q for q in session.interpretation().questions if not q.emergency)
    value = question.answers[0].value
    visitor.at.pills[0].set_value([value] if question.multiple else value).run()
    if question.multiple:
        visitor.press("That is all")
    rows, answers = len(session.rows), dict(session.answers)
    german(visitor)
    assert "Ihre Antwort" in visitor.text and "Mögliche Ursachen schwacher Beine" in visitor.text
    session = visitor.at.session_state["labinterp"]
    assert (len(session.rows), session.answers) == (rows, answers)
    assert any("Ihre Antworten" in expander.label for expander in visitor.at.expander)
    visitor.press("English")
    assert "Your answer" in visitor.text and len(visitor.at.session_state["labinterp"].rows) == rows


def test_forgetting_keeps_the_language(visitor):
    german(visitor).press("Einen Beispielbefund ansehen").press("Diesen Befund vergessen")
    assert "Legen Sie Ihren Befund hier ab" in visitor.text


def test_an_emergency_is_told_in_german_first(visitor):
    german(visitor).table("Potassium,2.1,mmol/L,3.5 - 5.1,L").go("answer")
    assert "NOTFALL" in visitor.text and "Notruf (112)" in visitor.text
    assert visitor.text.index("NOTFALL") < visitor.text.index("Alle Werte")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("report", "Alles bleibt auf diesem Computer."),
        ("check", "Kein Befund ist offen"),
        ("over-time", "Kein Befund ist offen"),
        ("many-results", "Viele Werte auf einmal"),
        ("reference", "Jede Grenze und woher sie kommt"),
    ],
)
def test_every_page_opens_in_german(visitor, page, words):
    german(visitor).go(page)
    assert words in visitor.text


def test_a_visitor_begins_in_the_language_of_the_browser(monkeypatch):
    from types import SimpleNamespace

    from labinterp.app import speech

    for locale, expected in (("de-AT", "de"), ("de", "de"), ("fr-FR", "en"), (None, "en"), ("en_US", "en")):
        state: dict[str, str] = {}
        monkeypatch.setattr(speech, "st", SimpleNamespace(session_state=state, context=SimpleNamespace(locale=locale)))
        speech.begin()
        assert speech.code() == expected
        speech.choose("en")
        speech.begin()  # a choice wins over the browser
        assert speech.code() == "en"
