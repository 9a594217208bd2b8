"""The second opinion: pdfplumber reads again the pages on which the first reading met overprint, stamps or letter spacing.

pdfplumber takes fifteen times as long as pypdfium2 and goes its own way through the text, so it is asked only there; a value
that it does not find on a line of its own reading goes to `review`.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Sequence

from labinterp.language import remark
from labinterp.readers.geometry import Page
from labinterp.readers.result import Result

MOST_PAGES = 20


def compare(data: bytes, password: str | None, pages: Sequence[Page], results: Sequence[Result]) -> None:
    """Mark the results at troubled places whose value the second reading does not show."""
    spots = {page.number: page.spots for page in pages if page.origin == "text" and page.spots}
    doubtful = [r for r in results if any(a < line.bottom and b > line.top for line in r.lines for a, b in spots.get(line.page, ()))]
    wanted = sorted({r.lines[0].page for r in doubtful})[:MOST_PAGES]
    if not wanted:
        return
    import pdfplumber
    from pdfminer.pdfparser import PDFSyntaxError
    from pdfplumber.utils.exceptions import PdfminerException

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # its warnings quote what is in the document
    seen: dict[int, list[str]] = {}
    try:
        with pdfplumber.open(io.BytesIO(data), password=password or "", pages=wanted) as document:
            for page in document.pages:
                text = page.filter(_upright).dedupe_chars(tolerance=1).extract_text(x_tolerance=1.5)
                seen[page.page_number] = text.splitlines()
    except (PdfminerException, PDFSyntaxError, ValueError, TypeError, KeyError, RecursionError):
        return  # no second opinion is not a contradiction
    for result in doubtful:
        lines = seen.get(result.lines[0].page)
        value = _pattern(result.value)
        if lines is not None and not any(value.search(line) for line in lines):
            said = remark("two readings of the page differ on this value")
            result.review = f"{result.review}; {said}" if result.review else said


def _upright(item: dict[str, object]) -> bool:
    return item.get("object_type") != "char" or bool(item.get("upright"))


def _pattern(value: str) -> re.Pattern[str]:
    """The value as a whole number or word, whatever the spaces in it."""
    body = r"\s*".join(re.escape(char) for char in value if not char.isspace())
    return re.compile(rf"(?<![\d.,]){body}(?!\d|[.,]\d)")
