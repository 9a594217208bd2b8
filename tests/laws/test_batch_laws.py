"""Laws of a batch: however a table is cut, and whatever is remembered or forgotten on the way, every row gets its own answer."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

import labinterp
from labinterp.batch import ANSWERS, Judge, columns_of, interpret_batch
from labinterp.columns import columns_of as arrays_of
from labinterp.interpretation import complete, interpret_rows
from labinterp.model import Patient
from labinterp.reference import Reference
from labinterp.shapes import decimal_vote, parse_value

REF = Reference.default()
CORTISOL = next(marker.name for marker in REF.markers.values() if "morning" in marker.needs)
TESTS = [  # name, units, printed ranges
    ("Potassium", ("mmol/L", ""), ("3.5-5.1", "")),
    ("HbA1c", ("%", "mmol/mol"), ("4.0-5.6", "")),
    ("ESR", ("mm/h",), ("", "Children: <10, adults: <20")),  # its limit follows age
    ("Hemoglobin", ("g/dL", "g/L"), ("", "M: 13-17, F: 12-15.5")),
    ("Ferritin", ("ng/mL",), ("", "M 30-400 F 13-150")),
    ("Creatine kinase", ("U/L", "furlong"), ("30-200", "")),
    ("Alkaline phosphatase", ("U/L",), ("", "0-12 years: 100-400; adults: 40-130")),
    ("ANA", ("",), ("negative", "")),
    (CORTISOL, ("nmol/L", "ug/dL"), ("",)),
    ("Some unheard-of test", ("mg/L",), ("1-2", "")),
    ("", ("mg/L",), ("",)),
]
VALUES = [
    "4.2",
    "2.4",
    "12",
    "48",
    "<1.0",
    ">2000",
    "<= 5",
    "6,5",
    "1,234",
    "5.5 mmol/L",
    "12.1 g/dL H",
    "negative",
    "positive",
    "haemolysed",
]
VALUES += ["", "see note", "410", "1e3", "-3", "0.0001", "1:80", "3-5"]
SEXES = ["M", "F", "female", "", "unknown", None]
AGES = ["", "3", "17.9", "18", "44", "71.5", "130", "999", "-1", "n/a", None]
BIRTHS = ["", "1950-02-28", "2021-06-01", "2030-01-01", "03/04/1990", "25/12/1961", None]
DAYS = ["", "2024-05-06", "2024-05-06 07:45", "2024-05-06 16:00", "06/05/2024", "31/12/2023", "morning", None]


@st.composite
def rows(draw: st.DrawFn) -> dict[str, str | None]:
    name, units, ranges = draw(st.sampled_from(TESTS))
    pick = {
        "value_text": VALUES,
        "unit_text": [*units, "mg/dL"],
        "range_text": ranges,
        "flag_text": ["", "", "H", "LL", "*", None],
        "comparator": ["", "", "=", "<", ">"],
        "section_text": ["", "", "Urine", "Morning sample"],
        "sex": SEXES,
        "age": AGES,
        "birth_date": BIRTHS,
        "collected_text": DAYS,
        "patient_id": ["1", "2"],
    }
    return {"name_text": name, **{column: draw(st.sampled_from(choice)) for column, choice in pick.items()}}


COLUMNS = ("name_text", "value_text", "unit_text", "range_text", "flag_text", "comparator", "section_text")
COLUMNS += ("sex", "age", "birth_date", "collected_text", "patient_id")
tables = st.lists(rows(), min_size=1, max_size=8)
left_out = st.sets(st.sampled_from(COLUMNS[2:]), max_size=6)
people = st.sampled_from([None, Patient(sex="female", age=30), Patient(pregnant=True, sex="female"), Patient(age=5)])
facts = st.sampled_from([{}, {"decimal": ".", "date_order": "dmy"}, {"decimal": ",", "date_order": "mdy"}])


def table_of(table: list[dict[str, str | None]], without: set[str]) -> pa.RecordBatch:
    schema = pa.schema([(column, pa.string()) for column in COLUMNS if column not in without])
    return pa.RecordBatch.from_pylist(table, schema=schema)


def plainly(batch: pa.RecordBatch) -> list[dict[str, object]]:
    return [{name: row[name] for name in ANSWERS.names} for row in batch.to_pylist()]


@settings(max_examples=25)
@given(tables, left_out, people, facts, st.integers(1, 5))
def test_every_way_of_cutting_gives_each_row_the_same_answer(table, without, patient, said, cut) -> None:
    whole = table_of(table, without)
    names = columns_of(whole.schema.names)
    alone = [plainly(Judge(names, patient=patient, **said).judge(whole.slice(row, 1)))[0] for row in range(whole.num_rows)]
    assert plainly(Judge(names, patient=patient, **said).judge(whole)) == alone
    for kept in (1 << 18, 1):
        judge = Judge(names, patient=patient, kept=kept, **said)
        for _ in range(2):  # the second time all is known, or forgotten
            parts = [judge.judge(whole.slice(start, cut)) for start in range(0, whole.num_rows, cut)]
            assert [row for part in parts for row in plainly(part)] == alone
    assert plainly(interpret_batch(whole, patient=patient, **said)) == alone


@settings(max_examples=25)
@given(tables, left_out, people, facts)
def test_a_batch_answers_like_a_report(table, without, patient, said) -> None:
    whole = table_of(table, without | {"comparator"})
    frame = pd.DataFrame(whole.to_pylist(), columns=whole.schema.names).fillna("").assign(**said)
    expected = arrays_of(interpret_rows(complete(frame), REF, patient))
    got = interpret_batch(whole, patient=patient, **said)
    for field in ANSWERS:
        values = [None if value is None or value == "" or value != value else value for value in expected[field.name].tolist()]
        assert got.column(field.name).to_pylist() == values, field.name


@settings(max_examples=25)
@given(tables, left_out)
def test_what_was_seen_is_counted_whatever_was_forgotten(table, without) -> None:
    whole = table_of(table, without)
    names = columns_of(whole.schema.names)
    keeping, forgetting = Judge(names), Judge(names, kept=1)
    for judge, cut in ((keeping, whole.num_rows), (forgetting, 2)):
        answered = [judge.judge(whole.slice(start, cut)) for start in range(0, whole.num_rows, cut)]
        counted = judge.tally()
        assert sum(counted.values()) == whole.num_rows
        statuses = [row["status"] for part in answered for row in part.to_pylist()]
        assert {status: statuses.count(status) for status in statuses} == {
            status: sum(count for tally, count in counted.items() if tally.status == status) for status in {t.status for t in counted}
        }


numbers = st.one_of(
    st.builds(
        lambda sign, whole, part: f"{sign}{whole}{part}",
        st.sampled_from(["", "<", ">"]),
        st.integers(0, 1_000_000),
        st.sampled_from(["", ".5", ".25"]),
    ),
    st.from_regex(r"[<>]?\d{1,6}(\.\d{0,3})?", fullmatch=True),
)


@given(numbers, st.sampled_from([None, ".", ",", "de"]))
def test_a_bare_number_is_read_as_the_whole_grammar_reads_it(text: str, locale: str | None) -> None:
    """A space in front leads around the short way."""
    try:
        expected = repr(parse_value(f" {text}", locale))
    except labinterp.ValueTextError as error:
        expected = str(error).replace(f"' {text}'", f"'{text}'")
    try:
        got = repr(parse_value(text, locale))
    except labinterp.ValueTextError as error:
        got = str(error)
    assert got == expected
    assert decimal_vote([text]) == decimal_vote([f" {text}"])
