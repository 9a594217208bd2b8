"""Pages that follow from the data: every limit, every cause, every source and every command. Nothing in them is written by hand."""

from __future__ import annotations

import argparse
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from labinterp.cli import make_parser
from labinterp.reference import Reference
from labinterp.reference.schema import Marker, Population, Source
from labinterp.reference.schema_causes import Cause, MarkerLink

Kind = TypeVar("Kind", Marker, Cause)
CHECKED = {True: "checked", False: "**not checked**"}


def write(folder: Path) -> None:
    """Write all pages into `folder`, afresh."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "limits").mkdir(parents=True)
    (folder / "causes").mkdir()
    ref = Reference.default()
    pages = {
        "limits.md": limits_index(ref),
        "causes.md": causes_index(ref),
        "sources.md": sources_page(ref),
        "commands.md": commands_page(),
        "review.md": review_page(ref),
    }
    for category, markers in by_category(ref.markers.values()).items():
        pages[f"limits/{slug(category)}.md"] = limits_page(ref, category, markers)
    for category, causes in by_category(ref.causes.values()).items():
        pages[f"causes/{slug(category)}.md"] = causes_page(ref, category, causes)
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def by_category(records: Iterable[Kind]) -> dict[str, list[Kind]]:
    """Records by their category, both in alphabetical order."""
    groups: defaultdict[str, list[Kind]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.name.casefold()):
        groups[record.category].append(record)
    return dict(sorted(groups.items()))


def slug(category: str) -> str:
    return category.replace(" ", "-").replace("_", "-").replace("/", "-")


def title(category: str) -> str:
    words = category.replace("_", " ")
    return words[:1].upper() + words[1:]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table; nothing where there is no row."""
    lines = [f"| {' | '.join(cell(text) for text in row)} |" for row in rows]
    if lines:
        yield f"| {' | '.join(heads)} |"
        yield f"|{'---|' * len(heads)}"
        yield from lines
        yield ""


def cell(text: str) -> str:
    """A text as one cell: what Markdown would take for markup stands as it is."""
    return " ".join(text.split()).replace("|", "\\|")


def plain(text: str) -> str:
    """Words of the data, so that none of their letters is read as markup."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#$~" else letter for letter in " ".join(text.split()))


def cite(ref: Reference, source_id: str) -> str:
    """A source as a link to its entry."""
    if source_id not in ref.sources:
        return plain(source_id)
    source = ref.sources[source_id]
    return f"[{plain(source.organisation)}{f' {source.year}' if source.year else ''}](#{anchor('source', source_id)})"


def anchor(kind: str, id_: str) -> str:
    return f"{kind}-{id_}".replace("_", "-").lower()


def limit_text(limits: Mapping[str, str]) -> str:
    """Limits as they are written in the data, one unit a line: ``≥5.7 <6.5 %``."""
    return "<br>".join(plain(f"{text.replace('>=', '≥').replace('<=', '≤')} {unit}") for unit, text in limits.items())


def whom(population: Population) -> str:
    """Whom a limit is for: ``women, 18 years and over``."""
    low, high = population.age
    ages = (
        f"{low:g} to under {high:g} years"
        if low and high
        else f"under {high:g} years"
        if high
        else f"{low:g} years and over"
        if low
        else ""
    )
    parts = ({"female": "women", "male": "men", None: ""}[population.sex], ages, "pregnant" if population.pregnant else "")
    return ", ".join(part for part in (*parts, "fasting" if population.fasting else "") if part) or "anyone"


# ---- limits --------------------------------------------------------------------------------------------------------------


def limits_index(ref: Reference) -> str:
    groups = by_category(ref.markers.values())
    rows = (
        (f"[{title(category)}](limits/{slug(category)}.md)", ", ".join(plain(marker.name) for marker in markers))
        for category, markers in groups.items()
    )
    head = [
        "# Every limit and its source",
        "",
        f"{len(ref.markers)} tests. Each number names its source and whether somebody compared it with that source "
        "(*checked* or **not checked**). No clinician has reviewed them. State of the knowledge: `" + ref.digest[:12] + "`.",
        "",
        "`labinterp markers NAME` shows the same in a terminal, the page *Reference* of the app in a browser.",
        "",
    ]
    tree = ["```{toctree}", ":hidden:", "", *(f"limits/{slug(category)}" for category in groups), "```", ""]
    return "\n".join([*head, *table(("group", "tests"), rows), *tree])


def limits_page(ref: Reference, category: str, markers: list[Marker]) -> str:
    return "\n".join([f"# {title(category)}", "", *(line for marker in markers for line in marker_part(ref, marker))])


def marker_part(ref: Reference, marker: Marker) -> Iterator[str]:
    yield from (f"({anchor('marker', marker.id)})=", f"## {plain(marker.name)}", "")
    codes = ", ".join(code.code for code in marker.loinc if not code.exclude)
    units = ", ".join(f"`{unit}`" for unit in dict.fromkeys([marker.unit or "", *(unit.ucum for unit in marker.units)]) if unit)
    facts = (plain(marker.about), f"Id `{marker.id}`.", f"LOINC {codes}." if codes else "", f"Units {units}." if units else "")
    yield from (" ".join(fact for fact in facts if fact), "")
    yield from table(("for", "limit", "what it is", "source", "compared with the source"), limit_rows(ref, marker))
    if marker.printed_only:
        yield from ("No number of ours could be checked: only the range printed on the report is used.", "")
    said = [marker.disagreement, marker.seed, marker.leg_weakness]
    yield from (line for text in said if text for line in (plain(text), ""))
    notes = [*marker.interferences, *marker.notes]
    yield from (f"- {plain(note.text)}{'' if note.verified else ' (**not checked**)'}" for note in notes)
    if notes:
        yield ""


def limit_rows(ref: Reference, marker: Marker) -> Iterator[tuple[str, ...]]:
    for i in marker.intervals:
        what = "reference interval" + ("" if i.default else ", shown and not applied") + (f"; {plain(i.note)}" if i.note else "")
        yield whom(i), limit_text(i.limits), what, cite(ref, i.source), CHECKED[i.verified]
    for s in marker.decision:
        for band in s.bands:
            what = f"decision limit ({plain(s.scheme)}{'' if s.default else ', on request'}): {plain(band.label)}"
            yield whom(s), limit_text(band.limits), what, cite(ref, s.source), CHECKED[s.verified and band.verified]
    for c in marker.critical:
        for side in (c.low, c.high):
            if side:
                what = "critical limit" + ("" if c.default else ", shown and not applied") + (f"; {plain(c.note)}" if c.note else "")
                yield whom(c), limit_text(side), what, cite(ref, c.source), CHECKED[c.verified]
    if marker.plausible:
        yield (
            "anyone",
            limit_text(marker.plausible.limits),
            "beyond this a slip, until confirmed",
            plain(marker.plausible.source),
            CHECKED[False],
        )


# ---- causes --------------------------------------------------------------------------------------------------------------


def causes_index(ref: Reference) -> str:
    groups = by_category(ref.causes.values())
    rows = (
        (f"[{title(category)}](causes/{slug(category)}.md)", ", ".join(plain(cause.name) for cause in causes))
        for category, causes in groups.items()
    )
    head = [
        "# Every cause and its evidence",
        "",
        f"{len(ref.causes)} possible causes of weak legs. Links and their strengths are judgement (*editorial*), reviewed by nobody.",
        "",
    ]
    tree = ["```{toctree}", ":hidden:", "", *(f"causes/{slug(category)}" for category in groups), "```", ""]
    return "\n".join([*head, *table(("group", "causes"), rows), *tree])


def causes_page(ref: Reference, category: str, causes: list[Cause]) -> str:
    return "\n".join([f"# {title(category)}", "", *(line for cause in causes for line in cause_part(ref, cause))])


def cause_part(ref: Reference, cause: Cause) -> Iterator[str]:
    seen = {"yes": "Blood tests can show it.", "partly": "Blood tests show part of it.", "no": "Blood tests cannot show it."}[cause.visible]
    yield from (
        f"({anchor('cause', cause.id)})=",
        f"## {plain(cause.name)}",
        "",
        f"{plain(cause.mechanism)} {seen} How soon: {cause.urgency}.",
        "",
    )
    if cause.wording:
        yield from (plain(cause.wording), "")
    yield from table(("test", "finding", "role", "strength", "note"), (link_row(ref, link) for link in cause.links))
    for head, parts in (("What usually settles it", cause.settles), ("Red flags", cause.red_flags)):
        if parts:
            yield from (f"{head}: {plain('; '.join(parts))}.", "")
    numbers = [*cause.statistics, *(link.statistic for link in cause.links if link.statistic)]
    yield from (f"- {plain(number.text)} ({cite(ref, number.source)}, {CHECKED[number.verified]})" for number in numbers)
    if numbers:
        yield ""
    for seed in cause.seeds:
        applied = f" Applied here: {plain(seed.applied)}." if seed.applied else ""
        yield from (f"Article {plain(seed.article)}: {plain(seed.says)}.{applied}", "")
    if cause.note:
        yield from (plain(cause.note), "")
    yield from (
        f"Basis: {cause.basis}; reviewed by {cause.reviewed_by}. Sources: {', '.join(cite(ref, id_) for id_ in cause.sources)}.",
        "",
    )


def link_row(ref: Reference, link: MarkerLink) -> tuple[str, ...]:
    marker = ref.markers.get(link.marker)
    name = f"[{plain(marker.name)}](#{anchor('marker', marker.id)})" if marker else plain(link.marker)
    return name, plain(link.finding), link.role, link.strength, plain(link.note)


# ---- sources, review, commands ---------------------------------------------------------------------------------------------


def sources_page(ref: Reference) -> str:
    lines = ["# Sources", "", f"{len(ref.sources)} sources, by organisation.", ""]
    for source in sorted(ref.sources.values(), key=lambda source: (source.organisation.casefold(), source.id)):
        lines += [f"({anchor('source', source.id)})=", source_text(source), ""]
    return "\n".join(lines)


def source_text(source: Source) -> str:
    address = f"https://doi.org/{source.doi}" if source.doi else source.url
    name = f"[{plain(source.title)}]({address})" if address.startswith("http") else plain(source.title)
    parts = [
        f"**{plain(source.organisation)}**: {name}",
        str(source.year or ""),
        CHECKED[source.verified],
        plain(source.checked),
        plain(source.note),
    ]
    return (
        ", ".join(part for part in parts if part) + f" (`{source.id}`)" + (" *To be replaced by a better one.*" if source.replace else "")
    )


def review_page(ref: Reference) -> str:
    """What a physician should look at before a release."""
    rows = [
        (f"[{plain(marker.name)}](#{anchor('marker', marker.id)})", *row[:4])
        for marker in sorted(ref.markers.values(), key=lambda marker: marker.name.casefold())
        for row in limit_rows(ref, marker)
        if row[4] == CHECKED[False] and not row[2].startswith("beyond")
    ]
    common = sorted((cause for cause in ref.causes.values() if cause.common), key=lambda cause: cause.name.casefold())
    weak = [source for source in ref.sources.values() if source.replace]
    return "\n".join(
        [
            "# What a physician should review",
            "",
            "Drawn from the data: it shrinks as limits are checked and causes are signed.",
            "",
            f"## Limits that nobody has compared with their source ({len(rows)})",
            "",
            *table(("test", "for", "limit", "what it is", "source"), rows),
            f"## The commonest causes ({len(common)})",
            "",
            *table(
                ("cause", "how soon", "reviewed by"),
                ((f"[{plain(cause.name)}](#{anchor('cause', cause.id)})", cause.urgency, cause.reviewed_by) for cause in common),
            ),
            f"## Sources to be replaced by better ones ({len(weak)})",
            "",
            *(f"- {source_text(source)}" for source in weak),
            "",
        ]
    )


def commands_page() -> str:
    """Every command with its options, as the parser knows them."""
    parser = make_parser()
    groups = parser._subparsers._group_actions if parser._subparsers else []
    lines = ["# Commands", "", plain(parser.description or ""), "", plain(parser.epilog or ""), ""]
    for name, command in (groups[0].choices or {}).items():
        lines += [f"## {name}", ""]
        if not command.description:  # the app, which answers for itself
            lines += ["See `labinterp app --help`.", ""]
            continue
        lines += [plain(command.description), "", "```text", command.format_usage().strip(), "```", ""]
        lines += list(table(("word", "what it does"), (option_row(action) for action in command._actions if action.dest != "help")))
    return "\n".join(lines)


def option_row(action: argparse.Action) -> tuple[str, str]:
    name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
    values = f" {action.metavar}" if action.option_strings and isinstance(action.metavar, str) else ""
    choices = f"one of {', '.join(map(str, action.choices))}" if action.choices else ""
    return f"`{name}{values}`", plain("; ".join(part for part in (action.help or "", choices) if part))


if __name__ == "__main__":
    write(Path(__file__).resolve().parent / "generated")
