"""What is printed for a unit: its form, and its meaning for a marker."""

from __future__ import annotations

from fuzz.draw import Draw
from fuzz.grammar import UNIT_PIECES
from labinterp.reference import Reference
from labinterp.shapes import looks_like_unit
from labinterp.ucum import ucum_of

SECONDS, SHARE, LONGEST, WORDS = 0.25, 4, 40, UNIT_PIECES
REF = Reference.default()
MARKERS = [None, *REF.markers.values()]


def check(data: bytes) -> None:
    draw = Draw(data)
    marker = draw.choice(MARKERS)
    text = "".join(draw.choice(UNIT_PIECES) for _ in range(draw.number(0, 8))) + draw.rest().decode("utf-8", "replace")
    assert looks_like_unit(text) in (True, False)
    found = ucum_of(REF, text, marker)
    assert ucum_of(REF, f" {text} ", marker) == found, text
    if found is None:
        return
    assert found and found == found.strip(), (text, found)
    # what a unit was understood as is understood as the same again: for a marker that converts it with the same factor
    if marker is not None and (factor := REF.factor(marker.id, found)):
        again = ucum_of(REF, found, marker)
        assert again is not None and REF.factor(marker.id, again) == factor, (text, found, again)
        assert factor.factor > 0, (text, found, factor)
