"""PDF with a text layer: pypdfium2 characters with boxes -> `Page` words; pages without usable text go to `image`."""

from __future__ import annotations

import ctypes
import math
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from labinterp.errors import ReadError
from labinterp.language import remark
from labinterp.model import Report
from labinterp.readers import image
from labinterp.readers.document import report_of
from labinterp.readers.geometry import WORD_GAP, Page, Word, with_superscripts
from labinterp.readers.limits import limits
from labinterp.readers.second import compare

FEW_WORDS = 12  # a page with fewer is looked at for pictures


def identify(head: bytes, name: str) -> bool:
    """True for PDF: the mark stands within the first kilobyte."""
    return b"%PDF-" in head[:1024]


def read(data: bytes, name: str, locale: str | None = None, password: str | None = None) -> Report:
    """Read a PDF. Raises `ReadError` when it is too large, encrypted, damaged, or has no text and no OCR is installed."""
    pages = pages_of(data, name, password)
    return report_of(pages, name=name, format="pdf", locale=locale, check=lambda results: compare(data, password, pages, results))


def pages_of(data: bytes, name: str, password: str | None = None) -> list[Page]:
    """The pages of a PDF as words."""
    import pypdfium2 as pdfium

    most = limits()
    if len(data) > most.pdf_size:
        raise ReadError(f"{name}: the PDF has {len(data) >> 20} MB; the limit is {most.pdf_size >> 20} MB")
    try:
        document = pdfium.PdfDocument(data, password=password)
    except pdfium.PdfiumError as error:
        if "assword" in str(error):
            said = remark("the password given is wrong") if password else remark("no password was given")
            raise ReadError(f"{name}: the PDF is protected by a password and {said}") from None
        raise ReadError(f"{name}: the PDF is damaged and cannot be opened ({error})") from None
    try:
        if len(document) > most.pages:
            raise ReadError(f"{name}: the PDF has {len(document)} pages; the limit is {most.pages}")
        pages, drawn, clock = [], set(), time.monotonic()
        for number in range(len(document)):
            try:
                handle = document[number]
                try:
                    page = _page(handle, number + 1, name)
                    if page.origin != "text" or (len(page.words) < FEW_WORDS and _is_picture(handle)):
                        drawn.add(page.number)
                finally:
                    handle.close()
            except pdfium.PdfiumError:
                page = Page(number + 1, 0.0, 0.0, [], missing="this page is damaged and cannot be opened")
            pages.append(page)
        if pages and all(page.missing for page in pages):
            raise ReadError(f"{name}: the PDF is damaged: none of its pages can be opened")
        pictures = [page for page in pages if page.number in drawn]
        if pictures and not image.available():
            if len(pictures) == len(pages) and any(p.origin != "layer" for p in pictures):
                raise ReadError(f"{name}: {_why(pictures)}; reading it as a picture needs the extra 'ocr': {image.INSTALL}")
            for page in pictures:
                if page.origin != "layer":
                    pages[page.number - 1] = _without_picture(page)
            return pages
        if len(pictures) > most.picture_pages:
            raise ReadError(f"{name}: {len(pictures)} pages are pictures; the limit is {most.picture_pages}")
        for page in pictures:
            if time.monotonic() - clock > most.seconds:
                raise ReadError(
                    f"{name}: reading the pages as pictures took longer than {most.seconds:.0f} s; stopped at page {page.number}"
                )
            image.tell(page.number, len(pages))
            pages[page.number - 1] = image.page_of(_rendered(document, page, name), page.number, name)
    finally:
        document.close()
    return pages


def _page(page: Any, number: int, name: str) -> Page:
    import pypdfium2.raw as raw

    width, height = page.get_size()
    text = page.get_textpage()
    try:
        glyphs = _glyphs(raw, text, number, name)
    finally:
        text.close()
    return page_of(glyphs, number, width, height)


def _is_picture(page: Any) -> bool:
    """A page with hardly any words: is a picture, or are drawn outlines of letters, on it?"""
    import pypdfium2.raw as raw

    kinds = Counter(item.type for item in page.get_objects(max_depth=4))
    return bool(kinds[raw.FPDF_PAGEOBJ_IMAGE] or kinds[raw.FPDF_PAGEOBJ_PATH] > 150)


def _without_picture(page: Page) -> Page:
    """A page whose picture cannot be read as the extra `ocr` is missing: the words of its text layer, if they mean anything."""
    broken = page.origin == "broken"
    what = remark("this page has a picture on it and hardly any text") if page.words else remark("this page is a picture")
    if broken:
        what = remark("the fonts of this page do not say which letters they show")
    missing = remark(f"{what}; reading it needs the extra 'ocr': {image.INSTALL}")
    return replace(page, words=[] if broken else page.words, origin="text", missing=missing)


def _why(pages: list[Page]) -> str:
    if any(p.origin == "broken" for p in pages):
        return remark("the fonts of the PDF do not say which letters they show")
    return remark("the PDF has no text, only pictures of it")


def _rendered(document: Any, page: Page, name: str) -> Any:
    handle = document[page.number - 1]
    try:
        width, height = handle.get_size()
        scale = image.DPI / 72
        if width * height * scale * scale > limits().pixels:
            raise ReadError(
                f"{name}: page {page.number} is {width:.0f} x {height:.0f} points large, too large to be read as a picture; "
                f"the limit is {limits().pixels // 1_000_000} million pixels at {image.DPI} dots an inch"
            )
        refuse_large_pictures(handle, page.number, name)
        return handle.render(scale=scale).to_pil().convert("RGB")
    finally:
        handle.close()


def refuse_large_pictures(page: Any, number: int, name: str) -> None:
    """Raise `ReadError` for a page with a picture on it of too many pixels, before anything is decoded."""
    import pypdfium2.raw as raw

    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        across, down = item.get_px_size()
        if across * down > limits().pixels:
            raise ReadError(
                f"{name}: page {number} holds a picture of {across} x {down} points; the limit is {limits().pixels // 1_000_000} million"
            )


class _Style:
    """What all characters of one text object share."""

    __slots__ = ("bold", "colour", "hidden", "scale", "unmapped")

    def __init__(self, raw: Any, text: Any, index: int, owner: Any, fonts: dict[int, bool]) -> None:
        matrix = raw.FS_MATRIX()
        raw.FPDFText_GetMatrix(text, index, matrix)
        self.scale = math.hypot(matrix.c, matrix.d) or 1.0
        mode = raw.FPDFTextObj_GetTextRenderMode(owner)
        self.hidden = mode == 3
        font = raw.FPDFTextObj_GetFont(owner)
        key = ctypes.addressof(font.contents) if font else 0
        if key not in fonts:
            fonts[key] = _is_bold(raw, text, index)
        self.bold = fonts[key] or mode == 2
        parts = [ctypes.c_uint() for _ in range(4)]
        self.colour = 0
        if raw.FPDFText_GetFillColor(text, index, *parts):
            self.colour = (parts[0].value << 16) | (parts[1].value << 8) | parts[2].value
        self.unmapped = False


_BOLD = re.compile(r"bold|black|heavy|semib|demi|(?:^|[-,+])(?:sfbx|cmbx)|bx\d|-bd\b|,b\b", re.I)


def _is_bold(raw: Any, text: Any, index: int) -> bool:
    """Does the name or the weight of the font say bold?"""
    buffer, flags = ctypes.create_string_buffer(256), ctypes.c_int()
    size = raw.FPDFText_GetFontInfo(text, index, buffer, 256, flags)
    name = buffer.raw[: max(size - 1, 0)].decode("utf-8", "replace") if size else ""
    if _BOLD.search(name):
        return True
    return bool(raw.FPDFText_GetFontWeight(text, index) >= 700) and not re.search(r"regular|roman|light", name, re.I)


# one character: text, x0, y0, x1, y1 (page coordinates, y up), origin x, origin y, size, angle, style
Glyph = tuple[str, float, float, float, float, float, float, float, float, _Style]


def _glyphs(raw: Any, text: Any, number: int, name: str) -> list[Glyph]:
    handle = text.raw
    count = raw.FPDFText_CountChars(handle)
    if count > limits().page_characters:
        raise ReadError(f"{name}: page {number} has {count} characters; the limit is {limits().page_characters}")
    unicode_of, object_of = raw.FPDFText_GetUnicode, raw.FPDFText_GetTextObject
    box_of, origin_of, angle_of, size_of = (
        raw.FPDFText_GetLooseCharBox,
        raw.FPDFText_GetCharOrigin,
        raw.FPDFText_GetCharAngle,
        raw.FPDFText_GetFontSize,
    )
    failed = raw.FPDFText_HasUnicodeMapError
    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    styles: dict[int, _Style] = {}
    fonts: dict[int, bool] = {}
    out: list[Glyph] = []
    last, style, angle, size = 0, None, 0.0, 0.0
    for index in range(count):
        owner = object_of(handle, index)
        if not owner:  # a space or line end that PDFium made up
            continue
        code = unicode_of(handle, index)
        address = ctypes.addressof(owner.contents)
        if address != last or style is None:
            last = address
            style = styles.get(address) or styles.setdefault(address, _Style(raw, handle, index, owner, fonts))
            if code != 32 and failed(handle, index) == 1:
                style.unmapped = True
            angle = angle_of(handle, index)
            size = size_of(handle, index) * style.scale
        if not box_of(handle, index, box):
            continue
        origin_of(handle, index, x, y)
        if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            code = 0xFFFD
        out.append((chr(code), box.left, box.bottom, box.right, box.top, x.value, y.value, size, angle, style))
    return out


_UPRIGHT = 0.05  # radians: a character that leans more than this against the page is a watermark or runs sideways
_ARROWS = {0xF0E1: "↑", 0xF0E2: "↓", 0xF0E9: "↑", 0xF0EA: "↓", 0xF0AD: "↑", 0xF0AF: "↓", 0xF0C9: "↑", 0xF0CA: "↓", 0xF0F1: "↑", 0xF0F2: "↓"}
"""Arrows of Wingdings and Symbol, which have no Unicode of their own."""


def page_of(glyphs: list[Glyph], number: int, width: float, height: float) -> Page:
    """Characters -> an upright page of words. Slanted and sideways text, doubled characters and icons are set apart."""
    solid = [g for g in glyphs if not g[0].isspace()]
    if not solid:
        return Page(number, width, height, [])
    turn = Counter(round(g[8] / (math.pi / 2)) % 4 for g in solid).most_common(1)[0][0]
    lean = _usual_lean(solid, turn)
    glyphs, width, height = _upright(glyphs, turn, width, height)
    if abs(lean) > 0.002:
        glyphs = [_straightened(g, lean) for g in glyphs]
    words: list[Word] = []
    aside: list[str] = []
    overprint = 0
    spots: list[tuple[float, float]] = []
    printed: Printed = {}
    before: Glyph | None = None
    spaced = False
    crowded = _crowded([g for g in glyphs if g[0] != " "])
    for g in glyphs:
        char, x0, _, x1, _, ox, base, size, angle, style = g
        code = ord(char)
        if 0xE000 <= code <= 0xF8FF:
            char = _ARROWS.get(code, " ")
        if char.isspace() or (code < 32 and not style.unmapped) or char in "\ufeff\u200b\u00ad\u200e\u200f\u2060":
            before, spaced = None, char == " "
            continue
        if abs((angle - turn * math.pi / 2 - lean + math.pi) % (2 * math.pi) - math.pi) > _UPRIGHT:
            aside.append(char)
            before = None
            continue
        if size <= 0:
            size = 8.0
        ligature = before is not None and before[9] is style and before[5] == ox and before[6] == base
        crowd = crowded and ((char, int(ox / 2), int(base / 2)) in crowded or (char, int(ox / 2 + 0.5), -int(base / 2)) in crowded)
        if crowd and not ligature and _doubled(printed, char, ox, base, max(x1 - x0, 1.0), style):
            overprint += 1
            spots.append((base - 0.5 * size, base))
            continue
        if crowd:
            printed[char, round(ox / 2), round(base / 2)] = (ox, base, style)
        word = words[-1] if words else None
        if (
            before is not None
            and word is not None
            and before[9] is style
            and abs(word.base - base) < 0.08 * size
            and (ligature or -0.3 * size < x0 - word.x1 <= WORD_GAP * size)
        ):
            word.text += char
            word.x1 = max(word.x1, x1)
        else:
            words.append(
                Word(
                    char, x0, max(x1, x0 + 0.1), base - 0.8 * size, base + 0.22 * size, base, size, style.bold, style.colour, spaced=spaced
                )
            )
        before, spaced = g, False
    words, stamped = _without_stamps(words)
    hidden = sum(g[9].hidden for g in solid)
    unmapped = sum(g[9].unmapped for g in solid)
    trouble = [name for name, seen in (("overprint", overprint), ("rotation", turn or abs(lean) > 0.002), ("watermark", stamped)) if seen]
    origin = "broken" if unmapped > 0.3 * len(solid) else "layer" if hidden > 0.6 * len(solid) else "text"
    dropped = [text for text in ("".join(aside), " ".join(w.text for w in stamped)) if text]
    spots += [(w.top, w.bottom) for w in stamped]
    return Page(number, width, height, with_superscripts(words), origin, dropped, tuple(trouble), spots)


def _usual_lean(glyphs: list[Glyph], turn: int) -> float:
    """The small angle by which most of the text leans (a scan with a text layer lies askew)."""
    leans = sorted((g[8] - turn * math.pi / 2 + math.pi) % (2 * math.pi) - math.pi for g in glyphs)
    middle = leans[len(leans) // 2]
    return middle if abs(middle) < 0.2 else 0.0


def _upright(glyphs: list[Glyph], turn: int, width: float, height: float) -> tuple[list[Glyph], float, float]:
    """Turn page coordinates (y up) so that the text reads from left to right and y runs down."""
    right, top = width, height
    place: Callable[[float, float], tuple[float, float]]
    if turn == 0:
        return [(c, x0, top - y1, x1, top - y0, ox, top - oy, *rest) for c, x0, y0, x1, y1, ox, oy, *rest in glyphs], width, height  # type: ignore[misc]
    if turn == 2:
        place = lambda x, y: (right - x, y)  # noqa: E731
    else:
        steps = [b[6] - a[6] for a, b in pairwise(glyphs) if a[9] is b[9]]
        if sum(s > 0 for s in steps) >= sum(s < 0 for s in steps):  # the text runs up the page
            place = lambda x, y: (y, x)  # noqa: E731
        else:
            right, top = max(g[3] for g in glyphs), max(g[4] for g in glyphs)
            place = lambda x, y: (top - y, right - x)  # noqa: E731
        width, height = max(width, height), min(width, height)
    out: list[Glyph] = []
    for char, x0, y0, x1, y1, ox, oy, size, angle, style in glyphs:
        ax, ay = place(x0, y0)
        bx, by = place(x1, y1)
        ox, oy = place(ox, oy)
        out.append((char, min(ax, bx), min(ay, by), max(ax, bx), max(ay, by), ox, oy, size, angle, style))
    return out, width, height


def _straightened(g: Glyph, lean: float) -> Glyph:
    """Turn one character back by the lean of the page (around the page's corner)."""
    char, x0, top, x1, bottom, ox, base, *rest = g
    cos, sin = math.cos(-lean), math.sin(-lean)
    half, tall = (x1 - x0) / 2, (bottom - top) / 2
    cx, cy = (x0 + x1) / 2, (top + bottom) / 2
    cx, cy = cx * cos - cy * sin, cx * sin + cy * cos
    ox, base = ox * cos - base * sin, ox * sin + base * cos
    return (char, cx - half, cy - tall, cx + half, cy + tall, ox, base, *rest)  # type: ignore[return-value]


def _crowded(glyphs: list[Glyph]) -> set[tuple[str, int, int]]:
    """The small squares (on two grids, half a step apart) in which the same character stands more than once."""
    crowded: set[tuple[str, int, int]] = set()
    for keys in (
        [(g[0], int(g[5] / 2), int(g[6] / 2)) for g in glyphs],
        [(g[0], int(g[5] / 2 + 0.5), -int(g[6] / 2)) for g in glyphs],
    ):
        if len(set(keys)) < len(keys):
            crowded.update(key for key, count in Counter(keys).items() if count > 1)
    return crowded


Printed = dict[tuple[str, int, int], tuple[float, float, _Style]]


def _doubled(printed: Printed, char: str, ox: float, base: float, width: float, style: _Style) -> bool:
    """Is the same character already printed (almost) here? Fake bold prints text twice, a little apart."""
    column, row = round(ox / 2), round(base / 2)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            seen = printed.get((char, column + dx, row + dy))
            if seen is not None and abs(seen[0] - ox) < min(0.3 * width, 1.5) and abs(seen[1] - base) < 1.0:
                seen[2].bold = seen[2].bold or seen[2] is not style
                return True
    return False


def _without_stamps(words: list[Word]) -> tuple[list[Word], list[Word]]:
    """Take out big or pale upright words that lie across other words (a watermark printed level)."""
    if not words:
        return words, []
    usual = sorted(w.size for w in words)[len(words) // 2]
    large = [w for w in words if w.size >= 1.35 * usual and (w.size >= 1.8 * usual or _pale(w.colour) or _coloured(w.colour))]
    if not large or len(large) > 0.4 * len(words):
        return words, []
    styles = set()
    for big in large:
        small = (w for w in words if w.size < 1.3 * usual and w.x0 < big.x1 and w.x1 > big.x0)
        if any(w.base < big.bottom and w.base - 0.5 * w.size > big.top for w in small):
            styles.add((round(big.size, 1), big.colour, round(big.base)))
    if not styles:
        return words, []
    stamped = [w for w in large if (round(w.size, 1), w.colour, round(w.base)) in styles]
    ids = {id(w) for w in stamped}
    return [w for w in words if id(w) not in ids], stamped


def _pale(colour: int) -> bool:
    return min(colour >> 16, colour >> 8 & 255, colour & 255) > 150


def _coloured(colour: int) -> bool:
    parts = (colour >> 16, colour >> 8 & 255, colour & 255)
    return max(parts) - min(parts) > 60
