"""Pages of words -> `Report`: columns of a page, tables, facts, and every line accounted for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from labinterp.language import remark
from labinterp.model import Patient, Report, today
from labinterp.readers import cards, vocabulary
from labinterp.readers.cells import looks_like_unit, measure
from labinterp.readers.columns import Header, headers_of
from labinterp.readers.facts import Facts, facts_of
from labinterp.readers.geometry import Line, Page, lines_of
from labinterp.readers.layout import Reader, mask
from labinterp.readers.result import Result
from labinterp.shapes import date_order_vote, decimal_vote, parse_date

Check = Callable[[list[Result]], None]


def report_of(pages: Sequence[Page], *, name: str, format: str, locale: str | None = None, check: Check | None = None) -> Report:
    """Read the pages of one document. `check` may look at the results again and mark doubtful ones."""
    laid = [(page, _regions(page)) for page in pages]
    furniture = _furniture([lines for _, regions in laid for lines, _ in regions], len(pages))
    any_header = any(heads for _, regions in laid for _, heads in regions)
    reader = Reader()
    facts_by_page: dict[int, Facts] = {}
    dropped: list[dict[str, Any]] = []
    for page, regions in laid:
        facts_by_page[page.number] = facts_of([line for lines, _ in regions for line in lines])
        for lines, heads in regions:
            reader.read(lines, page.width, any_header, furniture, heads)
            _take_cards(reader, lines)
        dropped += [
            {
                "text": text,
                "page": page.number,
                "reason": remark("text the recognition is not sure of")
                if page.origin == "ocr"
                else remark("sideways or slanted text, or a stamp"),
                "kind": "furniture",
            }
            for text in page.dropped
        ]
        if page.missing:
            dropped.append({"text": f"page {page.number}", "page": page.number, "reason": page.missing, "kind": "possible_result"})
    results = reader.results
    emphasis([result for result in results if not result.card])
    if check is not None:
        check(results)
    origins = {page.number: page.origin for page in pages}
    rows = [_row(result, facts_by_page, origins) for result in results]
    decimal = decimal_vote([r.value for r in results] + [r.range for r in results]) or ({",": ",", ".": "."}.get(locale or "", ""))
    dates = (
        [f.collected or f.date for f in facts_by_page.values()] + [f.birth_text for f in facts_by_page.values()] + [r.date for r in results]
    )
    order = date_order_vote([d for d in dates if d]) or (
        "dmy" if decimal == "," else ""
    )  # no country writes months first and decimal commas
    for row in rows:
        row["decimal"], row["date_order"] = decimal, order
    unread = [
        {"text": left.line.text, "page": left.line.page, "reason": left.reason, "kind": left.kind, **_box([left.line])}
        for left in reader.left
    ]
    first = list(facts_by_page.values())
    birth = next((f.birth_text for f in first if f.birth_text), "")
    return Report.of(
        rows,
        unread + dropped,
        patient=Patient(
            sex=next((f.sex for f in first if f.sex), None),
            age=next((f.age for f in first if f.age is not None), None),
            birth_date=_born(birth, order),
        ),
        patient_name=next((f.name for f in first if f.name), ""),
        patient_number=next((f.number for f in first if f.number), ""),
        laboratory=next((f.laboratory for f in first if f.laboratory), ""),
        format=format,
        name=name,
        notices=(*(() if rows else (remark("No laboratory results were found in this document."),)), *_not_read(pages)),
    )


def _not_read(pages: Sequence[Page]) -> list[str]:
    """A notice for each reason why pages were not read."""
    reasons = dict.fromkeys(page.missing for page in pages if page.missing)
    which = {reason: ", ".join(str(page.number) for page in pages if page.missing == reason) for reason in reasons}
    return [remark(f"Not read: page {numbers}: {reason}.") for reason, numbers in which.items()]


def _take_cards(reader: Reader, lines: Sequence[Line]) -> None:
    """Read the cards among the lines that no table has used; what remains unclear is marked for a person."""
    here = {id(line) for line in lines}
    found, unclear = cards.results_of([left.line for left in reader.left if id(left.line) in here])
    reader.results += found
    used = {id(line) for result in found for line in result.lines} - {id(line) for line in unclear}
    reader.left = [left for left in reader.left if id(left.line) not in used]
    doubtful = {id(line) for line in unclear}
    for left in reader.left:
        if id(left.line) in doubtful:
            left.reason, left.kind = remark("a value near a name, but whose it is is not clear"), "possible_result"


def _born(text: str, order: Any) -> date | None:
    """A birth date; a year in two digits lies in the past."""
    day = parse_date(text, order) if text else None
    return day.replace(year=day.year - 100) if day is not None and day > today() else day


def _row(result: Result, facts: dict[int, Facts], origins: dict[int, str]) -> dict[str, Any]:
    page = result.lines[0].page
    review = result.review
    if origins[page] == "ocr":
        sure = min(line.confidence for line in result.lines)
        said = remark(f"read from a picture, confidence {sure:.0%}")
        review = f"{said}; {review}" if review else said
    elif origins[page] == "layer":
        said = remark("read from the hidden text behind a picture")
        review = f"{said}; {review}" if review else said
    collected = result.date
    if not collected:
        seen = [facts[p] for p in sorted(facts) if p <= page] or list(facts.values())
        collected = next((f.collected for f in reversed(seen) if f.collected), "") or next(
            (f.collected for f in facts.values() if f.collected), ""
        )
        collected = collected or next((f.date for f in reversed(seen) if f.date), "")
    return {
        "name_text": result.name,
        "value_text": result.value,
        "unit_text": result.unit,
        "range_text": result.range,
        "flag_text": result.flag,
        "collected_text": collected,
        "section_text": result.section,
        "specimen_text": result.specimen or facts[page].specimen,
        "previous_text": result.previous,
        "page": page,
        "text": "\n".join(line.text for line in dict.fromkeys(result.lines)),  # two lines may say the same
        "review": review,
        **_box(result.lines),
    }


def _box(lines: Sequence[Line]) -> dict[str, float]:
    return {
        "x0": round(min(line.x0 for line in lines), 1),
        "top": round(min(line.top for line in lines), 1),
        "x1": round(max(line.x1 for line in lines), 1),
        "bottom": round(max(line.bottom for line in lines), 1),
    }


def emphasis(results: list[Result]) -> None:
    """Bold or red type is a flag only where the report has no other mark and sets few of its values so."""
    if len(results) < 2 or any(r.flag for r in results):
        return
    for mark, marked in (("bold", [r for r in results if r.bold]), ("colour", [r for r in results if _red(r.colour)])):
        if marked and len(marked) <= 0.6 * len(results):
            for result in marked:
                result.flag = mark
            return


def _red(colour: int) -> bool:
    return colour >> 16 > 150 and (colour >> 8 & 255) < 100 and (colour & 255) < 100


def _furniture(regions: Sequence[Sequence[Line]], pages: int) -> frozenset[str]:
    """Lines that repeat at the same height on several pages."""
    if pages < 2:
        return frozenset()
    seen: Counter[tuple[str, int]] = Counter()
    for lines in regions:
        for key in {(mask(line.text), round(line.base / 6)) for line in lines}:
            seen[key] += 1
    return frozenset(text for (text, _), count in seen.items() if count >= 2)


Region = tuple[list[Line], list[Header]]


def _regions(page: Page) -> list[Region]:
    """The lines of a page with its table headers; where two tables stand side by side, first those above, then left and right."""
    lines = lines_of(page.words, page.number)
    heads = headers_of(lines)
    split = _side_by_side(lines, heads, page)
    if split is None:
        return [(lines, heads)] if lines else []
    x, top = split
    above = [w for w in page.words if w.base < top]
    left = [w for w in page.words if w.base >= top and (w.x0 + w.x1) / 2 < x]
    right = [w for w in page.words if w.base >= top and (w.x0 + w.x1) / 2 >= x]
    return [(made, headers_of(made)) for made in (lines_of(part, page.number) for part in (above, left, right)) if made]


def _side_by_side(lines: Sequence[Line], heads: Sequence[Header], page: Page) -> tuple[float, float] | None:
    """(x, top) of the strip between two independent columns of results, or None."""
    for head in heads:  # the header names its columns twice
        line = head.lines[0]
        roles = [(vocabulary.header_role(c.text), c) for c in line.cells]
        names = [c for role, c in roles if role == "name"]
        values = [c for role, c in roles if role == "value"]
        if len(names) == 2 and len(values) == 2 and names[0].x0 < values[0].x0 < names[1].x0 < values[1].x0:
            half = len(roles) // 2
            twin = [role for role, _ in roles[:half]] == [role for role, _ in roles[half:]]
            return (line.cells[half].x0 if twin and len(roles) % 2 == 0 else names[1].x0) - 2, line.top - 1
    middle = page.width / 2
    if any(head.has("value") and head.columns[0].x0 < middle < head.columns[-1].x0 for head in heads):
        return None  # one table across the whole page
    starts: list[tuple[float, Line]] = []
    for line in lines:
        for index, cell in enumerate(line.cells[:-1]):
            text = cell.text
            if not any(c.isalpha() for c in text) or (looks_like_unit(text) and re.search(r"[/%]", text)) or measure(text.split()).value:
                continue
            value = measure([w.text for w in line.cells[index + 1].words])
            after = line.cells[index + 2].text if index + 2 < len(line.cells) else ""
            if value.value and value.clean and re.search(r"\d", value.value) and (value.unit or looks_like_unit(after)):
                starts.append((cell.x0, line))
    if len(starts) < 6:
        return None
    left_edge = min(x for x, _ in starts)
    far = [x for x, _ in starts if x - left_edge > 0.3 * page.width]
    near = [x for x, _ in starts if x - left_edge < 0.15 * page.width]
    if len(far) < 3 or len(near) < 3 or max(far) - min(far) > 0.12 * page.width:
        return None
    edge = min(far)
    first = min(line.base for x, line in starts)
    last = max(line.base for x, line in starts)
    body = [w for w in page.words if first - 2 <= w.base <= last + 2]
    crossing = [w for w in body if w.x0 < edge - 3 < w.x1]
    if len(crossing) > 0.02 * len(body):
        return None
    titles = [
        line.base
        for line in lines
        if line.base < first
        and first - line.base < 4 * line.size
        and len(line.cells) <= 2
        and any(abs(c.x0 - edge) < 30 for c in line.cells)
    ]
    top = (min(titles) if titles else first) - 0.9 * lines[0].size
    return edge - 3, top
