"""Turns `reference_ranges/` into the one file that is read at run time: ``python -m labinterp.reference.compile``.

Names are folded and unit factors worked out here, so that neither YAML nor a unit library is needed to interpret a report.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from labinterp.errors import ReferenceDataError
from labinterp.reference.catalogue import Catalogue
from labinterp.reference.factors import factors_of
from labinterp.reference.fold import fold_name
from labinterp.reference.load import TABLES, Knowledge, read_folder
from labinterp.reference.locate import COMPILED, knowledge_folder
from labinterp.reference.schema import Marker

NOT_AT_RUN_TIME = {"markers": {"cases"}, "causes": {"cases"}}
"""Parts that only `check` reads; they stay in the YAML files."""


def names_of(marker: Marker) -> list[str]:
    """Every folded name of a marker, its id among them, each once."""
    printed = (marker.id, marker.name, *(name for names in marker.names.values() for name in names))
    return list(dict.fromkeys(filter(None, map(fold_name, printed))))


def catalogue_of(known: Knowledge) -> Catalogue:
    """Join the tables of a folder. Raises `ReferenceDataError` with file and line of every fault."""
    if known.faults:
        raise ReferenceDataError("\n".join(map(str, known.faults)))
    content: dict[str, Any] = {}
    for table in TABLES:
        records = known.tables[table.into]
        drop = NOT_AT_RUN_TIME.get(table.into)
        ids = list(records) if table.part else sorted(records)  # questions keep the order in which they are asked
        content[table.into] = (
            dict(sorted(records.items()))
            if table.model is None
            else {id_: records[id_].model_dump(mode="json", exclude_defaults=True, exclude=drop) for id_ in ids}
        )
    markers: dict[str, Marker] = dict(sorted(known.tables["markers"].items()))
    names: dict[str, list[str]] = {}
    codes: dict[str, tuple[str, bool]] = {}
    for marker in markers.values():
        for name in names_of(marker):
            names.setdefault(name, []).append(marker.id)
        for loinc in marker.loinc:  # a code that one marker excludes may be another marker's own
            if loinc.code not in codes or not loinc.exclude:
                codes[loinc.code] = marker.id, loinc.exclude
    content["names"] = dict(sorted(names.items()))
    content["codes"] = dict(sorted(codes.items()))
    content["factors"] = {marker.id: {unit: factor.row() for unit, factor in factors_of(marker).items()} for marker in markers.values()}
    content["digest"] = hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return Catalogue.model_validate_json(json.dumps(content))


def text_of(catalogue: Catalogue) -> str:
    """The compiled file: JSON, one record a line, the same bytes for the same knowledge."""
    lines = []
    for part, content in catalogue.model_dump(mode="json", exclude_defaults=True).items():
        if isinstance(content, dict):
            records = ",\n".join(f"{_json(key)}:{_json(record)}" for key, record in content.items())
            lines.append(f"{_json(part)}:{{\n{records}\n}}")
        else:
            lines.append(f"{_json(part)}:{_json(content)}")
    return "{" + ",\n".join(lines) + "}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write(folder: Path | None = None) -> Path:
    """Compile a folder into its own `compiled.json`; the file is touched only if it changes."""
    folder = folder or knowledge_folder()
    target = folder / COMPILED
    text = text_of(catalogue_of(read_folder(folder)))
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8", newline="\n")
    return target


if __name__ == "__main__":
    write()
