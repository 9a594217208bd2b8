"""Where the knowledge lies: beside the package once installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

COMPILED = "compiled.json"


def knowledge_folder() -> Path:
    """The folder `reference_ranges`: the packaged one first, else the checkout's."""
    packaged = Path(__file__).parents[1] / "reference_ranges"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "reference_ranges"
