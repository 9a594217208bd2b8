"""Plain text: columns of spaces, what portals give when copied, single statements; and what is no result."""

from __future__ import annotations

import pytest

import labinterp
from labinterp import ReadError, Report, read
from labinterp.readers.text import aligned, statement

SHOWN = ["name_text", "value_text", "unit_text", "range_text", "flag_text"]


def shown(report: Report) -> list[tuple[str, ...]]:
    return list(report.rows[SHOWN].itertuples(index=False, name=None))


def test_columns_made_of_spaces() -> None:
    report = read(
        b"Patient: Ada Example   DOB: 14/03/1961   Sex: F\nCollected: 19/01/2026 08:10\n\n"
        b"Test                    Result    Units      Reference range\n"
        b"Potassium               2.9 L     mmol/L     3.5 - 5.1\n"
        b"25-OH Vitamin D         18.4      ng/mL      30.0 - 100.0\n"
        b"Comment: please repeat potassium.\n",
        name="letter.txt",
    )
    assert shown(report) == [("Potassium", "2.9", "mmol/L", "3.5 - 5.1", "L"), ("25-OH Vitamin D", "18.4", "ng/mL", "30.0 - 100.0", "")]
    assert report.patient.sex == "female" and report.patient_name == "Ada Example" and report.format == "text"
    assert set(report.rows["collected_text"]) == {"19/01/2026 08:10"}
    assert report.rows[["x0", "top", "x1", "bottom"]].isna().all().all()


def test_a_table_copied_from_a_portal() -> None:
    report = read(
        b"Component\tYour Value\tStandard Range\tFlag\nPOTASSIUM\t2.9 mmol/L\t3.5 - 5.1 mmol/L\tL\nHEMOGLOBIN A1C\t6.2 %\t<5.7 %\tH\n",
        name="standard input",
    )
    assert shown(report) == [("POTASSIUM", "2.9", "mmol/L", "3.5 - 5.1 mmol/L", "L"), ("HEMOGLOBIN A1C", "6.2", "%", "<5.7 %", "H")]


def test_each_part_on_a_line_of_its_own() -> None:
    report = read(
        b"Potassium\n2.9 mmol/L\nNormal range: 3.5 - 5.1 mmol/L\nLow\n\nCreatine kinase\nView trends\nNormal range: 30 - 200 U/L\n30\n200\n4520 High\n"
    )
    assert shown(report) == [
        ("Potassium", "2.9", "mmol/L", "3.5 - 5.1 mmol/L", "Low"),
        ("Creatine kinase", "4520", "U/L", "30 - 200 U/L", "High"),
    ]
    assert list(report.unread["text"]) == ["View trends"]
    assert report.rows["text"].iloc[0] == "Potassium\n2.9 mmol/L\nNormal range: 3.5 - 5.1 mmol/L\nLow"


def test_a_bare_number_below_a_name_may_be_anything() -> None:
    assert len(read(b"Potassium\n2\nSodium\n").rows) == 0


def test_two_numbers_that_could_be_the_value_are_not_guessed_between() -> None:
    report = read(b"Potassium\n2.9 mmol/L\n4.1 mmol/L\n")
    assert len(report.rows) == 0


def test_a_sentence_of_results() -> None:
    report = read(b"K 2.9, Na 140, CRP 4 mg/L, CK 4520 U/L.\n")
    assert [row[:3] for row in shown(report)] == [("K", "2.9", ""), ("Na", "140", ""), ("CRP", "4", "mg/L"), ("CK", "4520", "U/L")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Potassium 2.9 mmol/L (3.5-5.1) L", ("Potassium", "2.9", "mmol/L", "3.5-5.1", "L")),
        ("HbA1c: 6.2 %", ("HbA1c", "6.2", "%", "", "")),
        ("Vitamin B12: 165 pg/mL [200-900]", ("Vitamin B12", "165", "pg/mL", "200-900", "")),
        ("CRP <1 mg/L", ("CRP", "<1", "mg/L", "", "")),
        ("Kalium 2,9 mmol/l", ("Kalium", "2,9", "mmol/l", "", "")),
    ],
)
def test_a_statement_on_one_line(line: str, expected: tuple[str, ...]) -> None:
    row = statement(line)
    assert row is not None and tuple(row[column] for column in SHOWN) == expected


@pytest.mark.parametrize(
    "line",
    [
        "Vitamin D deficiency has been defined as a level of 25-OH vitamin D less than 20 ng/mL",
        "Potassium above 6.0 mmol/L is an emergency",
        "Potassium 3.5-5.1 mmol/L",
        "Date collected: 11/02/2026",
        "Glucose 126 mg/dL or higher on two occasions means diabetes",
        "Page 2 of 3",
        "Telephone 030 1234567",
    ],
)
def test_what_is_no_statement(line: str) -> None:
    assert statement(line) is None
    assert len(read(f"{line}\n".encode()).rows) == 0


def test_a_line_with_a_test_and_a_number_that_is_not_read_says_so() -> None:
    report = read(b"Potassium was about 2.9 when last seen\n")
    assert len(report.rows) == 0 and list(report.unread["kind"]) == ["possible_result"]


def test_no_line_is_lost() -> None:
    lines = ["Dear Ms Example,", "your results:", "Potassium 2.9 mmol/L", "CRP: 4 mg/L", "Kind regards", "Dr. Sample"]
    report = read("\n".join(lines).encode())
    assert sorted([*report.rows["text"], *report.unread["text"]]) == sorted(lines)


def test_tabs_move_to_common_columns() -> None:
    first, second = aligned(["a\tbbb\tc", "aaaa\tb\tc"])
    assert first.index("bbb") == second.index("b") and first.rindex("c") == second.rindex("c")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<!DOCTYPE html><html><body>K 2.9</body></html>", "HTML"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b'<Bundle xmlns="http://hl7.org/fhir">', "JSON"),
    ],
)
def test_markup_is_refused_with_advice(data: bytes, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read(data, name="page.txt")


def test_text_named_as_a_table_is_read_by_its_content() -> None:
    assert shown(read(b"Potassium 2.9 mmol/L\nCRP 4 mg/L\n", name="report.csv"))[0][:3] == ("Potassium", "2.9", "mmol/L")


def test_a_result_between_others_stays_in_their_section() -> None:
    """A line that only the second look reads is judged in its specimen and with the decimal mark of the document."""
    text = "Klinische Chemie\nKalium   4,1   mmol/l   3,5 - 5,1\nUrinstatus\nGlukose   normal   normal\nKalium   45   mmol/l   25 - 125\n"
    report = labinterp.read(text.encode(), name="befund.txt")
    assert report.rows["section_text"].tolist() == ["Klinische Chemie", "Urinstatus", "Urinstatus"]
    assert set(report.rows["decimal"]) == {","}
    assert labinterp.interpret(report).results["marker"].tolist() == ["potassium", "urine_glucose", "urine_potassium"]


def test_a_range_in_the_column_of_results_is_no_second_result() -> None:
    text = "项目    结果   单位   参考范围\n钾   4.4   mmol/L  3.5-5.3\n钠   140   mmol/L  137-147\n血红蛋白   85 ↓ g/L 115-150\n"
    rows = labinterp.read(text.encode(), name="report.txt").rows
    assert rows.loc[rows["name_text"] == "血红蛋白", ["value_text", "range_text"]].values.tolist() == [["85", "115-150"]]


def test_plain_text_is_never_bold() -> None:
    rows = labinterp.read("Urin\nEiweiß   negativ   negativ\nKalium   45   mmol/l   25-125\n".encode(), name="befund.txt").rows
    assert rows["flag_text"].tolist() == ["", ""]


def test_the_longest_unit_at_the_end_of_a_range() -> None:
    rows = labinterp.read(b"HEMOGLOBIN A1c   6.2 H   <5.7 % of total Hgb\nPOTASSIUM   4.4   3.5-5.1 mmol/L\n", name="report.txt").rows
    assert rows["unit_text"].tolist() == ["% of total Hgb", "mmol/L"]


@pytest.mark.parametrize(
    "above",
    [
        "Urine\nPotassium   45   mmol/L   25-125\n\nSerum\n",  # a section ends where the next specimen begins
        "Urine potassium 45 mmol/L\n",  # a result is no heading
        "Urine sample not received\n",  # nor is the lack of one
    ],
)
def test_urine_above_does_not_make_urine_of_what_follows(above: str) -> None:
    answer = labinterp.interpret(
        labinterp.read((above + "Sodium   139   mmol/L   135-145\nPotassium   6.9   mmol/L   3.5-5.1\n").encode(), name="x.txt")
    )
    assert answer.results["marker"].tolist()[-2:] == ["sodium", "potassium"]
    assert "potassium_critical_high" in [alert.id for alert in answer.alerts]


def test_a_verdict_in_words_behind_the_range() -> None:
    text = "Serum potassium 3.1 mmol/L [3.5 - 5.3] Below low reference limit\nSerum sodium 139 mmol/L [133 - 146]\n"
    answer = labinterp.interpret(labinterp.read(text.encode(), name="record.txt"))
    assert answer.results[["flag_text", "flag", "basis"]].values.tolist() == [
        ["Below low reference limit", "L", "printed"],
        ["", "N", "printed"],
    ]


def test_a_word_beside_the_expected_word() -> None:
    text = "Test   Result   Unit   Reference\nUrine Protein   Negative      Negative\nPotassium   4.4   mmol/L   3.5-5.1\n"
    assert shown(read(text.encode(), name="x.txt"))[0] == ("Urine Protein", "Negative", "", "Negative", "")


def test_a_value_that_slid_into_the_column_of_names() -> None:
    text = (
        "TEST NAME   RESULT   UNITS   REF INTERVAL\nHaemoglobin   13.9   g/dL   12 - 16\nPlatelet Count   218   10^9/L   150 - 450\n"
        "Sodium   112   mmol/L   135-145\n"
    )
    answer = labinterp.interpret(labinterp.read(text.encode(), name="x.txt"))
    assert answer.results.loc[2, ["name_text", "value_text", "unit_text"]].tolist() == ["Sodium", "112", "mmol/L"]
    assert [alert.id for alert in answer.alerts] == ["sodium_critical"]
