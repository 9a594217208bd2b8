"""The reader's language. Every text of ours is English in code and knowledge; a catalogue (gettext) holds it in other languages.

Sentences made with a `Reference` are made in its language: `say` finds one by its English text and fills in its values. What is made
where no language is known (why a line was not read, what is wrong with a number) is a `remark`: an English text, plain data that passes
through frames, files and errors. Whoever shows it in another language has it told `again`: the remark is known by its form, its values are
taken out of it and put into the translation. A text that a catalogue does not hold stays English.

Numbers and dates that we write follow the language too (`number`, `day`: CLDR, through Babel); what a laboratory printed never does.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from math import isfinite, isnan
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

CATALOGUES = Path(__file__).resolve().parent / "languages"
"""One folder a language (``de``) with `interface.po`, the texts in code, and its compiled twin `interface.mo`.

The texts of `reference_ranges/` stand in its own folder `languages/` in the same way, as `knowledge.po`.
"""

ENGLISH = "en"
REMARK = "remark"
"""Context of the texts of `remark` in a catalogue."""
REMEMBERED = 4096
"""Remarks whose translation is kept at hand: values of reports stand in them, so they are not kept for ever."""
_PLACE = re.compile(r"\{(\w+)\}")


def english(text: str) -> str:
    """The text itself: marks one that stands away from its `say`, so that the catalogues know it."""
    return text


def remark(text: str) -> str:
    """The text itself, often with values in it (``remark(f"{name} is empty")``): marks what `Language.again` tells in other languages.

    Messages of `ReadError`, `ValueTextError` and `UnitError` are remarks without being marked.
    """
    return text


def plain_number(value: float) -> str:
    """A number as people write it in English: no exponent, no float noise, a true minus sign; empty for NaN."""
    if isnan(value):
        return ""
    if not isfinite(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.6g}"
    if "e" in text:
        text = f"{value:.10f}" if abs(value) < 1 else f"{value:.0f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


@dataclass(frozen=True, eq=False)  # one object is itself: caches may be keyed by it
class Language:
    """One language: `code` is an ISO 639-1 code, `texts` the catalogues that are asked in turn."""

    code: str = ENGLISH
    texts: tuple[gettext.NullTranslations, ...] = ()

    def __call__(self, text: str, /, **values: object) -> str:
        return self.say(text, **values)

    def say(self, text: str, /, **values: object) -> str:
        """`text` in this language, with `values` in the places of its ``{names}``."""
        told = self._find(text) if text else text
        return told.format(**values) if values else told

    def plural(self, one: str, many: str, n: int, /, **values: object) -> str:
        """The form that belongs to `n`, which stands at ``{n}``: ``plural("{n} line", "{n} lines", 3)`` is ``3 lines``."""
        for texts in self.texts:
            told = texts.ngettext(one, many, n)
            if told not in (one, many):
                return told.format(n=n, **values)
        return (one if n == 1 else many).format(n=n, **values)

    def number(self, value: float | str) -> str:
        """A number of ours, or one already put into English digits, with the decimal mark of this language: ``2,5``."""
        text = value if isinstance(value, str) else plain_number(value)
        return text if self._decimal == "." else re.sub(r"(?<=\d)\.(?=\d)", self._decimal, text)

    def day(self, day: date) -> str:
        """``12 March 2026``, ``12. März 2026``."""
        from babel.dates import format_date

        return str(format_date(day, "long", locale=self._locale))

    def inside(self, name: str) -> str:
        """A name as it stands inside a sentence: ``Potassium`` becomes ``potassium``, ``HbA1c`` and ``ESR`` stay; only English does so."""
        if self.code != ENGLISH or not name[1:2].isalpha() or any(letter.isupper() for letter in name.split(" ")[0][1:]):
            return name
        return name[0].lower() + name[1:]

    def either(self, names: Iterable[str]) -> str:
        """``A or B``"""
        return f" {self.say('or')} ".join(names)

    def both(self, names: Iterable[str]) -> str:
        """``A and B``"""
        return f" {self.say('and')} ".join(names)

    def again(self, remark: str) -> str:
        """A `remark` that was made in English, in this language. Several may be joined by ``; ``; what is no remark comes back as it is."""
        if not remark or not self.texts:
            return remark
        if remark not in self._told:
            if len(self._told) >= REMEMBERED:
                self._told.clear()
            self._told[remark] = self._again(remark)
        return self._told[remark]

    def _again(self, remark: str) -> str:
        fixed, forms = self._remarks
        if remark in fixed:
            return fixed[remark]
        for form, translation in forms:
            if match := form.fullmatch(remark):
                return filled(translation, {name: self._again(value) for name, value in match.groupdict().items()})
        parts = remark.split("; ")
        return "; ".join(map(self.again, parts)) if len(parts) > 1 else remark

    @cached_property
    def _told(self) -> dict[str, str]:
        """Remarks that were told already."""
        return {}

    @cached_property
    def _remarks(self) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
        """Remarks without values, and the forms of those with values, the most telling first."""
        fixed, forms = {}, []
        for texts in self.texts:
            for key, translation in getattr(texts, "_catalog", {}).items():
                context, mark, english = str(key).partition("\x04")
                if not mark or context != REMARK or not translation:
                    continue
                if _PLACE.search(english):
                    forms.append((english, translation))
                else:
                    fixed[english] = translation
        forms.sort(key=lambda pair: -len(_PLACE.sub("", pair[0])))
        return fixed, [(_form(english), translation) for english, translation in forms]

    @cached_property
    def _decimal(self) -> str:
        return "." if self.code == ENGLISH else str(self._locale.number_symbols["latn"]["decimal"])

    @cached_property
    def _locale(self) -> Locale:
        from babel import Locale

        return Locale("en", "GB") if self.code == ENGLISH else Locale.parse(self.code)

    def _find(self, text: str) -> str:
        for texts in self.texts:
            told = texts.gettext(text)
            if told != text:
                return told
        return text


def filled(template: str, values: Mapping[str, str]) -> str:
    """A text with values in the places of its ``{names}``; other braces are left alone."""
    return _PLACE.sub(lambda place: values[place[1]], template)


def _form(template: str) -> re.Pattern[str]:
    """What a remark made from this template looks like."""
    seen: set[str] = set()
    parts = []
    for number, part in enumerate(_PLACE.split(template)):
        if number % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P={part})" if part in seen else f"(?P<{part}>.*)")
            seen.add(part)
    return re.compile("".join(parts), re.DOTALL)


def languages() -> tuple[str, ...]:
    """Codes of the languages that the interface is told in, English first."""
    return (ENGLISH, *sorted(folder.name for folder in CATALOGUES.iterdir() if (folder / "interface.mo").is_file()))


@cache
def catalogue(path: Path) -> gettext.NullTranslations:
    """A compiled catalogue; an empty one where there is no such file."""
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)


@cache
def language(code: str, knowledge: Path | None = None) -> Language:
    """A language by its code, with the texts of a folder of knowledge where one is given. Raises `ValueError` for one not known."""
    if code == ENGLISH:
        return Language()
    if code not in languages():
        raise ValueError(f"no language {code!r}; there are {', '.join(languages())}")
    own = (CATALOGUES / code / "interface.mo", *([knowledge / "languages" / code / "knowledge.mo"] if knowledge else []))
    return Language(code, tuple(map(catalogue, own)))
