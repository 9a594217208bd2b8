"""What the files on causes may say: frozen models, nothing extra allowed. Links and weights are judgement and say so.

One kind of statement serves patterns, alerts, triggers and data-quality notes: a `Condition` is true, false or not known, and a
condition that joins others (`all_of`, `any_of`, `none_of`) is one too. Limits are written as in the marker files (`schema.Limits`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from labinterp.reference.schema import Limits, Model, Text

FindingName = Literal[
    "high",
    "low",
    "very_high",
    "very_low",
    "borderline_high",
    "borderline_low",
    "low_or_normal",
    "high_or_normal",
    "normal",
    "any_abnormal",
    "measured",
    "positive",
    "negative",
    "high_inappropriate",
]
Role = Literal["defining", "supporting", "against", "screening"]
Strength = Literal["strong", "moderate", "weak"]
Urgency = Literal["emergency", "urgent", "routine"]


class Condition(Model):
    """One statement: about a marker, an answer or the age, or several of these joined.

    A marker with `finding` (table in design: what a finding means), or with `limits` (any unit given; the report's own unit wins), or
    with `printed` (words that stand in its printed line, lower case). A question with `answer` (any of them). An `age` limit in years.
    """

    marker: str = ""
    finding: FindingName | None = None
    limits: Limits = Field(default_factory=dict)
    printed: tuple[str, ...] = ()
    question: str = ""
    answer: tuple[str, ...] = ()
    age: str = ""
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    none_of: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def one_statement(self) -> Condition:
        kinds = [bool(self.marker), bool(self.question), bool(self.age), bool(self.all_of or self.any_of or self.none_of)]
        if sum(kinds) != 1:
            raise ValueError("a condition speaks of one thing: a marker, a question, the age, or all_of / any_of / none_of")
        if self.marker and sum([self.finding is not None, bool(self.limits), bool(self.printed)]) != 1:
            raise ValueError(f"{self.marker}: give one of finding, limits, printed")
        if self.question and not self.answer:
            raise ValueError(f"{self.question}: give the answer")
        return self

    def markers(self) -> tuple[str, ...]:
        """Every marker named in it, in order, each once."""
        inner = (name for part in (*self.all_of, *self.any_of, *self.none_of) for name in part.markers())
        return tuple(dict.fromkeys(([self.marker] if self.marker else []) + list(inner)))

    def questions(self) -> tuple[str, ...]:
        """Every question named in it, in order, each once."""
        inner = (name for part in (*self.all_of, *self.any_of, *self.none_of) for name in part.questions())
        return tuple(dict.fromkeys(([self.question] if self.question else []) + list(inner)))


class Statistic(Model):
    """A published number, shown only with its source."""

    text: Text
    source: str
    verified: bool


class MarkerLink(Model):
    """What one finding of one marker says about a cause. Judgement, unless a statistic is given."""

    marker: str
    finding: FindingName
    role: Role
    strength: Strength
    note: Text = ""
    statistic: Statistic | None = None


class NextTestRule(Model):
    """A test worth asking about and the question it answers. It is left out once every one of its `markers` has been measured."""

    test: Text
    reason: Text
    markers: tuple[str, ...] = ()


class Code(Model):
    """An identifier in a public terminology."""

    system: Literal["icd10cm", "mondo", "hpo"]
    code: str
    name: str
    verified: bool
    note: str = ""


class SeedSays(Model):
    """What a seed article says on the cause, paraphrased, and what is applied instead where it is loose or wrong."""

    article: str
    says: Text
    applied: Text = ""


class CauseCase(Model):
    """An example that must hold. `results` are marker, finding pairs; `answers` as a user gives them."""

    results: tuple[tuple[str, FindingName], ...] = ()
    answers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    age: float | None = None
    tier: Literal["fits", "possible", "unseen", "less_supported", "none"]
    at_least: bool = False  # the tier may be better than the one given
    why: str


class Cause(Model):
    """One possible cause of weak legs. Never a diagnosis."""

    id: str
    name: Text
    category: Text
    urgency: Urgency
    mechanism: Text  # one plain sentence: why it weakens the legs
    wording: Text = ""  # the one safe sentence, where the general one does not do
    onset: tuple[str, ...]
    distribution: tuple[str, ...]
    sensory: tuple[str, ...]
    course: Text = ""
    red_flags: tuple[Text, ...] = ()
    visible: Literal["yes", "partly", "no"]  # in blood tests
    labs_may_not_hide: bool = False  # no normal result lowers it below "do not miss"
    needs_pointer: bool = False  # appears only with a defining marker, a telling answer, several answers, or a pattern of its own
    common: bool = False  # one of the thirty to be reviewed first
    never_leading: bool = False  # never offered as the explanation by a program
    settles: tuple[Text, ...] = ()  # what usually settles it
    next_tests: tuple[NextTestRule, ...] = ()
    links: tuple[MarkerLink, ...] = ()
    seeds: tuple[SeedSays, ...] = ()
    codes: tuple[Code, ...] = ()
    sources: tuple[str, ...]
    note: Text = ""
    statistics: tuple[Statistic, ...] = ()
    basis: Literal["editorial"] = "editorial"
    reviewed_by: str = "nobody"
    cases: tuple[CauseCase, ...] = ()


class AlertRule(Model):
    """Something that cannot wait. Fires when the pattern holds and `when` (if given) holds too."""

    urgency: Literal["emergency", "urgent"]
    text: Text  # what it means, one or two plain sentences
    action: Text
    when: Condition | None = None


class Pattern(Model):
    """Findings of several markers read together, or one critical value. Conditions are joined: all of, one of, none of."""

    id: str
    name: Text
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    none_of: tuple[Condition, ...] = ()
    points_to: tuple[str, ...]
    weakens: tuple[str, ...] = ()
    level: Literal["cause", "group"]  # a pattern of level `group` only says where to look
    strength: Strength
    meaning: Text
    alerts: tuple[AlertRule, ...] = ()  # the first that holds is told
    sources: tuple[str, ...] = ()
    verified: bool = False
    note: Text = ""


class QualityRule(Model):
    """Why a result may mislead. A notice, never an alarm; the links of the markers in `halves` count half."""

    id: str
    when: Condition
    marker: str  # the one the notice is about
    halves: tuple[str, ...] = ()
    text: Text
    sources: tuple[str, ...] = ()


class AnswerRule(Model):
    """One answer and what it moves: causes it `raises` a little, those for which it is `telling`, those whose exposure it names."""

    value: str
    label: Text  # at most 40 letters: it stands on a button
    says: Text  # the answer as a sentence part, for the list of reasons
    raises: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    specific: tuple[str, ...] = ()
    lowers: tuple[str, ...] = ()
    statistic: Statistic | None = None
    age: str = ""  # the age that implies this answer


class QuestionRule(Model):
    """One bedside question. "I do not know" is always possible and changes nothing."""

    id: str
    text: Text
    why: Text
    answers: tuple[AnswerRule, ...]
    multiple: bool = False
    first: bool = False  # asked before all others
    named_in_seeds: tuple[str, ...] = ()
    note: Text = ""


class Screen(Model):
    """One question of the emergency screen. Yes fires an alert that nothing can take away."""

    id: str
    text: Text
    urgency: Literal["emergency", "urgent"] = "emergency"
    suggests: tuple[str, ...]
    alert: Text  # what the alert says
    action: Text
    named_in_seeds: tuple[str, ...] = ()
    note: Text = ""


class Trigger(Model):
    """Answers that together mean the same as yes to a screen question."""

    id: str
    when: Condition
    fire: str  # id of a Screen
    urgency: Literal["emergency", "urgent"] = "emergency"


class StandIn(Model):
    """Another marker that is read instead of `marker` where it was measured (and `when` holds, if given)."""

    marker: str
    instead: str
    when: Condition | None = None
    why: Text


class EvidenceWeights(Model):
    """Points, caps and groups: judgement in one file that a physician can read and change. Points are never shown."""

    id: str
    links: dict[Role, dict[Strength, float]]  # screening moves nothing
    patterns: dict[Literal["cause", "group"], dict[Strength, float]]
    answers: dict[Literal["raises", "telling", "specific", "lowers"], float]
    borderline: float  # share that a borderline result counts
    further_of_group: float  # share that each further marker of one evidence group counts
    doubtful: float  # share that a link counts under a data-quality note
    weak_cap: float  # all weak links of a cause together
    fits: float  # points needed for the tier "fits"
    possible: float
    less_supported: float  # at or below
    well_above: float  # multiples of the upper limit that are very high where no decision band applies
    days_apart: int  # values further apart are not joined into a pattern
    shown_next_tests: int
    groups: dict[str, tuple[str, ...]]
    stand_ins: tuple[StandIn, ...] = ()
    tiers: dict[str, Text]  # tier -> its heading
    wording: dict[str, Text]  # tier -> sentence with {name}, {tests}
    closing: Text  # stands at the end of every answer
    note: Text = ""


class SeedTerm(Model):
    """A thing that a seed article names, and where it is found here."""

    id: str
    term: str
    kind: Literal["condition", "test", "symptom", "red_flag", "number", "error", "treatment"]
    articles: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()  # a question, or question.answer
    screens: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # each stands, in any case, in the file of one of `causes` (of any cause, where none is named)
    says: str = ""
    applied: str = ""
    out_of_scope: str = ""  # why it is deliberately not in the product
