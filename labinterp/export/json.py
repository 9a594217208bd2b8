"""The whole answer as plain data, as the JSON Schema ``interpretation.schema.json`` beside this file describes it.

What is not known is null. A limit without end (the lower end of ``<150``) is null too: JSON knows no infinity.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from labinterp.controls import escaped
from labinterp.model import Finding, records_of

if TYPE_CHECKING:
    from labinterp.interpretation import Interpretation

VERSION = "1.1"
"""Of the schema: the first number changes when a reader of the old form would go wrong, the second when something is added."""


def schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of `to_dict`."""
    return json.loads((files("labinterp.export") / "interpretation.schema.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def to_dict(interpretation: Interpretation) -> dict[str, Any]:
    """Everything that an interpretation says, with the sources it rests on. The person's name is not in it."""
    from labinterp import __version__

    report, person = interpretation.report, interpretation.patient
    cited = set(_texts(interpretation.results.get("source_id"))) | set(_texts(interpretation.derived.get("source_id")))
    cited |= {source for finding in interpretation.findings for source in finding.sources}
    known = interpretation.reference.sources
    answer = {
        "schema": VERSION,
        "labinterp": __version__,
        "reference": interpretation.reference.digest,
        "language": interpretation.reference.language.code,
        "report": None if report is None else {"name": report.name, "format": report.format, "laboratory": report.laboratory},
        "patient": asdict(person),
        "answers": interpretation.answers,
        "summary": interpretation.summary,
        "alerts": [asdict(alert) for alert in interpretation.alerts],
        "results": numbered(interpretation.results),
        "derived": numbered(interpretation.derived),
        "findings": [finding_of(finding) for finding in interpretation.findings],
        "questions": [asdict(question) for question in interpretation.questions],
        "notices": [asdict(notice) for notice in interpretation.notices],
        "unread": records_of(interpretation.unread),
        "sources": {name: known[name].model_dump(mode="json") for name in sorted(cited & set(known))},
    }
    return plain(answer)  # type: ignore[no-any-return]


def to_json(interpretation: Interpretation, path: str | Path | None = None) -> str:
    """`to_dict` as JSON text, also written to `path` (UTF-8) where given."""
    text = dumped(to_dict(interpretation), indent=1)
    if path is not None:
        Path(path).write_text(text + "\n", encoding="utf-8")
    return text


def dumped(data: Any, *, indent: int) -> str:
    """JSON text that is also safe to look at on a terminal."""
    return escaped(json.dumps(data, ensure_ascii=False, allow_nan=False, indent=indent))


def numbered(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts, each with its label (`row`), by which evidence and notices refer to it."""
    return [{"row": int(label)} | record for label, record in zip(frame.index, records_of(frame))]


def finding_of(finding: Finding) -> dict[str, Any]:
    """A finding as plain data: ``for`` without the underscore that Python needs, seed articles as records."""
    plain_finding = asdict(finding)
    plain_finding["for"] = plain_finding.pop("for_")
    plain_finding["seeds"] = [{"article": article, "says": says} for article, says in finding.seeds]
    return plain_finding


def plain(value: Any) -> Any:
    """Only what JSON has: dates as ISO texts, tuples as lists, what is no number (or no finite one) as null."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, date):
        return None if pd.isna(value) else value.isoformat()
    if hasattr(value, "item"):
        return plain(value.item())
    return None if value is pd.NA else str(value)


def _texts(column: Iterable[Any] | None) -> list[str]:
    return [text for text in column if isinstance(text, str) and text] if column is not None else []
