"""Other languages: texts of the knowledge, sentences with values, plurals, and what a catalogue does not hold."""

from __future__ import annotations

import gettext

import pytest

from labinterp.language import Language, language, languages
from labinterp.reference import Reference
from labinterp.reference.texts import text_fields, texts_of, translated


class Shouting(gettext.NullTranslations):
    """A language in which everything is loud."""

    def gettext(self, message: str) -> str:
        return "ZWEI {n}" if message == "{n} lines" else message.upper()

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "EINE {n}" if n == 1 else "ZWEI {n}"


def test_english_is_what_stands_in_the_code() -> None:
    assert Language().say("{name} is high", name="CK") == "CK is high"
    assert Language().plural("{n} line", "{n} lines", 1) == "1 line"
    assert Language().plural("{n} line", "{n} lines", 0) == "0 lines"


def test_braces_in_a_text_without_values_are_left_alone() -> None:
    assert Language().say("10*9/L {cells}") == "10*9/L {cells}"


def test_a_plural_takes_the_form_of_its_number() -> None:
    loud = Language("xx", (Shouting(),))
    assert [loud.plural("{n} line", "{n} lines", n) for n in (1, 3)] == ["EINE 1", "ZWEI 3"]


def test_an_unknown_language_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(ValueError, match=r"no language 'xx'; there are en"):
        language("xx")
    assert languages()[0] == "en" and "de" in languages()


def test_only_words_for_people_are_translated() -> None:
    ref = Reference.default()
    marker = ref.markers["potassium"]
    loud = translated(marker, str.upper)
    assert loud.name == "POTASSIUM (SERUM/PLASMA)"
    assert loud.decision[0].bands[0].label == "SEVERELY LOW: AN EMERGENCY"
    assert (loud.id, loud.unit, loud.names, loud.loinc) == (marker.id, marker.unit, marker.names, marker.loinc)
    assert [band.limits for band in loud.decision[0].bands] == [band.limits for band in marker.decision[0].bands]
    assert "name" in text_fields(type(marker)) and "id" not in text_fields(type(marker))
    assert "Potassium (serum/plasma)" in set(texts_of(marker)) and "mmol/L" not in set(texts_of(marker))


def test_the_same_record_comes_back_where_nothing_is_translated() -> None:
    marker = Reference.default().markers["potassium"]
    assert translated(marker, lambda text: text) is marker


def test_a_language_changes_no_rule() -> None:
    """Markers, codes, limits and unit factors are the same objects or equal in every language."""
    here, there = Reference.default(), Reference.default(language="de")
    assert there.language.code == "de"
    assert here.catalogue.names == there.catalogue.names and here.catalogue.factors == there.catalogue.factors
    for id_, marker in here.markers.items():
        other = there.markers[id_]
        assert [interval.limits for interval in marker.intervals] == [interval.limits for interval in other.intervals]
        assert [scheme.bands and [band.limits for band in scheme.bands] for scheme in marker.decision] == [
            scheme.bands and [band.limits for band in scheme.bands] for scheme in other.decision
        ]
