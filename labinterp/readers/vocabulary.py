"""The words of `vocabulary.json`, folded once: what a header cell, a label or a flag word announces."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from labinterp.model import Sex
from labinterp.reference import fold

fold_name = lru_cache(maxsize=16384)(fold.fold_name)
"""Words of a report come again and again: each is folded once."""

SEXES: tuple[Sex, Sex] = ("male", "female")

PRIORITY = ("previous", "range", "unit", "flag", "method", "value", "name", "other")
"""Which meaning wins where a header cell could announce several (``Reference value`` is a range, not a value)."""


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, str] | frozenset[str]]:
    raw = json.loads((Path(__file__).parent / "vocabulary.json").read_text(encoding="utf-8"))
    table: dict[str, dict[str, str] | frozenset[str]] = {}
    roles: dict[str, str] = {}
    for role in reversed(PRIORITY):
        for phrase in raw["header"][role]:
            roles[fold_name(phrase)] = role
    table["header"] = roles
    for key, value in raw.items():
        if isinstance(value, list):
            table[key] = frozenset(fold_name(phrase) for phrase in value)
    return table


def header_words() -> dict[str, str]:
    """Every folded header phrase with the role that it announces."""
    roles = _words()["header"]
    assert isinstance(roles, dict)
    return roles


def words(key: str) -> frozenset[str]:
    """All folded phrases of one list of the file (``flag_words``, ``stop``, ``collected`` ...)."""
    found = _words()[key]
    assert isinstance(found, frozenset)
    return found


@lru_cache(maxsize=1)
def sex_letters() -> dict[str, dict[str, Sex]]:
    """Folded label -> folded letter -> the sex it can only mean behind that label (``geschlecht`` -> ``w`` -> female)."""
    raw = json.loads((Path(__file__).parent / "vocabulary.json").read_text(encoding="utf-8"))["sex_letters"]
    table: dict[str, dict[str, Sex]] = {}
    for labels, letters in raw.items():
        if labels != "about":
            meant = {letter: sex for sex, listed in zip(SEXES, letters, strict=True) for letter in listed.split()}
            table |= {fold_name(label): meant for label in labels.split(",")}
    return table


@lru_cache(maxsize=4096)
def header_role(text: str) -> str:
    """What a header cell announces: a role of the file, or ``""``. ``Biological Ref. Interval`` -> ``range``."""
    roles = _words()["header"]
    assert isinstance(roles, dict)
    folded = " ".join(token for token in fold_name(text).split() if not (token.isdigit() and len(token) < 3))
    if not folded:
        return ""
    if folded in roles:
        return roles[folded]
    compact = folded.replace(" ", "")
    if compact in _compact():  # letter-spaced or broken header words, and scripts without spaces
        return _compact()[compact]
    tokens = folded.split()
    if len(tokens) > 6:
        return ""
    found: dict[str, int] = {}
    for length in range(len(tokens), 0, -1):
        for start in range(len(tokens) - length + 1):
            role = roles.get(" ".join(tokens[start : start + length]))
            if role and len(" ".join(tokens[start : start + length])) >= 4:
                found[role] = max(found.get(role, 0), length)
    if not found or max(found.values()) * 2 < len(tokens):
        return ""
    return min(found, key=lambda role: PRIORITY.index(role))


@lru_cache(maxsize=1)
def _compact() -> dict[str, str]:
    roles = _words()["header"]
    assert isinstance(roles, dict)
    return {phrase.replace(" ", ""): role for phrase, role in roles.items() if len(phrase) >= 6 or not phrase.isascii()}


def says(text: str, key: str) -> bool:
    """True if the whole of `text` is a phrase of list `key`."""
    return fold_name(text) in words(key)


def starts(text: str, key: str, longest: int = 6) -> str:
    """The longest phrase of list `key` with which `text` begins, folded; ``""`` if none."""
    tokens = fold_name(text[:80]).split()
    listed = words(key)
    for length in range(min(longest, len(tokens)), 0, -1):
        phrase = " ".join(tokens[:length])
        if phrase in listed:
            return phrase
    return ""


def count_prose(text: str) -> int:
    """How many words of a sentence (articles, verbs, prepositions) stand in `text`."""
    listed = words("prose")
    return sum(token in listed for token in fold_name(text).split())


def is_header_phrase(text: str) -> bool:
    """True if the whole cell is one phrase of the header list, not merely contains one."""
    roles = _words()["header"]
    assert isinstance(roles, dict)
    folded = " ".join(token for token in fold_name(text).split() if not (token.isdigit() and len(token) < 3))
    return folded in roles or folded.replace(" ", "") in _compact()


def says_date(text: str) -> bool:
    """Does a header cell announce the date of collection of its row?"""
    return says(text, "collected") or says(text, "date_only")
