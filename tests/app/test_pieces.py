"""Small pieces of the page that need no page."""

from __future__ import annotations

import pytest

import labinterp.app as app
from labinterp.app.lookup import limit_words, people
from labinterp.app.markup import esc, pill
from labinterp.reference.schema import Population
from labinterp.shown import number, within


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.5, "3.5"),
        (4520.0, "4520"),
        (0.1 + 0.2, "0.3"),
        (1e6, "1000000"),
        (1.5e-5, "0.000015"),
        (-2.0, "−2"),
        (float("inf"), "∞"),
        (float("nan"), ""),
    ],
)
def test_numbers_are_written_as_people_write_them(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("Potassium", "potassium"),
        ("HbA1c", "HbA1c"),
        ("ESR", "ESR"),
        ("25-OH vitamin D", "25-OH vitamin D"),
        ("Vitamin B12", "vitamin B12"),
        ("", ""),
    ],
)
def test_a_name_inside_a_sentence_keeps_its_abbreviations(name, inside):
    assert within(name) == inside


def test_a_flag_has_a_word_and_a_glyph_beside_its_colour():
    for look, glyph in (("low", "▼"), ("high", "▲"), ("doubt", "?")):
        assert glyph in pill("Word", look) and "Word" in pill("Word", look)


def test_texts_are_escaped():
    assert esc('<b onclick="x">') == "&lt;b onclick=&quot;x&quot;&gt;"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (">=5.7 <6.5", "5.7 to under 6.5"),
        (">=3.5 <=5.1", "3.5 – 5.1"),
        (">1 <=2", "above 1 to 2"),
        (">=6.5", "6.5 or more"),
        (">2", "above 2"),
        ("<12", "below 12"),
        ("<=5+0.5*age", "up to 5 + 0.5 × age"),
        ("<=0.5*age", "up to 0.5 × age"),
    ],
)
def test_limits_are_written_in_words(text, words):
    assert limit_words(text) == words


@pytest.mark.parametrize(
    ("whom", "words"),
    [
        (Population(), "Adults"),
        (Population(sex="female", age=(18, 50)), "Women, 18 to 50 years"),
        (Population(sex="male"), "Men"),
        (Population(age=(None, None)), "Anyone"),
        (Population(age=(0, None)), "Anyone"),
        (Population(age=(None, 1)), "under 1 years"),
        (Population(sex="female", pregnant=True), "Women, pregnant"),
    ],
)
def test_populations_in_words(whom, words):
    assert people(whom) == words


def test_the_app_is_served_to_this_computer_only_and_reports_nothing():
    flags = app.settings()
    assert "--server.address=127.0.0.1" in flags
    assert "--browser.gatherUsageStats=false" in flags
    assert "--server.headless=true" in flags  # no question for an e-mail address
    assert "--client.showErrorDetails=none" in flags
    assert "--theme.light.backgroundColor=#FBFAF7" in flags


def test_launch_hands_port_and_settings_to_streamlit(monkeypatch):
    seen = []

    class Done:
        returncode = 0

    monkeypatch.setattr(app.subprocess, "run", lambda command, check: seen.append(command) or Done())
    assert app.launch(["--port", "8765", "--no-browser", "--sample"]) == 0
    (command,) = seen
    assert command[1:4] == ["-m", "streamlit", "run"]
    assert command[4].endswith("app.py") and "--server.port=8765" in command
    assert set(app.settings()) <= set(command)


def test_a_taken_port_is_passed_over():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert app.free_port(port) > port
