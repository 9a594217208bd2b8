"""Workbooks, Parquet and SAS transport files: one reading of tables behind them all."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from labinterp import ReadError, Report, read
from labinterp.readers.xpt import rounded


def book(*sheets: list[list[Any]], merge: str = "", formats: dict[str, str] | None = None) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for number, lines in enumerate(sheets, 1):
        sheet = workbook.create_sheet(f"Sheet {number}")
        for line in lines:
            sheet.append(line)
        if merge and number == 1:
            sheet.merge_cells(merge)
        for cell, number_format in (formats or {}).items():
            sheet[cell].number_format = number_format
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def shown(report: Report, *columns: str) -> list[tuple[Any, ...]]:
    return list(report.rows[list(columns)].itertuples(index=False, name=None))


def test_a_long_sheet_under_a_few_lines_about_the_person() -> None:
    data = book(
        [
            ["Patient name", "Ada Example"],
            ["Sex", "F"],
            [],
            ["Test", "Result", "Unit", "Reference range"],
            ["Potassium", 2.9, "mmol/L", "3.5 - 5.1"],
            ["CRP", "<1", "mg/L", "0 - 5"],
        ]
    )
    report = read(data, name="report.xlsx")
    assert shown(report, "name_text", "value_text", "unit_text", "range_text") == [
        ("Potassium", "2.9", "mmol/L", "3.5 - 5.1"),
        ("CRP", "<1", "mg/L", "0 - 5"),
    ]
    assert report.patient.sex == "female" and report.patient_name == "Ada Example" and report.format == "xlsx"


def test_labels_and_facts_in_turn_on_one_line() -> None:
    data = book(
        [["姓名", "王样本", "性别", "男", "年龄", "29岁"], ["采集时间", "2026-03-09"], ["项目", "结果", "单位"], ["钾", 2.7, "mmol/L"]]
    )
    report = read(data)
    assert (report.patient.sex, report.patient.age, report.patient_name) == ("male", 29.0, "王样本")
    assert list(report.rows["collected_text"]) == ["2026-03-09"]


def test_a_chinese_wide_sheet_with_dates_and_merged_numbers_of_patients() -> None:
    data = book(
        [
            ["PATIENT_ID", "检验日期", "年龄", "性别", "钾", "超敏C反应蛋白"],
            [1, datetime(2026, 1, 19, 8, 10), 58, "女", 2.9, None],
            [None, datetime(2026, 1, 20), 58, "女", 4.1, 7],
        ],
        merge="A2:A3",
    )
    report = read(data, name="data.xlsx")
    assert shown(report, "patient_id", "collected_text", "name_text", "value_text", "sex", "age") == [
        ("1", "2026-01-19 08:10", "钾", "2.9", "female", 58.0),
        ("1", "2026-01-20", "钾", "4.1", "female", 58.0),
        ("1", "2026-01-20", "超敏C反应蛋白", "7", "female", 58.0),
    ]


def test_headings_over_several_columns() -> None:
    data = book(
        [["Date", "Potassium", None, "CRP", None], [None, "Result", "Unit", "Result", "Unit"], ["2026-01-19", 2.9, "mmol/L", 4, "mg/L"]],
        merge="B1:C1",
    )
    assert shown(read(data), "name_text", "value_text", "unit_text") == [("Potassium", "2.9", "mmol/L"), ("CRP", "4", "mg/L")]


def test_percentages_serial_dates_and_the_decimal_comma_of_texts() -> None:
    data = book(
        [
            ["Datum", "Analyse", "Ergebnis", "Einheit", "Referenzbereich"],
            [46041, "HbA1c", 0.062, "", "4,0 - 6,0"],
            [46041, "Kalium", 2.9, "mmol/l", "3,5 - 5,1"],
        ],
        formats={"C2": "0.0%"},
    )
    report = read(data)
    assert shown(report, "collected_text", "value_text", "unit_text", "decimal") == [
        ("2026-01-19", "6,2", "%", ","),
        ("2026-01-19", "2,9", "mmol/l", ","),
    ]


def test_a_range_that_the_spreadsheet_made_a_date_is_marked() -> None:
    report = read(
        book([["Test", "Result", "Unit", "Range"], ["Potassium", 4.1, "mmol/L", datetime(2026, 5, 3)], ["CRP", 4, "mg/L", "0-5"]])
    )
    assert "date" in report.rows["review"].iloc[0] and report.rows["review"].iloc[1] == ""


def test_several_sheets_and_one_without_results() -> None:
    table = [["Test", "Result", "Unit"], ["Potassium", 2.9, "mmol/L"]]
    report = read(book(table, [["Read me"], ["nothing here"]], [["Test", "Result", "Unit"], ["CRP", 4, "mg/L"]]))
    assert shown(report, "page", "name_text") == [(1.0, "Potassium"), (3.0, "CRP")]
    assert "nothing here" in list(report.unread["text"])


def test_a_formula_without_a_stored_result_is_unread() -> None:
    report = read(book([["Test", "Result", "Unit"], ["Potassium", "=1.9+1", "mmol/L"], ["CRP", 4, "mg/L"]]))
    lost = report.unread[report.unread["reason"].str.contains("formula")]
    assert lost["text"].tolist() == ["B2: =1.9+1"] and lost["kind"].tolist() == ["possible_result"]


def test_an_archive_that_is_no_workbook_and_a_damaged_one() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(ReadError, match="Word"):
        read(out.getvalue(), name="letter.xlsx")
    whole = book([["Test", "Result"], ["CRP", 4]])
    for damaged in (whole[: len(whole) // 2], b"PK\x03\x04" + bytes(200)):
        with pytest.raises(ReadError, match="damaged"):
            read(damaged, name="report.xlsx")


def test_a_workbook_without_results_says_what_was_understood_but_quotes_nothing() -> None:
    with pytest.raises(ReadError, match="understood: name, unit") as told:
        read(book([["Name", "Town", "Unit"], ["Ada", "Paris", "1"]]), name="people.xlsx")
    assert not any(word in str(told.value) for word in ("Ada", "Paris", "Town"))


def test_parquet_long_and_wide(tmp_path: Path) -> None:
    long = pd.DataFrame(
        {"test": ["Potassium", "CRP"], "result": [2.9, 4.0], "unit": ["mmol/L", "mg/L"], "date": pd.to_datetime(["2026-01-19", None])}
    )
    long.to_parquet(tmp_path / "long.parquet")
    assert shown(read(tmp_path / "long.parquet"), "name_text", "value_text", "collected_text") == [
        ("Potassium", "2.9", "2026-01-19"),
        ("CRP", "4", ""),
    ]
    pd.DataFrame({"subject_id": [7], "Potassium (mmol/L)": [2.9], "CRP (mg/L)": [None]}).to_parquet(tmp_path / "wide.parquet")
    assert shown(read(tmp_path / "wide.parquet"), "name_text", "value_text", "patient_id") == [("Potassium", "2.9", "7")]
    with pytest.raises(ReadError, match="damaged"):
        read(b"PAR1" + bytes(50), name="x.parquet")


def transport(variables: list[tuple[str, str]], lines: list[list[float]]) -> bytes:
    """A SAS transport file, version 5, of numeric variables (name, label), as the record layout TS-140 describes it."""

    def card(text: str) -> bytes:
        return text.ljust(80).encode()

    def ibm(value: float) -> bytes:
        if value == 0:
            return bytes(8)
        exponent, fraction = 64, abs(value)
        while fraction >= 1:
            fraction, exponent = fraction / 16, exponent + 1
        while fraction < 1 / 16:
            fraction, exponent = fraction * 16, exponent - 1
        return bytes([exponent | (0x80 if value < 0 else 0)]) + int(fraction * 2**56).to_bytes(7, "big")

    stamp = "19JAN26:08:10:00"
    head = card("HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000")
    head += card("SAS     SAS     SASLIB  9.4     X64".ljust(64) + stamp) + card(stamp)
    head += card("HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140")
    head += card("HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!000000000000000000000000000000")
    head += card("SAS     LAB     SASDATA 9.4     X64".ljust(64) + stamp) + card(stamp)
    head += card(f"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!{len(variables):010d}00000000000000000000")
    names = b"".join(
        struct.pack(
            ">hhhh8s40s8shhh2s8shhl52s",
            1,
            0,
            8,
            i + 1,
            name.ljust(8).encode(),
            label.ljust(40).encode(),
            b" " * 8,
            0,
            0,
            0,
            b"  ",
            b" " * 8,
            0,
            0,
            i * 8,
            b"",
        )
        for i, (name, label) in enumerate(variables)
    )
    body = b"".join(ibm(value) for line in lines for value in line)
    head += names + b" " * (-len(names) % 80) + card("HEADER RECORD*******OBS     HEADER RECORD!!!!!!!000000000000000000000000000000")
    return head + body + b" " * (-len(body) % 80)


def test_a_sas_transport_file_is_read_by_its_labels() -> None:
    data = transport(
        [("SEQN", "Respondent sequence number"), ("LBXSKSI", "Potassium (mmol/L)"), ("LBXCRP", "CRP (mg/L)")],
        [[93705, 4.1, 0], [93706, 2.9, 12.5]],
    )
    report = read(data, name="lab.xpt")
    assert shown(report, "patient_id", "name_text", "value_text", "unit_text") == [
        ("93705", "Potassium", "4.1", "mmol/L"),
        ("93705", "CRP", "0", "mg/L"),
        ("93706", "Potassium", "2.9", "mmol/L"),
        ("93706", "CRP", "12.5", "mg/L"),
    ]
    with pytest.raises(ReadError, match="damaged"):
        read(data[:300], name="lab.xpt")


def test_numbers_from_the_transport_form_are_as_they_were_meant() -> None:
    assert rounded(np.array([5.397605346934028e-79, 4.1000000000000005, np.nan, -3.0])).tolist()[:2] == [0.0, 4.1]
