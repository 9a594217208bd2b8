"""labinterp reads laboratory reports and links what is abnormal to possible causes of leg weakness.

The public names live here and nothing else does. They are imported when first used, so that `import labinterp` is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labinterp.errors import LabinterpError, ReadError, ReferenceDataError, UnitError, ValueTextError
    from labinterp.interpretation import Interpretation, interpret
    from labinterp.model import Patient, Report
    from labinterp.readers import read
    from labinterp.reference import Reference
    from labinterp.series import trends
    from labinterp.shapes import parse_range, parse_value
    from labinterp.units import convert

__version__ = "0.1.0"

_HOME = {
    "LabinterpError": "errors",
    "ReadError": "errors",
    "UnitError": "errors",
    "ValueTextError": "errors",
    "ReferenceDataError": "errors",
    "Patient": "model",
    "Report": "model",
    "Reference": "reference",
    "Interpretation": "interpretation",
    "interpret": "interpretation",
    "read": "readers",
    "parse_value": "shapes",
    "parse_range": "shapes",
    "convert": "units",
    "trends": "series",
}

__all__ = [
    "Interpretation",
    "LabinterpError",
    "Patient",
    "ReadError",
    "Reference",
    "ReferenceDataError",
    "Report",
    "UnitError",
    "ValueTextError",
    "convert",
    "interpret",
    "parse_range",
    "parse_value",
    "read",
    "trends",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'labinterp' has no attribute {name!r}")
    return getattr(import_module(f"labinterp.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
