"""Hostile texts in every field, through every output: a text stays a text and is never run, obeyed, fetched or drawn as markup."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pdfplumber
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fuzz.sound import answer_is_sound, cells_are_safe, is_plain, outputs_are_safe, tags_of
from labinterp import Interpretation, Patient, interpret, read
from labinterp.cli import main
from labinterp.controls import escaped, plain
from labinterp.derive import evaluate, parsed
from labinterp.errors import LabinterpError, ReferenceDataError
from labinterp.export.csv import disarmed, is_formula, to_csv
from labinterp.export.pdf import BOLD
from labinterp.model import TEXT_COLUMNS, Report
from labinterp.reference import Reference
from labinterp.reference.load import read_yaml

HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style></title><svg onload=alert(1)>", "<a href='javascript:alert(1)'>x</a>", "<!-- x", "&lt;b&gt;",
    "=HYPERLINK(\"http://x\")", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r\n=1", "＝1+1",
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "over\rwritten", "back\x08\x08", "\x00", "\u202e5.1-3.5\u202c", "\u2066x", "a\u2028b",
    "[bold red]x[/bold red]", "[/]", ":smile:", "**b** ![p](http://x/y.png) [l](http://x) `c` $x$ :red[x]", "--u-- __i__", "{0} {x} %s %(x)s", f"{BOLD}b{BOLD}", "'; DROP TABLE x; --",
]  # fmt: skip
TEXTS = st.sampled_from(HOSTILE) | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=15)
BENIGN = {"name_text": "Potassium", "value_text": "2.9", "unit_text": "mmol/L", "range_text": "3.5-5.1", "flag_text": "L"}


def report_with(rows: list[dict[str, Any]], **facts: str) -> Report:
    unread = [{"text": facts.get("unread", "x"), "page": 1, "reason": facts.get("reason", "why"), "kind": "possible_result"}]
    known = {key: text for key, text in facts.items() if key in ("name", "laboratory", "patient_name")}
    return Report.of(
        [{"page": 1, "decimal": ".", **row, "text": row.get("text", "x")} for row in rows],
        unread,
        format="csv",
        notices=(facts.get("notice", "x"),),
        **known,
    )


def answer_to(rows: list[dict[str, Any]], **facts: str) -> Interpretation:
    return interpret(report_with(rows, **facts), patient=Patient(sex="female", age=61))


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate])  # shrinking a whole report takes minutes
@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(TEXT_COLUMNS, TEXTS) | {"review": TEXTS, "text": TEXTS}), min_size=1, max_size=3), TEXTS
)
def test_no_text_of_a_report_gets_out_of_an_output(rows: list[dict[str, Any]], word: str) -> None:
    answer = answer_to([BENIGN, *rows], name=word, laboratory=word, patient_name=word, unread=word, reason=word or "x", notice=word)
    answer_is_sound(answer, answer.results)
    outputs_are_safe(answer)


COLUMNS = ("name_text", "unit_text", "range_text", "section_text", "collected_text", "specimen_text", "review")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_html_has_the_same_tags_whatever_the_texts_say(hostile: str) -> None:
    """A word of letters in the same places gives the same tags with the same attributes, so that none came out of the text."""
    pages = []
    for text in (hostile, "Zqxv"):
        rows = [BENIGN, *(BENIGN | {column: text if column != "name_text" else f"Test {text}"} for column in COLUMNS)]
        pages.append(
            answer_to(rows, **dict.fromkeys(("name", "laboratory", "patient_name", "notice", "unread"), text)).to_html(with_name=True)
        )
    assert tags_of(pages[0]) == tags_of(pages[1])
    assert is_plain(pages[0])


def test_pdf_draws_hostile_texts_as_letters() -> None:
    rows = [BENIGN | {"name_text": f"Test {number} {hostile}"} for number, hostile in enumerate(HOSTILE)]
    answer = answer_to(rows, laboratory=HOSTILE[-3], patient_name=HOSTILE[13], unread=HOSTILE[0])
    with pdfplumber.open(io.BytesIO(answer.to_pdf(with_name=True))) as pdf:
        assert not any(page.annots or page.hyperlinks for page in pdf.pages)
        text = "\n".join(page.extract_text() for page in pdf.pages)
    assert is_plain(text)
    for mark in ("**b**", "--u--", "__i__", "[bold", "<script>"):
        assert mark in text


# ---- spreadsheets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["-5.2", "+5.2", "4.1", "-1e5", "-", "+", "--", "+++", "<5", "=", "1+", "-0,5"])
def test_numbers_and_marks_stay_as_they_are(text: str) -> None:
    assert not is_formula(text)
    assert disarmed(pd.DataFrame({"a": [text]}))["a"].tolist() == [text]


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+cmd|'/C calc'!A0", "@SUM(1)", "\t=1", " =1", "\n=1", "＝1", "+A1"])
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    safe = disarmed(pd.DataFrame({text: [text]}))
    assert safe.columns.tolist() == ["'" + text] and safe.iloc[0, 0] == "'" + text
    cells_are_safe(str(safe.to_csv(index=False, lineterminator="\n")))


def test_a_carriage_return_begins_no_line_of_a_csv() -> None:
    content = to_csv(answer_to([BENIGN | {"name_text": "a\r=1+1", "section_text": 'b\n"=2'}]))
    assert [len(line) for line in csv.reader(io.StringIO(content, newline=""))] == [len(content.splitlines()[0].split(","))] * 2


# ---- the terminal ----------------------------------------------------------------------------------------------------------

TABLE = "Test,Value,Unit,Reference range,Flag\n"


ORDERS = ("\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "\u202e5.1-3.5", "[bold]x[/bold]", "a\x08b")


@pytest.mark.parametrize(
    "command",
    [["read"], ["interpret", "--full"], ["interpret", "-f", "json"], ["read", "-f", "json"], ["trends"], ["interpret", "-f", "html"]],
)
def test_the_terminal_gets_no_orders(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "\x1b]0;x\x07\u202e.csv"
    lines = [f"Test {number} {order},{order},{order},{order},L" for number, order in enumerate(ORDERS)]
    ordinary = [f"Sodium,{number + 130},mmol/L,135-145," for number in range(60)]  # a text of which every tenth sign is none is no text
    file.write_text("\n".join([TABLE.strip(), *ordinary, "Potassium,2.9,mmol/L,3.5-5.1,L", *lines]), encoding="utf-8")
    assert main([command[0], str(file), *command[1:]]) == 0
    said = capsys.readouterr()
    assert is_plain(said.out) and is_plain(said.err)
    if command == ["read"]:
        assert "[bold]x" in said.out and "31mred" in said.out


def test_a_fault_of_a_file_gives_the_terminal_no_orders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "\x1b[2J.csv"
    file.write_text("\x1b[31mA\x9b,B\u202e\n1,2\n3,4\n", encoding="utf-8")
    assert main(["read", str(file)]) == 3
    assert main(["explain", str(file), "\x1b[5m"]) == 3
    assert main(["read", str(tmp_path / "none\x1b[31m.csv")]) == 3
    said = capsys.readouterr()
    assert is_plain(said.out + said.err) and "cannot read" in said.err


@given(st.text())
def test_plain_text_shows_nothing_that_acts_and_json_stays_the_same_data(text: str) -> None:
    assert is_plain(plain(text)) and plain(plain(text)) == plain(text)
    quoted = escaped(json.dumps(text, ensure_ascii=False))
    assert json.loads(quoted) == text and is_plain(quoted)


# ---- the page --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", [text for text in HOSTILE if "\n" not in text and "\r" not in text and "\x00" not in text])
def test_the_page_shows_hostile_texts_as_texts(hostile: str) -> None:
    from labinterp.app.markup import esc, label_of

    assert set(tags_of(f"<p title='{esc(hostile)}'>{esc(hostile)}</p>")) == {("p", ("title",))}
    assert is_plain(esc(hostile))
    label = label_of(hostile)
    assert not re.search(r"(?<!\\)(?:[\[\]`*_<>~$!:]|\\$)", label.replace("\\\\", "")), label


# ---- knowledge of one's own --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system ['echo x']", "a: !!python/name:os.system x", "a: !!python/module:os x", "a: !foo b",
        "a: &a [*a]", "a: &a [x, x]\nb: [*a, *a]", "a: " + "[" * 60 + "]" * 60, "[" * 100_000, "a: \x01", "a: !!int x", "a: " + "9" * 5000,
    ],
)  # fmt: skip
def test_yaml_is_plain_data_of_bounded_size_or_a_fault(text: str) -> None:
    faults: list[Any] = []
    read_yaml(text, "x.yaml", {}, faults)
    assert faults


def test_aliases_of_aliases_make_no_gigabytes() -> None:
    bomb = "a: &a [x]\n" + "".join(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi"))
    faults: list[Any] = []
    assert len(str(read_yaml(bomb, "x.yaml", {}, faults))) < 1000 and faults


def test_a_folder_with_hostile_yaml_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (tmp_path / "units.yaml").write_text(f"a: !!python/object/apply:pathlib.Path.touch [{mark}]\n")
    (tmp_path / "sources.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReferenceDataError):
        Reference.load(tmp_path)
    assert not mark.exists()


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os').system('x')", "().__class__", "open('x')", "a.b", "a[0]", "[a for a in a]", "lambda: 1", "a if a else a", "'x' * 9", "1j", "True",
        "min(default=1)", "max()", "f'{a}'", "a := 1", "(" * 400 + "a" + ")" * 400, "-" * 600 + "1", "a\x00", "", "min(*a)",
    ],
)  # fmt: skip
def test_a_formula_is_arithmetic_and_nothing_else(formula: str) -> None:
    with pytest.raises(ReferenceDataError):
        evaluate(formula, {"a": 1.0})


@pytest.mark.parametrize("formula", ["9**9**9**9", "2**10**9", "(0-8)**0.5", "1/0", "9" * 400])
def test_a_formula_without_a_value_ends_at_once(formula: str) -> None:
    parsed(formula)
    with pytest.raises((ArithmeticError, ValueError)):
        evaluate(formula, {})


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_reach_no_other_error(hostile: str, tmp_path: Path) -> None:
    report = replace(read(f"{TABLE}Potassium,2.9,mmol/L,3.5-5.1,L\n".encode(), name=hostile), patient_name=hostile)
    assert report.name == hostile
    try:
        read(b"a,b\n1,2\n", name=hostile)
    except LabinterpError as error:
        assert is_plain(plain(str(error)))
