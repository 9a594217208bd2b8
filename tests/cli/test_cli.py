"""What a person or a script sees: output, streams and exit codes of each command."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from labinterp.cli import main, tell_progress
from labinterp.readers import image

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
STORY = str(SAMPLES / "leg_weakness.pdf")


class Ran:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Run = Callable[..., Ran]
Write = Callable[..., Path]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str | Path) -> Ran:
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:  # argparse's way of refusing
            code = int(stop.code or 0)
        got = capsys.readouterr()
        return Ran(code, got.out, got.err)

    return run


@pytest.fixture
def table(tmp_path: Path) -> Write:
    def table(*lines: str, name: str = "report.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(("Test,Result,Unit,Reference range", *lines)) + "\n", encoding="utf-8")
        return path

    return table


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# ---- read ----------------------------------------------------------------------------------------------------------------


def test_read_shows_what_is_printed(run: Run) -> None:
    ran = run("read", SAMPLES / "bilan.pdf")
    assert ran.code == 0
    assert "Protéine C réactive" in ran.out
    assert "48,3" in ran.out


def test_read_csv_says_which_file(run: Run) -> None:
    ran = run("read", SAMPLES / "befund.csv", SAMPLES / "implausible.csv", "-f", "csv")
    got = rows(ran.out)
    assert [Path(row["file"]).name for row in got] == ["befund.csv"] * 11 + ["implausible.csv"] * 6
    assert got[0]["name_text"] == "Hämoglobin"


def test_csv_disarms_formulas_of_a_report(run: Run, table: Write, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    run("read", table('"=HYPERLINK(""x"")",4.4,mmol/L,3.5 - 5.1'), "-f", "csv", "-o", target)
    (row,) = rows(target.read_text(encoding="utf-8-sig"))
    assert row["name_text"] == '\'=HYPERLINK("x")'


def test_read_json_never_shows_the_name_of_the_person(run: Run) -> None:
    ran = run("read", STORY, "-f", "json")
    facts = json.loads(ran.out)
    assert "patient_name" not in facts
    assert facts["rows"][0]["value_text"] == "11.4"


def test_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO((SAMPLES / "befund.csv").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin())
    ran = run("read", "-", "-f", "csv")
    assert ran.code == 0
    assert [row["value_text"] for row in rows(ran.out)][:2] == ["13,8", "6,2"]


# ---- interpret -----------------------------------------------------------------------------------------------------------


def test_interpret_tells_alerts_before_results_and_causes_last(run: Run) -> None:
    ran = run("interpret", SAMPLES / "critical_potassium.pdf")
    assert ran.code == 0
    first, results, found = ran.out.index("EMERGENCY"), ran.out.index("Outside a range"), ran.out.index("Fits these results well")
    assert first < results < found
    assert "Potassium 6.8" in ran.out[first:results]
    assert "CRITICAL HIGH" in ran.out[results:found]


def test_every_row_of_the_report_is_on_the_screen(run: Run) -> None:
    printed = [row["value_text"] for row in rows((SAMPLES / "leg_weakness.pdf.expected.csv").read_text(encoding="utf-8"))]
    ran = run("interpret", STORY)
    shown = re.findall(r"^ *(\d+)  ", ran.out, re.M)
    assert sorted(map(int, shown)) == list(range(1, len(printed) + 1))
    assert all(value in ran.out for value in printed)


def test_full_tells_every_cause_with_its_reasons_and_every_question(run: Run) -> None:
    brief, full = run("interpret", STORY).out, run("interpret", STORY, "--full").out
    assert full.count("Settled by") > brief.count("Settled by") > 0
    assert full.count("[screen.") == full.count(" ! ") > 5


def test_nothing_reassures_while_a_line_is_open(run: Run, table: Write) -> None:
    out = run("interpret", table("Potassium,4.4,mmol/L,3.5 - 5.1", "Zorblax,3,U/L,0 - 5")).out
    assert "test not known here" in out
    assert "all normal" not in out.lower()


def test_a_pipe_gets_no_colour(run: Run) -> None:
    ran = run("interpret", STORY)
    assert "\x1b[" not in ran.out
    assert "low ▼" in ran.out
    assert "high ▲" in ran.out


def test_no_color_is_honoured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.text import Text

    from labinterp.terminal import console

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured, plain = Terminal(), Terminal()
    console(coloured).print(Text("high ▲", style="dark_orange3"))
    monkeypatch.setenv("NO_COLOR", "1")
    console(plain).print(Text("high ▲", style="dark_orange3"))
    assert "\x1b[38" in coloured.getvalue()
    assert "\x1b[38" not in plain.getvalue()
    assert "high ▲" in plain.getvalue()


def test_sex_and_age_come_from_the_options(run: Run, table: Write) -> None:
    ran = run("interpret", table("Haemoglobin,12.5,g/dL,"), "--sex", "male", "--age", "50", "-f", "csv")
    assert rows(ran.out)[0]["flag"] == "L"  # WHO: anaemia in men below 13.0 g/dL
    ran = run("interpret", table("Haemoglobin,12.5,g/dL,"), "--sex", "female", "--age", "50", "-f", "csv")
    assert rows(ran.out)[0]["flag"] == "N"  # in women below 12.0 g/dL


def test_a_birth_date_in_the_future_is_wrong_usage(run: Run, table: Write) -> None:
    ran = run("interpret", table("Haemoglobin,12.5,g/dL,"), "--birth-date", "2999-01-01")
    assert ran.code == 2 and "future" in ran.err


def test_of_several_persons_each_row_and_each_alert_says_whose_it_is(run: Run, tmp_path: Path) -> None:
    lines = ("patient_id,test,value,unit,range", "P-1,Potassium,4.1,mmol/L,3.5-5.1", "P-2,Potassium,2.2,mmol/L,3.5-5.1")
    (tmp_path / "two.csv").write_text("\n".join(lines), encoding="utf-8")
    ran = run("interpret", tmp_path / "two.csv")
    assert "Person P-2: Potassium 2.2" in ran.out and ran.out.count("P-1") == 1 and ran.out.count("P-2") == 2


def test_json_has_results_alerts_and_findings(run: Run) -> None:
    answer = json.loads(run("interpret", STORY, "-f", "json").out)
    assert {"results", "alerts", "findings", "unread"} <= answer.keys()
    assert len(answer["results"]) == 24


def test_fhir_is_a_bundle_without_a_condition(run: Run) -> None:
    bundle = json.loads(run("interpret", STORY, "-f", "fhir").out)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert bundle["resourceType"] == "Bundle"
    assert kinds.count("Observation") >= 24
    assert "Condition" not in kinds


def test_alerts_are_on_standard_error_where_the_output_is_for_a_program(run: Run, table: Write) -> None:
    ran = run("interpret", table("Potassium,2.3,mmol/L,3.5 - 5.1"), "-f", "csv")
    assert "EMERGENCY" in ran.err or "URGENT" in ran.err
    assert "EMERGENCY" not in ran.out


def test_answers_file(run: Run, table: Write, tmp_path: Path) -> None:
    report, answers = table("Potassium,4.4,mmol/L,3.5 - 5.1"), tmp_path / "answers.json"
    answers.write_text("[1]", encoding="utf-8")
    ran = run("interpret", report, "--answers", answers)
    assert ran.code == 2
    assert "one object" in ran.err
    answers.write_text("{", encoding="utf-8")
    assert "not JSON" in run("interpret", report, "--answers", answers).err
    assert run("interpret", report, "--answers", tmp_path / "none.json").code == 2
    answers.write_text('{"onsett": "sudden"}', encoding="utf-8")
    assert "no question onsett" in run("interpret", report, "--answers", answers).err
    answers.write_text('{"screen.cauda_equina": "yes"}', encoding="utf-8")
    ran = run("interpret", report, "--answers", answers)
    assert ran.code == 0
    assert ran.out.index("EMERGENCY") < ran.out.index("Potassium")


def test_strict_is_1_only_where_something_was_not_interpreted(run: Run, table: Write) -> None:
    assert run("interpret", table("Potassium,4.4,mmol/L,3.5 - 5.1"), "--strict").code == 0
    doubtful = table("Potassium,4.4,mmol/L,3.5 - 5.1", "HbA1c,55,%,", name="doubtful.csv")
    assert run("interpret", doubtful).code == 0
    ran = run("interpret", doubtful, "--strict")
    assert ran.code == 1
    assert "no sure answer" in ran.err


def test_a_file_that_cannot_be_read_is_3_and_does_not_stop_the_others(run: Run, table: Write, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    good = table("Potassium,4.4,mmol/L,3.5 - 5.1")
    ran = run("interpret", tmp_path / "empty.csv", tmp_path / "not_there.pdf", good, "-f", "csv", "--strict")
    assert ran.code == 3
    assert "empty" in ran.err
    assert "not_there.pdf" in ran.err
    assert [row["marker"] for row in rows(ran.out)] == ["potassium"]


def test_output_file(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "answer.json"
    ran = run("interpret", STORY, "-f", "json", "-o", target)
    assert ran.out == ""
    assert "answer.json" in ran.err
    assert json.loads(target.read_text(encoding="utf-8"))["results"]


def test_summary_for_the_doctor_as_html_has_no_name_unless_asked(run: Run) -> None:
    got = run("interpret", STORY, "-f", "html")
    assert got.code == 0
    assert got.out.startswith("<!doctype html>")
    assert "Ada Example" not in got.out
    assert "Ada Example" in run("interpret", STORY, "-f", "html", "--with-name").out


def test_summary_for_the_doctor_as_pdf(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "summary.pdf"
    assert run("interpret", STORY, "-f", "pdf", "-o", out).code == 0
    assert out.read_bytes().startswith(b"%PDF-")
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["interpret", STORY, "-f", "pdf"]) == 0
    assert stream.buffer.getvalue().startswith(b"%PDF-")  # type: ignore[attr-defined]


def test_a_pdf_does_not_go_to_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    got = run("interpret", STORY, "-f", "pdf")
    assert got.code == 2
    assert "-o" in got.err


def test_a_summary_is_of_one_report(run: Run) -> None:
    assert run("interpret", STORY, STORY, "-f", "html").code == 2


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("interpret",),
        ("nonsense",),
        ("interpret", STORY, "--age", "200"),
        ("interpret", STORY, "--sex", "unknown"),
        ("interpret", STORY, "--scheme", "vitamin_b12"),
        ("interpret", STORY, "--scheme", "vitamin_b12=nobody"),
        ("interpret", STORY, "--birth-date", "yesterday"),
        ("explain", STORY, "99"),
        ("explain", STORY, "Zorblax"),
        ("convert", "five", "mmol/L", "potassium"),
        ("convert", "5", "parsec", "potassium"),
        ("convert", "5", "mmol/L", "zorblax"),
        ("markers", "zorblax"),
        ("causes", "zorblax"),
        ("batch", "not_there.csv", "out.csv"),
        ("samples", "generate"),
        ("samples", "test", "not_there"),
    ],
)
def test_wrong_usage_is_2_with_a_reason(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert ran.err.strip()
    assert "Traceback" not in ran.err


# ---- explain, markers, causes, convert -----------------------------------------------------------------------------------


def test_explain_by_number_and_by_name_agree(run: Run) -> None:
    by_name = run("explain", STORY, "Potassium")
    assert by_name.code == 0
    assert "2.9" in by_name.out
    assert run("explain", STORY, "12").out == by_name.out  # the twelfth line of the report


def test_markers_by_id_code_and_name(run: Run) -> None:
    by_id = run("markers", "hba1c")
    assert "4548-4" in by_id.out
    assert run("markers", "4548-4").out == by_id.out
    assert run("markers", "Hemoglobin A1c").out == by_id.out


def test_markers_lists_all_and_suggests_near_names(run: Run) -> None:
    listed = json.loads(run("markers", "-f", "json").out)
    assert {"hba1c", "vitamin_b12", "mma", "ck", "crp", "hs_crp", "esr", "potassium", "vitamin_d_25oh"} <= {
        marker["id"] for marker in listed
    }
    assert "did you mean potassium" in run("markers", "potasium").err


def test_limits_that_nobody_checked_are_told_apart(run: Run) -> None:
    shown = run("markers", "vitamin_b12").out
    assert "; checked]" in shown
    assert "; ? not checked]" in shown


def test_causes(run: Run) -> None:
    assert "b12_deficiency" in run("causes").out
    shown = run("causes", "b12_deficiency").out
    assert "mma" in shown
    assert "reviewed by nobody" in shown
    assert {"id", "name", "category", "urgency"} == json.loads(run("causes", "-f", "json").out)[0].keys()


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (("7.2", "%", "HbA1c", "mmol/mol"), 55.2),  # NGSP to IFCC: 10.93 x 7.2 - 23.5
        (("75.3", "ukat/L", "CK", "U/L"), 4518),  # 1 katal is 60e6 units
        (("165", "pg/mL", "Vitamin B12", "pmol/L"), 121.7),  # 1355.37 g/mol
    ],
)
def test_convert(run: Run, words: tuple[str, ...], value: float) -> None:
    ran = run("convert", *words)
    assert ran.code == 0
    assert float(ran.out) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("7.3", "%", "HbA1c"), "7.3"),  # as it was given
        (("55", "mmol/mol", "HbA1c", "%"), "7.18"),  # 0.09148 x 55 + 2.152 = 7.183: two digits given, three shown
        (("5.5", "mmol/L", "glucose", "mg/dL"), "99.1"),  # 18.0156 x 5.5 = 99.086
        (("250", "10*9/L", "platelets", "/uL"), "250000"),
        (("0.00000001", "g/L", "CRP", "g/L"), "0.00000001"),
    ],
)
def test_convert_shows_one_digit_more_than_was_given(run: Run, words: tuple[str, ...], shown: str) -> None:
    assert run("convert", *words).out.strip() == shown


def test_convert_says_when_the_value_is_not_possible(run: Run) -> None:
    slip = run("convert", "55", "%", "HbA1c", "mmol/mol")
    assert slip.code == 0 and "not possible" in slip.err and "55 mmol/mol" in slip.err
    assert run("convert", "7.2", "%", "HbA1c", "mmol/mol").err == ""


def test_convert_explains_factor_source_and_rounding(run: Run) -> None:
    shown = run("convert", "7.2", "%", "HbA1c", "mmol/mol", "--explain").out.lower()
    assert "x 10.93" in shown
    assert "source: ngsp" in shown
    assert "rounded as laboratories print mmol/mol: 55\n" in shown  # 10.93 x 7.2 - 23.5 = 55.2


# ---- batch ---------------------------------------------------------------------------------------------------------------


def test_batch_keeps_rows_order_and_columns(run: Run, table: Write, tmp_path: Path) -> None:
    source = table("Potassium,2.9,mmol/L,3.5 - 5.1", "Zorblax,1,U/L,", "HbA1c,5.2,%,4.0 - 5.6")
    ran = run("batch", source, tmp_path / "out.csv")
    assert ran.code == 0
    got = rows((tmp_path / "out.csv").read_text(encoding="utf-8"))
    assert [(row["Test"], row["Result"], row["marker"], row["flag"]) for row in got] == [
        ("Potassium", "2.9", "potassium", "L"),
        ("Zorblax", "1", "", ""),
        ("HbA1c", "5.2", "hba1c", "N"),
    ]
    assert got[1]["status"] == "unknown_marker"
    assert "3 rows" in ran.err
    assert "Zorblax (1)" in ran.err
    assert run("batch", source, tmp_path / "out.csv", "--strict").code == 1


def test_batch_takes_other_headings_by_map(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "theirs.csv"
    source.write_text("what;how_much;in\nKalium;2,9;mmol/l\n", encoding="cp1252")
    ran = run("batch", source, tmp_path / "out.csv", "--map", "name_text=what", "--map", "value_text=how_much", "--map", "unit_text=in")
    assert ran.code == 0, ran.err
    (row,) = rows((tmp_path / "out.csv").read_text(encoding="utf-8"))
    assert (row["what"], row["marker"], row["value"], row["flag"]) == ("Kalium", "potassium", "2.9", "L")
    wrong = run("batch", source, tmp_path / "out.csv", "--map", "name_text=what", "--map", "value_text=nothing")
    assert wrong.code == 3
    assert "what, how_much, in" in wrong.err


def test_batch_of_a_folder_says_what_could_not_be_read(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_bytes((SAMPLES / "befund.csv").read_bytes())
    (folder / "b.pdf").write_bytes((SAMPLES / "critical_potassium.pdf").read_bytes())
    (folder / "c.pdf").write_bytes(b"%PDF-1.4 nothing")
    ran = run("batch", folder, tmp_path / "out.csv")
    assert ran.code == 3
    assert "c.pdf" in ran.err
    assert "critical limit" in ran.err
    got = rows((tmp_path / "out.csv").read_text(encoding="utf-8"))
    assert {row["file"] for row in got} == {"a.csv", "b.pdf"}
    assert [row["flag"] for row in got if row["marker"] == "potassium"] == ["L", "HH"]


def test_batch_leaves_no_half_written_file(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("Test,Result\nPotassium,4.1\n", encoding="utf-8")
    target = tmp_path / "out.csv"
    target.write_text("what was there", encoding="utf-8")
    assert run("batch", source, target, "--map", "unit_text=none").code == 3
    assert target.read_text(encoding="utf-8") == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_batch_tells_what_it_did_and_what_lies_beside_the_output(run: Run, table: Write, tmp_path: Path) -> None:
    source = table("Potassium,1.9,mmol/L,3.5 - 5.1", "Potassium,4,zorg,", "CRP,3,mg/L,,,,")
    ran = run("batch", source, tmp_path / "out.parquet")
    assert ran.code == 0
    for told in (
        "2 rows",
        "critical limit",
        "potassium 1",
        "zorg of potassium (1)",
        "1 lines that may be results",
        "out.parquet.failures.csv",
    ):
        assert told in ran.err, told
    assert ran.out == ""
    assert "%" not in ran.err  # no progress bar where nobody looks
    assert run("batch", source, tmp_path / "out.parquet", "--strict").code == 1


def test_batch_with_preset_tests_and_persons(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("SEQN,LBXGH,mine\n1,6.6,4.1\n2,5.1,\n", encoding="utf-8")
    (tmp_path / "demo.csv").write_text("SEQN,RIAGENDR,RIDAGEYR\n1,2,50\n2,1,40\n", encoding="utf-8")
    ran = run(
        *("batch", tmp_path / "wide.csv", tmp_path / "out.csv", "--preset", "nhanes", "--patients", tmp_path / "demo.csv"),
        *("--test", "mine=Potassium [mmol/L]", "--causes"),
    )
    assert ran.code == 0, ran.err
    got = rows((tmp_path / "out.csv").read_text(encoding="utf-8"))
    assert [(row["SEQN"], row["marker"], row["category"], row["patient_sex"], row["patient_age"]) for row in got] == [
        ("1", "hba1c", "diabetes", "female", "50"),
        ("1", "potassium", "normal", "female", "50"),
        ("2", "hba1c", "normal", "male", "40"),
    ]
    assert [row["patient_id"] for row in rows((tmp_path / "out.csv.causes.csv").read_text(encoding="utf-8"))] == ["1", "2"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--preset", "none_such"), "omop"),
        (("--map", "nonsense"), "NAME=VALUE"),
        (("--test", "Result"), "NAME=VALUE"),
    ],
)
def test_batch_wrong_words(run: Run, table: Write, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    ran = run("batch", table("CRP,3,mg/L,"), tmp_path / "out.csv", *words)
    assert ran.code == 2
    assert told in ran.err
    assert not (tmp_path / "out.csv").exists()


def test_batch_takes_several_files_and_patterns(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.csv").write_text(f"Test,Result,Unit\nCRP,3,mg/L\nPotassium,4.{ord(name) % 10},mmol/L\n", encoding="utf-8")
    assert run("batch", tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "out.csv").code == 0
    assert len(rows((tmp_path / "out.csv").read_text(encoding="utf-8"))) == 4
    assert run("batch", str(tmp_path / "[a-c].csv"), tmp_path / "all.csv").code == 0
    assert len(rows((tmp_path / "all.csv").read_text(encoding="utf-8"))) == 6


def test_batch_that_is_stopped_says_how_to_go_on(run: Run, table: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from labinterp.batch.judging import Judge

    source, parts = table("CRP,3,mg/L,"), Judge.parts

    def stopped(self: Judge, batch: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(Judge, "parts", stopped)
    ran = run("batch", source, tmp_path / "out.csv")
    assert ran.code == 130
    assert "stopped after 0 rows" in ran.err
    assert not list(tmp_path.glob("out*"))
    monkeypatch.setattr(Judge, "parts", parts)
    assert run("batch", source, tmp_path / "out.csv", "--resume").code == 0


def test_batch_on_a_disk_that_is_full(run: Run, table: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from labinterp.batch.output import Sink

    def full(self: Sink, batch: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Sink, "write", full)
    ran = run("batch", table("CRP,3,mg/L,"), tmp_path / "out.csv")
    assert ran.code == 3
    assert "cannot write" in ran.err
    assert "No space left" in ran.err
    assert not list(tmp_path.glob("out*"))


# ---- check, samples, app -------------------------------------------------------------------------------------------------


def test_check_passes_on_the_shipped_knowledge(run: Run) -> None:
    assert run("check").code == 0


def test_samples_test_passes_on_the_project_and_fails_on_a_difference(run: Run, tmp_path: Path) -> None:
    assert run("samples", "test").code == 0
    (tmp_path / "mine.csv").write_text("Test,Result\nPotassium,4.1\n", encoding="utf-8")
    generated = run("samples", "generate", tmp_path)
    assert generated.code == 0
    assert "Check each against its report" in generated.err
    golden = tmp_path / "mine.csv.expected.csv"
    golden.write_text(golden.read_text(encoding="utf-8").replace("4.1", "1.4"), encoding="utf-8")
    ran = run("samples", "test", tmp_path)
    assert ran.code == 1
    assert "differs  mine.csv" in ran.out


def test_app_without_streamlit_says_how_to_get_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    ran = run("app")
    assert ran.code == 2
    assert "labinterp[app]" in ran.err


def test_version(run: Run) -> None:
    import labinterp

    assert run("--version").out.strip() == f"labinterp {labinterp.__version__}"


# ---- trends --------------------------------------------------------------------------------------------------------------


def test_trends_tells_the_change_and_what_is_usual(run: Run) -> None:
    got = run("trends", SAMPLES / "follow_up_wide.csv")
    assert got.code == 0
    assert "more than expected" in got.out
    assert "-28 %" in got.out  # potassium 4.0, then 2.9


def test_trends_as_json_and_csv_hold_the_same_points(run: Run) -> None:
    points = json.loads(run("trends", SAMPLES / "follow_up_wide.csv", "-f", "json").out)
    table = rows(run("trends", SAMPLES / "follow_up_wide.csv", "-f", "csv").out)
    assert [point["marker"] for point in points] == [row["marker"] for row in table]
    assert points[0]["change"] is None


def test_trends_of_two_people_are_refused(run: Run) -> None:
    got = run("trends", STORY, SAMPLES / "critical_potassium.pdf")
    assert got.code == 2
    assert "different people" in got.err
    assert "Example" not in got.err


def message(folder: Path, number: str, name: str, day: str) -> Path:
    """An HL7 file with one result of one person."""
    segments = [
        f"MSH|^~\\&|LAB|Sample Laboratory|APP|WARD|{day}1030||ORU^R01|1|P|2.5.1",
        f"PID|1||{number}^^^LAB||{name}",
        f"OBR|1|||24326-1^Electrolytes^LN|||{day}0810",
        "OBX|1|NM|2823-3^Potassium^LN||4.1|mmol/L|3.5-5.1||||F",
    ]
    file = folder / f"{number}.hl7"
    file.write_text("\r".join(segments) + "\r", encoding="utf-8", newline="")
    return file


def test_trends_of_two_patient_numbers_are_not_mixed_silently(run: Run, tmp_path: Path) -> None:
    one, other = message(tmp_path, "4711", "", "20260101"), message(tmp_path, "4712", "", "20260201")
    refused = run("trends", one, other)
    assert refused.code == 2 and "patient number differs" in refused.err and "--same-person" in refused.err
    assert run("trends", one, other, "--same-person").code == 0
    told = run("trends", message(tmp_path, "1", "Example^Ada", "20260101"), message(tmp_path, "2", "Example^Ada", "20260201"))
    assert told.code == 0 and "different patient numbers" in told.err


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_goes_to_a_terminal_only(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stderr", shown)
    tell_progress()
    try:
        image.tell(2, 3)
        assert shown.getvalue() == ("labinterp: reading page 2 of 3 as a picture\n" if terminal else "")
    finally:
        monkeypatch.undo()
        tell_progress()


def test_the_language_of_words_can_be_chosen(run: Run, table: Write) -> None:
    file = SAMPLES / "leg_weakness.pdf"
    done = run("interpret", file, "--language", "de")
    assert done.code == 0 and "Außerhalb eines Bereichs (11)" in done.out and "DRINGEND" in done.out
    said = json.loads(run("interpret", file, "--language", "de", "-f", "json").out)
    plain = json.loads(run("interpret", file, "-f", "json").out)
    assert said["language"] == "de" and plain["language"] == "en"
    assert [row["flag"] for row in said["results"]] == [row["flag"] for row in plain["results"]]
    assert "Kennzeichen L: niedrig" in run("explain", file, "potassium", "--language", "de").out
    assert "Änderung" in run("trends", file, SAMPLES / "follow_up_wide.csv", "--language", "de").out
    assert "Was es ist" in run("markers", "potassium", "--language", "de").out
    assert "Dringlichkeit: Notfall" in run("causes", "hypokalemia", "--language", "de").out


def test_notices_and_errors_follow_the_language(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "leer.pdf"
    empty.write_bytes(b"")
    done = run("interpret", empty, "--language", "de")
    assert done.code == 3 and "nicht lesbar: leer.pdf: Die Datei ist leer" in done.err
    assert run("interpret", empty, "--language", "xx").code == 2
