"""The catalogues of other languages are whole and current: every text translated, every value in its place, nothing left over."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from labinterp import translate
from labinterp.language import ENGLISH, REMARK, filled, language, languages

OTHERS = [code for code in languages() if code != ENGLISH]
PLACE = re.compile(r"\{\w*\}")
Found = dict[str, tuple[Path, Catalog]]


@pytest.fixture(scope="module", params=OTHERS)
def found(request: pytest.FixtureRequest) -> Found:
    """The catalogues of one language, by name, brought up to date with the texts of today."""
    return {path.stem: (path, known) for path, known in translate.catalogues(request.param)}


def messages(known: Catalog) -> Iterator[Message]:
    return (message for message in known if message.id)


def forms(told: object) -> tuple[str, ...]:
    return tuple(told) if isinstance(told, tuple | list) else (str(told),)


@pytest.mark.parametrize("name", ["interface", "knowledge"])
def test_every_text_is_translated(found: Found, name: str) -> None:
    assert translate.untranslated(found[name][1]) == []


@pytest.mark.parametrize("name", ["interface", "knowledge"])
def test_the_catalogue_holds_the_texts_of_today_and_no_others(found: Found, name: str) -> None:
    path, known = found[name]
    on_disk = translate.read(path, str(known.locale))
    assert {(m.context, m.id) for m in messages(on_disk)} == {(m.context, m.id) for m in messages(known)}, (
        "run python -m labinterp.translate"
    )


@pytest.mark.parametrize("name", ["interface", "knowledge"])
def test_the_compiled_catalogue_is_current(found: Found, name: str) -> None:
    path, known = found[name]
    fresh = gettext.GNUTranslations(io.BytesIO(translate.compiled(known)))._catalog  # type: ignore[attr-defined]
    with path.with_suffix(".mo").open("rb") as file:
        shipped = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    assert {k: v for k, v in shipped.items() if k} == {k: v for k, v in fresh.items() if k}, "run python -m labinterp.translate"


@pytest.mark.parametrize("name", ["interface", "knowledge"])
def test_every_value_keeps_its_place(found: Found, name: str) -> None:
    wrong = [
        english
        for message in messages(found[name][1])
        for english, told in zip(forms(message.id), forms(message.string))
        if sorted(PLACE.findall(english)) != sorted(PLACE.findall(told))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["interface", "knowledge"])
def test_a_translation_ends_as_the_english_does(found: Found, name: str) -> None:
    """Pieces are put together by the code: a full stop that is there in English is there in every language, and no other."""
    wrong = [
        english
        for message in messages(found[name][1])
        for english, told in zip(forms(message.id), forms(message.string))
        if english.removesuffix("a.m.").endswith((".", ":")) != told.endswith((".", ":")) or told != told.strip()
    ]
    assert wrong == []


def test_every_remark_is_known_again_with_values_in_it(found: Found) -> None:
    """A remark made from any template is told as its translation with the same values, whatever other templates look like it."""
    known = found["interface"][1]
    spoken = language(str(known.locale))
    wrong = []
    for message in messages(known):
        if message.context == REMARK:
            names = [place.strip("{}") for place in PLACE.findall(message.id)]
            values = {name: f"'{number}x, y'" for number, name in enumerate(dict.fromkeys(names))}
            made, wanted = filled(message.id, values), filled(str(message.string), values)
            if spoken.again(made) != wanted:
                wrong.append((made, spoken.again(made)))
    assert wrong == []


def test_the_same_translations_compile_to_the_same_bytes(found: Found) -> None:
    path, _ = found["interface"]
    one, other = (translate.compiled(translate.read(path, "de")) for _ in range(2))
    assert one == other


def test_texts_are_collected_with_names_for_their_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text(
        'ref.say("one")\nsay("two" if x else "three")\nplural("{n} line", "{n} lines", n)\n'
        "raise ReadError(f\"{name}: {len(data) / 1e6:.0f} MB of {max(1, 2)}\")\nenglish('four')\nremark('five')\nsay(f'{x}')\n"
    )
    monkeypatch.setattr(translate, "PACKAGE", tmp_path)
    made = {(m.context, m.id) for m in translate.interface_texts() if m.id}
    assert made == {
        (None, "one"), (None, "two"), (None, "three"), (None, ("{n} line", "{n} lines")), (None, "four"), (REMARK, "five"),
        (REMARK, "{name}: {v2} MB of {v3}"),
    }  # fmt: skip
