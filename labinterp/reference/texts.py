"""Texts of the knowledge that people read: which fields they are (`schema.Text`), and the same record in another language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from labinterp.reference.schema import TEXT, Model

AnyModel = TypeVar("AnyModel", bound=Model)


@cache
def text_fields(model: type[Model]) -> frozenset[str]:
    """Names of the fields that hold texts for people."""
    return frozenset(name for name, hint in get_type_hints(model, include_extras=True).items() if _is_text(hint))


def _is_text(hint: Any) -> bool:
    return TEXT in getattr(hint, "__metadata__", ()) or any(_is_text(part) for part in get_args(hint))


def texts_of(record: Any, *, is_text: bool = False) -> Iterator[str]:
    """Every text for people in a record, in order."""
    if isinstance(record, Model):
        own = text_fields(type(record))
        for name in type(record).model_fields:
            yield from texts_of(getattr(record, name), is_text=name in own)
    elif isinstance(record, dict):
        for value in record.values():
            yield from texts_of(value, is_text=is_text)
    elif isinstance(record, tuple):
        for value in record:
            yield from texts_of(value, is_text=is_text)
    elif is_text and isinstance(record, str) and record:
        yield record


def translated(record: AnyModel, say: Callable[[str], str]) -> AnyModel:
    """The same record with every text for people as `say` tells it; everything else is left as it is."""
    return _translated(record, say, False)  # type: ignore[no-any-return]


def _translated(record: Any, say: Callable[[str], str], is_text: bool) -> Any:
    if isinstance(record, Model):
        own = text_fields(type(record))
        changed = {}
        for name in type(record).model_fields:
            before = getattr(record, name)
            after = _translated(before, say, name in own)
            if after is not before:
                changed[name] = after
        return record.model_copy(update=changed) if changed else record
    if isinstance(record, dict):
        values = {key: _translated(value, say, is_text) for key, value in record.items()}
        return values if any(values[key] is not record[key] for key in record) else record
    if isinstance(record, tuple):
        parts = tuple(_translated(value, say, is_text) for value in record)
        return parts if any(new is not old for new, old in zip(parts, record)) else record
    return say(record) if is_text and isinstance(record, str) and record else record
