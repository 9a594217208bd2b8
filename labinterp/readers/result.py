"""One result as it stands on the page."""

from __future__ import annotations

from dataclasses import dataclass, field

from labinterp.readers.geometry import Line


@dataclass(slots=True)
class Result:
    """One result as printed, with the lines it stands on."""

    name: str
    value: str
    unit: str = ""
    range: str = ""
    flag: str = ""
    previous: str = ""
    date: str = ""
    section: str = ""
    specimen: str = ""
    review: str = ""
    bold: bool = False
    colour: int = 0
    lines: list[Line] = field(default_factory=list)
    name_x0: float = 0.0
    value_x: float = 0.0
    open_range: bool = False  # a range label was printed and its lines follow
    second: bool = False
    plain: bool = True  # the value is a number or a known word
    header: int = 0
    card: bool = False  # read from a card, where large or bold type marks every value
