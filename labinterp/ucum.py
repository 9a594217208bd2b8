"""What laboratories print for a unit, as UCUM. The marker decides letters that mean several things; what is not known stays unknown."""

from __future__ import annotations

from functools import lru_cache

from labinterp.reference import Reference
from labinterp.reference.schema import Marker
from labinterp.shapes import tidy


def ucum_of(ref: Reference, text: str, marker: Marker | None = None) -> str | None:
    """The UCUM unit of a printed spelling, or None."""
    return _ucum(ref, text, marker.id if marker else "")


@lru_cache(maxsize=65536)
def _ucum(ref: Reference, text: str, marker_id: str) -> str | None:
    plain = tidy(text)
    for key in (text.strip(), plain, plain.replace(" ", "")):
        if key and (marker_id and ref.factor(marker_id, key)):
            return key
        if key in ref.spellings:
            return ref.spellings[key]
    return None
