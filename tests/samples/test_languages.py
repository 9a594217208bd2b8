"""Every sample in every language: the same answer in other words, and nothing left in English."""

from __future__ import annotations

import io
import re
from functools import cache
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from labinterp import Interpretation, goldens, interpret
from labinterp.language import ENGLISH, languages
from labinterp.readers import read
from labinterp.reference import Reference
from labinterp.terminal import console, show_interpretation

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
FILES = goldens.reports_in(SAMPLES)
OTHERS = [code for code in languages() if code != ENGLISH]
WORDS = ("reason", "review", "match_reason", "limit_text", "band_text")
"""Columns of `results` that hold sentences; all others are the same in every language."""
FOREIGN = {
    "de": re.compile(
        r"\b(?:the|and|is|are|of|your|you|not|with|without|from|for|this|these|that|below|above|within|range|ranges|unit|value|values|low"
        r"|high|very|test|tests|read|results?|doctor|if|so|on|by|to|be|was|were|should|could|would|at|it|as)\b"
    ),
}
"""Words of English that the other language does not have."""
GERMAN_TOO = {"de": {"test", "tests", "so", "an", "in", "war", "am", "will", "was"}}
EVERYTHING = {"onset": "weeks_months", "feeling": ["loss_of_power"], "drugs": ["statin"], "screen.fast": "no"}


@cache
def answer_of(file: Path, code: str) -> Interpretation:
    return interpret(read(file), answers=EVERYTHING, reference=Reference.default(language=code))


def table_of(answer: Interpretation) -> str:
    out = io.StringIO()
    show_interpretation(answer, full=True, out=console(out))
    return out.getvalue()


def without_quotes(text: str, answer: Interpretation) -> str:
    """What we say ourselves: the printed texts, source names, ids of questions, formulas and options are taken out."""
    quoted = {str(cell) for column in answer.results.select_dtypes(["object", "string"]) if column.endswith("_text") and column not in WORDS
              for cell in answer.results[column]}  # fmt: skip
    quoted |= {str(line) for line in answer.unread["text"]}
    report = answer.report
    quoted |= {report.laboratory, report.name} if report else set()
    for source in answer.reference.sources.values():
        quoted |= {source.title, source.organisation}
    for question in answer.questions:
        quoted.add(f"[{question.id}: {' | '.join(option.value for option in question.answers)}]")
        quoted.add(f"[{question.id}]")
    quoted |= set(answer.derived["formula"]) | {"--answers FILE"}
    flat = " ".join(text.split())
    for part in sorted((" ".join(part.split()) for part in quoted), key=len, reverse=True):
        if len(part) > 2:
            flat = flat.replace(part, " ")
    return flat


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_language_changes_words_and_nothing_else(file: Path, code: str) -> None:
    here, there = answer_of(file, ENGLISH), answer_of(file, code)
    pd.testing.assert_frame_equal(here.results.drop(columns=list(WORDS)), there.results.drop(columns=list(WORDS)))
    pd.testing.assert_frame_equal(here.derived.drop(columns=[*WORDS, "name"]), there.derived.drop(columns=[*WORDS, "name"]))
    pd.testing.assert_frame_equal(here.unread.drop(columns="reason"), there.unread.drop(columns="reason"))
    for column in WORDS:  # a reason there is a reason everywhere
        assert (here.results[column] != "").tolist() == (there.results[column] != "").tolist()
    assert [(a.id, a.urgency, a.marker, a.row, a.past) for a in here.alerts] == [
        (a.id, a.urgency, a.marker, a.row, a.past) for a in there.alerts
    ]
    for one, other in zip(here.findings, there.findings, strict=True):
        assert (one.cause, one.tier, one.urgency, one.sources) == (other.cause, other.tier, other.urgency, other.sources)
        for mine, theirs in ((one.for_, other.for_), (one.against, other.against), (one.missing, other.missing)):
            assert [(e.marker, e.finding, e.strength, e.row) for e in mine] == [(e.marker, e.finding, e.strength, e.row) for e in theirs]
    assert [(q.id, [a.value for a in q.answers]) for q in here.questions] == [(q.id, [a.value for a in q.answers]) for q in there.questions]
    assert [(n.id, n.marker, n.row) for n in here.notices] == [(n.id, n.marker, n.row) for n in there.notices]
    assert here.open_items == there.open_items


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("kind", ["table", "html", "explain"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_left_in_english(file: Path, kind: str, code: str) -> None:
    answer = answer_of(file, code)
    if kind == "html":
        told = unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", answer.to_html(), flags=re.DOTALL))
    elif kind == "explain":
        told = " ".join(answer.explain(row) for row in range(len(answer.results)))
    else:
        told = table_of(answer)
    left = set(FOREIGN[code].findall(without_quotes(told, answer))) - GERMAN_TOO[code]
    text = without_quotes(told, answer)
    assert not left, [text[max(0, m.start() - 60) : m.end() + 40] for m in FOREIGN[code].finditer(text) if m[0] in left][:5]


@pytest.mark.parametrize("code", OTHERS)
def test_english_would_be_seen(code: str) -> None:
    answer = answer_of(SAMPLES / "leg_weakness.pdf", ENGLISH)
    found = set(FOREIGN[code].findall(without_quotes(table_of(answer), answer)))
    assert {"the", "your", "below", "range", "with", "this"} <= found
