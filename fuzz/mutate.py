"""Mutation testing of the stages that decide flags and alerts: ``python -m fuzz.mutate --sample 150``.

A mutant is one small change within a function (another comparison, another number, another word, a condition the other way round).
It is killed if a case of the knowledge comes out otherwise or a unit test of these stages fails; a survivor is printed with its line.
The changes are made in forked copies of this process, so that what is heavy is imported once; the source stays as it is.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import io
import itertools
import os
import random
import resource
import signal
import sys
import time
import types
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parents[1]
MODULES = ("flags", "limits", "intervals", "alerts", "facts")
TESTS = ("intervals", "flags", "limits", "facts", "alerts", "morning", "traps")
OWN = {"flags": "flags", "limits": "intervals", "intervals": "intervals", "alerts": "alerts", "facts": "facts"}
COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
SECONDS = 120
"""CPU time of one mutant; one that needs more runs in circles and counts as killed."""


class Mutant(NamedTuple):
    module: str
    function: str  # dotted within the module
    site: int  # number of the node within the function, in the order of `ast.walk`
    line: int
    told: str


def changed(node: ast.AST) -> tuple[ast.AST, str] | None:
    """The other form of a node, and words for it; None where it has none worth trying."""
    new: Any = copy.deepcopy(node)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        new.ops[0] = COMPARED[type(node.ops[0])]()
    elif isinstance(node, ast.BoolOp):
        new.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        new = new.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in COMPUTED:
        new.op = COMPUTED[type(node.op)]()
    elif isinstance(node, ast.If | ast.IfExp):
        new.test = ast.UnaryOp(ast.Not(), new.test)
    elif isinstance(node, ast.Continue):
        new = ast.Break()
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        new.value = not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        new.value = node.value + 1
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 30 and " " not in node.value:
        new.value = node.value + "X"  # a code, a column, a key; sentences for people are no decisions
    else:
        return None
    shown = [ast.unparse(one) if not isinstance(one, ast.If) else f"if {ast.unparse(one.test)}" for one in (node, new)]
    return new, f"{shown[0]}  ->  {shown[1]}"


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods with their names; what is nested within belongs to the outer one."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{inner.name}", inner) for inner in node.body if isinstance(inner, ast.FunctionDef))


def sites(function: ast.FunctionDef) -> list[ast.AST]:
    """All nodes of a function's body, without its docstring, annotations and texts with values in them."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    skipped: set[int] = set()
    found = []
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.JoinedStr):
                skipped |= {id(inner) for inner in ast.walk(node)}
            if isinstance(node, ast.AnnAssign):
                skipped |= {id(inner) for inner in ast.walk(node.annotation)}
            found.append(node)
    return [node for node in found if id(node) not in skipped]


def mutants(module: str) -> list[Mutant]:
    tree = ast.parse((HERE / "labinterp" / f"{module}.py").read_text(encoding="utf-8"))
    return [
        Mutant(module, name, number, node.lineno, new[1])  # type: ignore[attr-defined]
        for name, function in functions(tree)
        for number, node in enumerate(sites(function))
        if (new := changed(node)) is not None
    ]


def install(mutant: Mutant) -> None:
    """Give the function of the running program the changed code."""
    file = HERE / "labinterp" / f"{mutant.module}.py"
    tree = ast.parse(file.read_text(encoding="utf-8"))
    function = dict(functions(tree))[mutant.function]
    old = sites(function)[mutant.site]
    new = changed(old)
    assert new is not None

    class Swap(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return ast.copy_location(new[0], node) if node is old else self.generic_visit(node)

    Swap().visit(function)
    code = compile(ast.fix_missing_locations(tree), str(file), "exec")
    living: Any = import_module(f"labinterp.{mutant.module}")
    for part in mutant.function.split("."):
        code = next(const for const in code.co_consts if isinstance(const, types.CodeType) and const.co_name == part)
        living = living.__dict__[part]
    living = getattr(living, "fget", None) or getattr(living, "func", None) or getattr(living, "__func__", None) or living
    while hasattr(living, "__wrapped__"):
        living = living.__wrapped__
    living.__code__ = code


def killed(mutant: Mutant | None, oracles: list[Callable[[], bool]]) -> bool:
    """Try a mutant (None: the program as it is) in a fork: does any oracle object?"""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        signal.signal(signal.SIGXCPU, lambda *_: os._exit(1))
        wrong = True
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                if mutant is not None:
                    install(mutant)
                wrong = any(oracle() for oracle in oracles)
            except BaseException:  # whatever the change breaks, it is noticed
                wrong = True
        os._exit(int(wrong))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def sample(every: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """So many mutants by chance, in turn from each module, so that a small one is tried as well as a large one; all where `size` is 0."""
    chance = random.Random(seed)
    piles = [list(pile) for _, pile in itertools.groupby(every, lambda mutant: mutant.module)]
    for pile in piles:
        chance.shuffle(pile)
    turns = [mutant for turn in itertools.zip_longest(*piles) for mutant in turn if mutant is not None]
    return turns[: size or None]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sample", type=int, default=0, help="this many mutants by chance, spread over the modules; 0 tries all")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--module", action="append", choices=MODULES)
    arguments.add_argument("--only", help="mutants whose place contains this, such as flags.py:120")
    given = arguments.parse_args()

    import pytest

    from labinterp.check import failed_cases, failed_cause_cases
    from labinterp.reference import Reference
    from labinterp.reference.load import read_folder

    for name in ("interpretation", "series", "export.summary", "export.html", "export.fhir", "export.json"):
        import_module(f"labinterp.{name}")
    ref = Reference.default()
    known = read_folder(HERE / "reference_ranges")

    def failing(*names: str) -> bool:
        files = (str(HERE / "tests" / "unit" / f"test_{name}.py") for name in names)
        return pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *files]) != 0

    def oracles(own: str) -> list[Callable[[], bool]]:
        """The quickest to object first: the tests of the module, the cases, the other tests."""
        return [
            lambda: failing(own),
            lambda: bool(failed_cases(known, ref) or failed_cause_cases(known, ref)),
            lambda: failing(*(name for name in TESTS if name != own)),
        ]

    if killed(None, oracles("flags")):
        print("the program as it is does not pass")
        return 2
    every = [mutant for module in given.module or MODULES for mutant in mutants(module)]
    chosen = sample(every, given.sample, given.seed)
    if given.only:
        chosen = [mutant for mutant in every if given.only in f"{mutant.module}.py:{mutant.line} {mutant.told}"]
    survived: list[Mutant] = []
    count, begin = 0, time.monotonic()
    for count, mutant in enumerate(chosen, 1):
        if not killed(mutant, oracles(OWN[mutant.module])):
            survived.append(mutant)
            print(f"survived  {mutant.module}.py:{mutant.line} {mutant.function}: {mutant.told}", flush=True)
        if count % 10 == 0:
            print(f"{count} of {len(chosen)} tried, {len(survived)} survived, {time.monotonic() - begin:.0f} s", flush=True)
    print(f"{len(every)} mutants, {count} tried, {count - len(survived)} killed, {len(survived)} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
