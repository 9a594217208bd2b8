"""What a file of `reference_ranges/` may say: frozen models, nothing extra allowed.

Limits are written as a physician writes them, per unit: ``{"%": ">=5.7 <6.5", mmol/mol: ">=39 <48"}``. One to two comparisons,
`<` and `>` exclude their number, `<=` and `>=` include it; a number may follow age (`<=0.5*age`, `<=5+0.5*age`).
Ages are half-open, in years: ``age: [18, 50]`` is from the 18th birthday to the day before the 50th; null is open.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Limits = dict[str, str]
"""UCUM unit -> limit text such as ``>=5.7 <6.5``. The unit ``xULN`` is a multiple of the upper limit in force (printed, else built-in)."""


TEXT = "text"
Text = Annotated[str, TEXT]
"""Words for people: a field of this type has a translation in each language's catalogue. Other strings are ids, codes or quotations."""


class Record(Model):
    """Something with an id of its own."""

    id: str


class Source(Record):
    """Where a number comes from, and how that was checked."""

    organisation: str
    title: str
    year: int | None = None
    kind: str = ""
    doi: str = ""
    url: str = ""
    verified: bool
    checked: str = ""  # how: the page that was read, or who quotes it
    replace: bool = False  # a weak secondary page: to be replaced by a better source
    note: str = ""


class Variation(Record):
    """How much a marker (its id) varies within a healthy person; percent. Either `cvi`, or a published reference change value `rcv`."""

    cvi: float | None = Field(default=None, gt=0, lt=200)
    rcv: float | None = Field(default=None, gt=0, lt=100)
    unit: str = ""  # UCUM: where units of the marker differ in their zero point, the one the number holds for
    source: str
    verified: bool
    note: Text = ""

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if (self.cvi is None) == (self.rcv is None):
            raise ValueError("give cvi or rcv, and not both")
        return self


class Loinc(Model):
    code: str
    name: str
    verified: Literal["full", "component", "none"]
    default: bool = False
    exclude: bool = False  # recognised, but another quantity: never mapped to this marker
    note: str = ""


class Confusion(Model):
    """Another test that looks like this one. A cue counts as a whole word, and never against an exact name."""

    what: Text
    why: Text = ""
    cues: tuple[str, ...]


class UnitFactor(Model):
    """One more unit of the marker: canonical = value * factor + intercept.

    Without `factor` it follows from the units (SI, molar mass, valence).
    """

    ucum: str
    factor: float | None = None
    intercept: float = 0.0
    decimals: int | None = None  # as laboratories print it: values converted into this unit are rounded so before they are compared
    basis: Text = ""
    source: str = ""
    verified: bool = True
    approximate: bool = False  # never decides near an edge
    own_scale: bool = False  # a scale of the kit's own: compared only with limits in this very unit, such as the printed ones


class Factor(Model):
    """A conversion, worked out: canonical = value * factor + intercept. `decimals`: as laboratories print the unit it comes from."""

    factor: float
    intercept: float = 0.0
    decimals: int | None = None
    approximate: bool = False
    own_scale: bool = False
    source: str = ""

    def row(self) -> tuple[Any, ...]:
        """The fields in order, without those at the end that say nothing: eleven thousand of them are read at every start."""
        row = tuple(getattr(self, name) for name in Factor.model_fields)
        while len(row) > 1 and row[-1] == list(Factor.model_fields.values())[len(row) - 1].default:
            row = row[:-1]
        return row

    @classmethod
    @cache
    def of(cls, row: tuple[Any, ...]) -> Factor:
        """The factor of a row."""
        return cls(**dict(zip(cls.model_fields, row)))


class MolarMass(Model):
    value: float  # g/mol
    substance: str
    formula: str = ""  # empty for mixtures and proteins
    valence: int | None = None


class Population(Model):
    """Whom a limit is for. What is left out is everybody; the default age is an adult."""

    sex: Literal["male", "female"] | None = None
    age: tuple[float | None, float | None] = (18, None)
    pregnant: bool | None = None  # True: only in pregnancy; None: outside pregnancy or not said
    fasting: bool | None = None
    default: bool = False  # the one used for its population; the others are alternatives that a reader can see


class Interval(Population):
    """A reference interval of healthy people."""

    limits: Limits
    source: str
    verified: bool
    note: Text = ""


class Band(Model):
    category: str
    label: Text
    severity: Literal[0, 1, 2, 3, 4]  # normal, borderline, abnormal, marked, urgent
    side: Literal["low", "normal", "high"]
    limits: Limits
    verified: bool = True


class Scheme(Population):
    """Decision bands of one guideline, ascending and without a gap in every unit given."""

    scheme: str
    source: str
    verified: bool
    descriptive: bool = False  # words for degrees; does not decide normal or not against an interval
    open_side: Literal["low", "high"] | None = None  # the end on which the outermost band says nothing (B12 has no "too high" here)
    applies_to: Text = ""
    note: Text = ""
    bands: tuple[Band, ...]


class Critical(Population):
    """Values at which a laboratory telephones."""

    low: Limits = Field(default_factory=dict)
    high: Limits = Field(default_factory=dict)
    source: str
    verified: bool
    note: Text = ""


class Plausible(Model):
    """Beyond these a value is a slip until someone confirms it."""

    limits: Limits
    source: str = "editorial"
    note: Text = ""


class Note(Model):
    text: Text
    source: str = ""
    verified: bool = True


class Derived(Model):
    """A result worked out from others; never overwrites a printed one. It stands with the marker it gives, or with an ingredient."""

    id: str
    name: Text
    marker: str = ""  # whose limits judge it; empty: the number alone
    unit: str  # of the result
    formula: str  # plain arithmetic over marker ids (canonical units), `age` in years and `female` (1 or 0)
    source: str
    verified: bool
    on_request: bool = False
    only: dict[str, str] = Field(default_factory=dict)  # marker -> limit (canonical unit) outside of which the formula does not hold
    note: Text = ""


class Case(Model):
    """An example that must hold: `check` runs it. Fields left out of `expect` may be anything; None means no answer."""

    value: str | float
    unit: str = ""
    range: str = ""
    flag: str = ""
    name: str = ""  # default: the marker's own name
    specimen: str = ""
    sex: Literal["male", "female"] | None = None
    age: float | None = None
    pregnant: bool | None = None
    expect: dict[str, str | float | bool | None]
    why: str = ""


class Marker(Record):
    """One analyte: its identity, units, limits, notes, and the cases that prove them."""

    name: Text
    category: Text
    about: Text = ""  # what it measures, in one plain sentence
    specimen: tuple[Literal["blood", "urine", "csf", "stool", "saliva", "bedside", "other"], ...] = ("blood",)
    loinc: tuple[Loinc, ...] = ()
    names: dict[str, tuple[str, ...]]  # language -> names as reports print them
    not_to_confuse: tuple[Confusion, ...] = ()
    unit: str | None  # canonical, UCUM; None for qualitative tests; "1" for a pure number
    decimals: int | None = None
    molar_mass: MolarMass | None = None
    units: tuple[UnitFactor, ...] = ()
    qualitative: dict[str, Literal["normal", "abnormal"]] = Field(default_factory=dict)  # positive: abnormal, ...
    plausible: Plausible | None = None
    intervals: tuple[Interval, ...] = ()
    decision: tuple[Scheme, ...] = ()
    critical: tuple[Critical, ...] = ()
    printed_only: bool = False  # no number of ours could be checked: only the laboratory's own range is used
    needs: tuple[Literal["morning"], ...] = ()  # facts of the sample without which only the printed range counts
    interferences: tuple[Note, ...] = ()
    disagreement: Text = ""  # why the normal band and the default interval, or the limits of two units, differ
    seed: Text = ""  # what the seed articles say, and what is applied instead and why
    leg_weakness: Text = ""
    derived: tuple[Derived, ...] = ()
    notes: tuple[Note, ...] = ()
    cases: tuple[Case, ...] = ()
    see_also: tuple[str, ...] = ()  # other markers
    sources: tuple[str, ...] = ()  # further reading
