"""What a piece of a line is, by its shape: value, unit, range, flag. The grammar itself is `labinterp.shapes`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from labinterp import shapes
from labinterp.errors import ValueTextError
from labinterp.readers import vocabulary

_MARK = re.compile(
    r"[*↑↓▲▼△▽⬆⬇⇑⇓⇧⇩🔺🔻↗↘¬!†‡►◄→←]{1,4}|\++|-{1,3}|[−–]{1,3}|\(\*+\)"
    r"|[(\[]?(?:[HLA]{1,2}|HI|LO|AB|ABN|PH|PL|CH|CL|LOW|HIGH|C|N)[)\]]?[*!]{0,3}"
)
_ARROWS = "↑↓▲▼△▽⬆⬇⇑⇓⇧⇩↗↘¬*"
_GLUED_TAIL = re.compile(r"^(.*?\d[\d.,]*)\s?((?:[*↑↓▲▼△▽⬆⬇⇑⇓¬!]+|(?<=\d)[HL]{1,2}\*{0,2}|(?<=\d)[+-]{1,3}))$")
_GLUED_HEAD = re.compile(r"^([*↑↓▲▼△▽⬆⬇¬!]+|[HL]{1,2}(?=[<>\d]))\s?([<>≤≥]?\s?\d.*)$")
_GLUED_UNIT = re.compile(r"^([<>≤≥]?=?\s?[-+−]?\d[\d.,]*?)(?![HLA]{1,2}$)((?:%|‰|[a-zA-Zµμ%‰/][\w/%‰µμ.^*³²⁰¹⁴-⁹-]*))$")
DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:\d{4}|\d{2}X?)|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}[ .-]\s?[^\W\d_]{3,10}\.?,?[ .-]\s?\d{2,4}|[^\W\d_]{3,9}\.? \d{1,2},? \d{4}|\d{4}年\d{1,2}月\d{1,2}日)(?!\d)"
)
TIME = re.compile(
    r"(?<![\d.,])(?:(?:um|à|at|om|kl\.?|alle|h)\s)?\d{1,2}[:h]\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?(?:\s(?:Uhr|[A-Z]{2,4}))?(?!\d)"
)


looks_like_unit = lru_cache(maxsize=8192)(shapes.looks_like_unit)
looks_like_range = lru_cache(maxsize=8192)(shapes.looks_like_range)


@lru_cache(maxsize=16384)
def looks_like_value(text: str) -> bool:
    """A value alone, without a flag or unit in the same text."""
    if not text or len(text) > 60:
        return False
    try:
        found = shapes.parse_value(text)
    except ValueTextError as fault:
        return bool(fault.readings) and not re.search(r"[^\W\d_]", text)
    return (not found.flag and not found.unit and found.kind != "no_result") or (found.kind == "no_result" and bool(text.strip()))


@lru_cache(maxsize=4096)
def is_flag(text: str) -> bool:
    """A flag standing alone: ``H``, ``L**``, ``+``, ``↑``, ``High``, ``High (H)``, ``erhöht``."""
    text = text.strip()
    return bool(_MARK.fullmatch(text)) or vocabulary.says(text, "flag_words")


@dataclass(slots=True)
class Measure:
    """A value piece taken apart. `clean` says that every word of it found its place."""

    value: str = ""
    flag: str = ""
    unit: str = ""
    rest: str = ""
    clean: bool = False


_NUMERIC = re.compile(r"\d")


def is_numeric(text: str) -> bool:
    """A value with a number in it (not a text result)."""
    return bool(_NUMERIC.search(text)) and looks_like_value(text)


MOST_WORDS = 60
LONGEST_VALUE = 120
"""Characters: no value is longer, and the patterns take as long as the square of the length."""


def measure(tokens: Sequence[str], *, text_allowed: bool = False) -> Measure:
    """Take flags and a unit out of the words of a value cell.

    The longest run of words that reads as a value counts: ``["*", "1", "864", "U/L"]`` -> value ``1 864``, flag ``*``, unit ``U/L``.
    More than `MOST_WORDS` words are prose, which is not searched: the search takes as long as the square of their number.
    """
    if len(tokens) > MOST_WORDS:
        return Measure(" ".join(tokens), "", "", "", True) if text_allowed else Measure(rest=" ".join(tokens))
    words = [part for token in tokens if token for part in _apart(token)]
    flag, lead = "", []
    while words and (
        re.fullmatch(r"[*↑↓▲▼△▽⬆⬇¬!]+|[HL]{1,2}\*{0,2}", words[0]) or (len(words) > 1 and vocabulary.says(words[0], "flag_words"))
    ):
        if len(words) == 1 and not re.fullmatch(r"[*↑↓▲▼△▽⬆⬇¬!]+", words[0]):
            break
        lead.append(words.pop(0))
    last: list[str] = []
    while len(words) > 1 and is_flag(words[-1]) and is_numeric(" ".join(words[:-1])) and not looks_like_unit(words[-1]):
        last.insert(0, words.pop())
    best: Measure | None = None
    for length in range(len(words), 0, -1):
        head, tail = " ".join(words[:length]), list(words[length:])
        found = _value_of(head)
        if found is None:
            continue
        value, glued_flag, glued_unit = found
        if tail and not re.search(r"\d", value) and not (is_flag(" ".join(tail)) or looks_like_unit(" ".join(tail))):
            continue
        marks: list[str] = [glued_flag] if glued_flag else []
        unit = glued_unit
        while tail and is_flag(tail[-1]) and not (len(tail) == 1 and not unit and tail[0] in ("%",)):
            marks.insert(0 if not glued_flag else 1, tail.pop())
        while tail and is_flag(tail[0]) and (not looks_like_unit(" ".join(tail)) or (len(tail) > 1 and _MARK.fullmatch(tail[0]))):
            marks.append(tail.pop(0))
        if tail and not unit and not tail[-1].isdigit() and looks_like_unit(" ".join(tail)):
            unit, tail = " ".join(tail), []
        for cut in range(len(tail) - 1, 0, -1):  # unit, then a range
            if unit or not looks_like_range(" ".join(tail[cut:])) or not re.search(r"\d", " ".join(tail[cut:])):
                continue
            if looks_like_unit(" ".join(tail[:cut])) and not tail[cut - 1].isdigit():
                unit, tail = " ".join(tail[:cut]), tail[cut:]
        flag = " ".join([*lead, *marks, *last])
        now = Measure(value, flag, unit, " ".join(tail), not tail)
        if now.clean:
            return now
        if best is None and _NUMERIC.search(value):
            best = now
    if best is not None:
        return best
    if text_allowed and words:
        marks = []
        while len(words) > 1 and is_flag(words[-1]):
            marks.insert(0, words.pop())
        return Measure(" ".join(words), " ".join([*lead, *marks]), "", "", True)
    return Measure(rest=" ".join([*lead, *words]))


def _apart(token: str) -> list[str]:
    """``318↑mg/dL`` -> ``318``, ``↑``, ``mg/dL``."""
    match = re.fullmatch(r"([<>≤≥]?\d[\d.,]*)([↑↓▲▼⬆⬇]{1,2})(\D.*)", token)
    return list(match.groups()) if match else [token]


def _value_of(text: str) -> tuple[str, str, str] | None:
    """(value, glued flag, glued unit) if `text` is a value, else None."""
    if len(text) > LONGEST_VALUE:
        return None
    if looks_like_value(text):
        if (match := _GLUED_TAIL.match(text)) and looks_like_value(match[1]) and not re.fullmatch(r"[1-4]\s?\+{1,4}", text):
            return match[1].strip(), match[2], ""
        if (match := _GLUED_UNIT.match(text)) and looks_like_unit(match[2]) and looks_like_value(match[1]):
            return match[1].strip(), "", match[2]
        return text, "", ""
    if (match := _GLUED_TAIL.match(text)) and looks_like_value(match[1]):
        return match[1].strip(), match[2], ""
    if (match := _GLUED_HEAD.match(text)) and looks_like_value(match[2]):
        return match[2].strip(), match[1], ""
    if (match := _GLUED_UNIT.match(text)) and looks_like_value(match[1]) and looks_like_unit(match[2]):
        return match[1].strip(), "", match[2]
    return None


_NO_VERDICT = frozenset({"normal", "optimal", "negative", "positive", "desirable", "norm"})
"""Flag words that in front of a range are a label of the range (``Normal 4 - 6``), not a flag."""


def split_flag(text: str) -> tuple[str, str]:
    """Take a flag off either end of a unit or range cell: ``Low 13.0 - 17.0`` -> (``Low``, ``13.0 - 17.0``)."""
    words = text.split()
    marks: list[str] = []
    while len(words) > 1 and is_flag(words[0]) and not words[0].startswith(("-", "−", "–", "+")) and words[0].casefold() not in _NO_VERDICT:
        rest = " ".join(words[1:])
        marked = bool(_MARK.fullmatch(words[0])) and rest[0] != ":" and looks_like_range(rest)
        if not (rest[0].isdigit() or rest[0] in "<>≤≥(" or looks_like_unit(rest) or marked):
            break
        marks.append(words.pop(0))
    while len(words) > 1 and _MARK.fullmatch(words[-1]) and not re.search(r"\d\s*[-–]$", " ".join(words)) and words[-1] not in ("L", "C"):
        marks.append(words.pop())
    for length in range(min(4, len(words) - 1), 1, -1):  # [3.5 - 5.3] Above high reference limit
        if words[-length][0].isalpha() and vocabulary.says(" ".join(words[-length:]), "flag_words"):
            marks.append(" ".join(words[-length:]))
            words = words[:-length]
            break
    return " ".join(marks), " ".join(words)


def unit_in(range_text: str) -> str:
    """The unit printed only inside a range: ``65-99 mg/dL`` -> ``mg/dL``; ``""`` if there is none."""
    body = re.sub(r"\s*\((?:calc|calculated|berechnet|calc\.)\)$", "", range_text.strip()).strip("()[]").strip()
    match = re.search(
        r"\d[\d.,]*\s*(?:-|–|to|à|bis|a)?\s*(?:\d[\d.,]*)?\s*((?:[x×*]\s?)?(?:10[\^*eE]?\S{0,3})?[^\d\s(),;:|<>-]\S*(?:\s\S+)?)$", body
    )
    if match and looks_like_unit(match[1].strip()):
        return match[1].strip()
    for length in (4, 3, 1, 2):  # "% of total Hgb" before its last word
        tail = " ".join(body.split()[-length:])
        if looks_like_unit(tail) and not re.fullmatch(r"[\d.,<>-]+%?", tail):
            return tail
    return ""


_DOSE = re.compile(r"(?:mg|mcg|µg|μg|ug|g|gram|grams|IU|I\.U\.|mEq|mL|ml|tab|tabs|tablets?|caps?|capsules?)")


def is_dose(unit: str) -> bool:
    """An amount and not a concentration: without a range beside it, a dose of a medicine or a supplement (``1000 mcg``)."""
    return bool(_DOSE.fullmatch(unit.strip()))


def without_range_label(text: str) -> str:
    """``"Normal range: 3.5 - 5.1"`` -> ``"3.5 - 5.1"``, and without the brackets of ``(3.5-5.1)``."""
    label = vocabulary.starts(text, "range_label")
    if label:
        rest = re.sub(rf"^(?:[^\W\d_]+[\s.()]*){{{len(label.split())}}}[:\s=]*", "", text)
        return rest.strip(" :") or text
    bracketed = re.fullmatch(r"[(\[](.*)[)\]]", text)
    return without_range_label(bracketed[1]) if bracketed else text


_MISREAD = (
    (re.compile(r"(?<=[µμmdnpfk/])[1I|](?=$|/)"), "l"),
    (re.compile(r"(?<=[GTUMk]/)[1I|](?=$)"), "l"),
    (re.compile(r"/[1I|]$"), "/l"),
)


def tidy_unit(text: str) -> str:
    """A unit without its footnote star; where only a letter was misread (``µ1``, ``G/I``) the unit it can only be."""
    text = text.rstrip("*†‡").strip() or text
    if looks_like_unit(text) and not re.search(r"/I$|[µμmdf]1$", text):
        return text
    for wrong, right in _MISREAD:
        mended = wrong.sub(right, text)
        if mended != text and looks_like_unit(mended):
            return mended
    return text


_THRESHOLD = re.compile(
    r"^[<>≥≤=]|^\d[\d.,]*\s*(?:-|–|to|bis|a|à)\s*\d|^\d+[.)]\s|^\d[\d.,]*\s*(?:%|years|yrs|jahre|ans|años|months)", re.I
)


def is_name(text: str) -> bool:
    """Could this text name a test? Not a threshold, an interpretive word, a label or a sentence."""
    text = text.strip(" :*")
    letters = sum(c.isalpha() for c in text)
    if letters < 1 or len(text) > 110 or _THRESHOLD.match(text):
        return False
    if letters == 1 and text.isascii() and not re.match(r"^[A-Z]\d{1,2}\b|^[KTCPN]\b|^Ca?\b", text):
        return False
    if vocabulary.starts(text, "goal"):
        return False
    if vocabulary.is_header_phrase(text) and vocabulary.header_role(text) in ("value", "previous"):
        return False
    if re.match(r"[<>≤≥]?\s?\d", text) and (got := measure(text.split())).clean and got.unit:
        return False  # a value with its unit
    if vocabulary.says(re.sub(r"\([^)]*\)", "", text), "not_a_name") or vocabulary.says(text, "not_a_name"):
        return False
    if DATE.fullmatch(text) or vocabulary.says(text, "flag_words"):
        return False
    return vocabulary.count_prose(text) <= 3 or len(text.split()) <= 6
