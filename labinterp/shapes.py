"""The one grammar of numbers, result values, reference ranges and units in text.

From the bottom up: `tidy` (one spelling of every sign), numbers, units, values, ranges, dates. What has no single sound reading
raises `ValueTextError`; nothing is guessed. An ambiguous number (``1,234`` is 1.234 or 1234) carries its `readings`.
A `locale` is a language tag (``"de"``, ``"en-IN"``) or a decimal mark (``"."`` or ``","``).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from labinterp import words
from labinterp.errors import ValueTextError
from labinterp.language import remark
from labinterp.words import fold_word

# ---- signs: one spelling each --------------------------------------------------------------------------------------------

_SIGNS = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−﹣－⁃˗÷", "-"),
        **dict.fromkeys("‹〈⟨＜﹤˂", "<"),
        **dict.fromkeys("›〉⟩＞﹥˃", ">"),
        **dict.fromkeys("≤⩽≦⪯≼", "<="),
        **dict.fromkeys("≥⩾≧⪰≽", ">="),
        **dict.fromkeys("≈≃∼～〜˜∽", "~"),
        **dict.fromkeys("’‘ʼ´`′ʹ", "'"),
        **dict.fromkeys("⁄∕／", "/"),
        **dict.fromkeys("×✕✖хХ", "x"),  # also the Cyrillic letter: lab units and ranges use it as a times sign only
        **dict.fromkeys("∗＊✱", "*"),
        **dict.fromkeys("∙⋅•·", "·"),
        "μ": "µ",
        "٪": "%",
        "％": "%",
        "…": "..",
        "⁻": "-",
        "⁺": "+",
        "\ufffd": "µ",  # the one letter that a broken encoding loses in SI prefixes; elsewhere it is refused all the same
    }
)
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_SUPERSCRIPT = re.compile(f"(?<=10)\\s?([⁻−-]?[{_SUPERSCRIPTS}]+)")  # a power of ten; elsewhere (m², L⁻¹) a plain digit says it
_PLAIN = str.maketrans(_SUPERSCRIPTS + "⁻−", "0123456789--")
_MOJIBAKE = re.compile("[ÂÃâÎÐÑ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œŸžŽ]")
_ENTITY = re.compile(r"&(?:#?\w{1,8});")


def unmojibake(text: str) -> str:
    """Undo UTF-8 that was read as Windows or Latin text (``Âµg/dL``, ``â‰¤ 5``); anything else comes back as it was."""
    if not _MOJIBAKE.search(text):
        return text
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


@lru_cache(maxsize=65536)
def tidy(text: str) -> str:
    """`text` in one spelling: plain digits, spaces, dashes and comparators; no HTML, no invisible characters.

    Powers of ten keep their caret (``10³`` -> ``10^3``); other superscripts become digits (``m²`` -> ``m2``, ``L⁻¹`` -> ``L-1``).
    """
    if text.isascii() and text.isprintable() and not ("&" in text or "`" in text):  # nothing below would change it
        return text.strip()
    for _ in range(2):  # some feeds escape twice (&amp;lt;)
        if _ENTITY.search(text):
            text = html.unescape(text)
    text = unmojibake(text)
    text = _SUPERSCRIPT.sub(lambda m: "^" + m[1].translate(_PLAIN), text)
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)
    out = []
    for c in text:
        if c.isascii():
            out.append("  " if c == "\t" else " " if c < " " and c != "\n" else c)  # a tab is wider than a thousands space
            continue
        category = unicodedata.category(c)
        if category == "Nd":
            out.append(str(unicodedata.decimal(c)))
        elif category == "Zs":
            out.append(" ")
        elif category not in ("Cf", "Cc", "Cs", "Co", "Cn"):
            out.append(c)
    return "".join(out).strip()


# ---- numbers -------------------------------------------------------------------------------------------------------------

_COMMA_LANGUAGES = frozenset(
    words.listed(
        """
        de | fr | es | it | pt | pl | ru | nl | da | sv | nb | nn | no | fi | is | cs | sk | sl | hu | ro | bg | el | tr | uk | be |
        hr | sr | bs | mk | lt | lv | et | ca | gl | eu | id | vi | az | kk
        """
    )
)
_POINT_LANGUAGES = frozenset(words.listed("en | zh | ja | ko | he | th | hi | bn | ta | ms | ga | cy | sw"))
_POINT_REGIONS = frozenset(words.listed("CH | LI | MX | US | PR | GT | HN | NI | SV | DO | PA"))


def decimal_of(locale: str | None) -> Literal[".", ",", ""]:
    """The decimal mark of a locale (a language tag or the mark itself); empty where not known."""
    if not locale:
        return ""
    if locale == ".":
        return "."
    if locale == ",":
        return ","
    language, *rest = re.split("[-_]", locale)
    if any(part.upper() in _POINT_REGIONS for part in rest):
        return "."
    if language.lower() in _COMMA_LANGUAGES:
        return ","
    return "." if language.lower() in _POINT_LANGUAGES else ""


NUMBER = r"(?:\d+(?:[.,'·٫٬]\d+|\ \d{3}(?!\d))+|\d+(?:[.,](?!\w))?|[.,·٫]\d+)"
_ROUND_THOUSANDS = re.compile(r"\d{3}[.,]000")
_SPACE_PAIR = re.compile(r"\d{3} \d{3}")


def _pattern(mark: str) -> re.Pattern[str]:
    other = re.escape("," if mark == "." else ".")
    mark = re.escape(mark)
    return re.compile(
        rf"""(?: \d+                                       # 4500
              |  [1-9]\d{{0,2}}(?:{other}\d{{3}})+         # 4,500  12,345,678
              |  [1-9]\d{{0,2}}(?:'\d{{3}})+               # 4'500
              |  [1-9]\d{{0,2}}(?:\ \d{{3}})+              # 4 500
              |  [1-9]\d?(?:{other}\d{{2}})+{other}\d{{3}} # 1,50,000
             )? (?: {mark}\d* )?""",
        re.X,
    )


_BY_MARK = {".": _pattern("."), ",": _pattern(",")}


def _with_mark(token: str, mark: str) -> float | None:
    """The value of a number token if `mark` is the decimal mark, None if it then is no number."""
    if not _BY_MARK[mark].fullmatch(token):
        return None
    whole, _, fraction = re.sub(r"[' ]", "", token).replace("," if mark == "." else ".", "").partition(mark)
    return float(f"{whole or '0'}.{fraction or '0'}")


def readings(token: str) -> dict[str, float]:
    """Decimal mark -> the number that `token` then is; empty if it is no number: ``4,500`` -> {".": 4500.0, ",": 4.5}."""
    if "·" in token or "٫" in token:  # marks that are decimal marks everywhere
        found = _with_mark(re.sub("[·٫]", ".", token.replace("٬", "'")), ".")
        return {} if found is None or "," in token or "." in token else {".": found, ",": found}
    token = token.replace("٬", "'")
    return {mark: value for mark in (".", ",") if (value := _with_mark(token, mark)) is not None}


def read_number(token: str, locale: str | None = None) -> float:
    """One number. ``4,500`` without a locale is refused, with both `readings`; a lone point is a decimal point, as in data files.

    Not so in ``250.000``: no laboratory prints a number to six digits.
    """
    token = token.strip()
    sign = -1.0 if token[:1] == "-" else 1.0
    token = token.lstrip("+-").strip() if token[:1] in ("+", "-") else token
    found = readings(token)
    mark: str = decimal_of(locale)
    if not found or sum(c.isdigit() for c in token) > (LONGEST_FRACTION if "." in token or "," in token else LONGEST_NUMBER):
        raise ValueTextError(f"not a number: {token!r}")
    if _SPACE_PAIR.fullmatch(token) and not token.endswith("000") and mark != ",":
        raise ValueTextError(f"one number or two: {token!r}", (found["."],))
    if len(set(found.values())) == 1:
        mark = next(iter(found))
    elif mark not in found and "." in token and not _ROUND_THOUSANDS.fullmatch(token):
        mark = "."
    if mark in found:
        return sign * found[mark] or 0.0  # not -0.0
    raise ValueTextError(f"{token!r} is {found[',']:g} or {found['.']:g}", (sign * found[","], sign * found["."]))


def _times_ten_to(number: float, power: str) -> float:
    """Moves the decimal mark: multiplying by the power of ten would make 434.99999999999994 of 4.35e2."""
    return float(f"{number!r}e{int(power)}")


def decimal_vote(texts: Iterable[str]) -> Literal[".", ",", ""]:
    """The decimal mark of a document, from all its texts; empty where nothing decides or the votes are divided."""
    votes: Counter[str] = Counter()
    for text in texts:
        votes.update(decimal_votes(text))
    return elected(votes)


def decimal_votes(text: str) -> Counter[str]:
    """How many numbers of a text can only be read with this decimal mark."""
    if "." in text and _BARE.fullmatch(text):
        return Counter(".")
    tokens = _NUMBER_ALONE.findall(tidy(text))
    return Counter(next(iter(found)) for token in tokens if "." in token or "," in token if len(found := readings(token)) == 1)


def elected(votes: Mapping[str, int]) -> Literal[".", ",", ""]:
    """The decimal mark for which more than three of four voted."""
    points, commas = votes.get(".", 0), votes.get(",", 0)
    return "." if points > 3 * commas else "," if commas > 3 * points else ""


_NUMBER_ALONE = re.compile(rf"(?<![\w.,/:]){NUMBER}(?![\w/:]|[.,]\d)", re.X)

# ---- units: the form; what they mean is labinterp.units and reference_ranges/units.yaml ------------------------------------


def _any(text: str, space: str = r"\s?") -> str:
    """``"a | b"`` as a regular expression, longest first."""
    found = sorted({tidy(word).casefold() for word in words.listed(text)}, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", space) for word in found) + ")"


_END = r"(?![^\W\d_])"
_WORD = _any(words.UNIT_WORDS)
_PREFIX = _any(words.UNIT_PREFIXES)
_BASE = _any(words.UNIT_BASES)
_NAME = rf"(?:{_WORD}|{_PREFIX}?(?:{_BASE}|{_any(words.UNIT_LETTERS)}){_any(words.UNIT_SUFFIXES)}?){_END}\.?"
_ANNOTATION = r"(?:\{[^{}\s]{1,24}\})"  # UCUM: {creat}
_BRACKET = r"(?:[munpk]?\[[a-z'A-Z]{2,6}\])"  # UCUM: m[IU]/L, mm[Hg], /[HPF]
_TERM = rf"(?:(?:{_NAME}|{_BRACKET}|m\[Hg\]|10\*\d{{1,2}})(?:\^?-?\d(?!\d))?{_ANNOTATION}?|{_ANNOTATION})"
_POWER = r"""(?:  [x*]?\s?10\s?(?:(?:\^|\*\*?|e(?:xp)?|x|hoch)\s?\(?[+-]?\d{1,2}\)?|\(\d{1,2}\))(?!\d)  # x10^3  10E9  10(9)
               |  [x*]?\s?10\s?(?:3|6|9|12)(?=\s?/)                                                     # 109/L: the superscript was lost
               |  [x*]\s?1[.,]?000(?:[.,]?000)? )"""  # x 1000
_PER = rf"(?:\s?/\s?|\s(?:per|pro|por|par|in|na|w|в|en)\s)(?:\(?(?:\d{{1,4}}\s?(?:st|ère|a|ª)?\s?)?{_TERM}\)?|1[.,]73(?:\s?[mм]\^?2)?)"
_SHORT = _any("iu | ui | ie | mol | gm | gram | grams | unit | units | ед | ме")
_ALONE = rf"(?:(?:{_WORD}|{_PREFIX}{_BASE}|{_SHORT}|(?-i:[mµunp]M|[gshU])){_END}\.?{_ANNOTATION}?)"
UNIT = rf"""(?=[^\W\d_]|[%‰°/{{\[(*]|10)(?:
    (?:{_POWER}\s?)?(?:{_TERM}(?:\s{_TERM})?)?(?:{_PER}){{1,3}}(?:\s?\(?{_NAME}\)?)?{_ANNOTATION}?  # x10^3/µL   mL/min/1.73 m2   mg/g creat
  | (?:per|pro|por)\s{_TERM}                                                                        # per uL
  | {_TERM}[\s.·*]?{_TERM}(?:[\s.·*]{_TERM})?(?<=-\d)                                              # g dL-1   mL.min-1
  | %\s?\(?(?:[^\W\d_]+\.?\s?){{1,3}}(?:a1c)?\)?(?<!\s)                                            # % of total Hgb
  | {_POWER}\s?(?:{_TERM})?                                                                        # x10E3
  | {_ALONE}(?:\s\(?(?:feu|ddu|ngsp|ifcc|creat)\)?)?
  | {_BRACKET} | {_ANNOTATION}
)(?![\w%{{]|[.,]\d)"""
_UNIT = re.compile(UNIT, re.X | re.I)


def looks_like_unit(text: str) -> bool:
    """Whether `text` has the form of a unit (known words, slashes, powers of ten). Not whether it is sound for a marker."""
    text = tidy(text)
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    return _UNIT.fullmatch(text) is not None


def _unit_first(text: str) -> tuple[str, str]:
    """Split a unit (bare or in brackets) off the beginning of `text`; ("", text) where there is none."""
    bracketed = re.match(r"\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]", text)
    if bracketed and _UNIT.fullmatch(bracketed[1]):
        return bracketed[1], text[bracketed.end() :]
    found = _UNIT.match(text.lstrip())
    if not found:
        return "", text
    return found[0].strip(), text.lstrip()[found.end() :]


# ---- values --------------------------------------------------------------------------------------------------------------

MISPRINT = remark("the limits are the wrong way round or equal, a misprint")
"""Said of a range that states nothing."""

_WIDE = re.compile(r" {3,}")  # says no more than two spaces, and patterns with several optional spaces would try all splits of them

LONGEST_VALUE, LONGEST_RANGE = 200, 600
LONGEST_NUMBER, LONGEST_FRACTION = 15, 21
"""Digits: more are a bar code. A fraction has more, as programs write 0.1 + 0.2 (0.30000000000000004)."""
"""Characters; what is longer is prose."""

ValueKind = Literal["number", "censored", "range", "titer", "qualitative", "no_result"]


@dataclass(frozen=True)
class ValueReading:
    """What a result text says.

    `kind` is ``number`` (`value`), ``censored`` (`comparator` and `value`), ``range`` (`value` to `value2`), ``titer``
    (1:80 is `value` 80, `value2` 1), ``qualitative`` (a code such as ``not-detected``; a number beside it is in `value`) or
    ``no_result`` (`qualitative` says why: ``specimen-problem``, ``pending`` ...). `flag` and `unit` are what was glued to it.
    """

    kind: ValueKind
    comparator: str = ""
    value: float | None = None
    value2: float | None = None
    qualitative: str = ""
    flag: str = ""
    unit: str = ""


_COMPARATOR_OF = {tidy(phrase).casefold(): sign for sign, line in words.COMPARATORS.items() for phrase in words.listed(line)}
_AFTER_OF = {tidy(phrase).casefold(): sign for sign, line in words.AFTER_COMPARATORS.items() for phrase in words.listed(line)}
_OR = r"(?:or|od|oder|ou|o)\.?"
_SIGN = rf"(?:<\s?=|=\s?<|>\s?=|=\s?>|[<>]\s*{_OR}\s*(?:=|equal(?:\s+to)?\b)|<|>|~)"
_IN_WORDS = _any(" | ".join(words.COMPARATORS.values()), r"\s+")
COMPARATOR = rf"(?:{_SIGN}(?![<>=])|(?<![^\W\d_]){_IN_WORDS}(?=[\s\d.,:<>]))"
_AFTER = _any(" | ".join(words.AFTER_COMPARATORS.values()), r"\s+")
_EXPONENT = r"(?:e[+-]?\d{1,2}(?![\w.,])|\s?[x*]\s?10\s?(?:\^|\*\*?|e)\s?\(?[+-]?\d{1,2}\)?(?=\s*$))"


def _comparator(text: str) -> str:
    """The sign of a comparator in signs or words: ``"< or ="`` -> ``<=``, ``"unter"`` -> ``<``."""
    text = re.sub(r"\s+", " ", text.strip().casefold())
    if text[:1] in "<>=~":
        return "~" if text[0] == "~" else ("<" if "<" in text else ">") + ("=" if "=" in text or "equal" in text else "")
    return _COMPARATOR_OF.get(text) or _AFTER_OF[text]


_FLAG_WORDS = "|".join(re.escape(flag) for flag in sorted(words.FLAGS, key=len, reverse=True))
_FLAG = rf"(?:[(\[]\s?(?P<f1>{_FLAG_WORDS})\s?[)\]]|(?P<f2>{_FLAG_WORDS}))"
_SITE_CODE = r"(?:\s+(?:\d{2}|[A-Z]{2}))"  # of the laboratory that measured
_FLAG_LAST = re.compile(rf"(?:(?<=[\d\s)%\].,])|(?<=[^\W_]|\+)(?=[*↑↓!#]+$)){_FLAG}{_SITE_CODE}?\s*$")
_FLAG_FIRST = re.compile(rf"{_FLAG}(?:\s+|(?<=[*↑↓▲▼)\]]))(?=[<>=~\d.,-])")
_VALUE = re.compile(
    rf"""\s* (?P<comparator>{COMPARATOR})? \s* :? \s* (?P<sign>[+-]\s?(?=[\d.,]))?
        (?P<number>{NUMBER}) (?P<exponent>{_EXPONENT})? \s* (?P<after>{_AFTER})? (?P<rest>.*)""",
    re.X | re.I | re.S,
)
_RANGE_VALUE = re.compile(
    rf"\s*(?P<low>[+-]?{NUMBER})\s?(?:--?|~|\bto\b|\bbis\b)\s?(?P<high>[+-]?{NUMBER})(?P<rest>.*)",
    re.X | re.I | re.S,
)
_TITER = re.compile(
    rf"\s*(?:tit(?:er|re|olo|ulo)?\.?|титр)?\s*:?\s*(?P<comparator>{_SIGN})?\s*1\s?(?P<colon>[:/])\s?(?P<titer>\d[\d.,' ]*)(?P<rest>.*)",
    re.I | re.S,
)
_PATTERN_WORD = rf"(?:(?<![^\W_]){_any(words.PATTERNS)}(?![^\W_])|\bAC-?[1-9]\d?\b)"
_PATTERN = re.compile(
    rf"[(\[]?\s?{_PATTERN_WORD}(?:\s?(?:[,/+&-]|\b(?:{words.AND_WORDS.replace(' | ', '|')})\b)?\s?[(\[]?{_PATTERN_WORD}[)\]]?)*\s?[)\]]?",
    re.I,
)
_SITE = re.compile(r"^(?P<word>.*\S)\s+\d{1,2}$")
_BARE = re.compile(r"([<>]?)([1-9]\d{0,5}|(?:0|[1-9]\d{0,5})\.\d{1,2})", re.ASCII)


def bare(text: str) -> tuple[str, float] | None:
    """Comparator and number of what nine of ten results are: a few digits, at most two of them behind a point.

    Whatever the locale, it is read in one way. None says nothing: the text may still be a number.
    """
    found = _BARE.fullmatch(text)
    return (found[1], float(found[2]) or 0.0) if found else None


def parse_value(text: str, locale: str | None = None) -> ValueReading:
    """Read one result text. Raises `ValueTextError` where it has no single sound reading (dates, two numbers, letters for digits)."""
    if plain_number := bare(text):
        return ValueReading("censored" if plain_number[0] else "number", *plain_number)
    if len(text) > LONGEST_VALUE:
        raise ValueTextError(f"too long for a result: {text[:40]!r}...")
    plain = _WIDE.sub("  ", tidy(text).replace("\n", "  ")).strip().rstrip(";:")  # two spaces group no thousands
    found = _words(plain) or _patterned_titer(plain, locale) or _flagged_words(plain, locale)
    if found:
        return found
    if plain.casefold() in ("true", "false"):
        raise ValueTextError(f"{text!r} answers yes or no, and nothing says what was asked")
    found = _titer(plain) or _range_value(plain, locale) or _number_value(plain, locale)
    if found:
        return found
    raise ValueTextError(f"no single reading: {text!r}")


def _words(text: str) -> ValueReading | None:
    """A text that is nothing but a word: qualitative, or the reason why there is no result."""
    if not any(c.isalnum() for c in text) and text.strip("-[](){}._/*= ,") == "" and text not in ("(-)", "-+", "+-"):
        return ValueReading("no_result", qualitative="blank")
    key = fold_word(text)
    if key in words.QUALITATIVE:
        return ValueReading("qualitative", qualitative=words.QUALITATIVE[key])
    if key in words.NO_RESULT:
        return ValueReading("no_result", qualitative=words.NO_RESULT[key])
    return None


_WORD_FIRST = re.compile(
    r"^(?P<word>[^\W\d_][^\d<>=~]*?)\s*[:,.]?\s*[(\[]?\s*(?P<rest>(?:[<>=~\d.,]|[+±-]{1,4}$|[1-4]\+).*?)[)\]]?$",  # Reactive (12.4 S/CO)
)
_WORD_LAST = re.compile(
    r"""^(?P<rest>[<>=~]*\s?[\d.,:]+[^()\[\]]*?)\s*[(\[]\s*(?P<word>[^\d()\[\]]+?)\s*[)\]]$           # 0.4 (Negative)
      | ^(?P<rest2>[<>=~]*\s?[\d.,:]+(?:\s?\S*/\S+)?)\s+(?P<word2>[^\W\d][^\d]*)$                      # 0.3 IU/mL Negative""",
    re.X,
)


def _flagged_words(text: str, locale: str | None) -> ValueReading | None:
    """Words with something beside them: a flag (``Trace H``), a site code (``TNP 10``), a number (``Reactive (12.4 S/CO)``)."""
    flag = _FLAG_LAST.search(text)
    if flag and flag.start() and (found := _words(text[: flag.start()].strip())) and found.qualitative != "blank":
        return replace(found, flag=words.FLAGS[flag["f1"] or flag["f2"]])
    site = _SITE.match(text)
    if site and (found := _words(site["word"])) and found.kind == "no_result" and found.qualitative != "blank":
        return found
    for pattern in (_WORD_FIRST, _WORD_LAST):
        beside = pattern.match(text)
        if not beside:
            continue
        groups = beside.groupdict()
        found = _words(groups["word"] or groups.get("word2") or "")
        if not found or found.kind != "qualitative" or found.qualitative in ("normal", "abnormal"):
            continue  # beside a number, normal is the laboratory's flag
        rest = (groups["rest"] or groups.get("rest2") or "").strip()
        number = _words(rest) or _titer(rest) or _number_value(rest, locale)
        if number is None:
            return None
        if number.kind == "qualitative":  # Present (2+): the amount says more
            return number
        return replace(number, kind="qualitative", qualitative=found.qualitative)
    return None


def _titer(text: str) -> ValueReading | None:
    found = _TITER.fullmatch(text)
    if not found:
        return None
    digits = found["titer"].strip()
    # 1/80 is a titre as some laboratories write it; a smaller number behind a stroke may be a date
    if not re.fullmatch(r"\d{1,6}|\d{1,2}[.,' ]\d{3}", digits):
        return None
    unit, flag = _unit_and_flag(found["rest"])
    value = float(re.sub(r"\D", "", digits))
    if value < 2 or (found["colon"] == "/" and (value < 40 or value % 10)):
        return None
    comparator = _comparator(found["comparator"]) if found["comparator"] else ""
    return ValueReading("titer", comparator, value, 1.0, flag=flag, unit=unit)


def _patterned_titer(text: str, locale: str | None) -> ValueReading | None:
    """A titre with the pattern that the microscope showed: ``1:640 speckled``. The pattern is a word beside the number, no part of it."""
    parts = [part.strip(" ,;") for part in _PATTERN.split(text)] if ":" in text or "/" in text else []
    if len(parts) < 2 or sum(any(map(str.isdigit, part)) for part in parts) != 1:  # two titres are two results
        return None
    alone = " ".join(filter(None, parts))
    found = _flagged_words(alone, locale) or _titer(alone)
    return found if found and found.value2 == 1.0 else None


def _range_value(text: str, locale: str | None) -> ValueReading | None:
    found = _RANGE_VALUE.fullmatch(text)
    if not found:
        return None
    unit, flag = _unit_and_flag(found["rest"])
    low, high = _pair(found["low"], found["high"], locale)
    if low >= high:
        raise ValueTextError(f"not a range: {text!r}")
    return ValueReading("range", "", low, high, unit=unit, flag=flag)


def _number_value(text: str, locale: str | None) -> ValueReading | None:
    flag = ""
    if re.fullmatch(r"\+\s?[1-4]", text):
        raise ValueTextError(f"{text!r} is a number with its sign, or {text[-1]}+", (float(text[-1]),))
    if first := _FLAG_FIRST.match(text):
        flag, text = words.FLAGS[first["f1"] or first["f2"]], text[first.end() :]
    found = _VALUE.fullmatch(re.sub(r"^\s*=\s*(?![<>=])", "", text))
    if not found:
        return None
    unit, last = _unit_and_flag(found["rest"])
    if flag and last and flag != last:
        raise ValueTextError(f"two flags: {text!r}")
    comparator = _comparator(found["comparator"]) if found["comparator"] else ""
    if found["after"]:
        if comparator:
            raise ValueTextError(f"two comparators: {text!r}")
        comparator = _comparator(found["after"])
    value = read_number((found["sign"] or "").strip() + found["number"], locale)
    if found["exponent"]:
        power = re.sub(r"^\s?[x*]\s?10|[\^*e()\s]", "", found["exponent"], flags=re.I)
        value = _times_ten_to(value, power)
    return ValueReading("censored" if comparator else "number", comparator, value, unit=unit, flag=flag or last)


def _unit_and_flag(rest: str) -> tuple[str, str]:
    """What follows a number: a unit, a flag, both in either order, or nothing. Anything else is refused."""
    if not rest.strip():
        return "", ""
    if rest[0] == "-" and rest.strip("- ") == "":
        raise ValueTextError(f"an open range: {rest!r}")
    padded = rest if rest[0] == " " else " " + rest
    if flag := _FLAG_LAST.search(padded):
        before = padded[: flag.start()].strip()
        unit, left = _unit_first(before) if before else ("", "")
        if not left.strip():
            return unit, words.FLAGS[flag["f1"] or flag["f2"]]
    if first := re.match(rf"\s*{_FLAG}\s+", rest):
        unit, left = _unit_first(rest[first.end() :])
        if unit and not left.strip():
            return unit, words.FLAGS[first["f1"] or first["f2"]]
    unit, left = _unit_first(rest)
    if unit and not left.strip(" ."):
        return unit, ""
    raise ValueTextError(f"more than a number: {rest.strip()!r}")


def _pair(low: str, high: str, locale: str | None) -> tuple[float, float]:
    """Two numbers that one laboratory printed together: what one of them shows about the decimal mark holds for both."""
    mark: str | None = decimal_of(locale) or None
    tokens = [t.strip().lstrip("+-").strip() for t in (low, high)]
    if mark is None:
        alone = {next(iter(found)) for t in tokens if any(m in t for m in ".,") and len(found := readings(t)) == 1}
        if len(alone) == 1:
            mark = alone.pop()
        elif all(_ROUND_THOUSANDS.fullmatch(t) for t in tokens) and tokens[0][3] == tokens[1][3]:
            mark = "." if tokens[0][3] == "," else ","
    return read_number(low, mark), read_number(high, mark)


def looks_like_value(text: str) -> bool:
    """Whether `text` reads as one result (a number, titre, range, known word), or as a number that only lacks its decimal mark."""
    try:
        parse_value(text)
    except ValueTextError as fault:
        return bool(fault.readings)
    return True


# ---- reference ranges ------------------------------------------------------------------------------------------------------

RangeKind = Literal["interval", "upper", "lower", "by_sex", "bands", "qualitative", "none"]


@dataclass(frozen=True)
class Segment:
    """One limit of a range with several: whom or what it is for, and the limit. None is open on that side.

    `sex` is ``male``, ``female`` or empty; `label` is what is printed beside it; `age` is in years, half-open.
    """

    low: float | None = None
    high: float | None = None
    low_inclusive: bool | None = None
    high_inclusive: bool | None = None
    sex: str = ""
    label: str = ""
    age: tuple[float | None, float | None] | None = None
    unit: str = ""


@dataclass(frozen=True)
class RangeReading:
    """What a reference range says.

    `kind` is ``interval``, ``upper``, ``lower`` (the limits are here), ``by_sex``, ``bands`` (`segments`), ``qualitative``
    (the code that is expected) or ``none`` (nothing printed, or words that say there is no range). `label` is what stood beside
    a single limit (``Desirable``, ``Non-diabetic``).
    """

    kind: RangeKind
    low: float | None = None
    low_inclusive: bool | None = None
    high: float | None = None
    high_inclusive: bool | None = None
    unit: str = ""
    qualitative: str = ""
    segments: tuple[Segment, ...] = ()
    label: str = ""


_SIGNED = rf"[+-]?\s?{NUMBER}(?:e[+-]?\d{{1,2}})?"
_DASH = rf"(?:\s?(?:-{{1,3}}|\.{{2,3}}|~|<>)\s?|\s{_any(words.RANGE_WORDS)}\s|\s:\s|(?:至|到)|(?<=\d)\s{_any(words.AND_WORDS)}\s)"
_AND = rf"(?:\s?(?:,|;|-+|{_any(words.AND_WORDS)}|to|bis|à|a|до)?\s?)"
_BETWEEN = rf"(?:(?<!\w){_any(words.BETWEEN_WORDS)}\s+)"


def _u(tag: str) -> str:
    """A unit in group `tag`, bare or in brackets. The long pattern stands once: it is what compiling takes its time for."""
    return rf"(?P<{tag}>\s?(?P<{tag}_>[(\[]\s?)?(?:{UNIT})(?({tag}_)\s?[)\]]))"


_ONE_LIMIT = rf"""(?:
    (?P<cc>{COMPARATOR})\s?(?P<c>{_SIGNED}){_u("cu")}?{_AND}(?P<dc>{COMPARATOR})\s?(?P<d>{_SIGNED})   # >=3.5 and <=5.1
  | (?P<ec>{_SIGN}\s?|{_BETWEEN})?(?P<e>{_SIGNED}){_u("eu")}?
    (?:   {_DASH}(?P<fc>{_SIGN}\s?)?(?P<f>{_SIGNED})                                                  # 3.5 - 5.1  between 3 and 5
      | (?(ec)(?!)) (?: \s?(?P<ac>[<>]=?)\s?[xX]\s?(?P<bc>[<>]=?)\s?(?P<b>{_SIGNED})                  # 3.5 <= x <= 5.1
                    | \s?(?P<hc>{_AFTER}) | (?P<p>\+)(?!\w) ) )                                      # 60 or more  60+
  | (?P<gc>{COMPARATOR})\s?:?\s?(?:1\s?(?P<t>:)\s?)?(?P<g>{_SIGNED})                                  # < 5.7  up to 40  < 1:80
){_u("u")}?(?!\w)"""


_LIMIT = re.compile(rf"(?<![\w.,/])(?<!\d[-:])(?<!\d\s[-:]\s){_ONE_LIMIT}", re.X | re.I)
_AGE = re.compile(
    rf"""(?<![\w.,])(?P<word>(?:ages?|aged|alter|âge|edad|età|idade|wiek|возраст)\b\s?:?\s?)?
        (?:(?P<c>{_SIGN}|over|under|above|below|über|unter|до|старше|от)\s?)?(?P<a>\d{{1,3}})
        (?:\s?(?:-|to|bis|à|a|до)\s?(?P<c2><=?)?\s?(?P<b>\d{{1,3}}))?
        \s?-?\s?(?P<u>{_any(words.AGE_UNITS)}\b\.?)?(?(word)|(?<=[^\d\s-]))
        (?P<more>\s?(?:\+|and\s(?:over|above|older)|or\solder))?(?!\s?/|[.,]?\d)""",
    re.X | re.I,
)
_STAGE = re.compile(r"(?<!\w)(?:[1-3](?:st|nd|rd|\.|er|º|°)?\s?trim\w*\.?|(?:trimester|tanner(?:\sstage)?|stage)\s[1-5])(?!\w)", re.I)


def between(low: str, high: str) -> str:
    """The two ends of a range, each a text of its own, as one printed range."""
    return f"{low} - {high}" if low and high else f">= {low}" if low else f"<= {high}" if high else ""


def parse_range(text: str, locale: str | None = None) -> RangeReading:
    """Read one reference range text. Raises `ValueTextError` for misprints (``30.00 - 29.00``) and whatever it cannot read whole."""
    if len(text) > LONGEST_RANGE:
        raise ValueTextError(f"too long for a reference range: {text[:40]!r}...")
    plain = _unbracket(re.sub(r"\s*(?:\|\||[\r\n]+)\s*", " ; ", _WIDE.sub("  ", tidy(text))).strip(" ;"))
    if not plain[:1].isdigit():
        ahead, rest = _unit_first(plain)
        if "/" in ahead and _LIMIT.match(rest.strip()):  # mg/dL 70-99
            plain = f"{rest.strip()} {ahead}"
    key = fold_word(plain)
    if not key or key in words.NO_RANGE or re.sub(r"(?<=\w)\s\d{1,2}$", "", key) in words.NO_RANGE:
        return RangeReading("none")
    if found := _qualitative_range(plain, key):
        return found
    alone = _LIMIT.fullmatch(plain)
    segments = (_limit(alone, locale),) if alone else _segments(plain, locale, text)
    for segment in segments:
        if (
            segment.low is not None
            and segment.high is not None
            and (segment.low > segment.high or (segment.low == segment.high and len(segments) == 1))
        ):
            raise ValueTextError(f"{MISPRINT}: {text!r}")
    if len(segments) == 1:
        only = segments[0]
        label = fold_word(only.label)
        if only.sex and only.age is None and (not label or label in words.NEUTRAL_LABELS):
            return RangeReading("by_sex", unit=only.unit, segments=segments)
        if not only.sex and only.age is None and (not label or label in words.NEUTRAL_LABELS):
            kind: RangeKind = "interval" if only.low is not None and only.high is not None else "upper" if only.low is None else "lower"
            return RangeReading(kind, only.low, only.low_inclusive, only.high, only.high_inclusive, only.unit, label=only.label)
    unit = next((s.unit for s in segments if s.unit), "")
    neutral = all(s.sex and s.age is None and (not s.label or fold_word(s.label) in words.NEUTRAL_LABELS) for s in segments)
    by_sex = neutral and len({s.sex for s in segments}) == len(segments)
    return RangeReading("by_sex" if by_sex else "bands", unit=unit, segments=segments)


def _unbracket(text: str) -> str:
    """Take off brackets around the whole, closed or not: ``(3.5-5.1)``, ``[<=14]``, ``(3.5-5.1``."""
    for opening, closing in ("()", "[]"):
        if text.startswith(opening) and text.endswith(closing) and text.count(opening) == 1:
            inside = text[1:-1].strip()
            return re.sub(r"(?<=\d)\s?;\s?(?=\d)", " - ", inside) if opening == "[" else inside  # [3,5 ; 5,1]
        if text.startswith(opening) and text.count(closing) == 1:  # (3.5-5.1) mmol/L
            inside, _, unit = text[1:].partition(closing)
            if looks_like_unit(unit):
                return f"{inside.strip()} {unit.strip()}"
        if text.startswith(opening) and closing not in text:
            return text[1:].strip()
        if text.endswith(closing) and opening not in text:
            return text[:-1].strip()
    return text


def _qualitative_range(text: str, key: str) -> RangeReading | None:
    head = _LABEL_HEAD.match(text)
    parts = {words.QUALITATIVE.get(fold_word(part)) for part in re.split(r"\s?/\s?", text)}
    if len(parts) == 2 and parts <= {"negative", "non-reactive", "not-detected", "absent", "none"}:  # Negative / Non-reactive
        return RangeReading("qualitative", qualitative=words.QUALITATIVE[fold_word(text.split("/")[0])])
    for words_only in (key, fold_word(head["rest"]) if head and fold_word(head["label"]) in words.NEUTRAL_LABELS else key):
        if words_only in words.QUALITATIVE:
            return RangeReading("qualitative", qualitative=words.QUALITATIVE[words_only])
    word, slash, field = text.partition("/")  # NIL /HPF
    if slash and looks_like_unit(slash + field) and (code := words.QUALITATIVE.get(fold_word(word))):
        return RangeReading("qualitative", unit=slash + field, qualitative=code)
    return None


_LABEL_HEAD = re.compile(r"^(?P<label>[^\d<>=:]{1,60}?)\s*:\s*(?P<rest>\D+)$")


def _segments(text: str, locale: str | None, whole: str) -> tuple[Segment, ...]:
    """All limits of a range text with what stands beside them. Every digit must belong to a limit or to an age."""
    marks: list[re.Match[str]] = []

    def keep(match: re.Match[str]) -> str:
        """An age or a stage becomes one private sign, so that its digits are no limit."""
        marks.append(match)
        return f" \x01{chr(0xE000 + len(marks) - 1)} "

    if any(c in "\x01" or 0xE000 <= ord(c) <= 0xF8FF for c in text):
        raise ValueTextError(f"no single reading: {whole!r}")
    marked = _AGE.sub(keep, _STAGE.sub(keep, text))
    ages = [mark for mark in marks if mark.re is _AGE]
    limits = list(_LIMIT.finditer(marked))
    if not limits:  # all ages: 5-10
        marks, ages, marked = [], [], text
        limits = list(_LIMIT.finditer(text))
    if not limits:
        raise ValueTextError(f"no limit in {whole!r}")
    between = [marked[a:b] for a, b in zip([0, *(m.end() for m in limits)], [*(m.start() for m in limits), len(marked)])]
    if any(c.isdigit() for gap in between for c in gap):
        raise ValueTextError(f"numbers that are no limits: {whole!r}")
    first, last = _bare(between[0]), _bare(between[-1])
    if len(limits) > 1 and not first and last:
        labels = between[1:]  # 13.5-17.5 (M) 12.0-15.5 (F)
    elif len(limits) == 1 and not first:
        labels = between[1:]
    elif last:
        if len(limits) > 1 or _has_meaning(last):
            if not all(_bare(gap) for gap in between[:-1]) or len(limits) > 1:
                raise ValueTextError(f"words that belong to no limit: {whole!r}")
        labels = [between[1] if fold_word(first) in words.NEUTRAL_LABELS else f"{between[0]} {between[1]}"]
    else:
        labels = between[:-1]
    if len(limits) > 1 and not all(_bare(label) for label in labels):
        raise ValueTextError(f"several limits, and what they are for is not said: {whole!r}")
    sexes = _sexes([_bare(label) for label in labels])
    segments = []
    group_sex = ""
    for limit, label, sex in zip(limits, labels, sexes):
        printed = [marks[ord(c) - 0xE000] for c in label if 0xE000 <= ord(c) <= 0xF8FF]
        age = next((_age(mark, ages) for mark in printed if mark.re is _AGE), None)
        shown = _bare(re.sub("\x01.", " ", label))
        if age is not None and not sex and not shown:
            sex = group_sex  # M <50y 0-15, >=50y 0-20
        if any(mark.re is _STAGE for mark in printed):
            shown = _bare(re.sub("\x01(.)", lambda m: f" {marks[ord(m[1]) - 0xE000][0]} ", label))
        group_sex = sex
        if sex:
            shown = _bare(_SEX_WORD.sub(" ", shown)) if fold_word(shown) not in _ALL_LETTERS else ""
        segments.append(replace(_limit(limit, locale), sex=sex, label=shown or (printed[0][0].strip() if printed else ""), age=age))
    return tuple(segments)


def _has_meaning(text: str) -> bool:
    return any(c.isalpha() for c in text)


def _bare(label: str) -> str:
    """A label without the punctuation that ties it to its limit."""
    return re.sub(r"\s+", " ", label).strip(" :;,-/()[]=.|*")


_SEX_WORD = re.compile(rf"(?<![^\W\d_]){_any(words.MALE + ' | ' + words.FEMALE)}{_END}\.?|(?<!\w)[A-Za-zмжМЖ](?!\w)", re.I)
_ALL_LETTERS = frozenset(letter for pair in words.SEX_LETTERS for letter in pair)


def _sexes(labels: list[str]) -> list[str]:
    """The sex that each label names. A lone letter counts by the pair that the whole text uses (H/M is Spanish, M/F is not)."""
    named, letters = [], set()
    for label in labels:
        parts = fold_word(re.sub("[♂♀]", " \\g<0> ", label)).split() + [c for c in label if c in "♂♀"]
        found = {words.SEX[p] for p in parts if p in words.SEX}
        named.append(found.pop() if len(found) == 1 else "both" if found else "")
        letters |= {p for p in parts if p in _ALL_LETTERS}
    pair = next((p for p in words.SEX_LETTERS if set(p) == letters), None)
    if pair is None and len(letters) == 1:
        pair = next((p for p in (("m", "f"), ("m", "w"), ("м", "ж")) if letters <= set(p)), None)
    out = []
    for label, sex in zip(labels, named):
        own = [p for p in fold_word(label).split() if pair and p in pair]
        if not sex and pair and len(set(own)) == 1:
            sex = "male" if own[0] == pair[0] else "female"
        out.append("" if sex == "both" else sex)
    return out


def _age(match: re.Match[str], every: list[re.Match[str]]) -> tuple[float | None, float | None]:
    """An age in years, half-open: ``<50y`` -> (None, 50), ``1-3 yr`` -> (1, 4), ``>=50y`` -> (50, None), ``>50y`` -> (51, None).

    Where `every` age of the text shows that the next band begins where this one ends (0-1 yr, 1-3 yr), the end does not belong to it.
    """
    unit = fold_word(match["u"] or "years")
    month = unit[:2] in ("mo", "me", "mi", "ме") or unit in ("月", "个月")
    week = unit[:2] in ("we", "wk", "wo", "se")
    day = unit[:2] in ("da", "ta", "di", "gi", "dn", "дн") or unit in ("jours", "天")
    factor = 1 / 12 if month else 7 / 365.25 if week else 1 / 365.25 if day else 1.0
    sign = fold_word(match["c"] or "") if match["c"] and match["c"][0].isalpha() else re.sub(r"\s", "", match["c"] or "")
    a = float(match["a"])
    if match["b"]:
        shared = any(other["a"] == match["b"] and other["u"] == match["u"] for other in every if other is not match)
        b = float(match["b"]) + (0 if match["c2"] == "<" or shared else 1)
        if a >= b:
            raise ValueTextError(f"{MISPRINT}: {match[0]!r}")
        return a * factor, b * factor
    if sign in ("<", "under", "below", "unter", "до"):
        return None, a * factor
    if sign in ("<=", "=<"):
        return None, (a + 1) * factor
    if sign in (">", "over", "above", "uber", "старше"):
        return (a + (1 if sign == ">" else 0)) * factor, None
    if sign in (">=", "=>", "от") or match["more"]:
        return a * factor, None
    return a * factor, (a + 1) * factor


def _limit(found: re.Match[str], locale: str | None) -> Segment:
    """A matched limit as numbers. Which alternative of the pattern matched is told by its groups."""
    g = found.groupdict()
    units = {_bare_unit(g[name]) for name in ("cu", "eu", "u") if g[name]}
    if len(units) > 1:
        raise ValueTextError(f"two units in one range: {found[0]!r}")
    unit = units.pop() if units else ""
    if g["b"]:
        low, high = _pair(g["e"], g["b"], locale)
        if g["ac"][0] != "<" or g["bc"][0] != "<":
            raise ValueTextError(f"contradicting comparators: {found[0]!r}")
        return Segment(low, high, "=" in g["ac"], "=" in g["bc"], unit=unit)
    if g["c"]:
        one, two = _comparator(g["cc"]), _comparator(g["dc"])
        first, second = _pair(g["c"], g["d"], locale)
        if one[0] == two[0] or "~" in (one, two):
            raise ValueTextError(f"contradicting comparators: {found[0]!r}")
        if one[0] == "<":
            (one, first), (two, second) = (two, second), (one, first)
        if first > second:
            raise ValueTextError(f"contradicting comparators: {found[0]!r}")
        return Segment(first, second, "=" in one, "=" in two, unit=unit)
    if g["f"]:
        low, high = _pair(g["e"], g["f"], locale)
        before = (g["ec"] or "").strip()
        below = _comparator(before) if before[:1] in ("<", ">", "=", "~") and before else ""
        above = _comparator(g["fc"]) if g["fc"] else ""
        if below[:1] in ("<", "~") or above[:1] in (">", "~"):
            raise ValueTextError(f"contradicting comparators: {found[0]!r}")
        return Segment(low, high, below != ">", above != "<", unit=unit)
    if g["g"]:
        sign, number = _comparator(g["gc"]), _limit_number(g["g"], locale)
        unit = "titer" if g["t"] and not unit else unit
    else:
        sign, number = _comparator(g["hc"]) if g["hc"] else ">=", _limit_number(g["e"], locale)
    if sign == "~":
        raise ValueTextError(f"about is no limit: {found[0]!r}")
    if sign[0] == "<":
        return Segment(high=number, high_inclusive="=" in sign, unit=unit)
    return Segment(low=number, low_inclusive="=" in sign, unit=unit)


def _limit_number(token: str, locale: str | None) -> float:
    """A number of a one-sided limit; an exponent may follow."""
    mantissa, _, power = token.strip().lower().partition("e")
    return _times_ten_to(read_number(mantissa, locale), power) if power else read_number(mantissa, locale)


def _bare_unit(text: str) -> str:
    text = text.strip()
    return text[1:-1].strip() if text[:1] in "([" and text[-1:] in ")]" and not text.startswith("[iu") else text


def looks_like_range(text: str) -> bool:
    """Whether `text` reads as a reference range with limits or an expected word (also one whose numbers only lack a decimal mark)."""
    try:
        return parse_range(text).kind != "none"
    except ValueTextError as fault:
        return bool(fault.readings)


# ---- dates -----------------------------------------------------------------------------------------------------------------

DateOrder = Literal["dmy", "mdy", "ymd", ""]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janvier janv enero ene gennaio gen janeiro stycznia styczeń sty января янв januari",
            "feb february februar februari février fevrier févr fév febrero febbraio fevereiro fev lutego luty lut февраля фев",
            "mar march märz maerz mrz mars marzo março marca marzec марта мар maart mrt",
            "apr april avril avr abril abr aprile kwietnia kwiecień kwi апреля апр",
            "may mai mayo maggio mag maio maja maj мая май mei",
            "jun june juni juin junio giugno giu junho czerwca czerwiec cze июня июн",
            "jul july juli juillet juil julio luglio lug julho lipca lipiec lip июля июл",
            "aug august août aout agosto ago sierpnia sierpień sie августа авг augustus",
            "sep sept september septembre septiembre settembre set setembro września wrzesień wrz сентября сен сент",
            "oct october oktober okt octobre octubre ottobre ott outubro out października październik paź октября окт",
            "nov november novembre noviembre novembro listopada listopad lis ноября ноя нояб",
            "dec december dezember dez décembre decembre déc diciembre dic dicembre dezembro grudnia grudzień gru декабря дек",
        ),
        1,
    )
    for name in map(fold_word, names.split())
}
_NUMERIC_DATE = re.compile(r"(?<![\d./-])(\d{1,4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?=$|[T\s,;)]|\D{2})")
_ISO_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d{2})(0[1-9]|1[0-2])([0-2]\d|3[01])(?:\d{4}|\d{6})?(?:[.+-]\d{1,4}){0,2}(?!\d)")
_CJK_DATE = re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日?")
_NAMED_DATE = re.compile(
    r"(?<![\d.])(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[\s\-/.]*(?:de\s)?([^\W\d_]{3,12})\.?[\s\-/.,]*(?:de\s)?(\d{4}|\d{2})(?!\d)",
)
_NAMED_FIRST = re.compile(r"(?<!\w)([^\W\d_]{3,12})\.?\s?(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")


_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_date(text: str, order: DateOrder = "") -> date | None:
    """The date in `text` (a time may follow), None where there is none or where its order is not known (``03/04/2024``)."""
    if _ISO_DAY.fullmatch(text):
        return _day(text[:4], text[5:7], text[8:])
    text = tidy(text)
    if found := _CJK_DATE.search(text):
        return _day(found[1], found[2], found[3])
    if found := _NUMERIC_DATE.search(text):
        first, mark, second, third = found.groups()
        if len(first) == 4:
            return _day(first, second, third)
        if len(third) == 3 or len(first) > 2 or len(third) == 1:
            return None
        if order == "ymd" and len(third) == 2:
            return _day(first, second, third)
        both = {o: _day(third, *((second, first) if o == "dmy" else (first, second))) for o in ("dmy", "mdy")}
        if mark == ".":  # points are written in countries that write the day first
            return both["dmy"]
        if order in both:
            return both[order]
        sound = {day for day in both.values() if day}
        return sound.pop() if len(sound) == 1 else None
    if found := _ISO_COMPACT.search(text):
        return _day(*found.groups()[:3])
    for pattern, day, month in ((_NAMED_DATE, 1, 2), (_NAMED_FIRST, 2, 1)):
        for named in pattern.finditer(text):
            if fold_word(named[month]) in _MONTHS:
                return _day(named[3], str(_MONTHS[fold_word(named[month])]), named[day])
    return None


def _day(year: str, month: str, day: str) -> date | None:
    number = int(year)
    if len(year) <= 2:
        number += 2000 if number < 70 else 1900
    try:
        return date(number, int(month), int(day)) if 1900 <= number <= 2100 else None
    except ValueError:
        return None


def date_order_vote(texts: Iterable[str]) -> DateOrder:
    """The order of the dates of a document, from those that show it; empty where none does or they disagree."""
    return agreed_order(order for text in texts for order in date_orders(text))


def date_orders(text: str) -> set[DateOrder]:
    """The orders that the dates in a text show."""
    if _ISO_DAY.fullmatch(text):
        return {"ymd"}
    seen: set[DateOrder] = set()
    for found in _NUMERIC_DATE.finditer(tidy(text)):
        first, mark, second, third = found.groups()
        if len(first) == 4:
            seen.add("ymd")
        elif len(third) in (2, 4) and len(first) <= 2:
            if mark == "." or (int(first) > 12 and int(second) <= 12):
                seen.add("dmy")
            elif int(second) > 12 >= int(first):
                seen.add("mdy")
    return seen


def agreed_order(orders: Iterable[DateOrder]) -> DateOrder:
    """The one order of those seen; the year first is plain in itself and goes with any other."""
    seen = set(orders)
    left = seen - {"ymd"} or seen
    return left.pop() if len(left) == 1 else ""
