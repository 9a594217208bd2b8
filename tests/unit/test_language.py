"""Other languages: texts of the knowledge, sentences with values, plurals, and what a catalogue does not hold."""

from __future__ import annotations

import gettext
from datetime import date

import pytest

from labinterp.errors import ReadError
from labinterp.language import Language, language, languages
from labinterp.limits import words
from labinterp.readers import read
from labinterp.reference import Reference
from labinterp.reference.limits import parse_limits
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


class Remarks(gettext.NullTranslations):
    """A language with a few remarks."""

    _catalog = {
        "remark\x04no value": "kein Wert",
        "remark\x04{name}: this is {what}": "{name} ist: {what}",
        "remark\x04a program": "ein Programm",
        "remark\x04{token} is {v2} or {v3}": "{v2} oder {v3} ist {token}",
        "a plain text": "kein Vermerk",
    }


def test_a_remark_is_told_again_by_its_form() -> None:
    told = Language("xx", (Remarks(),)).again
    assert told("no value") == "kein Wert"
    assert told("a.exe: this is a program") == "a.exe ist: ein Programm"
    assert told("'1,234' is 1.234 or 1234") == "1.234 oder 1234 ist '1,234'"
    assert told("no value; a.exe: this is a program; something else") == "kein Wert; a.exe ist: ein Programm; something else"


def test_what_is_no_remark_comes_back_as_it_is() -> None:
    told = Language("xx", (Remarks(),)).again
    assert [told(text) for text in ("", "a plain text", "Kalium {x} 4,1")] == ["", "a plain text", "Kalium {x} 4,1"]
    assert Language().again("no value") == "no value"


def test_numbers_and_days_follow_the_language() -> None:
    here, there = language("en"), language("de")
    assert [here.number(2.5), there.number(2.5)] == ["2.5", "2,5"]
    assert [here.number(-1e-7), there.number(-1e-7), there.number(float("inf")), there.number(1234567.0)] == [
        "−0.0000001", "−0,0000001", "∞", "1234567",
    ]  # fmt: skip
    assert there.number("5.7") == "5,7"
    assert [here.day(date(2026, 3, 12)), there.day(date(2026, 3, 12))] == ["12 March 2026", "12. März 2026"]


def test_only_english_writes_a_noun_small_inside_a_sentence() -> None:
    assert [language("en").inside(name) for name in ("Potassium", "HbA1c", "ESR", "C")] == ["potassium", "HbA1c", "ESR", "C"]
    assert language("de").inside("Kalium") == "Kalium"


def test_an_error_is_english_and_can_be_told_again() -> None:
    with pytest.raises(ReadError) as caught:
        read(b"", name="a.pdf")
    assert str(caught.value) == "a.pdf: the file is empty"
    assert language("de").again(str(caught.value)) == "a.pdf: Die Datei ist leer"


def test_limits_are_told_in_the_language() -> None:
    told = [words(parse_limits(text), language("de")) for text in ("<5.7", ">=5.7 <6.5", ">=47.54", ">=3.5 <=5.1", ">1 <=2", "<=400")]
    assert told == ["unter 5,7", "5,7 bis unter 6,5", "47,54 oder mehr", "3,5-5,1", "über 1 bis 2", "bis 400"]
