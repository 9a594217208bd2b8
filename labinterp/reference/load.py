"""Reads `reference_ranges/` into frozen models. Every fault names file and line.

YAML is read by the 1.2 rules where it matters here: only ``true``, ``false`` and ``null`` are special words (``no`` is Norwegian),
``1:80`` is text, and a key given twice is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ValidationError

from labinterp.reference.schema import Factor, Marker, Source, Variation
from labinterp.reference.schema_causes import Cause, EvidenceWeights, Pattern, QualityRule, QuestionRule, Screen, SeedTerm, Trigger

Path_ = tuple[str | int, ...]


class Table(NamedTuple):
    """Which files hold which model, and under what name the catalogue keeps them.

    `shape`: ``one`` record a file, its `id` being the file's name; ``many`` records a file, id -> fields; ``map``: text -> text, or
    text -> list of texts turned round. `part` is the key of the file under which they stand, if not the whole file.
    """

    files: str
    into: str
    model: type[BaseModel] | None
    shape: Literal["one", "many", "map"] = "many"
    part: str = ""


TABLES: tuple[Table, ...] = (
    Table("sources*.yaml", "sources", Source),
    Table("units.yaml", "spellings", None, "map"),
    Table("specimens.yaml", "specimens", None, "map"),
    Table("markers/*.yaml", "markers", Marker, "one"),
    Table("variation.yaml", "variation", Variation),
    Table("causes/*.yaml", "causes", Cause, "one"),
    Table("patterns.yaml", "patterns", Pattern),
    Table("quality.yaml", "quality", QualityRule),
    Table("questions.yaml", "questions", QuestionRule, part="questions"),
    Table("questions.yaml", "screens", Screen, part="screens"),
    Table("questions.yaml", "triggers", Trigger, part="triggers"),
    Table("evidence.yaml", "evidence", EvidenceWeights, "one"),
    Table("seed_terms.yaml", "seed_terms", SeedTerm),
)


DEEPEST = 40
"""Levels of nesting in a file; ours have six."""
PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null"))


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong with the knowledge, and where it stands."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass
class Knowledge:
    """What a folder says: tables of models by id, where each part of it stands, and what is wrong with it."""

    folder: Path
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    places: dict[tuple[str, str], tuple[str, Path_]] = field(default_factory=dict)  # (table, id) -> file, path within it
    lines: dict[str, dict[Path_, int]] = field(default_factory=dict)  # file -> path -> line
    factors: dict[str, dict[str, Factor]] = field(default_factory=dict)  # marker -> UCUM unit -> conversion, filled in by the check

    def line(self, file: str, path: Path_) -> int:
        """The line of the deepest part of `path` that the file has."""
        lines = self.lines.get(file, {})
        while path and path not in lines:
            path = path[:-1]
        return lines.get(path, 1)

    def fault(self, table: str, id_: str, path: Path_, text: str) -> None:
        """Note a fault of a record, at a path within it."""
        file, start = self.places[table, id_]
        self.faults.append(Fault(file, self.line(file, (*start, *path)), text))


class _Words(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Plain scalars by the YAML 1.2 core rules, and no deeper than `DEEPEST`: the composer recurses, in C until the stack is full."""

    depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: Any) -> None:
        self.depth += 1
        if self.depth > DEEPEST + 1:  # the document itself is the first part
            raise yaml.composer.ComposerError(
                None, None, f"nested more than {DEEPEST} deep", current_node.start_mark if current_node else None
            )

    def ascend_resolver(self) -> None:
        self.depth -= 1


_Words.yaml_implicit_resolvers = {}
_Words.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Words.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Words.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9]\d*)$"), list("-0123456789"))
_Words.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?\d+\.\d+(?:[eE][-+]?\d+)?$"), list("-0123456789"))


def read_yaml(text: str, file: str, lines: dict[Path_, int], faults: list[Fault]) -> Any:
    """Plain data of one file; `lines` receives the line of every part, `faults` what is wrong with its writing.

    Plain data only: a tag (``!!python/...``) is a fault, and so is a part that stands in two places (an alias), since aliases of
    aliases make gigabytes out of a few lines.
    """
    try:
        loader = _Words(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        faults.append(Fault(file, mark.line + 1 if mark else 1, str(error.problem)))
        return None
    except yaml.YAMLError as error:  # a character that YAML does not allow
        faults.append(Fault(file, 1, str(error).splitlines()[0]))
        return None
    if node is None:
        faults.append(Fault(file, 1, "the file is empty"))
        return None

    seen: set[int] = set()

    def plain(node: yaml.Node, path: Path_) -> Any:
        lines[path] = node.start_mark.line + 1
        told = len(faults)
        if not isinstance(node, yaml.ScalarNode):
            if id(node) in seen:
                faults.append(Fault(file, node.start_mark.line + 1, "an alias: write the part out where it belongs"))
            seen.add(id(node))
        if not node.tag.startswith(PLAIN_TAGS):
            faults.append(Fault(file, node.start_mark.line + 1, f"the tag {node.tag} is not read, only plain data"))
        if len(faults) > told:
            return None
        if isinstance(node, yaml.MappingNode):
            data: dict[str, Any] = {}
            for key_node, value_node in node.value:
                line = key_node.start_mark.line + 1
                if not isinstance(key_node, yaml.ScalarNode):
                    faults.append(Fault(file, line, "a key must be plain text"))
                    continue
                key = key_node.value
                if key in data:
                    faults.append(Fault(file, line, f"the key {key!r} is given twice"))
                data[key] = plain(value_node, (*path, key))
                lines[(*path, key)] = line
            return data
        if isinstance(node, yaml.SequenceNode):
            return [plain(child, (*path, i)) for i, child in enumerate(node.value)]
        try:
            return loader.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            faults.append(Fault(file, node.start_mark.line + 1, str(error).splitlines()[0]))
            return None

    return plain(node, ())


def read_folder(folder: Path) -> Knowledge:
    """Everything in `folder` that `TABLES` knows. Faults are collected, not raised."""
    known = Knowledge(folder, {table.into: {} for table in TABLES})
    parsed: dict[str, Any] = {}
    for table in TABLES:
        for path in sorted(folder.glob(table.files)):
            file = path.relative_to(folder).as_posix()
            if file not in parsed:
                known.lines[file] = {}
                try:
                    parsed[file] = read_yaml(path.read_text(encoding="utf-8"), file, known.lines[file], known.faults)
                except (OSError, UnicodeError) as error:
                    parsed[file] = None
                    known.faults.append(Fault(file, 1, f"the file cannot be read: {error}"))
            if parsed[file] is not None:
                _fill(known, table, file, parsed[file])
    for file in sorted({path.relative_to(folder).as_posix() for path in folder.rglob("*.y*ml")} - set(parsed)):
        known.faults.append(Fault(file, 1, "no table takes in this file"))
    known.faults.sort()
    return known


def _fill(known: Knowledge, table: Table, file: str, data: Any) -> None:
    start: Path_ = (table.part,) if table.part else ()
    if table.part and isinstance(data, dict):
        data = data.get(table.part, {})
    if not isinstance(data, dict):
        known.faults.append(Fault(file, known.line(file, start), "expected a mapping"))
        return
    target = known.tables[table.into]
    if table.shape == "map":
        for key, value, path in _pairs(data):
            if key in target and target[key] != value:
                both = f"{target[key]} and {value}"
                known.faults.append(Fault(file, known.line(file, (*start, *path)), f"{key!r} is given two meanings: {both}"))
            target[key] = value
        return
    records = [(str(data.get("id", "")), data, start)] if table.shape == "one" else [(id_, data[id_], (*start, id_)) for id_ in data]
    for id_, fields, path in records:
        if table.shape == "one" and id_ != Path(file).stem:
            known.faults.append(Fault(file, known.line(file, (*path, "id")), f"the id {id_!r} is not the file's name"))
        if id_ in target:
            known.faults.append(Fault(file, known.line(file, path), f"{id_!r} stands in two files"))
        if not isinstance(fields, dict):
            known.faults.append(Fault(file, known.line(file, path), "expected a mapping"))
            continue
        known.places[table.into, id_] = file, path
        assert table.model is not None
        try:
            target[id_] = table.model.model_validate({"id": id_, **fields})
        except ValidationError as error:
            for problem in error.errors():
                where = (*path, *(part for part in problem["loc"]))
                said = f" (not {problem['input']!r})" if isinstance(problem["input"], str | int | float | bool) else ""
                known.faults.append(Fault(file, known.line(file, where), f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}{said}"))


def _pairs(data: dict[str, Any]) -> Iterator[tuple[str, str, Path_]]:
    for key, value in data.items():
        if isinstance(value, list):
            yield from ((str(spelling), key, (key, i)) for i, spelling in enumerate(value))
        else:
            yield key, str(value), (key,)
