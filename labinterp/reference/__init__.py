"""The knowledge, ready for use: markers, limits, names, unit factors and causes, each number with its source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from labinterp.errors import ReferenceDataError
from labinterp.language import ENGLISH, Language
from labinterp.language import language as find_language
from labinterp.reference.catalogue import Catalogue
from labinterp.reference.fold import fold_name
from labinterp.reference.locate import COMPILED, knowledge_folder
from labinterp.reference.schema import Factor, Marker, Scheme, Source, Variation
from labinterp.reference.schema_causes import Cause, EvidenceWeights, Pattern, QualityRule, QuestionRule, Screen, Trigger
from labinterp.reference.texts import translated


@dataclass(frozen=True, eq=False)  # one object is itself: caches may be keyed by it
class Reference:
    """Everything an interpretation stands on.

    `schemes` chooses among published alternatives: ``{"vitamin_b12": "nice_ng239"}``; markers it leaves out use their default.
    `language` is that of its texts and of all sentences that are made with them; ids, codes and flags are the same in all.
    """

    catalogue: Catalogue
    schemes: Mapping[str, str] = field(default_factory=dict)
    language: Language = field(default_factory=Language)

    def __post_init__(self) -> None:
        for marker, chosen in self.schemes.items():
            if marker not in self.markers:
                raise ReferenceDataError(f"no marker {marker!r} to choose a scheme for")
            known = list(dict.fromkeys(scheme.scheme for scheme in self.markers[marker].decision))
            if chosen not in known:
                raise ReferenceDataError(f"{marker} has no scheme {chosen!r}; it has {', '.join(known) or 'none'}")

    @classmethod
    def default(cls, schemes: Mapping[str, str] | None = None, language: str = ENGLISH) -> Reference:
        """The knowledge that ships with labinterp, read once. `language` is a code of `labinterp.language.languages()`."""
        return _default(tuple(sorted((schemes or {}).items())), language)

    @classmethod
    def load(cls, folder: str | Path, schemes: Mapping[str, str] | None = None, language: str = ENGLISH) -> Reference:
        """Knowledge from a folder of YAML files laid out like `reference_ranges/`. Raises `ReferenceDataError` naming file and line."""
        from labinterp.reference.compile import catalogue_of
        from labinterp.reference.load import read_folder

        spoken = find_language(language, Path(folder))
        return cls(_told(catalogue_of(read_folder(Path(folder))), spoken), dict(schemes or {}), spoken)

    @property
    def say(self) -> Callable[..., str]:
        """A sentence in the language of this knowledge: ``say("{name} is high", name=...)``."""
        return self.language.say

    @property
    def digest(self) -> str:
        """Tells one state of the knowledge from another."""
        return self.catalogue.digest

    @property
    def markers(self) -> dict[str, Marker]:
        return self.catalogue.markers

    @property
    def sources(self) -> dict[str, Source]:
        return self.catalogue.sources

    @property
    def spellings(self) -> dict[str, str]:
        """Printed unit -> UCUM."""
        return self.catalogue.spellings

    @property
    def causes(self) -> dict[str, Cause]:
        return self.catalogue.causes

    @property
    def patterns(self) -> dict[str, Pattern]:
        return self.catalogue.patterns

    @property
    def quality(self) -> dict[str, QualityRule]:
        return self.catalogue.quality

    @property
    def questions(self) -> dict[str, QuestionRule]:
        return self.catalogue.questions

    @property
    def screens(self) -> dict[str, Screen]:
        return self.catalogue.screens

    @property
    def triggers(self) -> dict[str, Trigger]:
        return self.catalogue.triggers

    @property
    def evidence(self) -> EvidenceWeights:
        """Points, caps and words of the ranking; a folder without its own uses those that ship."""
        return (self.catalogue.evidence or _catalogue().evidence)["evidence"]

    @property
    def specimens(self) -> dict[str, str]:
        """Word on a report -> kind of specimen; ``silent`` for words that say nothing about the analyte."""
        return self.catalogue.specimens

    @property
    def variation(self) -> dict[str, Variation]:
        """Marker -> how much it varies within a healthy person; markers without such data are not in it."""
        return self.catalogue.variation

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """Folded name -> markers that bear it."""
        return self.catalogue.names

    def candidates(self, name_text: str) -> tuple[str, ...]:
        """Markers that bear exactly this name, case, accents and punctuation aside; several where unit or specimen must decide."""
        return self.catalogue.names.get(fold_name(name_text), ())

    def by_loinc(self, code: str) -> tuple[str, bool] | None:
        """The marker of a LOINC code, and whether the code is listed only to be kept apart from it."""
        return self.catalogue.codes.get(code.strip())

    def factor(self, marker_id: str, ucum: str) -> Factor | None:
        """How a unit of this marker becomes its canonical unit; None if that is not sound."""
        row = self.catalogue.factors.get(marker_id, {}).get(ucum)
        return None if row is None else Factor.of(row)

    def decision(self, marker_id: str) -> tuple[Scheme, ...]:
        """The decision schemes in force: the chosen one, else the defaults (one for each population)."""
        schemes = self.markers[marker_id].decision
        chosen = self.schemes.get(marker_id)
        return tuple(scheme for scheme in schemes if (scheme.scheme == chosen if chosen else scheme.default))


@cache
def _catalogue() -> Catalogue:
    return Catalogue.model_validate_json((knowledge_folder() / COMPILED).read_bytes())


def _told(known: Catalogue, spoken: Language) -> Catalogue:
    return translated(known, spoken.say) if spoken.texts else known


@cache
def _told_catalogue(language: str) -> Catalogue:
    return _told(_catalogue(), find_language(language, knowledge_folder()))


@cache
def _default(schemes: tuple[tuple[str, str], ...], language: str) -> Reference:
    return Reference(_told_catalogue(language), dict(schemes), find_language(language, knowledge_folder()))
