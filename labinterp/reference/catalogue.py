"""All of `reference_ranges/` in one frozen model: what the compiled file holds."""

from __future__ import annotations

from typing import Any

from labinterp.reference.schema import Marker, Model, Source, Variation
from labinterp.reference.schema_causes import Cause, EvidenceWeights, Pattern, QualityRule, QuestionRule, Screen, SeedTerm, Trigger


class Catalogue(Model):
    """Every record by its id, and what is worked out from them when they are compiled.

    `names` is folded name -> markers, `codes` LOINC code -> (marker, excluded), `factors` marker -> UCUM unit -> row of a
    `Factor`.
    """

    digest: str
    sources: dict[str, Source]
    spellings: dict[str, str]
    specimens: dict[str, str]
    markers: dict[str, Marker]
    variation: dict[str, Variation]
    causes: dict[str, Cause]
    patterns: dict[str, Pattern]
    quality: dict[str, QualityRule]
    questions: dict[str, QuestionRule]
    screens: dict[str, Screen]
    triggers: dict[str, Trigger]
    evidence: dict[str, EvidenceWeights]
    seed_terms: dict[str, SeedTerm]
    names: dict[str, tuple[str, ...]]
    codes: dict[str, tuple[str, bool]]
    factors: dict[str, dict[str, tuple[Any, ...]]]
