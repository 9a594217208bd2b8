"""What a known kind of table looks like: one YAML file each. The fields are those of `Preset`; a user's own file has the same."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from labinterp.errors import LabinterpError
from labinterp.reference.load import Fault, Path_, read_yaml

OURS = (
    *("name_text", "value_text", "unit_text", "range_text", "flag_text", "collected_text", "section_text", "specimen_text", "code_text"),
    *("previous_text", "low", "high", "comparator", "patient_id", "sex", "age", "birth_date"),
)
"""What a column of a table may be. `low` and `high` are the ends of the printed range, `code_text` a LOINC code."""

PERSONAL = ("patient_id", "sex", "age", "birth_date", "birth_year", "birth_month", "birth_day", "age_year")
"""What a column of a table of persons may be. `age_year` is the calendar year in which the person had the age given."""

_TEST = re.compile(r"(.*?\S)\s*(?:\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\])?")


class PresetError(LabinterpError):
    """A preset that does not exist or cannot be used; the message says why."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Test(_Model):
    """One test of a wide table. In YAML ``Potassium [mmol/L]`` is short for name and unit."""

    __test__: ClassVar[bool] = False  # pytest takes every name that begins so for its own

    name: str
    unit: str = ""
    code: str = ""
    specimen: str = ""

    @classmethod
    def of(cls, text: str) -> Test:
        """``"Potassium [mmol/L]"`` -> name and unit."""
        found = _TEST.fullmatch(text.strip())
        if not found:
            raise ValueError(f"a test is written as NAME [UNIT], not {text!r}")
        return cls(name=found[1], unit=(found[2] or "").strip())


class Lookup(_Model):
    """Codes that another table explains: the row of `table` whose `key` is what `column` holds gives further columns."""

    column: str
    table: str  # name of a file beside the table, without its ending; upper and lower case do not matter
    key: str
    gives: dict[str, str]  # column of that table -> name that it gets in the output
    where: dict[str, tuple[str, ...]] = {}  # only rows of that table whose column has one of these texts
    missing: tuple[str, ...] = ()  # codes that mean "no code"


class PersonsAt(_Model):
    """Where persons stand: a table beside the table, or the one given with --patients."""

    table: str = ""
    columns: dict[str, str]
    values: dict[str, dict[str, str]] = {}

    @field_validator("columns", "values")
    @classmethod
    def _known(cls, given: dict[str, Any]) -> dict[str, Any]:
        return _among(given, PERSONAL)


class Preset(_Model):
    """How to read one kind of table."""

    about: str
    table: str = ""  # in a folder of several tables: the name of the file (without its ending) that holds the results
    columns: dict[str, str | tuple[str, ...]] = {}  # ours -> theirs; of several, the first that holds something
    values: dict[str, dict[str, str]] = {}  # ours -> {their text: what it means}
    fixed: dict[str, str] = {}  # ours -> the same text for every row
    fill: tuple[str, ...] = ()  # their columns in which an empty cell means "as above"
    tests: dict[str, Test] = {}  # wide tables: column -> the test it holds
    lookups: tuple[Lookup, ...] = ()
    persons: PersonsAt | None = None

    @field_validator("columns", "values", "fixed")
    @classmethod
    def _known(cls, given: dict[str, Any]) -> dict[str, Any]:
        return _among(given, OURS)

    @field_validator("tests", mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {head: Test.of(test) if isinstance(test, str) else test for head, test in given.items()}


def _among(given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    if unknown := [name for name in given if name not in names]:
        raise ValueError(f"{', '.join(unknown)}: the names are {', '.join(names)}")
    return given


def shipped() -> dict[str, str]:
    """Names of the presets that come with labinterp -> their texts."""
    found = (item for item in files(__name__).iterdir() if item.name.endswith(".yaml"))
    return {item.name.removesuffix(".yaml"): item.read_text(encoding="utf-8") for item in sorted(found, key=lambda item: item.name)}


def load(name: str) -> Preset:
    """The preset of that name, or the one in a YAML file of the user's own. Raises `PresetError`."""
    known = shipped()
    if name in known:
        return preset_of(known[name], f"{name}.yaml")
    path = Path(name)
    if not path.is_file():
        raise PresetError(f"there is no preset {name!r} and no such file; presets are {', '.join(known)}")
    try:
        return preset_of(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(f"{path}: {error}") from None


def preset_of(text: str, file: str) -> Preset:
    """YAML -> `Preset`. Raises `PresetError` with the line of the fault."""
    lines: dict[Path_, int] = {}
    faults: list[Fault] = []
    data = read_yaml(text, file, lines, faults)
    if not faults:
        try:
            return Preset.model_validate(_as_texts(data))
        except ValidationError as error:
            for one in error.errors():
                place = tuple(one["loc"])
                line = next((lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in lines), 1)
                faults.append(Fault(file, line, f"{'.'.join(map(str, place))}: {one['msg'].removeprefix('Value error, ')}"))
    raise PresetError("; ".join(map(str, faults)))


def _as_texts(data: Any) -> Any:
    """Every key and value as text: a code is a text even where YAML reads a number."""
    if isinstance(data, dict):
        return {str(key): _as_texts(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_as_texts(value) for value in data]
    return "" if data is None else str(data)
