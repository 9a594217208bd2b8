"""Writes the project's sample reports and, from the same facts, the golden file beside each.

    python samples/generate.py [FOLDER]

People, laboratories and layouts are invented. The golden files hold what was put on the page, never what a reader made of it.
The same facts give the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF, XPos, YPos

GOLDEN_COLUMNS = ("page", "name_text", "value_text", "unit_text", "range_text", "flag_text", "collected_text", "section_text")


@dataclass(frozen=True)
class Line:
    """One result as it is printed."""

    name: str
    value: str
    unit: str = ""
    range: str = ""
    flag: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Letter:
    """What a laboratory prints around its results."""

    laboratory: str
    address: str
    facts: tuple[tuple[str, str], ...]  # label, text
    heads: tuple[str, str, str, str, str]  # name, value, flag, unit, range
    pages: tuple[tuple[Section, ...], ...]
    collected: str
    remarks: tuple[str, ...] = ()
    page_word: str = "Page {} of {}"


def golden(letter: Letter) -> list[tuple[str, ...]]:
    """The rows that a reader should find, in reading order."""
    return [
        (str(number), line.name, line.value, line.unit, line.range, line.flag, letter.collected, section.title)
        for number, page in enumerate(letter.pages, 1)
        for section in page
        for line in section.lines
    ]


# ---- layouts -----------------------------------------------------------------------------------------------------------

WIDTHS = (62.0, 24.0, 14.0, 34.0, 46.0)  # name, value, flag, unit, range; mm


def new_pdf(title: str) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    pdf.set_title(title)
    pdf.set_producer("labinterp samples")
    pdf.set_margins(15, 14)
    pdf.set_auto_page_break(False)
    return pdf


def cells(pdf: FPDF, texts: Sequence[str], widths: Sequence[float], height: float, border: int | str = 0, fill: bool = False) -> None:
    for text, width in zip(texts, widths):
        pdf.cell(width, height, text, border=border, fill=fill)
    pdf.ln(height)


def letter_head(pdf: FPDF, letter: Letter, number: int) -> None:
    pdf.set_font("helvetica", "B", 15)
    pdf.cell(0, 7, letter.laboratory, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font("helvetica", "", 8)
    pdf.cell(0, 4, letter.address, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(3)
    pdf.set_font("helvetica", "", 9)
    for start in range(0, len(letter.facts), 2):
        for label, text in letter.facts[start : start + 2]:
            pdf.cell(90, 5, f"{label}: {text}")
        pdf.ln(5)
    pdf.ln(3)
    at = pdf.get_y()
    pdf.set_y(-14)
    pdf.set_font("helvetica", "", 8)
    pdf.cell(0, 5, letter.page_word.format(number, len(letter.pages)), align="R")
    pdf.set_y(at)


def remarks(pdf: FPDF, letter: Letter) -> None:
    pdf.ln(4)
    pdf.set_font("helvetica", "", 8)
    for text in letter.remarks:
        pdf.multi_cell(0, 4, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.ln(1)


def ruled(letter: Letter) -> bytes:
    """A table with a frame around every cell, its head repeated on each page."""
    pdf = new_pdf(letter.laboratory)
    for number, page in enumerate(letter.pages, 1):
        pdf.add_page()
        letter_head(pdf, letter, number)
        pdf.set_font("helvetica", "B", 9)
        pdf.set_fill_color(232, 236, 236)
        cells(pdf, letter.heads, WIDTHS, 6, border=1, fill=True)
        for section in page:
            if section.title:
                pdf.set_font("helvetica", "B", 9)
                pdf.cell(sum(WIDTHS), 6, section.title, border=1, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            for line in section.lines:
                pdf.set_font("helvetica", "B" if line.flag else "", 9)
                cells(pdf, (line.name, line.value, line.flag, line.unit, line.range), WIDTHS, 6, border=1)
        if number == len(letter.pages):
            remarks(pdf, letter)
    return bytes(pdf.output())


def open_columns(letter: Letter) -> bytes:
    """Columns without any rule; section titles in capitals stand at the margin."""
    pdf = new_pdf(letter.laboratory)
    for number, page in enumerate(letter.pages, 1):
        pdf.add_page()
        letter_head(pdf, letter, number)
        pdf.set_font("helvetica", "I", 9)
        cells(pdf, letter.heads, WIDTHS, 6)
        for section in page:
            pdf.ln(2)
            if section.title:
                pdf.set_font("helvetica", "B", 10)
                pdf.cell(0, 6, section.title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            pdf.set_font("helvetica", "", 10)
            for line in section.lines:
                cells(pdf, (line.name, line.value, line.flag, line.unit, line.range), WIDTHS, 5.5)
        if number == len(letter.pages):
            remarks(pdf, letter)
    return bytes(pdf.output())


def typewriter(letter: Letter) -> bytes:
    """Fixed pitch and dot leaders; the flag stands behind the value, the range in brackets behind the unit."""
    pdf = new_pdf(letter.laboratory)
    for number, page in enumerate(letter.pages, 1):
        pdf.add_page()
        letter_head(pdf, letter, number)
        for section in page:
            pdf.ln(2)
            pdf.set_font("courier", "B", 10)
            pdf.cell(0, 6, section.title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            pdf.set_font("courier", "", 10)
            for line in section.lines:
                name = f"{line.name} ".ljust(32, ".")
                text = f"{name} {line.value:>7} {line.flag:<2} {line.unit:<16} {line.range}"
                pdf.cell(0, 5, text.rstrip(), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if number == len(letter.pages):
            remarks(pdf, letter)
    return bytes(pdf.output())


def table(rows: Sequence[Sequence[str]], delimiter: str, encoding: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


def message(letter: Letter, sex: str, born: str, collected: str) -> bytes:
    """HL7 v2: one ORU^R01, an OBR for each section. `collected` as HL7 writes times."""
    segments = [
        f"MSH|^~\\&|LAB|{letter.laboratory}|WARD|EXAMPLE|{collected}||ORU^R01^ORU_R01|1|P|2.5.1",
        f"PID|1||X000123||Example^Carl||{born}|{sex}",
    ]
    for number, section in enumerate((section for page in letter.pages for section in page), 1):
        segments.append(f"OBR|{number}|||{number}^{section.title}^L|||{collected}")
        for place, line in enumerate(section.lines, 1):
            segments.append(f"OBX|{place}|NM|{place}^{line.name}^L||{line.value}|{line.unit}|{line.range}|{line.flag}|||F|||{collected}")
    segments += [f"NTE|1|L|{remark}" for remark in letter.remarks]
    return ("\r".join(segments) + "\r").encode()


def bundle(letter: Letter, patient: dict[str, object], collected: str) -> bytes:
    """FHIR R4: a Bundle with a Patient, a DiagnosticReport for each section, and an Observation for each line."""
    person = {"resourceType": "Patient", "id": "example"} | patient
    entries: list[dict[str, object]] = [{"resource": person}]
    for section in (section for page in letter.pages for section in page):
        links = []
        for line in section.lines:
            observation: dict[str, object] = {
                "resourceType": "Observation",
                "id": f"o{len(entries)}",
                "status": "final",
                "category": [{"coding": [{"code": "laboratory"}]}],
                "code": {"text": line.name},
                "subject": {"reference": "Patient/example"},
                "effectiveDateTime": collected,
            }
            quantity: dict[str, object] = {"value": json.loads(line.value.lstrip("<")), "unit": line.unit}
            observation["valueQuantity"] = quantity | ({"comparator": "<"} if line.value.startswith("<") else {})
            if line.range:
                observation["referenceRange"] = [{"text": line.range}]
            if line.flag:
                observation["interpretation"] = [{"coding": [{"system": V3, "code": line.flag}]}]
            links.append({"reference": f"Observation/o{len(entries)}"})
            entries.append({"resource": observation})
        report = {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": section.title}, "result": links}
        entries.append({"resource": report})
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, indent=1).encode() + b"\n"


V3 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def portal(letter: Letter) -> bytes:
    """What is on the clipboard after copying from a patient portal: each part of a result on a line of its own."""
    lines = [f"{label}: {text}" for label, text in letter.facts] + [""]
    for line in (line for page in letter.pages for section in page for line in section.lines):
        lines += [line.name, f"{line.value} {line.unit}", f"Normal range: {line.range}", *([line.flag] if line.flag else []), ""]
    return "\n".join(lines).encode()


def workbook(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    """An Excel workbook. Its parts are packed once more, with a fixed time, so that it has the same bytes each time."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    book.properties.created = book.properties.modified = datetime(2026, 3, 2, 8, 0)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    first, out = io.BytesIO(), io.BytesIO()
    book.save(first)
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-03-02T08:00:00Z", content)
            target.writestr(zipfile.ZipInfo(name, (2026, 3, 2, 8, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


# ---- the reports -------------------------------------------------------------------------------------------------------

ENGLISH = ("Test", "Result", "Flag", "Units", "Reference interval")

STORY = Letter(
    laboratory="Harbour Street Laboratory",
    address="14 Harbour Street, Port Example - accredited for the tests shown - telephone 000 000 000",
    facts=(
        ("Patient", "Ada Example"),
        ("Laboratory number", "HS-2026-00417"),
        ("Sex", "Female"),
        ("Date of birth", "04 May 1964"),
        ("Collected", "23 Feb 2026 08:10"),
        ("Reported", "24 Feb 2026 16:45"),
    ),
    heads=ENGLISH,
    collected="23 Feb 2026 08:10",
    pages=(
        (
            Section(
                "HAEMATOLOGY",
                (
                    Line("Haemoglobin", "11.4", "g/dL", "12.0 - 15.5", "L"),
                    Line("Mean cell volume (MCV)", "106", "fL", "80 - 100", "H"),
                    Line("White cell count", "5.2", "x10^9/L", "4.0 - 11.0"),
                    Line("Platelets", "212", "x10^9/L", "150 - 400"),
                    Line("ESR", "18", "mm/h", "0 - 30"),
                ),
            ),
            Section(
                "VITAMINS",
                (
                    Line("Vitamin B12", "165", "pg/mL", "232 - 1245", "L"),
                    Line("Methylmalonic acid, serum", "0.61", "umol/L", "0.00 - 0.40", "H"),
                    Line("Homocysteine", "24.8", "umol/L", "5.0 - 15.0", "H"),
                    Line("Folate, serum", "9.1", "ng/mL", "> 4.0"),
                    Line("25-OH Vitamin D", "14", "ng/mL", "30 - 100", "L"),
                ),
            ),
        ),
        (
            Section(
                "BIOCHEMISTRY",
                (
                    Line("Sodium", "139", "mmol/L", "135 - 145"),
                    Line("Potassium", "2.9", "mmol/L", "3.5 - 5.1", "L"),
                    Line("Magnesium", "0.62", "mmol/L", "0.70 - 1.00", "L"),
                    Line("Calcium", "9.2", "mg/dL", "8.6 - 10.2"),
                    Line("Creatinine", "0.78", "mg/dL", "0.50 - 1.00"),
                    Line("eGFR", "84", "mL/min/1.73m2", "> 59"),
                    Line("Creatine kinase (CK)", "148", "U/L", "26 - 192"),
                    Line("C-reactive protein (CRP)", "<1.0", "mg/L", "0 - 5"),
                    Line("ALT", "24", "U/L", "0 - 35"),
                    Line("AST", "27", "U/L", "0 - 35"),
                    Line("Alkaline phosphatase (ALP)", "118", "U/L", "35 - 104", "H"),
                ),
            ),
        ),
        (
            Section(
                "DIABETES AND THYROID",
                (
                    Line("HbA1c", "7.2", "%", "4.0 - 5.6", "H"),
                    Line("Glucose, fasting", "148", "mg/dL", "70 - 99", "H"),
                    Line("TSH", "2.10", "mIU/L", "0.40 - 4.00"),
                ),
            ),
        ),
    ),
    remarks=(
        "L below, H above the reference interval of this laboratory.",
        "Vitamin D deficiency has been defined by several societies as a level of 25-OH vitamin D of less than 20 ng/mL.",
        "Results refer only to the sample received. Copies: Dr. B. Sample, 3 Quay Road, Port Example.",
    ),
)

FRENCH = Letter(
    laboratory="Laboratoire des Tilleuls",
    address="8 place des Tilleuls, 00000 Exempleville - Biologistes : Dr M. Exemple, Dr J. Modèle",
    facts=(
        ("Patient", "Mme Claude EXEMPLE"),
        ("Dossier", "26-03118"),
        ("Né(e) le", "17/09/1958"),
        ("Sexe", "F"),
        ("Prélevé le", "12/03/2026 à 07h45"),
        ("Édité le", "12/03/2026 à 15h20"),
    ),
    heads=("Analyse", "Résultat", "", "Unité", "Valeurs de référence"),
    collected="12/03/2026 à 07h45",
    page_word="Page {} sur {}",
    pages=(
        (
            Section(
                "HÉMATOLOGIE",
                (
                    Line("Hémoglobine", "12,9", "g/dL", "12,0 - 16,0"),
                    Line("V.G.M.", "94,1", "fL", "80,0 - 100,0"),
                    Line("Vitesse de sédimentation 1h", "52", "mm", "< 30", "+"),
                ),
            ),
            Section(
                "BIOCHIMIE",
                (
                    Line("Protéine C réactive", "48,3", "mg/L", "< 5,0", "+"),
                    Line("Créatine kinase (CK)", "4 520", "U/L", "26 - 192", "+"),
                    Line("ASAT (TGO)", "142", "U/L", "< 35", "+"),
                    Line("ALAT (TGP)", "98", "U/L", "< 35", "+"),
                    Line("Potassium", "4,1", "mmol/L", "3,5 - 5,1"),
                    Line("Créatinine", "71", "µmol/L", "45 - 84"),
                    Line("T.S.H.", "1,84", "mUI/L", "0,40 - 4,00"),
                ),
            ),
        ),
    ),
    remarks=("+ résultat supérieur aux valeurs de référence.",),
)

MIXED_UNITS = Letter(
    laboratory="Two Rivers Diagnostics",
    address="1 Confluence Walk, Samplebridge",
    facts=(
        ("Name", "Ben Sample"),
        ("Sex", "Male"),
        ("Age", "47 years"),
        ("Collected", "05/11/2025"),
    ),
    heads=ENGLISH,
    collected="05/11/2025",
    pages=(
        (
            Section(
                "CHEMISTRY",
                (
                    Line("25-OH Vitamin D", "27.5", "nmol/L", "20 - 50 ng/mL", "L"),
                    Line("Glucose, fasting", "5.4", "mmol/L", "70 - 99 mg/dL"),
                    Line("HbA1c", "38", "mmol/mol", "4.0 - 5.6 %"),
                    Line("Vitamin B12", "310", "pmol/L", "200 - 900 pg/mL"),
                    Line("Potassium", "4.4", "mEq/L", "3.5 - 5.1 mmol/L"),
                ),
            ),
        ),
    ),
    remarks=("Reference intervals are those of the manufacturer and may be given in another unit than the result.",),
)

CRITICAL = Letter(
    laboratory="St Example Infirmary, Blood Sciences",
    address="Infirmary Road, Exampleton",
    facts=(
        ("Patient", "Carl Example"),
        ("Hospital number", "X000123"),
        ("Sex", "M"),
        ("DOB", "30/01/1949"),
        ("Collected", "14/04/2026 22:05"),
        ("Received", "14/04/2026 22:31"),
    ),
    heads=("Test", "Result", "", "Unit", "Reference range"),
    collected="14/04/2026 22:05",
    pages=(
        (
            Section(
                "UREA AND ELECTROLYTES",
                (
                    Line("Sodium", "136", "mmol/L", "133 - 146"),
                    Line("Potassium", "6.8", "mmol/L", "3.5 - 5.3", "HH"),
                    Line("Urea", "24.6", "mmol/L", "2.5 - 7.8", "H"),
                    Line("Creatinine", "412", "umol/L", "59 - 104", "H"),
                ),
            ),
            Section("URINE", (Line("Potassium", "38", "mmol/L", "25 - 125"),)),
        ),
    ),
    remarks=("Telephoned to the ward at 22:40. Sample not haemolysed.",),
)

BORDERLESS = Letter(
    laboratory="Prairie Example Labs",
    address="200 Main Street, Exampleville",
    facts=(
        ("Patient", "Dana Placeholder"),
        ("Sex", "Female"),
        ("Age", "39"),
        ("Collected", "06/30/2026 09:15 AM"),
    ),
    heads=("", "", "", "", ""),
    collected="06/30/2026 09:15 AM",
    pages=(
        (
            Section(
                "MUSCLE PANEL",
                (
                    Line("CREATINE KINASE, TOTAL", "1,234", "U/L", "(29-143)", "H"),
                    Line("ALDOLASE", "12.6", "U/L", "(< OR = 8.1)", "H"),
                    Line("C-REACTIVE PROTEIN", "3.2", "mg/L", "(<8.0)"),
                    Line("SED RATE", "11", "mm/h", "(0-20)"),
                ),
            ),
            Section(
                "THYROID",
                (
                    Line("TSH", "64.30", "mIU/L", "(0.40-4.50)", "H"),
                    Line("T4, FREE", "0.3", "ng/dL", "(0.8-1.8)", "L"),
                ),
            ),
        ),
    ),
    remarks=("H = above, L = below the reference range.",),
)

CHECKUP = Letter(
    laboratory="Northfield Example Clinic",
    address="",
    facts=(("Patient", "Eve Placeholder"), ("Sex", "Female"), ("Age", "66")),
    heads=ENGLISH,
    collected="2026-05-11",
    pages=(
        (
            Section(
                "Metabolic",
                (
                    Line("HbA1c", "6.7", "%", "4.0 - 5.6", "H"),
                    Line("Glucose, fasting", "131", "mg/dL", "70 - 99", "H"),
                    Line("Creatinine", "1.62", "mg/dL", "0.50 - 1.00", "H"),
                    Line("Potassium", "5.8", "mmol/L", "3.5 - 5.1", "H"),
                ),
            ),
            Section("Inflammation", (Line("C-reactive protein", "<0.6", "mg/L", "< 5.0"), Line("ESR", "41", "mm/h", "0 - 30", "H"))),
        ),
    ),
)

PORTAL = Letter(
    laboratory="Example Health Portal",
    address="",
    facts=(("Name", "Finn Sample"), ("Date of birth", "02/17/1990"), ("Sex", "Male"), ("Collected", "04/28/2026 7:55 AM")),
    heads=ENGLISH,
    collected="04/28/2026 7:55 AM",
    pages=(
        (
            Section(
                "",
                (
                    Line("Creatine kinase", "9840", "U/L", "30 - 200 U/L", "High"),
                    Line("AST", "212", "U/L", "10 - 40 U/L", "High"),
                    Line("Potassium", "5.0", "mmol/L", "3.5 - 5.1 mmol/L"),
                    Line("Creatinine", "0.9", "mg/dL", "0.7 - 1.3 mg/dL"),
                ),
            ),
        ),
    ),
)

CHINESE_HEAD = ("项目", "结果", "单位", "参考范围", "提示")
CHINESE = (
    ("钾", 2.7, "mmol/L", "3.5-5.3", "↓"),
    ("镁", 0.81, "mmol/L", "0.75-1.02", ""),
    ("促甲状腺激素", 0.01, "mIU/L", "0.27-4.20", "↓"),
    ("游离甲状腺素", 41.3, "pmol/L", "12.0-22.0", "↑"),
    ("肌酸激酶", 188, "U/L", "50-310", ""),
)

GERMAN_HEAD = ("Analyse", "Ergebnis", "Einheit", "Referenzbereich", "Bewertung", "Abnahmedatum")
GERMAN = (
    ("Hämoglobin", "13,8", "g/dl", "12,0 - 16,0", "", "19.01.2026"),
    ("HbA1c", "6,2", "%", "4,0 - 6,0", "+", "19.01.2026"),
    ("HbA1c (IFCC)", "44", "mmol/mol", "20 - 42", "+", "19.01.2026"),
    ("Kalium", "3,4", "mmol/l", "3,6 - 5,2", "-", "19.01.2026"),
    ("Vitamin B12", "214", "pg/ml", "197 - 771", "", "19.01.2026"),
    ("Methylmalonsäure", "478", "nmol/l", "< 271", "+", "19.01.2026"),
    ("25-OH-Vitamin D", "18,4", "ng/ml", "30,0 - 70,0", "-", "19.01.2026"),
    ("CK gesamt", "96", "U/l", "< 170", "", "19.01.2026"),
    ("CRP", "<0,6", "mg/l", "< 5,0", "", "19.01.2026"),
    ("BSG 1h", "12", "mm/h", "< 20", "", "19.01.2026"),
    ("Kreatinin", "0,84", "mg/dl", "0,50 - 0,90", "", "19.01.2026"),
)

IMPLAUSIBLE_HEAD = ("Test", "Value", "Unit", "Reference range", "Flag")
IMPLAUSIBLE = (
    ("HbA1c", "55", "%", "", ""),
    ("Potassium", "41", "mmol/L", "3.5 - 5.1", ""),
    ("CRP", "-3", "mg/L", "0 - 5", ""),
    ("Vitamin B12", "410", "pg/mL", "200 - 900", ""),
    ("Zorblax factor", "12", "U/L", "5 - 20", ""),
    ("Magnesium", "0.85", "parsec", "0.70 - 1.00", ""),
)

WIDE_HEAD = ("Date", "HbA1c (%)", "Potassium (mmol/L)", "Vitamin B12 (pg/mL)", "CK (U/L)", "CRP (mg/L)")
WIDE = (
    ("2025-06-02", "6.1", "4.3", "388", "102", "2.1"),
    ("2025-11-24", "6.4", "4.0", "251", "", "<1.0"),
    ("2026-02-23", "7.2", "2.9", "165", "96", "1.4"),
)


def golden_of_table(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Long rows: name, value, unit, range, flag and, where there is one, the date."""
    return [("1", *row[:5], *(row[5:] or ("",)), "") for row in rows]


def golden_of_wide() -> list[tuple[str, ...]]:
    tests = [head.removesuffix(")").split(" (") for head in WIDE_HEAD[1:]]
    return [("1", name, value, unit, "", "", row[0], "") for row in WIDE for (name, unit), value in zip(tests, row[1:]) if value]


def pdf_sample(letter: Letter, layout: Callable[[Letter], bytes]) -> tuple[bytes, list[tuple[str, ...]]]:
    return layout(letter), golden(letter)


SAMPLES: dict[str, Callable[[], tuple[bytes, list[tuple[str, ...]]]]] = {
    "leg_weakness.pdf": lambda: pdf_sample(STORY, ruled),
    "bilan.pdf": lambda: pdf_sample(FRENCH, open_columns),
    "mixed_units.pdf": lambda: pdf_sample(MIXED_UNITS, ruled),
    "critical_potassium.pdf": lambda: pdf_sample(CRITICAL, open_columns),
    "borderless.pdf": lambda: pdf_sample(BORDERLESS, typewriter),
    "critical_potassium.hl7": lambda: (
        message(CRITICAL, "M", "19490130", "20260414220500"),
        [(*row[:6], "2026-04-14 22:05", row[7]) for row in golden(CRITICAL)],
    ),
    "checkup.fhir.json": lambda: (
        bundle(CHECKUP, {"gender": "female", "birthDate": "1960-02-29"}, "2026-05-11"),
        golden(CHECKUP),
    ),
    "portal.txt": lambda: (portal(PORTAL), golden(PORTAL)),
    "thyroid.xlsx": lambda: (
        workbook({"检验报告": (("姓名", "王样本", "性别", "男", "年龄", "29岁"), ("采集时间", "2026-03-09"), CHINESE_HEAD, *CHINESE)}),
        [("1", *map(str, row), "2026-03-09", "") for row in CHINESE],
    ),
    "befund.csv": lambda: (table((GERMAN_HEAD, *GERMAN), ";", "cp1252"), golden_of_table(GERMAN)),
    "implausible.csv": lambda: (table((IMPLAUSIBLE_HEAD, *IMPLAUSIBLE), ",", "utf-8"), golden_of_table(IMPLAUSIBLE)),
    "follow_up_wide.csv": lambda: (table((WIDE_HEAD, *WIDE), ",", "utf-8-sig"), golden_of_wide()),
}
"""File name -> its bytes and the rows on it."""


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in SAMPLES.items():
        data, rows = make()
        (folder / name).write_bytes(data)
        with (folder / f"{name}.expected.csv").open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([GOLDEN_COLUMNS, *rows])


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
