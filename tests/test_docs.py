"""README and documentation tell the truth: their examples run, their commands exist, and no command is left out."""

from __future__ import annotations

import argparse
import doctest
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from labinterp.cli import main, make_parser

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.S | re.M)
COMMANDS = [line.removeprefix("$ ") for kind, text in BLOCKS if kind == "console" for line in text.splitlines() if line.startswith("$ ")]


def commands() -> dict[str, argparse.ArgumentParser]:
    actions = make_parser()._subparsers._group_actions  # type: ignore[union-attr]
    return dict(actions[0].choices)  # type: ignore[arg-type]


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_EXAMPLES = [page for page in PAGES if ">>> " in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.name)
def test_python_examples_give_what_the_page_shows(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    outcome = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert outcome.attempted >= 2
    assert outcome.failed == 0


def test_pages_with_examples_are_found() -> None:
    assert {"README.md", "index.md", "programmer.md"} <= {page.name for page in WITH_EXAMPLES}


@pytest.mark.parametrize("line", COMMANDS)
def test_command_examples_run(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(line)
    assert program == "labinterp"
    code, told = main(words), capsys.readouterr()
    assert code == 0, told.err
    assert told.out or told.err


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_in_the_table(name: str) -> None:
    assert re.search(rf"^\| `{name}\b", README, re.M)


@pytest.mark.parametrize(("name", "parser"), sorted(commands().items()))
def test_every_option_is_explained_or_named_so(name: str, parser: argparse.ArgumentParser) -> None:
    assert name == "app" or parser.description
    for action in parser._actions:
        assert action.help or action.choices or action.metavar, f"{name}: {action.option_strings or action.dest}"


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "reference_ranges/README.md", "reference_ranges/CAUSES.md"]
)
def test_files_that_a_page_names_exist(page: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        assert ((ROOT / page).parent / target).exists(), target


def test_the_two_lines_that_set_everything_up() -> None:
    shell = [text.strip() for kind, text in BLOCKS if kind == "sh"]
    assert sum("labinterp app --sample" in line and line.count("\n") == 0 for line in shell) == 1
    assert sum("pytest" in line and line.count("\n") == 0 for line in shell) == 1
    powershell = next(text for kind, text in BLOCKS if kind == "powershell").splitlines()
    assert len(powershell) == 2


def test_the_answers_that_the_readme_shows_are_ones_that_exist() -> None:
    from labinterp.reference import Reference

    ref = Reference.default()
    shown = re.search(r"`(\{\"screen\.[^`]+\})`", README)
    assert shown
    for question, value in json.loads(shown[1]).items():
        if question.startswith("screen."):
            assert question.removeprefix("screen.") in ref.screens and value in ("yes", "no")
        else:
            assert value in {answer.value for answer in ref.questions[question].answers}
