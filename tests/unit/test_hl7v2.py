"""HL7 v2 in: every OBX is a row or unread with a reason; types, statuses, repetitions, escapes, encodings, framing, sloppy senders."""

from __future__ import annotations

from datetime import date

import pytest

from labinterp import ReadError, Report, interpret, read

HEAD = "MSH|^~\\&|LAB|Sample Laboratory|APP|WARD|20260119103000||ORU^R01|1|P|2.5.1"
PID = "PID|1||4711^^^LAB||Example^Ada||19610314|F"
OBR = "OBR|1|||24326-1^Electrolytes^LN|||202601190810"


def load(*segments: str, encoding: str = "utf-8", head: str = HEAD) -> Report:
    return read("\r".join([head, PID, OBR, *segments, ""]).encode(encoding), name="message.hl7")


def value_of(obx: str) -> tuple[str, str, str, str]:
    report = load(obx)
    assert len(report.rows) == 1, report.unread["reason"].tolist()
    row = report.rows.iloc[0]
    return row["name_text"], row["value_text"], row["unit_text"], row["range_text"]


def test_a_plain_result() -> None:
    report = load("OBX|1|NM|2823-3^Potassium^LN||2.90|mmol/L|3.5-5.1|L|||F|||202601190812")
    row = report.rows.iloc[0]
    assert row[["name_text", "value_text", "unit_text", "range_text", "flag_text", "code_text"]].tolist() == [
        "Potassium", "2.90", "mmol/L", "3.5-5.1", "L", "2823-3",
    ]  # fmt: skip
    assert (row["collected_text"], row["section_text"], row["decimal"], row["date_order"]) == (
        "2026-01-19 08:12",
        "Electrolytes",
        ".",
        "ymd",
    )
    assert (report.patient.sex, report.patient.birth_date) == ("female", date(1961, 3, 14))
    assert report.patient_name == "Ada Example" and report.laboratory == "Sample Laboratory"


@pytest.mark.parametrize(
    ("obx", "expected"),
    [
        ("OBX|1|SN|1^CRP||<^5|mg/L|0-5", ("CRP", "<5", "mg/L", "0-5")),
        ("OBX|1|SN|1^ANA||^1^:^160", ("ANA", "1:160", "", "")),
        ("OBX|1|SN|1^Cells||^3^-^5|/HPF", ("Cells", "3-5", "/HPF", "")),
        ("OBX|1|CWE|1^HBsAg||260385009^Negative^SCT||Negative", ("HBsAg", "Negative", "", "Negative")),
        ("OBX|1|CE|1^HBsAg||10828004^^SCT", ("HBsAg", "positive", "", "")),
        ("OBX|1|ST|1^Potassium||2.9 mmol/L", ("Potassium", "2.9", "mmol/L", "")),
        ("OBX|1|NM|1^Potassium||2.9|mmol/L|3.5^5.1", ("Potassium", "2.9", "mmol/L", "3.5 - 5.1")),
        ("OBX|1|NR|1^Window||3^5|s", ("Window", "3-5", "s", "")),
        ("OBX|1||1^Potassium||2.9|mmol/L", ("Potassium", "2.9", "mmol/L", "")),
        ("OBX|1|NM|1^^L^2823-3^Potassium^LN||2.9|x^^L^mmol/L^^UCUM", ("Potassium", "2.9", "mmol/L", "")),
        ("OBX|1|NM|1^Potassium||2.9|mmol/L^milimol per litre^UCUM", ("Potassium", "2.9", "mmol/L", "")),
        ("OBX|1|NM|1^Sodium \\T\\ potassium \\S\\ \\F\\||2.9|10\\S\\9/L", ("Sodium & potassium ^ |", "2.9", "10^9/L", "")),
    ],
)
def test_kinds_of_values(obx: str, expected: tuple[str, ...]) -> None:
    assert value_of(obx) == expected


@pytest.mark.parametrize(
    ("obx", "said", "kind"),
    [
        ("OBX|1|ED|1^Report||^^PDF^Base64^JVBERi0", "attached document", "possible_result"),
        ("OBX|1|NM|1^Potassium||2.9|mmol/L|||||D", "deleted", "possible_result"),
        ("OBX|1|NM|1^Potassium||2.9|mmol/L|||||W", "wrong", "possible_result"),
        ("OBX|1|NM|1^Potassium|||mmol/L|||||X", "cannot be obtained", "possible_result"),
        ("OBX|1|NM|1^Potassium||4.1|mmol/L|3.5-5.1||||X", "cannot be obtained", "possible_result"),
        ("OBX|1|NM|1^Potassium||4.1|mmol/L|3.5-5.1||||N", "not asked for", "possible_result"),
        ("OBX|1|DT|1^Onset||20260101", "a date", "furniture"),
        ("OBX|1|CWE|1^Pregnant?||N^No||||||F||||||||||||||||||QST", "question", "furniture"),
        (
            "OBX|1|TX|1^Comment||"
            + "The laboratory wishes to say a great many things about this sample, and none of them is a result. " * 2,
            "words",
            "possible_result",
        ),
        ("OBX|1|NM|||2.9", "no name", "possible_result"),
    ],
)
def test_what_is_no_result_is_unread_with_a_reason(obx: str, said: str, kind: str) -> None:
    report = load(obx)
    left = report.unread[report.unread["text"].str.startswith("OBX|")]
    assert len(report.rows) == 0 and len(left) == 1
    assert said in left["reason"].iloc[0] and left["kind"].iloc[0] == kind


@pytest.mark.parametrize(("status", "said"), [("P", "preliminary"), ("R", "not verified"), ("S", "partial")])
def test_a_result_that_is_not_final_is_judged_and_never_counted_as_normal(status: str, said: str) -> None:
    """Table 0085. The value is what the laboratory has so far: high is high, and inside its range reassures nobody."""
    answer = interpret(load(f"OBX|1|NM|2823-3^Potassium^LN||4.1|mmol/L|3.5-5.1||||{status}"))
    row = answer.results.iloc[0]
    assert (row["flag"], row["abnormal"], row["status"]) == ("N", False, "ok") and said in row["review"]
    assert "0 inside all that apply" in answer.summary and not answer.alerts
    critical = interpret(load(f"OBX|1|NM|2823-3^Potassium^LN||6.9|mmol/L|3.5-5.1||||{status}"))
    assert critical.alerts[0].urgency == "emergency" and said in critical.alerts[0].text


@pytest.mark.parametrize(("status", "order", "said"), [("", "P", "preliminary"), ("", "R", "not verified"), ("F", "P", ""), ("C", "P", "")])
def test_without_a_status_of_its_own_a_result_has_that_of_its_order(status: str, order: str, said: str) -> None:
    report = load(OBR + "||||||||||||||||||" + order, f"OBX|1|NM|1^Potassium||4.1|mmol/L|||||{status}")
    review = report.rows["review"].iloc[0]
    assert said in review if said else review == ""


def test_a_pending_result_is_no_result_even_where_a_value_stands_there() -> None:
    for value in ("", "4.1"):
        answer = interpret(load(f"OBX|1|NM|2823-3^Potassium^LN||{value}|mmol/L|3.5-5.1||||I"))
        row = answer.results.iloc[0]
        assert (row["marker"], row["status"], row["flag"], row["abnormal"]) == ("potassium", "not_a_result", "", None)
        assert "pending" in row["reason"] and bool(row["review"]) is bool(value)
        assert ("4.1 mmol/L" in row["review"]) is bool(value)


def test_the_laboratory_s_doubt_stands_beside_what_is_not_final() -> None:
    report = load("OBX|1|NM|1^Potassium||4.1|mmol/L|||||P", "NTE|1||Specimen haemolysed")
    assert "preliminary" in report.rows["review"].iloc[0] and "note" in report.rows["review"].iloc[0]


def test_several_numbers_for_one_result_are_rows_to_be_looked_at() -> None:
    report = load("OBX|1|NM|1^Potassium||2.9~4.1|mmol/L")
    assert list(report.rows["value_text"]) == ["2.9", "4.1"] and report.rows["review"].str.contains("several").all()


def test_groups_have_their_own_heading_specimen_and_time() -> None:
    report = load(
        "OBX|1|NM|1^Potassium||2.9|mmol/L", "SPM|1|||SER^Serum",
        "OBR|2|||2^Urine chemistry|||202601180700", "OBX|1|NM|1^Potassium||38|mmol/L", "SPM|2|||UR^Urine||||||||||||20260118",
    )  # fmt: skip
    assert report.rows[["section_text", "specimen_text", "collected_text"]].to_numpy().tolist() == [
        ["Electrolytes", "Serum", "2026-01-19 08:10"],
        ["Urine chemistry", "Urine", "2026-01-18 07:00"],
    ]


def test_a_batch_of_two_people_with_framing_and_byte_order_mark() -> None:
    first = "\r".join([HEAD, PID, OBR, "OBX|1|NM|1^Potassium||2.9|mmol/L"])
    second = first.replace("4711", "4712").replace("|F", "|M").replace("2.9", "4.1")
    data = "\ufeffFHS|^~\\&\rBHS|^~\\&\r\x0b" + first + "\r\x1c\r\x0b" + second + "\r\x1c\rBTS|2\rFTS|1\r"
    report = read(data.encode("utf-8"))
    assert list(report.rows["value_text"]) == ["2.9", "4.1"]
    assert list(report.rows["patient_id"]) == ["4711", "4712"] and list(report.rows["sex"]) == ["female", "male"]
    assert report.patient.sex is None


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("8859/1", "latin-1"), ("UNICODE UTF-8", "utf-8"), ("GB 18030-2000", "gb18030"), ("", "cp1252"), ("8859/1", "utf-8")],
)
def test_the_encoding_is_that_of_msh_18_unless_the_bytes_say_otherwise(declared: str, encoding: str) -> None:
    name = "钾" if "GB" in declared else "Hämoglobin"
    report = load(f"OBX|1|NM|1^{name}||104|g/L", head=HEAD + "||||||" + declared, encoding=encoding)
    assert list(report.rows["name_text"]) == [name]
    assert bool(report.notices) is (declared == "8859/1" and encoding == "utf-8")


@pytest.mark.parametrize("separator", ["\r", "\n", "\r\n"])
def test_other_line_ends_and_lines_broken_by_the_sender(separator: str) -> None:
    data = separator.join([HEAD, PID, OBR, "OBX|1|TX|1^Remark||first line", "second line", "OBX|2|NM|1^Potassium||2.9|mmol/L"])
    report = read(data.encode())
    assert list(report.rows["value_text"]) == ["first line second line", "2.9"]


def test_another_set_of_separators() -> None:
    data = "MSH#*~\\&#LAB##\rPID#1\rOBX#1#NM#1*Potassium##2.9#mmol/L\r"
    assert list(read(data.encode()).rows["name_text"]) == ["Potassium"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("a\\.br\\b", "a b"), ("\\H\\high\\N\\", "high"), ("\\X41\\", "A"), ("5\\ and more", "5\\ and more"), ("\\E\\", "\\")],
)
def test_escapes_are_undone_and_nothing_is_swallowed(raw: str, expected: str) -> None:
    assert list(load(f"OBX|1|ST|1^{raw}||2.9").rows["name_text"]) == [expected]


def test_a_cut_off_message_keeps_what_it_has() -> None:
    report = load("OBX|1|NM|1^Potassium||2.9|mmol/L|3.5-5.1|L", "OBX|2|NM|1^Sod")
    assert list(report.rows["value_text"]) == ["2.9"]
    assert report.unread["text"].tolist() == ["OBX|2|NM|1^Sod"] and report.unread["reason"].tolist() == ["no value"]


def test_notes_and_other_segments_are_unread() -> None:
    report = load("OBX|1|NM|1^Potassium||2.9|mmol/L", "NTE|1||slightly haemolysed~repeat", "ZZZ|1|x", "ORC|RE", "ORC|RE")
    assert dict(zip(report.unread["text"], report.unread["reason"])) == {
        "slightly haemolysed repeat": "a note of the laboratory",
        "ORC (2)": "segments that hold no result",
        "ZZZ (1)": "segments that hold no result",
    }


def test_a_message_that_cannot_be_taken_apart_is_unread() -> None:
    report = read(f"MSH|\rOBX|1|NM|1^K||9\r{HEAD}\rOBX|1|NM|1^Potassium||2.9|mmol/L\r".encode())
    assert "2.9" in list(report.rows["value_text"])
    assert len(report.rows) + report.unread["text"].str.startswith("OBX").sum() == 2


def test_a_batch_without_a_message() -> None:
    with pytest.raises(ReadError, match="no HL7 message"):
        read(b"FHS|^~\\&|LAB\rFTS|0\r")


POTASSIUM = "OBX|1|NM|2823-3^Potassium^LN||5.9|mmol/L|3.5-5.1|H|||F"


@pytest.mark.parametrize("note", ["Sample haemolysed, result unreliable", "Probe hämolytisch", "Specimen clotted"])
def test_a_note_on_the_sample_asks_for_a_look_at_its_result_alone(note: str) -> None:
    report = load("OBX|1|NM|2951-2^Sodium^LN||140|mmol/L|135-145||||F", POTASSIUM, f"NTE|1||{note}")
    assert report.rows["review"].astype(bool).tolist() == [False, True]
    assert note in report.unread["text"].tolist()


@pytest.mark.parametrize("note", ["No haemolysis seen", "Repeat in four weeks", "Fasting sample"])
def test_other_notes_leave_a_result_alone(note: str) -> None:
    assert load(POTASSIUM, f"NTE|1||{note}").rows["review"].tolist() == [""]


def test_a_short_note_with_a_test_and_a_number_may_be_a_result() -> None:
    report = load(
        POTASSIUM, "NTE|1||TSH 88 mU/L", "NTE|2||Reference: see the guideline of 2019 on potassium and the heart, page 12 and following"
    )
    kinds = dict(zip(report.unread["text"], report.unread["kind"]))
    assert kinds["TSH 88 mU/L"] == "possible_result"
    assert sorted(kinds.values()) == ["furniture", "possible_result"]
