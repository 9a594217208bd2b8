"""The PDF reader on small reports that the tests draw themselves: each family of layouts, and what must not become a result."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from fpdf import FPDF
from fpdf.enums import AccessPermission

from labinterp import ReadError, Report, read
from labinterp.readers import image, pdf, second
from labinterp.readers.geometry import lines_of
from labinterp.readers.layout import Reader
from labinterp.readers.limits import Limits, within

Row = tuple[str, ...]


class Sheet:
    """A page to print on: `at` puts text at a place, `row` puts cells at the given x positions."""

    def __init__(self, orientation: str = "portrait") -> None:
        self.pdf = FPDF(orientation=orientation, unit="pt", format="A4")  # type: ignore[arg-type]
        self.pdf.set_auto_page_break(False)
        self.page()

    def page(self) -> Sheet:
        self.pdf.add_page()
        self.y = 60.0
        return self

    def at(self, x: float, y: float, text: str, *, size: float = 9, bold: bool = False, right: bool = False) -> Sheet:
        self.pdf.set_font("helvetica", "B" if bold else "", size)
        if right:
            x -= self.pdf.get_string_width(text)
        self.pdf.text(x, y, text)
        return self

    def row(self, xs: Sequence[float], cells: Sequence[str], *, bold: bool = False, step: float = 14, right: Sequence[int] = ()) -> Sheet:
        for index, (x, cell) in enumerate(zip(xs, cells, strict=False)):
            if cell:
                self.at(x, self.y, cell, bold=bold, right=index in right)
        self.y += step
        return self

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())

    def read(self, **facts: Any) -> Report:
        return read(self.bytes(), name="made.pdf", **facts)


def rows(report: Report, *columns: str) -> list[Row]:
    columns = columns or ("name_text", "value_text", "unit_text", "range_text", "flag_text")
    return [tuple(str(record[c]) for c in columns) for record in report.rows.to_dict("records")]


X4 = (40, 220, 320, 420)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (("Test", "Result", "Units", "Reference range"), (("Sodium", "140", "mmol/L", "135 - 145"), ("CRP", "<5", "mg/L", "< 5"))),
        (
            ("Untersuchung", "Ergebnis", "Einheit", "Referenzbereich"),
            (("Natrium", "140", "mmol/l", "135 - 145"), ("CRP", "0,3", "mg/dl", "< 0,5")),
        ),
        (
            ("Analyse", "Résultat", "Unité", "Valeurs de référence"),
            (("Sodium", "140", "mmol/L", "135 à 145"), ("CRP", "2,1", "mg/L", "< 5,0")),
        ),
        (
            ("Prueba", "Resultado", "Unidades", "Valores de referencia"),
            (("Sodio", "140", "mEq/L", "135 - 145"), ("PCR", "2,1", "mg/L", "< 5,0")),
        ),
        (
            ("Analisi", "Risultato", "U.M.", "Valori di riferimento"),
            (("Sodio", "140", "mEq/L", "135 - 145"), ("PCR", "2,1", "mg/L", "< 5,0")),
        ),
        (
            ("Bepaling", "Uitslag", "Eenheid", "Referentiewaarden"),
            (("Natrium", "140", "mmol/l", "135 - 145"), ("CRP", "2,1", "mg/l", "< 5,0")),
        ),
    ],
    ids=["en", "de", "fr", "es", "it", "nl"],
)
def test_header_words_of_several_languages(header: Row, cells: Sequence[Row]) -> None:
    sheet = Sheet().row(X4, header, bold=True)
    for cell in cells:
        sheet.row(X4, cell)
    assert rows(sheet.read()) == [(*cell, "") for cell in cells]


@pytest.mark.parametrize(
    ("order", "xs"),
    [("nvur", X4), ("nrvu", (40, 220, 340, 420)), ("nuvr", (40, 220, 320, 420)), ("nvru", (40, 220, 320, 460))],
)
def test_columns_in_any_order(order: str, xs: Sequence[float]) -> None:
    header = {"n": "Test", "v": "Result", "u": "Units", "r": "Reference range"}
    tests = [
        {"n": "Sodium", "v": "140", "u": "mmol/L", "r": "135 - 145"},
        {"n": "Haemoglobin", "v": "9.8", "u": "g/dL", "r": "12.0 - 16.0"},
        {"n": "Ferritin", "v": "> 1500", "u": "ng/mL", "r": "15 - 150"},
    ]
    sheet = Sheet().row(xs, [header[c] for c in order], bold=True)
    for test in tests:
        sheet.row(xs, [test[c] for c in order])
    assert rows(sheet.read()) == [(t["n"], t["v"], t["u"], t["r"], "") for t in tests]


def test_right_aligned_values_touch_their_units() -> None:
    sheet = Sheet().row((40, 220, 300, 420), ("Test", "Result", "Units", "Reference range"), bold=True)
    for name, value, unit, span in (("Sodium", "139", "mmol/L", "(133 - 146)"), ("Creatine kinase", "8,412", "U/L", "(25 - 200)")):
        sheet.row((40, 288, 291, 420), (name, value, unit, span), right=(1,))
    assert rows(sheet.read()) == [("Sodium", "139", "mmol/L", "(133 - 146)", ""), ("Creatine kinase", "8,412", "U/L", "(25 - 200)", "")]


@pytest.mark.parametrize(
    ("printed", "value", "flag"),
    [
        ("5.6 H", "5.6", "H"),
        ("H 5.6", "5.6", "H"),
        ("5.6*", "5.6", "*"),
        ("* 5.6", "5.6", "*"),
        ("5.6 ++", "5.6", "++"),
        ("<0.1 L", "<0.1", "L"),
    ],
)
def test_flags_are_taken_out_of_the_value(printed: str, value: str, flag: str) -> None:
    sheet = Sheet().row(X4, ("Test", "Result", "Units", "Reference range"), bold=True)
    sheet.row(X4, ("Potassium", printed, "mmol/L", "3.5 - 5.3")).row(X4, ("Sodium", "140", "mmol/L", "135 - 145"))
    assert rows(sheet.read())[0] == ("Potassium", value, "mmol/L", "3.5 - 5.3", flag)


def test_flag_words_in_front_of_the_range_and_in_their_own_column() -> None:
    sheet = Sheet().row(X4, ("Investigation", "Result", "Unit", "Reference Value"), bold=True)
    sheet.row(X4, ("Haemoglobin", "12.5", "g/dL", "Low 13.0 - 17.0")).row(X4, ("MCV", "87.7", "fL", "83 - 101"))
    assert rows(sheet.read()) == [("Haemoglobin", "12.5", "g/dL", "13.0 - 17.0", "Low"), ("MCV", "87.7", "fL", "83 - 101", "")]
    xs = (40, 220, 290, 360, 450)
    sheet = Sheet().row(xs, ("Tests", "Result", "Flag", "Units", "Reference Interval"), bold=True)
    sheet.row(xs, ("Glucose", "115", "High", "mg/dL", "65 - 99")).row(xs, ("BUN", "14", "", "mg/dL", "7 - 25"))
    assert [r[4] for r in rows(sheet.read())] == ["High", ""]


def test_bold_is_a_flag_only_without_another_mark() -> None:
    sheet = Sheet().row(X4, ("Test Name", "Results", "Units", "Bio. Ref. Interval"), bold=True)
    for name, value in (("Creatinine", "1.0"), ("Urea", "40"), ("Globulin", "4.0"), ("Albumin", "4.2")):
        sheet.at(X4[0], sheet.y, name).at(X4[1], sheet.y, value, bold=name == "Globulin").at(X4[2], sheet.y, "g/dL").at(
            X4[3], sheet.y, "2.0 - 3.5"
        )
        sheet.y += 14
    assert [r[4] for r in rows(sheet.read())] == ["", "", "bold", ""]


def test_unit_printed_inside_the_range_is_given_in_both() -> None:
    xs = (40, 220, 300, 360)
    sheet = Sheet().row(xs, ("Test Name", "Result", "Flag", "Reference Range"), bold=True)
    sheet.row(xs, ("GLUCOSE", "85", "NORMAL", "65-99 mg/dL")).row(xs, ("EGFR", "103", "NORMAL", "> OR = 60 mL/min/1.73"))
    assert rows(sheet.read()) == [
        ("GLUCOSE", "85", "mg/dL", "65-99 mg/dL", "NORMAL"),
        ("EGFR", "103", "mL/min/1.73", "> OR = 60 mL/min/1.73", "NORMAL"),
    ]


def test_dated_columns_give_one_result_a_filled_cell() -> None:
    xs = (40, 200, 280, 360, 440)
    sheet = Sheet().row(xs, ("Test", "12/08/2024", "13/08/2024", "Units", "Reference range"), bold=True, step=10)
    sheet.row(xs, ("", "02:14", "08:40", "", "")).row(xs, ("Potassium", "6.8 HH", "6.1 H", "mmol/L", "3.5-5.3"))
    sheet.row(xs, ("ESR", "", "22", "mm/hr", "1-15"))
    assert rows(sheet.read(), "name_text", "value_text", "flag_text", "collected_text") == [
        ("Potassium", "6.8", "HH", "12/08/2024 02:14"),
        ("Potassium", "6.1", "H", "13/08/2024 08:40"),
        ("ESR", "22", "", "13/08/2024 08:40"),
    ]


def test_a_previous_result_is_kept_apart() -> None:
    xs = (40, 200, 280, 360, 460)
    sheet = (
        Sheet().row(xs, ("", "", "", "", "Vorwert"), step=8).row(xs, ("Untersuchung", "Ergebnis", "Einheit", "Referenzbereich", ""), step=8)
    )
    sheet.row(xs, ("", "", "", "", "11.09.2024")).row(xs, ("Leukozyten", "3,6", "/nl", "3,9 - 10,2", "4,4")).row(
        xs, ("MCV", "91", "fl", "80 - 99", "")
    )
    assert rows(sheet.read(), "name_text", "value_text", "previous_text") == [("Leukozyten", "3,6", "4,4 (11.09.2024)"), ("MCV", "91", "")]


def test_two_columns_are_not_read_straight_across() -> None:
    sheet = Sheet()
    left = (
        ("WBC", "5.9", "10^3/uL", "3.8-10.8"),
        ("RBC", "4.98", "10^6/uL", "4.2-5.8"),
        ("MCV", "88.6", "fL", "80-100"),
        ("LDH", "231", "U/L", "120-250"),
    )
    right = (
        ("Sodium", "137", "mmol/L", "135-146"),
        ("BUN", "19", "mg/dL", "7-25"),
        ("Glucose", "98", "mg/dL", "65-99"),
        ("TSH", "4.4", "mIU/L", "0.4-4.5"),
    )
    for index, (a, b) in enumerate(zip(left, right, strict=True)):
        for x, (name, value, unit, span) in ((40, a), (320, b)):
            y = 80 + 30 * index + (4 if x > 100 else 0)
            sheet.at(x, y, name).at(x + 100, y, value).at(x + 140, y, unit).at(x, y + 11, f"Range: {span}", size=7)
    assert rows(sheet.read()) == [(*test, "") for test in (*left, *right)]


def test_wrapped_names_methods_and_ranges_of_several_lines() -> None:
    sheet = Sheet().row(X4, ("Investigation", "Observed Value", "Unit", "Biological Reference Interval"), bold=True, step=24)
    sheet.row(X4, ("High Sensitivity C-Reactive", "2.9", "mg/L", "Low risk < 1.0"), step=10)
    sheet.row(X4, ("Protein (hs-CRP)", "", "", "High risk > 3.0"), step=24)
    sheet.row(X4, ("Sodium", "138", "mmol/L", "136 - 146"), step=10).row(X4, ("(Indirect ISE)",), step=24)
    sheet.row(X4, ("Calcium", "9.0", "mg/dL", "8.8 - 10.6"))
    found = rows(sheet.read())
    assert [r[0] for r in found] == ["High Sensitivity C-Reactive Protein (hs-CRP)", "Sodium", "Calcium"]
    assert found[0][3] == "Low risk < 1.0\nHigh risk > 3.0"


def test_range_as_lines_of_text_below_the_row() -> None:
    xs = (40, 250, 350, 450)
    sheet = Sheet().row(xs, ("TEST NAME", "TECHNOLOGY", "VALUE", "UNITS"), bold=True)
    sheet.row(xs, ("HbA1c", "HPLC", "6.1", "%")).row((40,), ("Bio. Ref. Interval. :-",), step=10)
    sheet.row((40,), ("Below 5.7% : Normal",), step=10).row((40,), (">=6.5% : Diabetic",), step=20)
    sheet.row((40,), ("Clinical Significance : HbA1c reflects the mean glucose of the last 90 days.",))
    assert rows(sheet.read()) == [("HbA1c", "6.1", "%", "Below 5.7% : Normal\n>=6.5% : Diabetic", "")]


def test_one_result_a_line_without_any_table() -> None:
    sheet = Sheet().at(40, 60, "COMPLETE BLOOD COUNT").at(40, 80, "Hemoglobin: 11.2 g/dL (Ref: 12.0 - 15.5)")
    sheet.at(40, 95, "Vitamin B12: 210 pg/mL (Ref: 200 - 900)")
    assert rows(sheet.read()) == [("Hemoglobin", "11.2", "g/dL", "12.0 - 15.5", ""), ("Vitamin B12", "210", "pg/mL", "200 - 900", "")]


def test_thresholds_prose_and_comments_are_no_results() -> None:
    sheet = Sheet().row(X4, ("Test", "Result", "Units", "Reference range"), bold=True)
    sheet.row(X4, ("Total 25-OH vitamin D", "41", "nmol/L", "> 50"))
    sheet.row((50,), ("Vitamin D guidance: <25 nmol/L deficient; 25 - 50 nmol/L insufficient; >50 nmol/L sufficient for most people.",))
    sheet.row((40,), ("Interpretation",), bold=True)
    for name, span in (("Deficiency", "< 20"), ("Insufficiency", "20 - 29"), ("Sufficiency", "30 - 100"), ("Toxicity", "> 100")):
        sheet.row((40, 220), (name, span))
    sheet.row((40,), ("Peak CK 98,450 U/L on 12/08/2024. CK should fall by about 40 % per day.",))
    report = sheet.read()
    assert rows(report) == [("Total 25-OH vitamin D", "41", "nmol/L", "> 50", "")]
    assert "Deficiency" in " ".join(report.unread["text"])


def test_a_test_with_a_number_that_is_not_read_is_never_mere_furniture() -> None:
    sheet = Sheet().row((50, 200, 300, 400), ("Test", "Result", "Unit", "Reference"))
    for cells in (
        ("Potassium", "4.1", "mmol/L", "3.5-5.1"),
        ("ANA", "1:640 speckled", "", "<1:80"),
        ("Calcium", "2.3", "mmol/L", "2.2-2.6"),
    ):
        sheet.row((50, 200, 300, 400), cells)
    report = sheet.read()
    lost = report.unread.loc[report.unread["kind"] == "possible_result", "text"]
    assert len(report.rows) == 3 or lost.str.contains("ANA").any()


def test_an_invoice_has_no_results() -> None:
    sheet = Sheet().at(40, 60, "INVOICE No. 17").row((40, 300, 350, 420), ("", "", "", ""))
    sheet.row((40, 300, 350, 420), ("Item", "Qty", "Unit", "Price"), bold=True)
    sheet.row((40, 300, 350, 420), ("CRP control serum", "4", "mL", "36.20")).row((40, 300, 350, 420), ("ESR tubes", "250", "mm", "0.18"))
    report = sheet.read()
    assert report.rows.empty
    assert report.notices == ("No laboratory results were found in this document.",)


def test_a_slanted_watermark_stays_out_of_the_rows() -> None:
    sheet = Sheet().row(X4, ("Test", "Result", "Units", "Reference range"), bold=True)
    for name in ("Sodium", "Potassium", "Chloride"):
        sheet.row(X4, (name, "140", "mmol/L", "135 - 145"))
    with sheet.pdf.rotation(45, 200, 90):
        sheet.at(150, 100, "SAMPLE REPORT", size=40)
    report = sheet.read()
    assert rows(report) == [(name, "140", "mmol/L", "135 - 145", "") for name in ("Sodium", "Potassium", "Chloride")]
    assert "SAMPLEREPORT" in " ".join(report.unread["text"]).replace(" ", "")


def test_text_printed_twice_for_boldness_is_read_once() -> None:
    sheet = Sheet().row(X4, ("Test", "Result", "Units", "Reference range"), bold=True)
    sheet.row(X4, ("Sodium", "140", "mmol/L", "135 - 145"))
    sheet.at(X4[0], sheet.y, "Potassium").at(X4[1], sheet.y, "6.1").at(X4[1] + 0.3, sheet.y, "6.1").at(X4[2], sheet.y, "mmol/L")
    assert rows(sheet.read())[1][:3] == ("Potassium", "6.1", "mmol/L")


def test_letter_spacing_is_undone() -> None:
    sheet = Sheet().row(X4, ("Test", "Result", "Units", "Reference range"), bold=True).row(X4, ("Sodium", "140", "mmol/L", "135 - 145"))
    x = float(X4[0])
    for letter in "Potassium":
        sheet.at(x, sheet.y, letter)
        x += sheet.pdf.get_string_width(letter) + 4
    sheet.row(X4, ("", "4.1", "mmol/L", "3.5 - 5.1"))
    assert rows(sheet.read())[1][0] == "Potassium"


def test_raised_digits_belong_to_units_and_raised_letters_are_footnotes() -> None:
    sheet = Sheet().row(X4, ("Test", "Result", "Units", "Reference range"), bold=True)
    y = sheet.y
    width = sheet.pdf.get_string_width
    sheet.at(X4[0], y, "Platelets").at(X4[1], y, "250").at(X4[2], y, "10")
    sheet.pdf.set_font("helvetica", "", 9)
    tens, name = width("10"), width("Platelets")
    sheet.at(X4[2] + tens, y - 3.5, "9", size=6)
    sheet.pdf.set_font("helvetica", "", 6)
    sheet.at(X4[2] + tens + width("9"), y, "/L").at(X4[0] + name, y - 3.5, "F", size=6).at(X4[3], y, "150 - 400")
    assert rows(sheet.read()) == [("Platelets", "250", "10⁹/L", "150 - 400", "")]


def test_a_page_on_its_side_is_read_upright() -> None:
    sheet = Sheet("portrait")
    cells = (
        ("Test", "Result", "Units", "Reference range"),
        ("Sodium", "140", "mmol/L", "135 - 145"),
        ("Potassium", "4.1", "mmol/L", "3.5 - 5.1"),
    )
    for index, row in enumerate(cells):
        for x, cell in zip(X4, row, strict=True):
            with sheet.pdf.rotation(90, 100 + 14 * index, 800 - x):
                sheet.at(100 + 14 * index, 800 - x, cell)
    assert rows(sheet.read()) == [(*cells[1], ""), (*cells[2], "")]


def test_facts_around_the_table() -> None:
    sheet = (
        Sheet()
        .at(40, 30, "Example Pathology Laboratory", size=14)
        .at(40, 45, "Name: Ann Example")
        .at(250, 45, "DOB: 02/11/1971")
        .at(400, 45, "Sex: F")
    )
    sheet.at(40, 57, "Collected: 14/03/2025 09:20").at(250, 57, "Reported: 17/03/2025")
    sheet.y = 90
    sheet.row(X4, ("Test", "Result", "Units", "Reference range"), bold=True).row((40,), ("URINE",), bold=True)
    sheet.row(X4, ("Potassium", "41", "mmol/L", "25 - 125"))
    report = sheet.read()
    assert (report.patient.sex, report.patient_name, report.laboratory) == ("female", "Ann Example", "Example Pathology Laboratory")
    assert rows(report, "collected_text", "section_text", "specimen_text") == [("14/03/2025 09:20", "URINE", "URINE")]


def test_a_value_that_cannot_be_read_is_marked() -> None:
    sheet = Sheet().row(X4, ("Test", "Result", "Units", "Reference range"), bold=True)
    sheet.row(X4, ("Sodium", "140", "mmol/L", "135 - 145")).row(X4, ("GFR Category", "G3a/A2", "", ""))
    by_name = {r[0]: r for r in rows(sheet.read(), "name_text", "value_text", "review")}
    assert "GFR Category" not in by_name or by_name["GFR Category"][2]


# ---- documents that are refused ---------------------------------------------------------------------------------------------


def table() -> Sheet:
    return Sheet().row(X4, ("Test", "Result", "Units", "Reference range"), bold=True).row(X4, ("Sodium", "140", "mmol/L", "135 - 145"))


def test_a_password_is_asked_for_and_used() -> None:
    sheet = table()
    sheet.pdf.set_encryption(owner_password="owner", user_password="rise", permissions=AccessPermission.none())
    data = sheet.bytes()
    with pytest.raises(ReadError, match="password and no password was given"):
        read(data, name="locked.pdf")
    with pytest.raises(ReadError, match="password given is wrong"):
        pdf.read(data, "locked.pdf", None, password="fall")
    assert len(pdf.read(data, "locked.pdf", None, password="rise").rows) == 1


def test_damaged_and_large_documents_are_refused() -> None:
    with pytest.raises(ReadError, match="damaged"):
        read(b"%PDF-1.7\nnothing", name="broken.pdf")
    data = table().bytes()
    with within(Limits(pdf_size=10)), pytest.raises(ReadError, match="limit"):
        read(data, name="large.pdf")
    with within(Limits(pages=0)), pytest.raises(ReadError, match="1 pages; the limit is 0"):
        read(data, name="long.pdf")
    with within(Limits(page_characters=5)), pytest.raises(ReadError, match="characters"):
        read(data, name="dense.pdf")


def picture_pdf() -> bytes:
    from PIL import Image

    sheet = FPDF(unit="pt")
    sheet.add_page()
    buffer = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(buffer, "PNG")
    sheet.image(buffer, 20, 20, 400, 300)
    return bytes(sheet.output())


def test_without_ocr_a_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "available", lambda: False)
    with pytest.raises(ReadError, match=r"pip install 'labinterp\[ocr\]'"):
        read(picture_pdf(), name="scan.pdf")
    with pytest.raises(ReadError, match=r"pip install 'labinterp\[ocr\]'"):
        read(b"\x89PNG\r\n\x1a\n" + b"0" * 100, name="scan.png")


def test_without_ocr_a_picture_among_pages_of_text_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    monkeypatch.setattr(image, "available", lambda: False)
    sheet = Sheet().row(X4, ("Test", "Result", "Units", "Reference range"), bold=True)
    for _ in range(4):
        sheet.row(X4, ("Sodium", "140", "mmol/L", "135 - 145"))
    sheet.page().at(40, 30, "Example Pathology Laboratory")
    sheet.pdf.image(Image.new("RGB", (400, 300), "white"), 20, 60, 400, 300)
    report = sheet.read()
    assert len(report.rows) == 4
    told = {str(line["text"]): line for line in report.unread.to_dict("records") if line["page"] == 2}
    assert "picture" in told["page 2"]["reason"] and "pip install 'labinterp[ocr]'" in told["page 2"]["reason"]
    assert told["page 2"]["kind"] == "possible_result"
    assert "Example Pathology Laboratory" in told  # the words that the page has are kept
    assert any("page 2" in notice and "labinterp[ocr]" in notice for notice in report.notices)


def test_a_value_on_which_two_readings_differ_is_marked() -> None:
    sheet = Sheet().row(X4, ("Test", "Result", "Units", "Reference range"), bold=True)
    sheet.row(X4, ("Sodium", "140", "mmol/L", "135 - 145")).row(X4, ("Potassium", "4.1", "mmol/L", "3.5 - 5.1"))
    pages = pdf.pages_of(sheet.bytes(), "made.pdf")
    pages[0].spots.append((0.0, 800.0))
    reader = Reader()
    reader.read(lines_of(pages[0].words, 1), pages[0].width, True, frozenset())
    sodium, potassium = reader.results
    second.compare(sheet.bytes(), None, pages, reader.results)
    assert (sodium.review, potassium.review) == ("", "")
    sodium.value, potassium.value = "14", "4.2"
    second.compare(sheet.bytes(), None, pages, reader.results)
    assert sodium.review == potassium.review == "two readings of the page differ on this value"


def test_short_names_and_values_below_the_limit_of_detection() -> None:
    xs = (40, 220, 330)
    sheet = Sheet().row(xs, ("Test", "Result", "Reference range"), bold=True)
    tests = (
        ("B12", "142", "197 - 771"),
        ("T4", "<0.1", "0.8 - 1.8"),
        ("C3", "1.2", "< 1.8"),
        ("pH", "6.0", "5 - 8"),
        ("K", "4.1", "3.5 - 5.1"),
    )
    for test in tests:
        sheet.row(xs, test)
    assert rows(sheet.read(), "name_text", "value_text", "range_text") == list(tests)


def test_a_text_result_is_never_cut_in_half() -> None:
    xs = (40, 200, 250, 320, 420)
    sheet = Sheet().row(xs, ("Untersuchung", "Flag", "Ergebnis", "Einheit", "Referenzbereich"), bold=True)
    sheet.row(xs, ("Natrium", "", "140", "mmol/l", "135 - 145")).row(xs, ("Kalium", "+", "5,6", "mmol/l", "3,5 - 5,1"))
    sheet.at(40, sheet.y, "Eiweiß im Urin").at(222, sheet.y, "nicht nachweisbar")
    protein = [r for r in rows(sheet.read(), "name_text", "value_text") if r[0] == "Eiweiß im Urin"]
    assert protein in ([], [("Eiweiß im Urin", "nicht nachweisbar")])


def test_a_page_number_beside_words_is_no_result() -> None:
    sheet = Sheet().row((40, 135, 200, 300), ("Test", "Result", "Units", "Reference range"), bold=True)
    sheet.row((40, 135, 200, 300), ("Sodium", "140", "mmol/L", "135 - 145")).row(
        (40, 135, 200, 300), ("Urea", "5.1", "mmol/L", "2.5 - 7.8")
    )
    sheet.at(40, 800, "Example Laboratory - page 1 of 9")
    assert [r[0] for r in rows(sheet.read())] == ["Sodium", "Urea"]


def test_value_flag_and_unit_printed_as_one_where_the_unit_column_begins() -> None:
    xs = (40, 200, 280, 400)
    sheet = Sheet().row(xs, ("Prueba", "Resultado", "Unidades", "Valores de referencia"), bold=True)
    sheet.row(xs, ("Sodio", "138", "mEq/L", "135 - 145")).row(xs, ("Potasio", "5,2", "mEq/L", "3,5 - 5,1"))
    sheet.row((40, 276, 400), ("Colesterol", "231* mg/dL", "< 200"))
    assert rows(sheet.read())[2] == ("Colesterol", "231", "mg/dL", "< 200", "*")
