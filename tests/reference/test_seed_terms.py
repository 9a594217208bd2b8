"""Everything that a seed article names is found in the product: the walk fails where something is not reachable."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from labinterp.reference import Reference
from labinterp.reference.load import read_folder
from labinterp.reference.locate import knowledge_folder
from labinterp.reference.schema_causes import Cause, SeedTerm

FOLDER = Path(knowledge_folder())
TERMS: dict[str, SeedTerm] = read_folder(FOLDER).tables["seed_terms"]


@pytest.fixture(scope="module")
def ref() -> Reference:
    return Reference.default()


def text_of(cause: Cause) -> str:
    parts = [cause.name, cause.mechanism, cause.wording, cause.course, cause.note, *cause.red_flags, *cause.settles, *cause.sources]
    parts += [part for test in cause.next_tests for part in (test.test, test.reason)]
    parts += [part for seed in cause.seeds for part in (seed.says, seed.applied)]
    return " ".join(parts).lower()


@pytest.mark.parametrize("term", TERMS.values(), ids=TERMS)
def test_is_reachable(term: SeedTerm, ref: Reference) -> None:
    assert set(term.causes) <= set(ref.causes)
    assert set(term.markers) <= set(ref.markers)
    assert set(term.screens) <= set(ref.screens)
    for question in term.answers:
        name, _, answer = question.partition(".")
        assert name in ref.questions
        assert not answer or answer in {rule.value for rule in ref.questions[name].answers}
    texts = [text_of(ref.causes[cause]) for cause in term.causes or ref.causes]
    assert all(any(word.lower() in text for text in texts) for word in term.words), term.words
    assert term.causes or term.markers or term.answers or term.screens or term.words or term.out_of_scope
    if term.kind == "error":
        assert term.says and term.applied


def test_the_inventory_is_whole() -> None:
    kinds = Counter(term.kind for term in TERMS.values())
    assert kinds["condition"] == 70
    assert kinds["error"] == 25
    assert min(kinds[kind] for kind in ("test", "symptom", "red_flag", "number", "treatment")) >= 10


def test_a_condition_that_an_article_names_says_which(ref: Reference) -> None:
    articles = {seed.article for cause in ref.causes.values() for seed in cause.seeds}
    assert len(articles) == 5
    for term in TERMS.values():
        if term.kind == "condition":
            named = {seed.article for cause in term.causes for seed in ref.causes[cause].seeds}
            assert set(term.articles) <= named and term.articles, term.term


def test_every_marker_of_the_causes_is_known(ref: Reference) -> None:
    used = {link.marker for cause in ref.causes.values() for link in cause.links}
    used |= {marker for cause in ref.causes.values() for test in cause.next_tests for marker in test.markers}
    assert used <= set(ref.markers)
