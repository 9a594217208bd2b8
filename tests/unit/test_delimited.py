"""CSV: delimiters, encodings, decimal marks, long, dated and wide tables, and what becomes of every other line."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from labinterp import Report, interpret, read
from labinterp.errors import ReadError
from labinterp.readers.table import name_and_unit
from labinterp.readers.words import age_of


def rows_of(report: Report, *columns: str) -> list[tuple[str, ...]]:
    return list(report.rows[list(columns)].itertuples(index=False, name=None))


LONG = [
    ("Potassium", "2.9", "mmol/L", "3.5 - 5.1", "L"),
    ("CRP", "<1", "mg/L", "0 - 5", ""),
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_long_table(delimiter: str, encoding: str) -> None:
    lines = [("Test", "Result", "Unit", "Reference range", "Flag"), *LONG]
    data = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    report = read(data, name="report.csv")
    assert rows_of(report, "name_text", "value_text", "unit_text", "range_text", "flag_text") == LONG
    assert set(report.rows["decimal"]) == {"."}
    assert list(report.unread["reason"]) == ["heading"]
    assert report.rows["text"].iloc[0] == delimiter.join(LONG[0])


def test_german_with_decimal_comma_and_latin_letters() -> None:
    data = "Analyse;Ergebnis;Einheit;Referenzbereich\nHämoglobin;13,8;g/dl;12,0 - 16,0\nCRP;<0,6;mg/l;< 5,0\n".encode("cp1252")
    report = read(data, name="befund.csv")
    assert rows_of(report, "name_text", "value_text", "decimal") == [("Hämoglobin", "13,8", ","), ("CRP", "<0,6", ",")]
    assert report.notices == ("The file is not in UTF-8; it was read as cp1252.",)


def test_chinese_in_gb18030() -> None:
    data = "姓名,王小明\n性别,女\n年龄,58岁\n项目,结果,单位,参考范围,提示\n钾,2.9,mmol/L,3.5-5.3,↓\n血红蛋白,104,g/L,115-150,↓\n".encode(
        "gb18030"
    )
    report = read(data, name="report.csv")
    assert rows_of(report, "name_text", "value_text", "flag_text") == [("钾", "2.9", "↓"), ("血红蛋白", "104", "↓")]
    assert (report.patient.sex, report.patient.age, report.patient_name) == ("female", 58.0, "王小明")


def test_lines_above_the_heading_tell_of_the_person_and_the_sample() -> None:
    data = (
        b"Sample Laboratory\nPatient name: Ada Example;Sex: F\nDate of birth;14.03.1961\nCollected: 02.02.2026 08:15\n\n"
        b"Test;Result;Unit\nPotassium;2.9;mmol/L\n"
    )
    report = read(data, name="report.csv")
    assert report.patient.sex == "female" and report.patient.birth_date == date(1961, 3, 14)
    assert report.patient_name == "Ada Example"
    assert rows_of(report, "value_text", "collected_text") == [("2.9", "02.02.2026 08:15")]
    assert len(report.unread) == 5 and set(report.unread["kind"]) == {"furniture"}


def test_a_wide_table_with_units_in_the_headings() -> None:
    data = b"Date,HbA1c (%),Potassium (mmol/L),CK [U/L]\n2025-06-02,6.1,4.3,102\n2025-11-24,6.4,,<20\n"
    report = read(data, name="wide.csv")
    assert rows_of(report, "name_text", "value_text", "unit_text", "collected_text") == [
        ("HbA1c", "6.1", "%", "2025-06-02"),
        ("Potassium", "4.3", "mmol/L", "2025-06-02"),
        ("CK", "102", "U/L", "2025-06-02"),
        ("HbA1c", "6.4", "%", "2025-11-24"),
        ("CK", "<20", "U/L", "2025-11-24"),
    ]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("25-OH Vitamin D, ng/mL", ("25-OH Vitamin D", "ng/mL")),
        ("potassium_mmol_l", ("potassium", "mmol/l")),
        ("Neutrophils %", ("Neutrophils", "%")),
        ("钾（mmol/L）", ("钾", "mmol/L")),
        ("MCH (pg)", ("MCH", "pg")),
        ("Magnesium (Mg)", ("Magnesium (Mg)", "")),
        ("Bilirubin (total)", ("Bilirubin (total)", "")),
        ("Glucose, fasting", ("Glucose, fasting", "")),
        ("Potassium (K)", ("Potassium (K)", "")),
    ],
)
def test_name_and_unit_of_a_heading(heading: str, expected: tuple[str, str]) -> None:
    assert name_and_unit(heading) == expected


def test_a_wide_table_with_units_in_a_second_line() -> None:
    data = b"Patient ID;Sex;Age;Potassium;CRP\n;;;mmol/L;mg/L\n17;F;61;2,9;4,2\n18;M;44;4,1;0,8\n"
    report = read(data, name="wide.csv")
    assert rows_of(report, "patient_id", "sex", "age", "name_text", "value_text", "unit_text", "decimal") == [
        ("17", "female", 61.0, "Potassium", "2,9", "mmol/L", ","),
        ("17", "female", 61.0, "CRP", "4,2", "mg/L", ","),
        ("18", "male", 44.0, "Potassium", "4,1", "mmol/L", ","),
        ("18", "male", 44.0, "CRP", "0,8", "mg/L", ","),
    ]
    assert report.patient.sex is None  # two people: the rows know, the report does not


def test_a_wide_table_with_a_unit_beside_each_value() -> None:
    data = b"Date,Potassium,Potassium unit,CRP,CRP unit\n2026-01-02,2.9,mmol/L,4,mg/L\n"
    assert rows_of(read(data), "name_text", "value_text", "unit_text") == [("Potassium", "2.9", "mmol/L"), ("CRP", "4", "mg/L")]


def test_a_row_per_test_and_a_column_per_date() -> None:
    data = b"Test,Unit,Reference range,2025-06-02,2026-02-23\nPotassium,mmol/L,3.5 - 5.1,4.3,2.9\nCK,U/L,<170,,96\n"
    assert rows_of(read(data), "name_text", "value_text", "collected_text", "range_text") == [
        ("Potassium", "4.3", "2025-06-02", "3.5 - 5.1"),
        ("Potassium", "2.9", "2026-02-23", "3.5 - 5.1"),
        ("CK", "96", "2026-02-23", "<170"),
    ]


def test_low_and_high_limits_in_columns_of_their_own() -> None:
    data = b"Test,Value,Unit,Low,High\nPotassium,2.9,mmol/L,3.5,5.1\nCRP,2,mg/L,,5\neGFR,88,mL/min/1.73m2,60,\n"
    assert list(read(data).rows["range_text"]) == ["3.5 - 5.1", "<= 5", ">= 60"]


def test_a_sign_in_a_column_of_its_own_belongs_to_the_value() -> None:
    data = b"Test,Comparator,Value,Unit\nCRP,<,5,mg/L\nPotassium,=,4.1,mmol/L\n"
    assert list(read(data).rows["value_text"]) == ["<5", "4.1"]


def test_a_line_break_within_quotation_marks() -> None:
    data = b'Test,Result,Unit,Comment\nPotassium,2.9,mmol/L,"haemolysed?\nplease repeat"\n"CK, total",250,U/L,\n'
    report = read(data)
    assert rows_of(report, "name_text", "value_text") == [("Potassium", "2.9"), ("CK, total", "250")]
    assert "please repeat" in report.rows["text"].iloc[0]


def test_a_quotation_mark_that_is_never_closed_loses_nothing() -> None:
    report = read(b'Test,Result,Unit\nPotassium,2.9,mmol/L\nCircumference 3",12,cm\nCRP,4,mg/L\n')
    assert list(report.rows["value_text"]) == ["2.9", "12", "4"]
    assert "quotation mark" in report.notices[0].lower()


def test_lines_of_uneven_length() -> None:
    report = read(b"Test,Result,Unit\nPotassium,2.9\nCRP,4,mg/L,late,remark\n")
    assert rows_of(report, "name_text", "value_text", "unit_text") == [("Potassium", "2.9", ""), ("CRP", "4", "mg/L")]


def test_sections_and_lines_that_are_no_results() -> None:
    data = (
        b"Test,Result,Unit,Range\nUrine,,,\nPotassium,38,mmol/L,25 - 125\nBlood,,,\nPotassium,2.9,mmol/L,3.5 - 5.1\n"
        b"Urine culture,,,\nCRP,4,mg/L,<5\nMagnesium,,,\nTest,Result,Unit,Range\nCalcium,,mmol/L,2.2 - 2.6\n,7,mmol/L,\n* fasting sample,,,\n"
    )
    report = read(data)
    assert rows_of(report, "name_text", "value_text", "section_text") == [
        ("Potassium", "38", "Urine"),
        ("Potassium", "2.9", "Blood"),
        ("CRP", "4", "Blood"),
        ("Calcium", "", "Blood"),
    ]
    left = {text.split(",")[0]: (reason, kind) for text, reason, kind in report.unread[["text", "reason", "kind"]].itertuples(index=False)}
    assert left["Urine"] == ("heading of a section", "furniture")
    assert left["Magnesium"] == ("no value", "possible_result")
    assert left[""] == ("no name of a test", "possible_result")
    assert left["* fasting sample"] == ("no value", "furniture")


def test_no_line_is_lost() -> None:
    lines = ["Report of 2026", "", "Test;Result;Unit", "Potassium;2,9;mmol/L", "Immunology;;", "CRP;;", "x", ";;", "a;b;c;d"]
    report = read("\n".join(lines).encode(), name="r.csv")
    assert sorted([*report.rows["text"], *report.unread["text"]]) == sorted(line for line in lines if line)


def test_a_table_without_a_heading_is_read_by_its_content() -> None:
    report = read(b"Potassium;2.9;mmol/L;3.5 - 5.1\nCRP;4;mg/L;0 - 5\n", name="x.csv")
    assert rows_of(report, "name_text", "value_text", "unit_text", "range_text") == [
        ("Potassium", "2.9", "mmol/L", "3.5 - 5.1"),
        ("CRP", "4", "mg/L", "0 - 5"),
    ]
    assert "no heading" in report.notices[0]


@pytest.mark.parametrize(
    "data",
    [b"Test,Unit,Reference range\nPotassium,mmol/L,3.5 - 5.1\n", b"Name,City\nAda,Paris\n", b"id,shape,price\n1,round,20\n2,square,30\n"],
)
def test_without_a_column_of_results_what_is_missing_is_said_and_nothing_quoted(data: bytes) -> None:
    with pytest.raises(ReadError) as error:
        read(data, name="list.csv")
    assert "one headed as the test" in str(error.value)
    assert not any(word in str(error.value) for word in ("Ada", "Paris", "Potassium", "shape", "round"))


def test_sex_and_birth_date_travel_with_the_rows() -> None:
    data = b"Patient ID,Sex,Date of birth,Test,Result,Unit\n1,female,14.03.1961,CRP,4,mg/L\n2,m,25.12.1980,CRP,5,mg/L\n"
    report = read(data)
    assert rows_of(report, "patient_id", "sex", "birth_date") == [("1", "female", date(1961, 3, 14)), ("2", "male", date(1980, 12, 25))]


def test_one_person_throughout_is_the_patient_of_the_report() -> None:
    report = read(b"Sex,Age,Test,Result,Unit\nF,61,CRP,4,mg/L\nF,61,Potassium,2.9,mmol/L\n")
    assert (report.patient.sex, report.patient.age) == ("female", 61.0)


@pytest.mark.parametrize(("header", "letters"), [("Sex", "1 2"), ("Sexo", "H M"), ("Sexo", "M"), ("Geslacht", "V M")])
def test_a_sex_that_can_mean_two_things_is_left_unknown_or_read_by_its_pair(header: str, letters: str) -> None:
    body = "".join(f"{i},{letter},CRP,4,mg/L\n" for i, letter in enumerate(letters.split()))
    report = read(f"Patient ID,{header},Test,Result,Unit\n{body}".encode())
    expected = {"Sex": ["", ""], "Sexo": ["male", "female"] if " " in letters else [""], "Geslacht": ["", ""]}[header]
    assert list(report.rows["sex"]) == expected
    assert any("Sex is given as" in notice for notice in report.notices) is ("" in expected)


def test_dates_as_serial_numbers() -> None:
    report = read(b"Date,Test,Result,Unit\n45321,CRP,4,mg/L\n46000,CRP,5,mg/L\n")
    assert list(report.rows["collected_text"]) == ["2024-01-30", "2025-12-09"]


def test_conventional_and_si_values_keep_each_their_own_unit() -> None:
    data = b"Test,Result,Unit,Range,Result SI,Unit SI,Range SI\nGlucose,126,mg/dL,70 - 99,7.0,mmol/L,3.9 - 5.5\nGlucose,,mg/dL,70 - 99,7.0,mmol/L,3.9 - 5.5\n"
    assert rows_of(read(data), "value_text", "unit_text", "range_text") == [("126", "mg/dL", "70 - 99"), ("7.0", "mmol/L", "3.9 - 5.5")]


@pytest.mark.parametrize(
    ("text", "age"),
    [("58", 58.0), ("58.0", 58.0), ("10.05", 10.05), ("58 y", 58.0), ("29岁", 29.0), ("6 months", 0.5), ("old", None), ("190", None)],
)
def test_ages(text: str, age: float | None) -> None:
    assert age_of(text) == age


def test_a_status_column_counts_as_flag_only_if_it_holds_flags() -> None:
    assert list(read(b"Test,Result,Unit,Status\nCRP,9,mg/L,High\nK,4,mmol/L,Normal\n").rows["flag_text"]) == ["High", "Normal"]
    assert list(read(b"Test,Result,Unit,Status\nCRP,9,mg/L,Final\nK,4,mmol/L,Final\n").rows["flag_text"]) == ["", ""]


def test_strange_bytes_do_not_crash() -> None:
    assert len(read(b"Test,Result,Unit\nPotassium,2.9,mmol/L\n\xff\xfe\x81,4,mg/L\n").rows) == 2
    with pytest.raises(ReadError):
        read(bytes(range(256)) * 50, name="noise.csv")


def test_a_large_table_is_read_by_the_column() -> None:
    body = "".join(f"{i},Potassium,{3 + i % 30 / 10},mmol/L\n" for i in range(50_000))
    report = read(f"Patient ID,Test,Result,Unit\n{body}".encode())
    assert len(report.rows) == 50_000
    assert list(report.rows["value_text"].iloc[[0, 29]]) == ["3.0", "5.9"]
    assert isinstance(report.rows, pd.DataFrame) and report.rows["patient_id"].iloc[-1] == "49999"


@pytest.mark.parametrize(
    ("status", "remark"),
    [
        ("final", ""),
        ("", ""),
        ("Preliminary", "preliminary"),
        ("vorläufig", "preliminary"),
        ("Provisoire", "preliminary"),
        ("NOT VALIDATED", "not verified"),
        ("Teilbefund", "partial"),
        ("Preliminary (P)", "preliminary"),
        ("RESULT NOT VERIFIED - call the laboratory", "not verified"),
        ("Normal", ""),
        ("partially", ""),
        ("entered-in-error", "withdrawn"),
        ("H", ""),
    ],
)
def test_a_status_that_is_not_final_is_a_doubt(status: str, remark: str) -> None:
    """A result inside its range that the laboratory does not stand by is not called inside."""
    data = (
        f"Test,Result,Unit,Reference range,Status,Comment\nSodium,139,mmol/L,135 - 145,{status},\nPotassium,4.1,mmol/L,3.5 - 5.1,final,\n"
    )
    rows = read(data.encode(), name="report.csv").rows
    assert (remark in rows["review"].iloc[0]) if remark else rows["review"].iloc[0] == ""
    assert rows["review"].iloc[1] == "" and list(rows["value_text"]) == ["139", "4.1"]
    inside = interpret(read(data.encode(), name="report.csv")).summary
    assert ("1 inside" if remark else "2 inside") in inside
