"""`labinterp check` finds what is wrong with the knowledge, and where. Each fault is planted into a small sound folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from labinterp import interpret
from labinterp.check import check
from labinterp.errors import ReferenceDataError
from labinterp.reference import Reference
from labinterp.reference.check import faults_of, loinc_valid
from labinterp.reference.load import read_folder

SOURCES = """\
list:
  organisation: A laboratory
  title: Its list
  kind: laboratory list
  verified: true
  checked: the list itself
custom:
  organisation: not traced
  title: a customary value
  kind: unverified
  verified: false
"""
SUGAR = """\
id: sugar
name: Sugar
category: glycaemia
unit: mg/dL
decimals: 0
molar_mass: {value: 180.156, substance: glucose}
loinc:
  - {code: 2345-7, name: "Glucose [Mass/volume] in Serum or Plasma", verified: full, default: true}
names:
  en: [Blood sugar]
  no: [Blodsukker]
not_to_confuse:
  - {what: sugar in urine, cues: [urine]}
units:
  - {ucum: mmol/L, factor: 18.0156, decimals: 1}
qualitative: {positive: abnormal}
plausible: {limits: {mg/dL: ">=20 <=1500"}, source: list}
intervals:
  - {sex: male, limits: {mg/dL: ">=70 <100"}, source: list, verified: true, default: true}
  - {sex: female, limits: {mg/dL: ">=70 <100"}, source: list, verified: true, default: true}
  - {age: [6, 18], limits: {mg/dL: ">=60 <100"}, source: list, verified: true, default: true}
decision:
  - scheme: degrees
    source: list
    verified: true
    default: true
    bands:
      - {category: low, label: low, severity: 2, side: low, limits: {mg/dL: "<70", mmol/L: "<3.9"}}
      - {category: normal, label: normal, severity: 0, side: normal, limits: {mg/dL: ">=70 <100", mmol/L: ">=3.9 <5.6"}}
      - {category: raised, label: raised, severity: 1, side: high, limits: {mg/dL: ">=100 <126", mmol/L: ">=5.6 <7.0"}}
      - {category: high, label: high, severity: 2, side: high, limits: {mg/dL: ">=126", mmol/L: ">=7.0"}}
critical:
  - {low: {mg/dL: "<50"}, high: {mg/dL: ">450"}, source: list, verified: true, default: true}
notes:
  - {text: Blood that stands uses up its sugar., source: list}
cases:
  - {value: "126", unit: mg/dL, age: 50, expect: {flag: H, category: high}}
see_also: [salt]
"""
SALT = """\
id: salt
name: Salt
category: electrolyte
unit: mmol/L
loinc:
  - {code: 2951-2, name: "Sodium [Moles/volume] in Serum or Plasma", verified: full, default: true}
names:
  en: [Salt of the blood]
printed_only: true
"""
FILES = {"sources.yaml": SOURCES, "markers/sugar.yaml": SUGAR, "markers/salt.yaml": SALT}


def folder_of(place: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return place


def test_a_sound_folder_has_no_fault(tmp_path: Path) -> None:
    assert check(folder_of(tmp_path, FILES)) == []


PLANTED = {
    "a key twice": ("markers/sugar.yaml", "unit: mg/dL\n", "unit: mg/dL\nunit: g/L\n", "given twice"),
    "a misspelt key": ("markers/sugar.yaml", "decimals: 0\n", "decimal: 0\n", "Extra inputs"),
    "a broken line": ("markers/sugar.yaml", "  en: [Blood sugar]", "  en: [Blood sugar", "expected"),
    "a wrong word": ("markers/sugar.yaml", "severity: 1", "severity: 7", "severity"),
    "an id that is not the file's name": ("markers/salt.yaml", "id: salt", "id: salts", "not the file's name"),
    "an unknown source": ("markers/sugar.yaml", "Blood that stands uses up its sugar., source: list", "Blood., source: lst", "no source 'lst'"),
    "an unreadable limit": ("markers/sugar.yaml", '">=20 <=1500"', '"20-1500"', "not a comparison"),
    "two lower ends": ("markers/sugar.yaml", '">=20 <=1500"', '">=20 >1500"', "two lower ends"),
    "no value left": ("markers/sugar.yaml", '">=20 <=1500"', '">=1500 <=20"', "leaves no value"),
    "a limit in a foreign unit": ("markers/sugar.yaml", '{mg/dL: "<50"}', '{U/L: "<50"}', "'U/L' is not a unit"),
    "a gap between bands": ("markers/sugar.yaml", '{mg/dL: ">=100 <126"', '{mg/dL: ">=105 <126"', "gap"),
    "bands that overlap": ("markers/sugar.yaml", '{mg/dL: ">=100 <126"', '{mg/dL: ">=95 <126"', "overlap"),
    "an edge of both bands": ("markers/sugar.yaml", '{mg/dL: ">=100 <126"', '{mg/dL: ">=100 <=126"', "belongs to both"),
    "an edge of no band": ("markers/sugar.yaml", 'high, limits: {mg/dL: ">=126"', 'high, limits: {mg/dL: ">126"', "belongs to neither"),
    "a first band with a lower end": ("markers/sugar.yaml", '{mg/dL: "<70"', '{mg/dL: ">=1 <70"', "open below"),
    "a last band with an upper end": ("markers/sugar.yaml", '{mg/dL: ">=126"', '{mg/dL: ">=126 <999"', "open above"),
    "a band without one of the units": ("markers/sugar.yaml", '{mg/dL: ">=126", mmol/L: ">=7.0"}', '{mg/dL: ">=126"}', "the first band is given in"),
    "units that disagree": ("markers/sugar.yaml", '<7.0"}}', '<6.0"}}', "not the same quantity"),
    "a worse band nearer to normal": ("markers/sugar.yaml", "label: raised, severity: 1", "label: raised, severity: 4", "less severe"),
    "a low band above the normal one": ("markers/sugar.yaml", "severity: 1, side: high", "severity: 1, side: low", "stands above"),
    "a category twice": ("markers/sugar.yaml", "category: raised", "category: high", "given twice in one scheme"),
    "two defaults for one population": ("markers/sugar.yaml", "{sex: female, limits", "{limits", "two defaults"),
    "ages left out": ("markers/sugar.yaml", "age: [6, 18]", "age: [6, 16]", "no default from 16 to 18"),
    "ages the wrong way round": ("markers/sugar.yaml", "age: [6, 18]", "age: [18, 6]", "no age lies in"),
    "a normal band that disagrees with the interval": ("markers/sugar.yaml", 'female, limits: {mg/dL: ">=70 <100"}', 'female, limits: {mg/dL: ">=70 <110"}', "ends at 100"),
    "a normal limit that is critical": ("markers/sugar.yaml", '{mg/dL: "<50"}', '{mg/dL: "<80"}', "critical and normal"),
    "a critical limit beyond belief": ("markers/sugar.yaml", '{mg/dL: ">450"}', '{mg/dL: ">4500"}', "not plausible"),
    "a band beyond belief": ("markers/sugar.yaml", '">=20 <=1500"', '">=20 <=120"', "a limit but not plausible"),
    "a factor against the molar mass": ("markers/sugar.yaml", "factor: 18.0156", "factor: 18.6", "molar mass"),
    "a unit that cannot be converted": ("markers/sugar.yaml", "{ucum: mmol/L, factor: 18.0156, decimals: 1}", "{ucum: mmol/L}\n  - {ucum: U/L}", "U/L"),
    "a wrong LOINC check digit": ("markers/salt.yaml", "2951-2", "2951-3", "check digit"),
    "a LOINC code of two markers": ("markers/salt.yaml", "2951-2", "2345-7", "also a code of"),
    "a name of two markers": ("markers/sugar.yaml", "en: [Blood sugar]", "en: [Blood sugar, Salt of the blood]", "also a name of"),
    "a name twice": ("markers/sugar.yaml", "en: [Blood sugar]", "en: [Blood sugar, Blood sugar]", "given twice"),
    "a word that is no qualitative result": ("markers/sugar.yaml", "{positive: abnormal}", "{postive: abnormal}", "not a qualitative code"),
    "a verified number on an unverified source": ("markers/sugar.yaml", '">450"}, source: list', '">450"}, source: custom', "but its source"),
    "a default where only the printed range counts": ("markers/sugar.yaml", "see_also: [salt]", "see_also: [salt]\nprinted_only: true", "printed_only"),
    "a marker that does not exist": ("markers/sugar.yaml", "see_also: [salt]", "see_also: [pepper]", "no marker 'pepper'"),
    "a source that was not checked": ("sources.yaml", "  checked: the list itself\n", "", "does not say how"),
    "a file that nothing reads": ("markers.yml", "", "id: lost\n", "no table"),
    "a case that comes out otherwise": ("markers/sugar.yaml", "expect: {flag: H", "expect: {flag: N", "flag 'H' instead of 'N'"),
}  # fmt: skip


ELSEWHERE = {
    "a key twice": ("markers/sugar.yaml", "unit: g/L"),
    "a worse band nearer to normal": ("markers/sugar.yaml", "label: high"),
    "a unit that cannot be converted": ("markers/sugar.yaml", "ucum: U/L"),
    "a broken line": ("markers/sugar.yaml", "  no: [Blodsukker]"),
    "a band beyond belief": ("markers/sugar.yaml", "category: raised"),
    "a category twice": ("markers/sugar.yaml", "label: high"),
    "an edge of both bands": ("markers/sugar.yaml", "label: high"),
    "units that disagree": ("markers/sugar.yaml", "label: raised"),
    "two defaults for one population": ("markers/sugar.yaml", '- {limits: {mg/dL: ">=70 <100"}'),
    "ages left out": ("markers/sugar.yaml", "sex: female"),
    "a normal band that disagrees with the interval": ("markers/sugar.yaml", "scheme: degrees"),
    "a LOINC code of two markers": ("markers/sugar.yaml", "code: 2345-7"),
    "a default where only the printed range counts": ("markers/sugar.yaml", "sex: male"),
    "a source that was not checked": ("sources.yaml", "verified: true"),
}
"""Faults that show in another line than the one they were planted in: the line to be named."""


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found_with_file_and_line(fault: str, tmp_path: Path) -> None:
    file, old, new, says = PLANTED[fault]
    files = FILES | {file: FILES.get(file, "").replace(old, new, 1)}
    assert files[file] != FILES.get(file)
    place, there = ELSEWHERE.get(fault, (file, new or old))
    line = files[place][: files[place].index(there.lstrip("\n"))].count("\n") + 1
    found = check(folder_of(tmp_path, files))
    assert any(says in one.text and (one.file, one.line) == (place, line) for one in found), [str(one) for one in found]


def test_a_fault_stands_on_the_very_line(tmp_path: Path) -> None:
    text = SUGAR.replace('">=20 <=1500"', '"20-1500"')
    found = faults_of(read_folder(folder_of(tmp_path, FILES | {"markers/sugar.yaml": text})))
    line = text[: text.index("20-1500")].count("\n") + 1
    assert [(fault.file, fault.line) for fault in found] == [("markers/sugar.yaml", line)]
    assert str(found[0]).startswith(f"markers/sugar.yaml:{line}: ")


def test_no_is_a_language_and_not_a_refusal(tmp_path: Path) -> None:
    assert Reference.load(folder_of(tmp_path, FILES)).candidates("BLODSUKKER") == ("sugar",)


def test_a_folder_of_markers_alone_is_enough_to_interpret(tmp_path: Path) -> None:
    frame = pd.DataFrame([{"name_text": "Blood sugar", "value_text": "130", "unit_text": "mg/dL"}])
    answer = interpret(frame, reference=Reference.load(folder_of(tmp_path, FILES)))
    assert answer.results["category"].tolist() == ["high"]
    assert answer.findings == []


def test_a_faulty_folder_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"markers/sugar\.yaml:3: "):
        Reference.load(folder_of(tmp_path, FILES | {"markers/sugar.yaml": SUGAR.replace("category: gly", "kategory: gly")}))


def test_write_compiles_and_a_stale_file_is_a_fault(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, FILES)
    assert check(folder, write=True) == []
    compiled = folder / "compiled.json"
    before = compiled.read_bytes()
    assert check(folder, write=True) == []
    assert compiled.read_bytes() == before, "the same knowledge must compile to the same bytes"
    folder_of(folder, {"markers/salt.yaml": SALT.replace("name: Salt", "name: Table salt")})
    assert [fault.file for fault in check(folder)] == ["compiled.json"]
    assert check(folder, write=True) == []
    assert check(folder) == []


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(ReferenceDataError, match="no folder"):
        check("there/is/no/such/folder")


@pytest.mark.parametrize(
    ("code", "valid"), [("4548-4", True), ("4548-5", False), ("13964-2", True), ("98979-8", True), ("4548", False), ("x-1", False)]
)
def test_loinc_check_digit(code: str, valid: bool) -> None:
    assert loinc_valid(code) is valid
