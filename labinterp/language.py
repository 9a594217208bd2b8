"""The reader's language. Every text of ours is English in code and knowledge; a catalogue (gettext) holds it in other languages.

`say` finds a sentence by its English text and fills in its values; a text that a catalogue does not hold stays English.
"""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CATALOGUES = Path(__file__).resolve().parent / "languages"
"""One folder a language (``de``) with `interface.po`, the texts in code, and its compiled twin `interface.mo`.

The texts of `reference_ranges/` stand in its own folder `languages/` in the same way, as `knowledge.po`.
"""

ENGLISH = "en"


@dataclass(frozen=True, eq=False)  # one object is itself: caches may be keyed by it
class Language:
    """One language: `code` is an ISO 639-1 code, `texts` the catalogues that are asked in turn."""

    code: str = ENGLISH
    texts: tuple[gettext.NullTranslations, ...] = ()

    def __call__(self, text: str, **values: object) -> str:
        return self.say(text, **values)

    def say(self, text: str, **values: object) -> str:
        """`text` in this language, with `values` in the places of its ``{names}``."""
        told = self._find(text) if text else text
        return told.format(**values) if values else told

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """The form that belongs to `n`, which stands at ``{n}``: ``plural("{n} line", "{n} lines", 3)`` is ``3 lines``."""
        for texts in self.texts:
            told = texts.ngettext(one, many, n)
            if told not in (one, many):
                return told.format(n=n, **values)
        return (one if n == 1 else many).format(n=n, **values)

    def _find(self, text: str) -> str:
        for texts in self.texts:
            told = texts.gettext(text)
            if told != text:
                return told
        return text


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
