"""Stage: which marker a row is about: LOINC first, then the exact name within its specimen, then a near name. The unit parts shared names.

A near name is never silent: its score is a column and a notice. A name that carries a cue of another test is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from labinterp.columns import Columns, resolve, spread, stage
from labinterp.language import english
from labinterp.model import CONTRADICTED
from labinterp.reference import Reference
from labinterp.reference.fold import fold_name
from labinterp.ucum import range_fits, ucum_of

LOINC_CODE = re.compile(r"\d{1,5}-\d")
_BRACKETS = re.compile(r"[(\[{（]([^)\]}）]*)[)\]}）]")
_SYSTEM_PREFIX = re.compile(
    r"^(?:[SPUBFLf]|fS|fP|[BSPU]k?c?|Ercs|Lkcs|Csv|cB|vB|aB)\s?[-–—]\s?(?=\w{2})|^(?:Serum|Plasma|Blood)\s*[-–—:]\s*"
)
_PREFIX_SPECIMEN = {"u": "urine", "csv": "csf"}
_TEST_CODE = re.compile(r"^\d{2}\.\d{2,}\S*\s+(?=[^\W\d])")  # 06.04 Albumin: a number that the laboratory gives the test
SPECIMENS = (english("blood"), english("urine"), english("csf"), english("stool"), english("saliva"), english("bedside"), english("other"))
LONG = 7  # letters: in shorter names no slip is forgiven
NEAR = 0.88  # editorial: at most one slip in eight letters


@dataclass(frozen=True)
class Match:
    marker: str | None = None
    loinc: str = ""
    how: str = ""  # loinc, exact, reduced (specimen words or brackets left out), fuzzy; contradicted: name and code do not agree
    score: float = 0.0
    reason: str = ""


@stage
def identify_markers(results: Columns, ref: Reference) -> Columns:
    """Add `marker` (None where unknown), `loinc`, `match` (how it was found), `match_score` (1 is exact) and `match_reason`."""
    columns = ("name_text", "code_text", "specimen_text", "section_text", "unit_text", "value_unit", "range_text", "decimal")
    codes, found = resolve(results, columns, lambda *texts: match_of(ref, *(text or "" for text in texts)))
    return {
        "marker": spread(codes, [m.marker for m in found]),
        "loinc": spread(codes, [m.loinc for m in found]),
        "match": spread(codes, [m.how for m in found]),
        "match_score": spread(codes, [m.score for m in found]).astype(float),
        "match_reason": spread(codes, [m.reason for m in found]),
    }


@lru_cache(maxsize=1 << 16)
def match_of(
    ref: Reference, name: str, code: str, specimen: str, section: str, unit: str, value_unit: str, range_text: str, mark: str
) -> Match:
    """The marker of one row, by all that is printed on it."""
    found = match(ref, name, code, specimen, section, unit or value_unit)
    return blood_by_range(ref, found, name, code, specimen, section, unit or value_unit, range_text, mark)


def match(ref: Reference, name: str, code: str = "", specimen: str = "", section: str = "", unit: str = "") -> Match:
    """The marker of one printed name, with how sure that is."""
    for text in (code.strip(), name.strip()):
        if LOINC_CODE.fullmatch(text):
            known = ref.by_loinc(text)
            if known and known[1]:
                return Match(reason=ref.say("LOINC {code} is another quantity than {marker}.", code=text, marker=known[0]))
            if known:
                return doubted(ref, Match(known[0], text, "loinc", 1.0), name, specimen, section, unit)
    if not fold_name(name):
        return Match(reason=ref.say("The row has no name."))
    if fold_name(name) in ref.markers:  # an id, as programs write it
        name = ref.markers[fold_name(name)].id
    where = specimen_of(ref, name, specimen, section)
    how, _, ids = looked_up(ref, name)
    return decide(ref, ids, where, unit, how, 1.0, name) if ids else near(ref, name, where, unit)


def looked_up(ref: Reference, name: str) -> tuple[str, str, tuple[str, ...]]:
    """The markers that a printed name is a name of: how it was found, the part of it that is known, and their ids; empty where none is."""
    for how, key in keys_of(ref, name):
        ids = ref.candidates(key)
        if key.replace(" ", "_") in ref.markers:
            ids = tuple(dict.fromkeys((key.replace(" ", "_"), *ids)))
        if ids:
            return how, key, ids
    return "", "", ()


def doubted(ref: Reference, by_code: Match, name: str, specimen: str, section: str, unit: str) -> Match:
    """What a LOINC code says, beside the name and the specimen of the row. Where they contradict it, the row is neither of the two.

    A code that says more than the name (of method or specimen) is no contradiction, nor is a name that says more than the code: words of
    the one are then words of the other. Where such a name is known to be confused with the code's test, the code holds, with a remark.
    """
    marker = ref.markers[str(by_code.marker)]
    how, key, ids = looked_up(ref, name)
    named = {specimen_of(ref, name, "", "")} - {"", "blood"}  # red blood cells are counted in urine too
    if marker.id in ids:
        named -= _kinds_in(ref, key)  # large platelets (P-LCR): LCR is a fluid elsewhere
    for text, kinds in ((specimen, _kinds_in(ref, specimen)), (name, named)):
        if kinds and not kinds & set(marker.specimen):
            contradiction = english("LOINC {code} is {test}, and the row says {words}: it was not taken for that test.")
            reason = ref.say(contradiction, code=by_code.loinc, test=marker.name, words=repr(text.strip()))
            return Match(how=CONTRADICTED, reason=reason)
    if not ids or marker.id in ids:
        return by_code
    other = decide(ref, ids, specimen_of(ref, name, specimen, section), unit, how, 1.0, name).marker
    if other is None or other == marker.id:
        return by_code
    told = {"name": repr(name.strip()), "other": ref.markers[other].name, "code": by_code.loinc, "test": marker.name}
    said, meant, whole = (set(fold_name(text).split()) for text in (key, told["other"], name))
    if not any(said <= words or meant <= words or words <= whole for words in _words_of(ref, marker.id)):
        contradiction = english("The name {name} means {other}, and LOINC {code} is {test}: the row was taken for neither.")
        return Match(how=CONTRADICTED, reason=ref.say(contradiction, **told))
    if _cue(ref, marker.id, fold_name(name)):
        remark = english("The name may mean {other}; it was taken for {test}, as LOINC {code} says.")
        return replace(by_code, reason=ref.say(remark, **told))
    return by_code


@lru_cache(maxsize=65536)
def _kinds_in(ref: Reference, text: str) -> frozenset[str]:
    """All that a text says of what was examined."""
    folded = f" {fold_name(text)} "
    return frozenset(kind for word, kind in _specimen_words(ref) if kind != "silent" and f" {word} " in folded)


@lru_cache(maxsize=4096)
def _words_of(ref: Reference, marker_id: str) -> tuple[frozenset[str], ...]:
    """The words of every name of a marker, those of LOINC among them."""
    marker = ref.markers[marker_id]
    coded = (code.name for code in marker.loinc if not code.exclude)
    names = [marker.name, *coded, *(name for own in marker.names.values() for name in own)]
    return tuple(filter(None, (frozenset(fold_name(name).split()) for name in dict.fromkeys(names))))


def blood_by_range(
    ref: Reference, found: Match, name: str, code: str, specimen: str, section: str, unit: str, range_text: str, mark: str
) -> Match:
    """A row that only its section puts into urine, with the printed range of blood: a heading that should have ended before it.

    Potassium of 6.9 with the range 3.5-5.1 is not urine potassium, whatever stands above; taken for urine it would raise no alarm.
    """
    if not range_text.strip() or specimen_of(ref, name, specimen, section) != "urine" or specimen_of(ref, name, specimen, "") == "urine":
        return found
    blood = match(ref, name, code, specimen, "", unit)
    if blood.marker is None or blood.marker == found.marker or "blood" not in ref.markers[blood.marker].specimen:
        return found
    marker = ref.markers[blood.marker]
    fitting = range_fits(ref, marker, range_text, mark)
    if not fitting or (unit.strip() and ucum_of(ref, unit, marker) != fitting):
        return found
    reason = ref.say(
        "It stands under {section}, but its printed range is that of blood; it was taken for blood.", section=repr(section.strip())
    )
    return replace(blood, reason=reason)


def decide(ref: Reference, ids: tuple[str, ...], where: str, unit: str, how: str, score: float, name: str) -> Match:
    """One marker out of those that bear the name: by specimen, then by what else the name says, then by unit."""
    fitting = (
        tuple(i for i in ids if where in ref.markers[i].specimen)
        if where
        else tuple(i for i in ids if "blood" in ref.markers[i].specimen) or ids
    )
    if not fitting:
        return Match(reason=ref.say("{test} is not known for {specimen}.", test=ref.markers[ids[0]].name, specimen=ref.say(where)))
    if how != "exact":  # after the specimen: a blood test that is ruled out never leaves its urine namesake behind
        fitting = tuple(i for i in fitting if not _cue(ref, i, fold_name(name)))
    if not fitting:
        return Match(reason=ref.say("The name {name} points to another test.", name=repr(name.strip())))
    if len(fitting) > 1:
        fitting = _by_unit(ref, fitting, unit)
    if len(fitting) > 1:
        meant = ref.language.either(ref.markers[i].name for i in fitting)
        return Match(reason=ref.say("The name may mean {tests}; the unit does not tell.", tests=meant))
    marker = ref.markers[fitting[0]]
    code = next((loinc.code for loinc in marker.loinc if loinc.default), "")
    return Match(marker.id, code, how, score)


def _by_unit(ref: Reference, ids: tuple[str, ...], unit: str) -> tuple[str, ...]:
    fits = tuple(i for i in ids if (spelled := ucum_of(ref, unit, ref.markers[i])) and ref.factor(i, spelled))
    return fits or ids


@lru_cache(maxsize=65536)
def specimen_of(ref: Reference, name: str, specimen: str, section: str) -> str:
    """What was examined, as far as the name, the specimen column or the section says; empty where nothing does."""
    prefix = _SYSTEM_PREFIX.match(name.strip())
    if prefix:
        told = _PREFIX_SPECIMEN.get(re.split(r"\W", prefix.group().strip())[0].casefold())
        if told:
            return told
    for text in (name, specimen, section):
        folded = f" {fold_name(text)} "
        kinds = {kind for word, kind in _specimen_words(ref) if kind != "silent" and f" {word} " in folded}
        if kinds:  # a whole name such as "Blood" (urine strip) or "P-LCR" says it better than a word in it
            whole = {kind for marker in ref.candidates(name) for kind in ref.markers[marker].specimen} if text is name else set()
            if len(whole) == 1:
                return whole.pop()
            if not whole or kinds & whole:
                return next(iter(sorted(kinds - {"blood"})), "blood")
    return ""


@lru_cache(maxsize=16)
def _specimen_words(ref: Reference) -> tuple[tuple[str, str], ...]:
    """Folded words of specimens, longest first, each with its kind; `silent` ones say nothing."""
    return tuple(sorted(((fold_name(word), kind) for word, kind in ref.specimens.items()), key=lambda pair: (-len(pair[0]), pair[0])))


@lru_cache(maxsize=65536)
def keys_of(ref: Reference, name: str) -> tuple[tuple[str, str], ...]:
    """Ways to look a name up, best first: as printed, without brackets, without specimen words, in any order, what the brackets say."""
    name = _TEST_CODE.sub("", " ".join(name.split()))
    bare = _BRACKETS.sub(" ", _SYSTEM_PREFIX.sub("", name))
    inside = [part for part in _BRACKETS.findall(name) if len(part.strip()) > 1]
    reduced = re.sub(r" in$", "", _without(fold_name(bare), ref))  # Sodium [Moles/volume] in Serum or Plasma
    whole = _without(fold_name(_SYSTEM_PREFIX.sub("", name)), ref)
    keys = [("exact", name), ("reduced", bare), ("reduced", whole), ("reduced", reduced), ("reduced", reduced.split(" - ")[0])]
    keys += [("reduced", " ".join(sorted(reduced.split())))] + [("reduced", part) for part in inside]
    keys += [("reduced", part) for part in re.split(r"\s[-–—/|:]\s|,\s", bare) if len(fold_name(part)) > 2][:1]
    first: dict[str, str] = {}
    for how, key in keys:
        if key.strip():
            first.setdefault(key, how)
    return tuple((how, key) for key, how in first.items())


def _without(folded: str, ref: Reference) -> str:
    text = f" {folded} "
    for word, _ in _specimen_words(ref):
        text = text.replace(f" {word} ", " ")
    return text.strip() or folded


def _cue(ref: Reference, marker_id: str, folded: str) -> bool:
    """Whether the name carries, as whole words, a cue of another test that the marker's own name lacks."""
    return any(f" {cue} " in f" {folded} " for cue in _cues(ref, marker_id))


@lru_cache(maxsize=4096)
def _cues(ref: Reference, marker_id: str) -> tuple[str, ...]:
    return tuple(folded for other in ref.markers[marker_id].not_to_confuse for cue in other.cues if (folded := fold_name(cue)))


def near(ref: Reference, name: str, where: str, unit: str) -> Match:
    """A name that differs from one known name by a slip or two, and clearly more from every other marker's.

    Digits and short words must agree: B12 is not B6, T3 is not T4, IgG is not IgA.
    """
    ranked = _ranked(ref, name)
    if not ranked or ranked[0][1] < NEAR:
        return Match(reason=ref.say("The name {name} is not known.", name=repr(name.strip())))
    ids, score = ranked[0]
    if len(ranked) > 1 and ranked[1][1] > score - 0.05 and not set(ranked[1][0]) <= set(ids):
        return Match(reason=ref.say("The name {name} is near several tests.", name=repr(name.strip())))
    return decide(ref, ids, where, unit, "fuzzy", round(score, 3), name)


@lru_cache(maxsize=65536)
def _ranked(ref: Reference, name: str) -> list[tuple[tuple[str, ...], float]]:
    """Markers with a name like this one, by how well they agree."""
    keys = dict.fromkeys(folded for _, key in keys_of(ref, name) if len(folded := fold_name(key)) >= LONG)
    known = _long_names(ref)
    best: dict[tuple[str, ...], float] = {}
    for key in keys:
        for found, score, _ in process.extract(key, known, scorer=OSA.normalized_similarity, score_cutoff=NEAR - 0.06, limit=None):
            ids = ref.names[found]
            if abs(len(found) - len(key)) <= 2 and _firm(key) == _firm(found) and score > best.get(ids, 0):
                best[ids] = score
    return sorted(best.items(), key=lambda item: -item[1])


@lru_cache(maxsize=16)
def _long_names(ref: Reference) -> list[str]:
    return [name for name in ref.names if len(name) >= LONG]


@lru_cache(maxsize=65536)
def _firm(folded: str) -> tuple[str, ...]:
    """The parts of a name in which no slip is forgiven: words with digits, and words of up to three letters."""
    return tuple(
        sorted(
            word
            for word in folded.split()
            if any(c.isdigit() for c in word) or len(word) <= 3 or word in ("anti", "free", "total", "direct", "indirect", "ratio")
        )
    )
