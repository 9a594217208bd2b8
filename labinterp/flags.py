"""Stage: two questions, two answers. `flag` is the laboratory's (its range, its mark); `category` and `severity` are the guideline's.

A result is an interval: a band is given only where the whole interval lies in it. Nothing is called normal on the word of one limit
while another disagrees, and a critical limit wins over every printed range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from labinterp.columns import Columns, first_places, height, resolve, spread, stage
from labinterp.language import Language, english
from labinterp.limits import ENGLISH, INF, Limits, Line, Lines, Results, Scale, Span, reached, side
from labinterp.reference.fold import fold_name

_SIGNS = dict.fromkeys(("↑", "▲", "⬆", "+", "++", "+++", "↑↑"), "H") | dict.fromkeys(("↓", "▼", "⬇", "-", "−", "–", "--", "---", "↓↓"), "L")
_WORDS = {
    "LL": ("ll", "critical low", "low critical", "low panic", "panic low", "very low"),
    "HH": ("hh", "critical high", "high critical", "high panic", "panic high", "very high"),
    "L": (
        "l",
        "low",
        "lo",
        "below",
        "below range",
        "below low normal",
        "below low reference limit",
        "below reference range",
        "bajo",
        "basso",
        "baixo",
        "bas",
        "niedrig",
        "erniedrigt",
        "tief",
        "laag",
        "lav",
        "lag",
        "niski",
    ),
    "H": (
        "h",
        "high",
        "hi",
        "above",
        "above range",
        "above high normal",
        "above high reference limit",
        "above reference range",
        "alto",
        "eleve",
        "hoch",
        "erhoht",
        "verhoogd",
        "hoog",
        "hoj",
        "hog",
        "wysoki",
        "elevado",
        "elevato",
    ),
    "N": ("n", "normal", "ok"),
    "A": (
        "a",
        "aa",
        "abn",
        "abnormal",
        "bold",
        "colour",
        "color",
        "c",
        "crit",
        "critical",
        "panic",
        "out of range",
        "outside reference range",
    ),
    "POS": ("pos", "positive", "positiv", "positif", "positivo", "reactive", "detected"),
    "NEG": ("neg", "negative", "negativ", "negatif", "negativo", "non reactive", "nonreactive", "not detected"),
}
_MARKS = {word: flag for flag, words in _WORDS.items() for word in words}

POSITIVE = frozenset(
    {
        "positive",
        "weakly-positive",
        "reactive",
        "detected",
        "present",
        "1+",
        "2+",
        "3+",
        "4+",
        "few",
        "occasional",
        "moderate",
        "many",
        "rare",
        "trace",
    }
)
NEGATIVE = frozenset({"negative", "non-reactive", "not-detected", "absent", "none"})
UNCLEAR = frozenset({"borderline", "indeterminate"})
SIDE = {"low": -1.0, "normal": 0.0, "high": 1.0}
SIDE_NAME = {-1.0: "low", 0.0: "normal", 1.0: "high"}
FLAG_OF_SIDE = {-1.0: "L", 0.0: "N", 1.0: "H"}


def laboratory_mark(text: str) -> str:
    """The laboratory's own mark as a flag: ``↑`` is H, ``niedrig`` is L, ``*`` is A (side not said); empty where it says nothing."""
    text = text.strip()
    if not text:
        return ""
    if text in _SIGNS:
        return _SIGNS[text]
    bare = text.strip("*!()[] \t")
    if bare in _SIGNS:
        return _SIGNS[bare]
    return _MARKS.get(fold_name(bare), "A" if not bare else "")


@stage
def flag_results(results: Columns, language: Language = ENGLISH) -> Columns:
    """Add flag, category, severity, side, abnormal, status and reason, the limits used, and `xuln` (multiple of the upper limit).

    Reads `marker`, the columns of parse_values and normalize_units, and `limits`. A row that cannot be judged keeps an empty flag,
    a status and a reason, in words of `language`.
    """
    n = height(results)
    texts = ("flag", "category", "side", "status", "reason", "basis", "interval_id", "source_id", "limit_text", "band_text")
    out: dict[str, np.ndarray] = {name: np.full(n, "", dtype=object) for name in texts}
    out |= {name: np.full(n, np.nan) for name in ("severity", "range_low", "range_high", "xuln")}
    out["abnormal"] = np.full(n, None, dtype=object)
    comparator, low, high, limits = (results[name] for name in ("comparator", "low", "high", "limits"))
    everything = Results(low, high, comparator == ">", comparator == "<")
    numeric = ~np.isnan(low)
    rows = np.flatnonzero(numeric)
    if len(rows):
        part = Results(low[rows], high[rows], everything.low_open[rows], everything.high_open[rows])
        codes, ids = pd.factorize(np.fromiter((id(limit) for limit in limits[rows]), dtype=np.int64, count=len(rows)))
        kinds: list[Limits] = [limits[row] for row in rows[first_places(codes, len(ids))]]
        for name, values in _judge(kinds, codes, part, language).items():
            out[name][rows] = values
    _words(results, limits, out)
    _laboratory(results, out, language)
    _status(results, limits, out, numeric, language)
    return out


# ---- numbers -------------------------------------------------------------------------------------------------------------


def _judge(kinds: list[Limits], codes: np.ndarray, results: Results, language: Language) -> dict[str, Any]:
    """All rows at once: row i is compared with the limits `kinds[codes[i]]`."""

    def each(fact: Callable[[Limits], bool]) -> np.ndarray:
        answers: np.ndarray = np.array([fact(limits) for limits in kinds], dtype=bool)[codes]
        return answers

    n = len(codes)
    has_printed, has_scales = each(lambda k: bool(k.printed)), each(lambda k: bool(k.scales))
    has_intervals = each(lambda k: bool(k.intervals))
    descriptive = each(lambda k: bool(k.scales) and all(scale.descriptive for scale in k.scales))
    printed = _agreed(_sides([k.printed for k in kinds], codes, results), n)
    interval = _agreed(_sides([k.intervals for k in kinds], codes, results), n)
    decision, severity, category, band_text, opened = _bands([k.scales for k in kinds], codes, results, interval)
    opened &= has_intervals
    decision = np.where(opened, interval, decision)

    used = [_used(limits, language) for limits in kinds]
    basis, ids, sources, shown = (_objects(part)[codes] for part in zip(*used))
    low, high = (np.array(ends, dtype=float)[codes] for ends in zip(*(_ends(limits, names[0]) for limits, names in zip(kinds, used))))
    sides = np.where(basis == "printed", printed, np.where(basis == "decision", decision, np.where(basis == "interval", interval, np.nan)))
    flag = np.where(basis == "", "", "IND").astype(object)
    for value, letter in FLAG_OF_SIDE.items():
        flag[sides == value] = letter
    beyond = opened & (basis == "decision")  # what the scheme leaves open the interval decides, and is shown instead
    if beyond.any():
        instead = [_by_interval(limits, language) if limits.intervals else ("", "", "", "") for limits in kinds]
        for column, part in zip((basis, ids, sources, shown), zip(*instead)):
            column[beyond] = _objects(part)[codes[beyond]]
        for column, ends in zip((low, high), zip(*(_ends_of(limits.intervals) for limits in kinds))):
            column[beyond] = np.array(ends, dtype=float)[codes[beyond]]

    critical = np.zeros(n)
    for _, where in _sides([k.critical for k in kinds], codes, results):  # one possible population is enough
        critical = np.where((where == -1) | (where == 1), where, critical)
    flag[(flag == "N") & each(lambda k: k.passed_over)] = "IND"  # the laboratory's own range could not be used: nobody knows if it agrees
    flag[critical == -1], flag[critical == 1] = "LL", "HH"

    decides = has_scales & ~(descriptive & (has_printed | has_intervals))
    verdicts = ((printed, has_printed), (decision, decides), (interval, has_intervals & ~has_printed & ~decides))
    abnormal = np.full(n, None, dtype=object)
    asked = has_printed | decides | has_intervals
    abnormal[asked & np.all([(v == 0) | ~counts for v, counts in verdicts], axis=0)] = False
    abnormal[np.any([((v == -1) | (v == 1)) & counts for v, counts in verdicts], axis=0)] = True
    abnormal[(severity >= 2) & (abnormal == False)] = None  # noqa: E712 - words of degree decide nothing, but nor do they reassure
    abnormal[(flag == "IND") & (abnormal == False)] = None  # noqa: E712 - an array
    abnormal[critical != 0] = True

    side_name = np.full(n, "", dtype=object)
    for value, name in SIDE_NAME.items():
        side_name[decision == value] = name
    for _, where in _sides([(k.plausible,) if k.plausible else () for k in kinds], codes, results):
        flag[((where == -1) | (where == 1)) & np.isfinite(results.low)] = "?"
    return {
        "flag": flag,
        "category": category,
        "severity": severity,
        "side": side_name,
        "abnormal": abnormal,
        "basis": basis,
        "interval_id": ids,
        "source_id": sources,
        "limit_text": shown,
        "band_text": band_text,
        "range_low": low,
        "range_high": high,
        "xuln": _multiple(kinds, codes, results),
    }


def _objects(values: Sequence[Any]) -> np.ndarray:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _layers(parts: Sequence[Sequence[Any]], codes: np.ndarray) -> Iterator[tuple[np.ndarray, list[Any], np.ndarray]]:
    """The first part of each kind, then the second ...: the rows that have one, the parts, and which of them each of those rows has."""
    lengths = np.fromiter(map(len, parts), dtype=np.int64, count=len(parts))
    for depth in range(lengths.max(initial=0)):
        deep = lengths > depth
        has = deep[codes]
        yield has, [parts[kind][depth] for kind in np.flatnonzero(deep).tolist()], (np.cumsum(deep) - 1)[codes[has]]


def _sides(parts: Sequence[tuple[Span, ...]], codes: np.ndarray, results: Results) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Which rows have a first span, and on which side of it they lie (NaN for the others); then the second ..."""
    for has, spans, own in _layers(parts, codes):
        out = np.full(len(codes), np.nan)
        low, high = (np.array(ends)[own] for ends in zip(*((span.low, span.high) for span in spans)))
        out[has] = side(low, high, *results.take(has).along(Lines.of([span.line for span in spans], own)))
        yield has, out


def _agreed(answers: Iterable[tuple[np.ndarray, np.ndarray]], n: int) -> np.ndarray:
    """What all populations answer alike, NaN elsewhere."""
    out = np.full(n, np.nan)
    for number, (has, answer) in enumerate(answers):
        out = answer if number == 0 else np.where(has & (out != answer), np.nan, out)
    return out


def _bands(
    parts: Sequence[tuple[Scale, ...]], codes: np.ndarray, results: Results, interval: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Side, severity, category and words of the band, where every possible population gives the same.

    Last, where a scheme says nothing on a side (its outermost band has no end) and the interval does.
    """
    n = len(codes)
    category, text = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    severity, opened = np.full(n, np.inf), np.zeros(n, dtype=bool)
    sides, open_sides = [], []
    for number, (has, scales, own, first, last) in enumerate(_touched(parts, codes, results)):
        most = max(len(scale.starts) for scale in scales)

        def table(rows: list[tuple[Any, ...]], dtype: Any, most: int = most) -> np.ndarray:
            return np.array([[*row, *row[:1] * (most - len(row))] for row in rows], dtype=dtype)

        side_of = table([tuple(SIDE[name] for name in scale.sides) for scale in scales], float)
        severity_of = table([scale.severities for scale in scales], float)
        named_of = table([scale.categories for scale in scales], object)
        words_of = table([tuple(f"{label} ({scale.scheme})" for label in scale.labels) for scale in scales], object)
        side = np.full(n, np.nan)
        side[has] = np.where(side_of[own, first] == side_of[own, last], side_of[own, first], np.nan)
        sides.append((has, side))
        severity[has] = np.minimum(severity[has], np.minimum(severity_of[own, first], severity_of[own, last]))
        named = np.where(first == last, named_of[own, first], "undetermined")
        words = np.where(first == last, words_of[own, first], "")
        same = (category[has] == named) | (number == 0)
        text[has] = np.where(same, words if number == 0 else text[has], "")
        category[has] = np.where(same, named, "undetermined")
        wanted = np.full(n, np.nan)
        wanted[has] = np.array([{"high": 1.0, "low": -1.0}.get(scale.open_side or "", np.nan) for scale in scales])[own]
        open_sides.append(wanted)
    decision = _agreed(sides, n)
    for wanted in open_sides:
        opened |= (decision == 0) & (interval == wanted)
    return decision, np.where(np.isnan(decision), np.nan, severity), category, text, opened


def _touched(
    parts: Sequence[tuple[Scale, ...]], codes: np.ndarray, results: Results
) -> Iterator[tuple[np.ndarray, list[Scale], np.ndarray, np.ndarray, np.ndarray]]:
    """Layer by layer as in `_layers`, with the lowest and the highest band that each result touches."""
    for has, scales, own in _layers(parts, codes):
        low, high = results.take(has).along(Lines.of([scale.line for scale in scales], own))
        most = max(len(scale.starts) for scale in scales)
        starts = np.array([[*scale.starts, *[np.inf] * (most - len(scale.starts))] for scale in scales])[own]
        last_band = np.array([len(scale.starts) - 1 for scale in scales])[own]
        first, last = (np.clip((starts <= end[:, None]).sum(axis=1) - 1, 0, last_band) for end in (low, high))
        yield has, scales, own, first, last


def edges(kinds: Sequence[Limits]) -> list[np.ndarray]:
    """For each of some limits the numbers of zero or more, ascending, from which on something may be answered that was not just below.

    Plain numbers between the same two edges get the same answers but for their value, and for what is said of an impossible one. An edge
    is the first number, in the unit of the report, that comes to an end of a limit in the unit of that limit.
    """
    told: list[list[tuple[Line, float, float]]] = []  # the share of the moved number that is compared, and with what
    for limits in kinds:
        spans = (*limits.printed, *limits.intervals, *limits.critical, *((limits.plausible,) if limits.plausible else ()))
        ends = [(span.line, end) for span in spans for end in (span.low, float(np.nextafter(span.high, INF)))]
        ends += [(scale.line, start) for scale in limits.scales for start in scale.starts]
        told.append([(line, share, end) for line, end in ends for share in line.shares()])
    wanted = list(dict.fromkeys(one for own in told for one in own))
    shares, compared = np.array([one[1:] for one in wanted], dtype=float).reshape(-1, 2).T
    first = dict(zip(wanted, reached([one[0] for one in wanted], shares, compared).tolist()))
    return [np.array(sorted({number for one in own if 0 < (number := first[one]) < INF})) for own in told]


def _multiple(kinds: list[Limits], codes: np.ndarray, results: Results) -> np.ndarray:
    """The result as a multiple of the upper limit: of the highest that may apply, so that it is never overstated."""
    out = np.full(len(codes), np.inf)
    exact = np.isfinite(results.low)
    for has, ends, own in _layers([[end for end in limits.upper if end[0] > 0] for limits in kinds], codes):
        ratio = Lines.of([line for _, line in ends], own)(results.low[has]) / np.array([high for high, _ in ends])[own]
        out[has] = np.minimum(out[has], ratio)
    return np.where(exact & np.isfinite(out), out, np.nan)


def _used(limits: Limits, language: Language) -> tuple[str, str, str, str]:
    """The limit that decides the flag: basis, id, source, and the limit in words."""
    descriptive = all(scale.descriptive for scale in limits.scales)
    if limits.printed:
        return "printed", "printed", "report", _limit_text(limits, "printed", language)
    if limits.scales and not (descriptive and limits.intervals):
        return "decision", limits.scales[0].id, limits.scales[0].source, _limit_text(limits, "decision", language)
    return _by_interval(limits, language) if limits.intervals else ("", "", "", "")


def _by_interval(limits: Limits, language: Language) -> tuple[str, str, str, str]:
    return "interval", limits.intervals[0].id, limits.intervals[0].source, _limit_text(limits, "interval", language)


def _ends(limits: Limits, basis: str) -> tuple[float, float]:
    """The ends of the limit that decides the flag, in the unit of the report; NaN where several may apply."""
    if basis == "decision":
        return limits.scales[0].usual() if len(limits.scales) == 1 else (np.nan, np.nan)
    return _ends_of(limits.printed or limits.intervals)


def _ends_of(spans: Sequence[Span]) -> tuple[float, float]:
    return (spans[0].line.back(spans[0].low), spans[0].line.back(spans[0].high)) if len(spans) == 1 else (np.nan, np.nan)


def _limit_text(limits: Limits, basis: str, language: Language) -> str:
    if basis == "printed":
        return limits.printed[0].text
    if basis == "interval":
        return language.either(f"{span.text} {span.unit}" for span in limits.intervals)
    normal = [text for scale in limits.scales for text, side in zip(scale.texts, scale.sides, strict=True) if side == "normal"]
    return language.either(dict.fromkeys(normal))


# ---- words, marks, status ------------------------------------------------------------------------------------------------


def _known(results: Columns) -> np.ndarray:
    """Whether it is known which test a result is of."""
    return np.fromiter((marker is not None for marker in results["marker"]), bool, height(results))


def _words(results: Columns, limits: np.ndarray, out: dict[str, np.ndarray]) -> None:
    """Qualitative results: against the word the laboratory expects, else by what the word means for this marker."""
    words, ranges, known = results["qualitative"], results["range_text"], _known(results)
    only_words = (words != "") & np.isnan(results["low"])
    for row in np.flatnonzero(only_words):
        flag, abnormal = word_answer(words[row], limits[row].printed_words, dict(limits[row].meanings), known[row])
        out["flag"][row], out["abnormal"][row] = flag, abnormal
        if limits[row].printed_words:
            out["basis"][row], out["interval_id"][row], out["source_id"][row] = "printed", "printed", "report"
            out["limit_text"][row] = ranges[row]


def word_answer(word: str, expected: str, meanings: dict[str, str], known: bool) -> tuple[str, bool | None]:
    """Flag and abnormality of a qualitative result. Without an expected word or a known meaning, whether it is abnormal is not known."""
    flag = (
        "POS"
        if word in POSITIVE
        else "NEG"
        if word in NEGATIVE
        else "IND"
        if word in UNCLEAR
        else {"abnormal": "A", "normal": "N"}.get(word, "")
    )
    if word in UNCLEAR:
        return "IND", None
    if expected:
        same = word == expected or any(word in group and expected in group for group in (POSITIVE, NEGATIVE))
        return flag or ("N" if same else "A"), not same
    if flag in ("A", "N"):
        return flag, flag == "A" if known or flag == "A" else None
    meaning = meanings.get(word) or meanings.get({"POS": "positive", "NEG": "negative"}.get(flag, ""))
    return flag or {"normal": "N", "abnormal": "A"}.get(meaning or "", ""), {"normal": False, "abnormal": True}.get(meaning or "")


def _laboratory(results: Columns, out: dict[str, np.ndarray], language: Language) -> None:
    """The laboratory's own mark: its word where nothing else decides, a disagreement where its range says otherwise."""
    codes, marks_of = resolve(
        results, ("flag_text", "value_flag"), lambda text, glued: laboratory_mark(str(text or "")) or laboratory_mark(str(glued or ""))
    )
    marks = spread(codes, marks_of)
    kinds, shown = results["value_kind"], results["flag_text"]
    empty = np.fromiter((not str(text).strip() for text in results["value_text"]), bool, height(results))
    readable = empty | ~np.isin(kinds, ("", "no_result"))
    for row in np.flatnonzero((marks != "") & readable & (out["flag"] != "?")):
        mark, flag = marks[row], out["flag"][row]
        outside = mark not in ("N", "NEG")
        if flag in ("L", "H") and mark == 2 * flag:  # H where the laboratory says HH: its critical limit stands
            out["flag"][row] = mark
        if flag == "" or (flag in ("IND", "N", "NEG") and out["basis"][row] != "printed" and outside):
            out["flag"][row] = mark
            out["basis"][row], out["interval_id"][row], out["source_id"][row] = "printed", "printed", "report"
            out["abnormal"][row] = True if outside else False if empty[row] else out["abnormal"][row]
            if empty[row]:
                out["side"][row] = {"L": "low", "LL": "low", "H": "high", "HH": "high", "N": "normal"}.get(mark, "")
        elif outside and (flag == "N" or out["abnormal"][row] is False):
            out["abnormal"][row] = out["abnormal"][row] or None
            out["reason"][row] = language.say(
                "The laboratory marked this result ({mark}) although it lies within the range printed with it.",
                mark=str(shown[row]).strip() or mark,
            )


def _status(results: Columns, limits: np.ndarray, out: dict[str, np.ndarray], numeric: np.ndarray, language: Language) -> None:
    """One status and, where it is not `ok`, one reason per row."""
    flag = out["flag"]
    wordless = ~numeric & (results["qualitative"] == "")
    negative = numeric & (results["high"] < 0) & np.fromiter((limit.plausible is None for limit in limits), bool, len(limits))
    unlimited = language.say("No range is printed, and no checked one is built in.")
    steps: tuple[tuple[str, np.ndarray, Any], ...] = (
        ("not_a_result", wordless & (flag == "") & (results["value_kind"] == "no_result"), results["value_reason"]),
        ("unreadable_value", wordless & (flag == ""), results["value_reason"]),
        ("unknown_marker", ~_known(results), results["match_reason"]),
        ("implausible", (flag == "?") | negative, _question),
        ("unknown_unit", numeric & (results["unit_reason"] != "") & (results["ucum"] == ""), results["unit_reason"]),
        ("no_interval", flag == "", np.full(len(flag), unlimited, dtype=object)),
        ("undetermined", flag == "IND", _undecided),
    )
    status = out["status"]
    status[:] = "ok"
    reason = np.full(len(flag), "", dtype=object)
    for name, where, why in steps:
        fresh = where & (status == "ok")
        status[fresh] = name
        if callable(why):
            at = np.flatnonzero(fresh)
            texts = (results[name][at] for name in ("comparator", "low", "high", "value_text", "unit_text", "ucum"))
            reason[at] = [why(Row(*row), limit, language) for *row, limit in zip(*texts, limits[at])]
        else:
            reason[fresh] = [language.again(text) for text in why[fresh]] if language.texts else why[fresh]
    silent = np.isin(status, ("not_a_result", "unreadable_value", "implausible"))
    for name, blank in (
        ("flag", ""),
        ("category", ""),
        ("band_text", ""),
        ("severity", np.nan),
        ("side", ""),
        ("abnormal", None),
        ("xuln", np.nan),
    ):
        out[name][silent] = blank
    unsure = (status == "unknown_unit") & (out["abnormal"] == False)  # noqa: E712 - an array
    out["abnormal"][unsure] = None
    noted = np.fromiter((bool(limit.reasons) for limit in limits), bool, len(limits)) & ~silent
    for row in np.flatnonzero(noted | ((out["reason"] != "") & ~silent)):
        reason[row] = " ".join(part for part in (reason[row], out["reason"][row], *limits[row].reasons) if part)
    out["reason"] = reason


class Row(NamedTuple):
    """What a reason is told with."""

    comparator: str
    low: float
    high: float
    value_text: str
    unit_text: str
    ucum: str


def _undecided(row: Row, limits: Limits, language: Language) -> str:
    if row.comparator or row.low != row.high:
        printed = row.value_text.strip()
        return language.say("The result {value} reaches across a limit, so it cannot be placed.", value=printed)
    said = []
    if limits.open_facts:
        facts = language.both(map(language.say, limits.open_facts))
        said.append(language.say("The limits differ by {facts}, which the report does not say.", facts=facts))
    if _blurred(row.low, limits):
        near = english("The conversion from {unit} to the unit of the limit is approximate, and the result lies too near the limit.")
        said.append(language.say(near, unit=row.unit_text.strip() or row.ucum))
    if said or limits.passed_over:  # what was passed over is told by the reason that follows
        return " ".join(said)
    return language.say("The limits that may apply disagree.")


def _blurred(value: float, limits: Limits) -> bool:
    """Whether an approximate conversion makes a limit run through the result."""
    at = Results(np.array([value]), np.array([value]), np.array([False]), np.array([False]))
    spans = (span for span in (*limits.printed, *limits.intervals) if span.line.uncertainty)
    if any(np.isnan(span.side(at)[0]) for span in spans):
        return True
    scales = [(scale, at.along(scale.line)) for scale in limits.scales if scale.line.uncertainty]
    return any(((np.array(scale.starts) > low) & (np.array(scale.starts) <= high)).any() for scale, (low, high) in scales)


def _question(row: Row, limits: Limits, language: Language) -> str:
    """A slip is a question: what is not possible, and what would be. Units in which limits are published are asked first."""
    say = language.say
    value, unit = row.low if np.isfinite(row.low) else row.high, row.unit_text or row.ucum
    shown = language.number(f"{value:g}")
    impossible = say("{value} is not possible for this test.", value=f"{shown} {unit}".strip())
    if value < 0:
        return f"{impossible} {say('A quantity cannot be negative.')}"
    meant = [(slip, float(slip.back(np.array([value]))[0])) for slip in limits.slips if slip.low <= value <= slip.high]
    another = english("Was the unit another? {value} {other} would be {back} {unit}.")
    units = [
        (slip.published, say(another, value=shown, other=slip.unit, back=language.number(f"{back:g}"), unit=unit)) for slip, back in meant
    ]
    possible = [language.number(f"{value / ten:g}") for ten in (10, 100) if _far(value / ten, limits) < 2]
    shifted = [say("Was a decimal mark lost? {value} {unit} would be possible.", value=small, unit=unit) for small in possible]
    guesses = [*(text for published, text in units if published), *shifted[:1], *(text for published, text in units if not published)]
    return " ".join([impossible, *guesses[:2]])


def _far(value: float, limits: Limits) -> float:
    """How many times too low or too high a value is for the usual range; 1 within it, infinite where no range is known."""
    spans = limits.printed or limits.intervals
    if not spans or value <= 0:
        return INF
    low, high = (spans[0].line.back(end) for end in (spans[0].low, spans[0].high))
    return max(low / value, value / high if high > 0 else INF, 1.0)
