"""Keeps the catalogues of other languages in step with the texts: ``python -m labinterp.translate [LANGUAGE ...]``.

Texts are collected from the code (every ``say("...")``, ``english("...")``, ``plural("...", "...")``, and every `remark`, also with values
in it) and from the knowledge (every field of type `schema.Text`). New ones are added untranslated, those that are gone are taken out,
and each catalogue is compiled beside itself.
A name that is not there yet begins a new language.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from labinterp.language import CATALOGUES, ENGLISH, REMARK, languages
from labinterp.reference import Reference
from labinterp.reference.locate import knowledge_folder
from labinterp.reference.texts import texts_of

PACKAGE = Path(__file__).resolve().parent
OF_NO_USE = (b'"POT-', b'"PO-', b'"Project-Id', b'"Last-Tr', b'"Language-Team', b'"Report-', b'"Generated-By')
"""Beginnings of header lines that name moments and people."""
SAID = ("say", "english")
REMARKS = ("remark", "ReadError", "UnitError", "ValueTextError")
"""Calls whose first text is translated by `say`, and by `again`."""


def interface_texts() -> Catalog:
    """Every text in the code, with the files where it stands."""
    found = Catalog(project="labinterp", charset="utf-8")
    for file in sorted(PACKAGE.rglob("*.py")):
        place = [(f"labinterp/{file.relative_to(PACKAGE).as_posix()}", 0)]
        for node in ast.walk(ast.parse(file.read_bytes())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
            if name in SAID:
                for text in texts_in(node.args[0], values=False):
                    found.add(text, locations=place)
            elif name == "plural" and len(node.args) > 1:
                one, many = (list(texts_in(part, values=False)) for part in node.args[:2])
                for pair in zip(one, many):
                    found.add(pair, locations=place)
            elif name in REMARKS:
                for text in texts_in(node.args[0], values=True):
                    found.add(text, locations=place, context=REMARK)
    return found


def texts_in(node: ast.expr, *, values: bool) -> Iterator[str]:
    """The text that an argument is, or both of a choice; with `values` also texts with values in them, as templates."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts_in(node.body, values=values)
        yield from texts_in(node.orelse, values=values)
    elif isinstance(node, ast.JoinedStr) and values:
        yield template_of(node)


def template_of(node: ast.JoinedStr) -> str:
    """An f-string with names instead of expressions: ``{name}: {n} MB`` (its own where it is one, else v1, v2 ...)."""
    names: dict[str, str] = {}
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        elif isinstance(part, ast.FormattedValue):
            shown = f"{ast.unparse(part.value)}!{part.conversion}:{ast.unparse(part.format_spec) if part.format_spec else ''}"
            if shown not in names:
                own = part.value.id if isinstance(part.value, ast.Name) else ""
                names[shown] = own if own and own not in names.values() else f"v{len(names) + 1}"
            parts.append(f"{{{names[shown]}}}")
    return "".join(parts)


def knowledge_texts() -> Catalog:
    """Every text of `reference_ranges/`, with the record where it stands."""
    found = Catalog(project="labinterp", charset="utf-8")
    known = Reference.default().catalogue
    for part in type(known).model_fields:
        records = getattr(known, part)
        for id_, record in records.items() if isinstance(records, dict) else ():
            for text in texts_of(record):
                found.add(text, locations=[(f"{part}/{id_}", 0)])
    return found


def catalogues(language: str) -> Iterator[tuple[Path, Catalog]]:
    """The files of a language and what they hold now: translations that are there, and every text that is wanted."""
    for path, template in (
        (CATALOGUES / language / "interface.po", interface_texts()),
        (knowledge_folder() / "languages" / language / "knowledge.po", knowledge_texts()),
    ):
        known = read(path, language)
        known.update(template, no_fuzzy_matching=True)
        known.obsolete.clear()
        yield path, known


def read(path: Path, language: str) -> Catalog:
    """A catalogue as it lies on disk; an empty one where there is none."""
    if not path.is_file():
        return Catalog(locale=language, project="labinterp", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def text_of(known: Catalog) -> bytes:
    """The catalogue as a file: the same bytes for the same translations."""
    out = BytesIO()
    known.fuzzy = False
    known.header_comment = f"# Texts of labinterp in the language {known.locale_identifier}."
    write_po(out, known, width=0, include_lineno=False)
    return b"".join(line for line in out.getvalue().splitlines(keepends=True) if not line.startswith(OF_NO_USE))


def untranslated(known: Catalog) -> list[str]:
    """The English texts that have no translation, or not in every plural form."""
    texts = [(m.id, m.string if isinstance(m.string, tuple | list) else (m.string,)) for m in known if m.id]
    return [id_ if isinstance(id_, str) else id_[0] for id_, forms in texts if not all(forms)]


def compiled(known: Catalog) -> bytes:
    """What is read at run time."""
    out = BytesIO()
    known.creation_date = known.revision_date = datetime(2000, 1, 1, tzinfo=UTC)  # the same bytes for the same translations
    write_mo(out, known)
    return out.getvalue()


def main(argv: Sequence[str] | None = None) -> int:
    """Bring the catalogues up to date and say how many texts are not translated yet."""
    wanted = list(sys.argv[1:] if argv is None else argv) or [code for code in languages() if code != ENGLISH]
    for code in wanted:
        for path, known in catalogues(code):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text_of(known))
            path.with_suffix(".mo").write_bytes(compiled(known))
            print(f"{path.name} ({code}): {len(known)} texts, {len(untranslated(known))} not translated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
