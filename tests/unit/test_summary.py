"""The summary for the doctor: what must be on it, what must never be, and that odd texts break neither the page nor the PDF."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pypdfium2
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

import labinterp
from labinterp import Interpretation, Patient, Report, interpret
from labinterp.export import pdf as pdf_module
from labinterp.export.pdf import UNDRAWN, drawable
from labinterp.export.summary import INTENDED_USE, SIGNS, summary_of
from labinterp.language import languages
from labinterp.reference import Reference

DAY = date(2026, 3, 1)
PERSON = Patient(sex="female", birth_date=date(1967, 5, 3))
FORBIDDEN = re.compile(r"you have|all clear|all normal|nothing wrong|rules? out(?! weakness)|probab\w+ of|\bdose\b", re.IGNORECASE)


def row(name: str, value: str, unit: str = "", span: str = "", **further: str) -> dict[str, str]:
    texts = {"name_text": name, "value_text": value, "unit_text": unit, "range_text": span, "collected_text": "2026-02-23"}
    return {**texts, "text": f"{name} {value} {unit} {span}", "decimal": ".", **further}


ROWS = [
    row("Potassium", "2.9", "mmol/L", "3.5 - 5.1"),
    row("Vitamin B12", "165", "pg/mL", "232 - 1245"),
    row("MMA", "612", "nmol/L", "73 - 376"),
    row("Sodium", "139", "mmol/L", "135 - 145"),
    row("CRP", "<0.6", "mg/L", "0 - 5"),
    row("HbA1c", "55", "%", ""),
    row("Zorblax", "12", "U/L", "5 - 20"),
]
UNREAD = [
    {"text": "Magnesium  o.71  mmol/L", "page": 1, "reason": "the value cannot be read", "kind": "possible_result"},
    {"text": "Ward 7", "page": 1, "reason": "heading or text", "kind": "furniture"},
]


def answer_of(rows: list[dict[str, str]] = ROWS, unread: list[dict[str, object]] = UNREAD, **facts: str) -> Interpretation:
    facts = {"patient_name": "Ada Example", "laboratory": "Northfield", **facts}
    return interpret(Report.of(rows, unread, **facts), patient=PERSON, answers={"onset": "weeks_months", "screen.fast": "no"})


def pages_of(content: bytes) -> list[str]:
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(content)]


class Words(HTMLParser):
    """The text of a page, and the tags it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        if self.lasttag != "style":
            self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def shown(answer: Interpretation, kind: str) -> str:
    if kind == "pdf":
        return " ".join(pages_of(answer.to_pdf(day=DAY)))
    return " ".join(" ".join(Words(answer.to_html(day=DAY)).words).split())


@pytest.fixture(scope="module")
def answer() -> Interpretation:
    return answer_of()


@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_everything_a_doctor_needs_is_on_the_paper(answer, kind):
    text = shown(answer, kind)
    wanted = [
        "This should not wait: speak to a doctor",
        "3 May 1967, female",
        "Northfield",
        "23 February 2026",
        "1 March 2026",
        "165 pg/mL",
        "122 pmol/L",
        "▼ Low",
        "▲ High",
        "232 - 1245",
        "139 mmol/L",
        "<0.6 mg/L",
        "Zorblax",
        "o.71 mmol/L",
        "the value cannot be read",
        "Vitamin B12 deficiency",
        "+ For",
        "– Against",
        "? Not tested",
        "Questions I would like to ask",
        "What the patient said",
        SIGNS,
        answer.reference.evidence.closing,
        INTENDED_USE,
        f"labinterp {labinterp.__version__}, knowledge {answer.reference.digest[:12]}",
        "ranges printed by the laboratory",
    ]
    assert [words for words in wanted if words not in text] == []
    assert "Ward 7" not in text


@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_alerts_come_before_results_and_emergency_signs_before_causes(answer, kind):
    text = shown(answer, kind)
    order = [text.index(words) for words in ("speak to a doctor", "Outside a range", SIGNS, "Possible causes to consider")]
    assert order == sorted(order)


@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_it_never_reassures_or_diagnoses(answer, kind):
    assert FORBIDDEN.findall(shown(answer, kind)) == []
    calm = answer_of([row("Sodium", "139", "mmol/L", "135 - 145")], [])
    assert "do not explain or rule out weakness" in shown(calm, kind)


def test_what_is_open_is_said_and_only_then(answer):
    doubt = summary_of(answer, DAY).doubt
    assert "2 of 7 results could not be judged" in doubt  # HbA1c 55 % and an unknown test
    assert "1 line that may be a result was not read" in doubt
    assert doubt in shown(answer, "pdf")
    assert summary_of(answer_of([row("Sodium", "139", "mmol/L", "135 - 145")], []), DAY).doubt == ""


def test_a_line_in_doubt_is_never_among_those_in_range():
    content = summary_of(answer_of([row("Sodium", "139", "mmol/L", "135 - 145", review="two readings differ")], []), DAY)
    assert [item.group for item in content.items] == ["open"]
    assert "two readings differ" in content.items[0].note
    assert "1 was read with doubt" in content.doubt


def test_an_emergency_fills_the_first_page_and_the_causes_follow_on_the_next():
    emergency = answer_of([row("Potassium", "6.9", "mmol/L", "3.5 - 5.1")], [])
    first, *rest = pages_of(emergency.to_pdf(day=DAY))
    assert "EMERGENCY: call your emergency number now" in first
    assert "Possible causes" not in first
    assert "Possible causes" in " ".join(rest)


def test_a_usual_report_takes_two_pages_at_most(answer):
    assert len(pages_of(answer.to_pdf(day=DAY))) <= 2


def test_a_long_report_loses_nothing():
    rows = [row(f"Unheard-of test {number}", f"{number}.5", "U/L", "0 - 1") for number in range(1, 151)]
    text = shown(answer_of(rows, []), "pdf")
    assert [n for n in range(1, 151) if f"Unheard-of test {n} " not in text] == []


def test_the_same_input_and_day_give_the_same_bytes_and_another_day_others(answer):
    assert answer.to_pdf(day=DAY) == answer_of().to_pdf(day=DAY)
    assert answer.to_html(day=DAY) == answer_of().to_html(day=DAY)
    assert answer.to_pdf(day=DAY) != answer.to_pdf(day=date(2026, 3, 2))


@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_the_name_is_printed_only_when_asked_for(answer, kind):
    assert "Ada Example" not in shown(answer, kind)
    assert "please write" in shown(answer, kind)
    if kind == "pdf":
        named = " ".join(pages_of(answer.to_pdf(day=DAY, with_name=True)))
    else:
        named = answer.to_html(day=DAY, with_name=True)
    assert "Ada Example" in named


def test_every_text_is_escaped_in_html():
    evil = "<script>alert(1)</script>\"&'<img src=x onerror=alert(1)>"
    answer = answer_of([row(evil, "5", evil, evil), row("Sodium", "139", "mmol/L", "135 - 145")], [], laboratory=evil, patient_name=evil)
    page = answer.to_html(day=DAY, with_name=True)
    assert not {"script", "img"} & set(Words(page).tags)
    assert "&lt;script&gt;alert(1)" in page


def test_html_asks_for_nothing_from_anywhere(answer):
    page = answer.to_html(day=DAY)
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|url\(|@import|<link|<script", page)


def test_what_looks_like_markup_in_a_report_stays_as_it_is():
    odd = "a **b** __c__ --d-- ~~e~~ [f](http://g) {nb} \\h"
    assert odd in shown(answer_of([row(odd, "5", "U/L", "1 - 9")], []), "pdf")


@pytest.mark.parametrize("letters", ["µ ≥ ≤ ± × ² ⁹", "Żółć Ğışç", "Άννα Ωμέγα", "Анна Ёлкина", "Nguyễn Thị"])
def test_letters_that_the_fonts_have_are_written(letters):
    answer = answer_of(patient_name=letters)
    assert set(map(ord, letters)) <= drawable()
    assert letters in " ".join(pages_of(answer.to_pdf(day=DAY, with_name=True)))


@pytest.mark.parametrize("name", ["李安娜", "آنا", "अन्ना", "Ann 李"])
def test_a_name_that_cannot_be_drawn_becomes_a_line_to_write_on(name, monkeypatch):
    monkeypatch.setattr(pdf_module, "FONT_FOLDERS", ())
    answer = answer_of(patient_name=name)
    text = " ".join(pages_of(answer.to_pdf(day=DAY, with_name=True)))
    assert "(please write: this PDF cannot print the script of the name)" in text
    assert name in answer.to_html(day=DAY, with_name=True)


def test_another_text_that_cannot_be_drawn_is_said(monkeypatch):
    monkeypatch.setattr(pdf_module, "FONT_FOLDERS", ())
    answer = answer_of([row("血清某某", "5", "U/L", "1 - 9")], [])
    text = " ".join(pages_of(answer.to_pdf(day=DAY)))
    assert f"{UNDRAWN} 5 U/L" in text
    assert "in a script that this PDF cannot print" in text
    assert "血清某某" in answer.to_html(day=DAY)


def test_an_installed_font_is_used_where_it_has_every_letter(tmp_path: Path, monkeypatch):
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 0))
    pen.lineTo((500, 700))
    pen.closePath()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "li"])
    font.setupCharacterMap({ord("李"): "li"})
    font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "li": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (600, 0), "li": (600, 0)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Tiny", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "DroidSansFallback.ttf")
    monkeypatch.setattr(pdf_module, "FONT_FOLDERS", (str(tmp_path),))
    text = " ".join(pages_of(answer_of(patient_name="Ann 李").to_pdf(day=DAY, with_name=True)))
    assert "Ann 李" in text
    assert "please write" not in text


def test_no_sign_of_ours_is_missing_from_the_fonts():
    known = drawable()
    ref = labinterp.Reference.default()
    texts = [ref.evidence.closing, INTENDED_USE, SIGNS, "▲▼?–→·“”…["]
    texts += [cause.name + "".join(cause.settles) for cause in ref.causes.values()]
    texts += [marker.name for marker in ref.markers.values()] + [screen.text for screen in ref.screens.values()]
    assert {letter for letter in "".join(texts) if ord(letter) not in known} == set()


def test_a_summary_is_of_one_person():
    frame = pd.DataFrame(
        {"name_text": ["Sodium", "Sodium"], "value_text": ["139", "140"], "unit_text": ["mmol/L"] * 2, "patient_id": ["a", "b"]}
    )
    for make in (interpret(frame).to_html, interpret(frame).to_pdf):
        with pytest.raises(ValueError, match="of 2 people"):
            make(day=DAY)


def test_nothing_read_is_not_nothing_wrong():
    empty = answer_of([], UNREAD)
    for kind in ("pdf", "html"):
        assert "1 line that may be a result was not read" in shown(empty, kind)


@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_results_of_several_days_bear_their_day(kind):
    rows = [row("Potassium", "4.0", "mmol/L", "3.5 - 5.1", collected_text="2025-06-02"), row("Potassium", "2.9", "mmol/L", "3.5 - 5.1")]
    text = shown(answer_of(rows, []), kind)
    assert "2 June 2025 to 23 February 2026" in text
    assert re.search(r"Potassium, 2 June 2025\s+4\.0 mmol/L", text)
    assert "Potassium, 23 February 2026" in text


def test_no_bar_shows_a_low_result_inside_a_range():
    """Vitamin B12 without a printed range: the guideline calls 251 pg/mL low."""
    items = summary_of(answer_of([row("Vitamin B12", "251", "pg/mL"), row("Potassium", "2.9", "mmol/L", "3.5 - 5.1")], []), DAY).items
    assert [item.look for item in items] == ["low", "low"]
    assert all(item.side == "low" for item in items if item.has_bar)
    assert items[1].has_bar


# ---- in other languages, and as pictures ------------------------------------------------------------------------------------

LANGUAGES = languages()


def told_in(code: str, name: str = "Анна Петрова", rows: list[dict[str, str]] = ROWS) -> Interpretation:
    report = Report.of(rows, UNREAD, patient_name=name, laboratory="Northfield")
    return interpret(report, patient=PERSON, answers={"onset": "weeks_months"}, reference=Reference.default(language=code))


def ink(content: bytes) -> list[float]:
    """The share of dark points on each page, rendered in grey."""
    pages = [page.render(scale=1, grayscale=True).to_numpy() for page in pypdfium2.PdfDocument(content)]
    return [float((page < 128).mean()) for page in pages]


EMERGENCY = [row("Potassium", "6.9", "mmol/L", "3.5 - 5.1"), row("Creatinine", "412", "umol/L", "59 - 104")]
LONG = [row(name, "1", "U/L", "5 - 20") for name in ("CK", "ALT", "AST", "LDH", "GGT", "ALP")] * 6


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(("rows", "most"), [(ROWS, 2), (EMERGENCY, 2), (LONG, 4)], ids=["usual", "emergency", "long"])
def test_the_pages_are_drawn_and_none_is_blank(code, rows, most):
    content = told_in(code, rows=rows).to_pdf(day=DAY, with_name=True)
    dark = ink(content)
    assert 1 <= len(dark) <= most
    assert all(0.005 < share < 0.35 for share in dark), dark
    assert "Анна Петрова" in pages_of(content)[0]


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_letter_is_drawn_over_another(code):
    """Boxes of letters hardly meet (a label longer than its column once ran into the next line)."""
    for page in pypdfium2.PdfDocument(told_in(code).to_pdf(day=DAY)):
        text = page.get_textpage()
        boxes = [text.get_charbox(i) for i in range(text.count_chars()) if text.get_text_range(i, 1).isalpha()]
        left, bottom, right, top = np.array(boxes).T
        across = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
        up = np.minimum(top[:, None], top) - np.maximum(bottom[:, None], bottom)
        smaller = np.minimum(right - left, (right - left)[:, None]) * np.minimum(top - bottom, (top - bottom)[:, None])
        shared = np.triu(across.clip(0) * up.clip(0) > 0.3 * smaller, 1)
        assert not shared.any(), [text.get_text_range(int(i), 8) for i in np.argwhere(shared)[:5, 0]]


def test_the_paper_is_in_the_language_of_the_knowledge():
    answer = told_in("de")
    text = " ".join(pages_of(answer.to_pdf(day=DAY)))
    wanted = [
        "Blutwerte und schwache Beine", "am 1. März 2026", "3. Mai 1967, weiblich", "Das sollte nicht warten: Holen Sie ärztlichen Rat",
        "▼ Niedrig", "7,2 %", "Nicht beurteilt", "Nicht gelesen", "Vitamin-B12-Mangel", "+ Dafür", "– Dagegen", "? Nicht untersucht",
        "Fragen, die ich stellen möchte", "Quellen", "keine Diagnose", f"Wissensstand {answer.reference.digest[:12]}", "Seite 1 von",
    ]  # fmt: skip
    assert [words for words in wanted if words not in text] == []
    assert "165 pg/mL" in text and "3.5 - 5.1" in text  # printed numbers stay as they are printed


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_form_says_its_language(code):
    answer = told_in(code)
    assert f'<html lang="{code}">' in answer.to_html(day=DAY)
    assert f"/Lang ({code})".encode() in answer.to_pdf(day=DAY)
    assert answer.to_dict()["language"] == code
    bundle = answer.to_fhir()
    assert bundle["language"] == code and bundle["entry"][0]["resource"]["language"] == code
