"""What an engine is told before the first row: the schema of the answers, and facts of the document that no part of it can know."""

from __future__ import annotations

import pyarrow as pa
import pytest

from labinterp.batch import ANSWERS, document_facts, interpret_batch, output_schema


def test_the_schema_is_known_before_the_first_row() -> None:
    schema = pa.schema([("row", pa.int64()), ("flag", pa.string()), ("Test", pa.string()), ("Result", pa.float64()), ("Unit", pa.string())])
    promised = output_schema(schema)
    assert promised.names == ["row", "flag_given", "Test", "Result", "Unit", *ANSWERS.names]
    batch = pa.RecordBatch.from_pydict({"row": [1], "flag": [None], "Test": ["CRP"], "Result": [3.0], "Unit": ["mg/L"]}, schema=schema)
    assert interpret_batch(batch).schema == promised


def test_the_schema_follows_the_mapping_of_columns() -> None:
    schema = pa.schema([("a", pa.string()), ("b", pa.string())])
    assert output_schema(schema, {"name_text": "a", "value_text": "b"}).names == ["a", "b", *ANSWERS.names]
    with pytest.raises(ValueError, match="name_text"):
        output_schema(schema)


def test_engines_get_only_types_that_all_of_them_know() -> None:
    plain = (pa.string(), pa.float64(), pa.int8(), pa.bool_())
    assert all(type_ in plain for type_ in ANSWERS.types)


@pytest.mark.parametrize(
    ("texts", "locale", "facts"),
    [
        ({"value_text": ["4,1", "1,234", None]}, None, (",", "")),
        ({"value_text": ["1,234"], "range_text": ["3.5 - 5.1"]}, None, (".", "")),
        ({"value_text": ["1,234"]}, None, ("", "")),
        ({"value_text": ["1,234"]}, "de", (",", "")),
        ({"collected_text": ["03/04/2024", "25/04/2024"]}, None, ("", "dmy")),
        ({"collected_text": ["03/04/2024"], "birth_date": ["12/31/1960"]}, None, ("", "mdy")),
        ({"collected_text": ["25/04/2024"], "birth_date": ["12/31/1960"]}, None, ("", "")),  # they disagree
        ({}, None, ("", "")),
    ],
)
def test_facts_of_a_document(texts: dict[str, list[str | None]], locale: str | None, facts: tuple[str, str]) -> None:
    assert document_facts(texts, locale) == dict(zip(("decimal", "date_order"), facts, strict=True))


def test_with_the_facts_a_part_is_read_as_the_whole_is() -> None:
    rows = pa.RecordBatch.from_pydict({"Test": ["Creatinine", "CRP"], "Result": ["1,234", "12,5"], "Unit": ["mg/dL", "mg/L"]})
    facts = document_facts({"value_text": rows.column("Result").to_pylist()})
    assert interpret_batch(rows.slice(0, 1), **facts).column("value").to_pylist() == [1.234]
    assert interpret_batch(rows.slice(0, 1)).column("status").to_pylist() == ["unreadable_value"]
