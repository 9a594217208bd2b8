"""Every `cases:` entry of the causes holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labinterp import Reference
from labinterp.causes import fault_of_case
from labinterp.reference.load import read_folder, read_yaml
from labinterp.reference.locate import knowledge_folder
from labinterp.reference.schema_causes import Cause, CauseCase

CAUSES: dict[str, Cause] = read_folder(Path(knowledge_folder())).tables["causes"]
CASES = [pytest.param(cause.id, case, id=f"{cause.id}-{number}") for cause in CAUSES.values() for number, case in enumerate(cause.cases)]


@pytest.mark.parametrize(("cause", "case"), CASES)
def test_case(cause: str, case: CauseCase) -> None:
    assert not fault_of_case(cause, case, Reference.default())


def test_a_case_that_does_not_hold_is_told() -> None:
    case = CauseCase(results=(("potassium", "normal"),), tier="fits", why="an invented case")
    assert fault_of_case("hypokalemia", case, Reference.default()) == "less_supported instead of fits (an invented case)"


def test_the_common_causes_have_cases() -> None:
    common = [cause for cause in CAUSES.values() if cause.common]
    assert len(common) == 30
    assert not [cause.id for cause in common if not cause.cases]


def test_the_common_causes_are_listed_for_review() -> None:
    text = (Path(knowledge_folder()) / "CAUSES.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"\]\(causes/(\w+)\.yaml\)", text))
    assert listed == {cause.id for cause in CAUSES.values() if cause.common}


def test_the_example_in_the_guide_is_a_cause() -> None:
    text = (Path(knowledge_folder()) / "CAUSES.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.S)
    assert example is not None
    cause = Cause.model_validate(read_yaml(example[1], "CAUSES.md", {}, []))
    assert {link.marker for link in cause.links} <= set(Reference.default().markers)
