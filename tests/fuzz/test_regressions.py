"""Every seed and every input that once went wrong, and a short walk of random inputs from them; without atheris."""

from __future__ import annotations

import random
from importlib import import_module
from pathlib import Path

import pytest

from fuzz.run import fault_of
from fuzz.targets import NAMES

FUZZ = Path(__file__).parents[2] / "fuzz"
INPUTS = sorted(path for folder in ("corpus", "regressions") for path in (FUZZ / folder).glob("*/*"))
WALKS = {"values": 300, "ranges": 200, "units": 300}
"""Random inputs a target; for the others a few, as each takes longer."""


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_known_input_holds(path: Path) -> None:
    assert fault_of(import_module(f"fuzz.targets.{path.parent.name}"), path.read_bytes()) is None


@pytest.mark.parametrize("target", NAMES)
def test_inputs_near_the_known_ones_hold(target: str) -> None:
    module = import_module(f"fuzz.targets.{target}")
    seeds = [path.read_bytes() for path in INPUTS if path.parent.name == target]
    assert seeds
    draw = random.Random(target)
    for _ in range(WALKS.get(target, 10)):
        data = bytearray(draw.choice(seeds))
        for _ in range(draw.randint(1, 6)):
            at = draw.randint(0, len(data))
            data[at : at + draw.randint(0, 2)] = draw.choice(
                (draw.randbytes(draw.randint(0, 3)), draw.choice(module.WORDS or ("x",)).encode("utf-8", "replace"))
            )
        fault = fault_of(module, bytes(data[: module.LONGEST]))
        assert fault is None, (bytes(data), fault)
