"""Many results: a table in, four numbers and reasons out, and nothing left on the disk."""

from __future__ import annotations

import gzip
import io
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from labinterp.app import tally
from labinterp.errors import ReadError
from labinterp.reference import Reference

LINES = (
    b"Test,Value,Unit,Reference range\n"
    b"Potassium,4.2,mmol/L,3.5 - 5.1\nPotassium,3.1,mmol/L,3.5 - 5.1\nPotassium,2.1,mmol/L,3.5 - 5.1\nPotassium,41,mmol/L,3.5 - 5.1\n"
    b"Zorblax factor,12,U/L,\nZorblax factor,13,U/L,\nFibroscan,6,kPa,\nCK,120,furlong,\nSodium,see comment,mmol/L,135 - 145\n"
)


def judged(name: str = "lines.csv", data: bytes = LINES, **columns: str) -> tally.Tally:
    return tally.judge(name, data, columns, Reference.default(), lambda share: None)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """A place for temporary folders, which must be empty afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert not list(tmp_path.iterdir())


def test_four_numbers_add_up_and_every_line_comes_back():
    told = judged()
    assert (told.lines, told.judged, told.outside, told.critical) == (9, 3, 2, 1)
    assert told.not_judged == 6 == sum(reason.lines for reason in told.reasons)
    assert len(pd.read_csv(io.BytesIO(tally.csv_of(told.table)))) == 9
    assert len(pd.read_csv(io.BytesIO(tally.csv_of(told.table, only_open=True)))) == 6
    assert len(pd.read_parquet(io.BytesIO(told.table))) == 9


def test_why_lines_were_not_judged_is_told_with_an_example_each():
    reasons = {reason.status: reason for reason in judged().reasons}
    assert reasons["unknown_marker"].lines == 3 and "Zorblax factor" in reasons["unknown_marker"].example
    assert reasons["implausible"].example == "Potassium 41 mmol/L" and "41" in reasons["implausible"].why
    assert "furlong" in reasons["unknown_unit"].example


def test_unknown_names_and_units_are_told_by_how_often_they_stand_there():
    told = judged()
    assert told.names == [("Zorblax factor", 2), ("Fibroscan", 1)]
    ref = Reference.default()
    assert told.units(ref) == [(f"{ref.markers['ck'].name}: furlong", 1)]


def test_a_packed_table_and_parquet_give_the_same(folder):
    plain = judged()
    packed = judged("lines.csv.gz", gzip.compress(LINES))
    out = io.BytesIO()
    pd.read_csv(io.BytesIO(LINES), dtype=str).to_parquet(out)
    parquet = judged("lines.parquet", out.getvalue())
    for other in (packed, parquet):
        assert (other.lines, other.judged, other.outside, other.names) == (plain.lines, plain.judged, plain.outside, plain.names)


def test_a_cell_that_a_spreadsheet_would_run_is_made_safe():
    told = judged("lines.csv", b"Test,Value,Unit,Reference range\n=cmd(),4.2,mmol/L,\nPotassium,4.2,mmol/L,3.5 - 5.1\n")
    assert b"\n=cmd" not in tally.csv_of(told.table) and b"=cmd" in tally.csv_of(told.table)


def test_headings_of_its_own_are_named_by_the_visitor():
    data = LINES.replace(b"Test,Value,Unit,Reference range", b"what,how_much,per,span")
    told = judged("own.csv", data, name_text="what", value_text="how_much", unit_text="per", range_text="span")
    assert (told.judged, told.outside) == (3, 2)
    assert told.names[0] == ("Zorblax factor", 2)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.csv", b""),
        ("broken.parquet", b"PAR1 nothing"),
        ("broken.csv.gz", b"\x1f\x8b not really"),
        ("cut.csv.gz", gzip.compress(LINES, mtime=0)[:40]),
    ],
)
def test_what_cannot_be_read_is_refused_and_leaves_nothing_behind(name, data):
    with pytest.raises(ReadError):
        judged(name, data)


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(tally, "LARGEST_UNPACKED", 1000)
    with pytest.raises(ReadError, match="unpacks to more"):
        judged("bomb.csv.gz", gzip.compress(b"a" * 10_000_000))


def test_a_missing_column_is_named():
    with pytest.raises(ReadError, match="nowhere"):
        judged("own.csv", LINES, name_text="nowhere", value_text="Value")


def test_the_page_judges_a_dropped_table_and_gives_the_command(visitor):
    visitor.go("many-results")
    visitor.at.file_uploader[0].set_value([("lines.csv", LINES, "text/csv")]).run()
    text = visitor.calm().text
    assert "What came out of lines.csv" in text and "Why 6 lines were not judged" in text
    assert "Zorblax factor" in text and "Look at the lines beyond a critical limit first" in text
    assert "labinterp batch lines.csv lines.judged.parquet" in visitor.at.code[0].value
    visitor.press("Forget this table")
    assert "What came out" not in visitor.text


def test_the_page_says_why_a_table_was_refused(visitor):
    visitor.go("many-results")
    visitor.at.file_uploader[0].set_value([("broken.parquet", b"PAR1 nothing", "application/octet-stream")]).run()
    assert "This table could not be judged" in visitor.calm().text
    assert "labinterp-" not in visitor.text  # no path of this computer


def test_texts_of_a_table_cannot_become_markup(visitor):
    visitor.go("many-results")
    data = b'Test,Value,Unit,Reference range\n"<img src=x onerror=alert(1)>",4.2,"<script>",\n'
    visitor.at.file_uploader[0].set_value([("<b>.csv", data, "text/csv")]).run()
    assert "<img src=x" not in visitor.calm().markup and "<script>" not in visitor.markup and "<b>.csv" not in visitor.markup


def test_the_made_up_table_has_judged_and_not_judged_lines(visitor):
    visitor.go("many-results").press("Try it with 20 000 made-up results")
    told = visitor.at.session_state["many"]
    assert told.lines == 20_000 and told.judged > 15_000 and told.reasons and told.names and told.units and told.critical


def test_forget_forgets_the_table_too(visitor):
    visitor.go("many-results")
    visitor.at.file_uploader[0].set_value([("lines.csv", LINES, "text/csv")]).run()
    visitor.go("report").press("Try it with a sample report")
    visitor.go("answer").press("Forget this report").go("many-results")
    assert "What came out" not in visitor.text
