"""Rows of any texts through all stages and into every text output: nothing raises, nothing is lost, nothing is interpreted."""

from __future__ import annotations

import pandas as pd

from fuzz.draw import Draw
from fuzz.grammar import PIECES, UNIT_PIECES
from fuzz.sound import answer_is_sound, outputs_are_safe
from labinterp import Patient, interpret
from labinterp.reference import Reference

HOSTILE = (
    *("<script>alert(1)</script>", '"><img src=x onerror=1>', "=1+1", "@SUM(A1)", "\x1b[31mred\x1b[0m", "\u202egnp.exe", "[bold]x[/bold]"),
    *("**bold** [a](javascript:1)", "\r\n=cmd", "\t+1", "{0}", "%s", "\x00", "\x9b31m", "]]>", "&lt;b&gt;", "\u2028", "$x^2$", ":red[x]"),
)
WHOLE = tuple(piece.encode("utf-8", "replace").decode() for piece in PIECES)  # a table of pandas holds no halves of characters
REF = Reference.default()
NAMES = (*(marker.name for marker in REF.markers.values()), *HOSTILE, "", "Some unheard-of test")
VALUES = (
    "4.1",
    "2.9",
    "<5",
    ">2000",
    "1,234",
    "4,5",
    "141",
    "0",
    "-1",
    "1e9",
    "negative",
    "positive",
    "1:80",
    "haemolysed",
    "",
    "12 H",
    *HOSTILE,
)
UNITS = tuple(sorted({unit.ucum for marker in REF.markers.values() for unit in marker.units}))
RANGES = ("3.5-5.1", "<5", ">10", "135 - 145", "", "", "M: 13-17 F: 12-15", "negative", "5-3", *HOSTILE)
FLAGS = ("", "", "", "H", "L", "HH", "*", "A", *HOSTILE)
SECONDS, SHARE, LONGEST, WORDS = 5.0, 6, 700, HOSTILE


def check(data: bytes) -> None:
    draw = Draw(data)
    person = Patient(
        sex=draw.choice((None, "male", "female")),
        age=draw.choice((None, 3.0, 30.0, 72.0, 130.0)),
        pregnant=draw.choice((None, True, False)),
    )
    every = bool(draw.number(0, 3) == 3)
    records = []
    while draw and len(records) < 24:  # a further row costs a fiftieth of the first
        other = (lambda: draw.text(10)) if draw.number(0, 3) == 3 else (lambda: draw.choice(WHOLE))
        records.append(
            {
                "name_text": draw.choice(NAMES) if draw.number(0, 7) else other(),
                "value_text": draw.choice(VALUES) if draw.number(0, 4) else other(),
                "unit_text": draw.choice(UNITS) if draw.number(0, 4) else draw.choice((*UNIT_PIECES, *HOSTILE)),
                "range_text": draw.choice(RANGES) if draw.number(0, 4) else other() + "-" + other(),
                "flag_text": draw.choice(FLAGS),
                "section_text": draw.choice(("", "Urine", "CSF", *HOSTILE)),
                "collected_text": draw.choice(("", "2024-01-02", "03/04/2024", *HOSTILE)),
                "decimal": draw.choice(("", ".", ",")),
                "review": draw.choice(("", "", "", HOSTILE[0])),
            }
        )
    if not records:
        return
    frame = pd.DataFrame(records)
    answer = interpret(frame, patient=person, reference=REF)
    answer_is_sound(answer, frame)
    if every:
        outputs_are_safe(answer)
