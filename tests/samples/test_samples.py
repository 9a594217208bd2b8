"""Every sample is read as its golden says, and the goldens say what the generator put on the page."""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from labinterp import goldens
from labinterp.readers import read

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
FILES = goldens.reports_in(SAMPLES)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("samples_generate", SAMPLES / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_sample_is_read_as_its_golden_says(file: Path) -> None:
    expected = goldens.golden_of(file).read_text(encoding="utf-8")
    columns = tuple(next(csv.reader(io.StringIO(expected))))
    assert {"name_text", "value_text", "unit_text", "range_text", "flag_text"} <= set(columns)
    assert goldens.rows_text(read(file), columns) == expected


def words_on(file: Path) -> Counter[str]:
    """Every word that stands in the file, by another program than the reader: pdfminer for a PDF, plain splitting for a table."""
    if file.suffix == ".pdf":
        from pdfminer.high_level import extract_text

        return Counter(word for word in extract_text(file).split() if word.strip("."))  # dot leaders carry nothing
    text = file.read_bytes().decode("cp1252" if file.name == "befund.csv" else "utf-8-sig")
    return Counter(text.split())


@pytest.mark.parametrize("file", [file for file in FILES if file.suffix in (".pdf", ".csv", ".txt")], ids=lambda file: file.name)
def test_every_line_of_a_sample_is_a_row_or_unread(file: Path) -> None:
    report = read(file)
    lines = [str(text) for text in report.unread["text"]] + [
        str(text) for text in report.rows.drop_duplicates(["page", "top", "text"])["text"]
    ]
    assert words_on(file) == Counter(word for line in lines for word in line.split())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_of_a_clean_sample_is_left_in_doubt(file: Path) -> None:
    report = read(file)
    assert not (report.unread["kind"] == "possible_result").any(), report.unread["text"].tolist()
    assert (report.rows["review"] == "").all()
    assert (report.unread["reason"] != "").all()


def test_there_is_a_golden_for_every_sample() -> None:
    assert len(FILES) >= 6
    assert [file for file in FILES if not goldens.golden_of(file).exists()] == []


def test_generator_gives_the_same_bytes_each_time(generator: ModuleType, tmp_path: Path) -> None:
    generator.write(tmp_path / "one")
    generator.write(tmp_path / "two")
    one = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    two = {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert one == two


def test_goldens_are_the_facts_of_the_generator(generator: ModuleType, tmp_path: Path) -> None:
    generator.write(tmp_path)
    for written in tmp_path.glob("*.csv"):  # tables and goldens; the bytes of a PDF depend on the version of its library
        assert (SAMPLES / written.name).read_bytes() == written.read_bytes(), written.name
    assert {path.name for path in tmp_path.iterdir()} <= {path.name for path in SAMPLES.iterdir()}


# ---- a folder of one's own -----------------------------------------------------------------------------------------------

REPORT = "Test,Result,Unit\nPotassium,4.1,mmol/L\n"


def test_generate_then_test_agree(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(REPORT, encoding="utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    outcomes = {outcome.file.name: outcome.difference for outcome in goldens.generate(tmp_path)}
    assert outcomes["mine.csv"] == ""
    assert "could not be read" in outcomes["broken.pdf"]
    assert [(o.file.name, o.difference) for o in goldens.test(tmp_path)] == [("mine.csv", "")]


def test_generate_leaves_a_checked_golden_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(REPORT, encoding="utf-8")
    (tmp_path / "mine.csv.expected.csv").write_text("name_text,value_text\nPotassium,4.7\n", encoding="utf-8")
    assert list(goldens.generate(tmp_path)) == []
    (outcome,) = goldens.test(tmp_path)
    assert "-Potassium,4.7" in outcome.difference
    assert "+Potassium,4.1" in outcome.difference


def test_a_golden_with_an_unknown_column_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(REPORT, encoding="utf-8")
    (tmp_path / "mine.csv.expected.csv").write_text("name_text,worth\nPotassium,4.1\n", encoding="utf-8")
    (outcome,) = goldens.test(tmp_path)
    assert "unknown columns worth" in outcome.difference
