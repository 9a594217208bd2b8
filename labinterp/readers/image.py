"""Pictures of reports, and PDF pages without usable text: RapidOCR -> words with boxes -> the same geometry as for text.

Every row read this way carries its confidence in `review`. The models come with the wheel of the extra `ocr` and work offline;
they read Latin and Chinese letters. A script they cannot read is refused, never guessed.
"""

from __future__ import annotations

import io
import logging
import os
import re
import struct
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from statistics import median
from typing import Any

from labinterp.errors import ReadError
from labinterp.model import Report
from labinterp.readers.document import report_of
from labinterp.readers.geometry import Page, Word
from labinterp.readers.limits import limits

DPI = 200
SURE = 0.5  # text below this confidence is left out of rows
INSTALL = "pip install 'labinterp[ocr]'"

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "DIB", "GIF", "WEBP")
"""What Pillow may open: others of its formats start programs or are rarely looked after."""

_MARKS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"BM", b"GIF8")


def identify(head: bytes, name: str) -> bool:
    """True for PNG, JPEG, TIFF, BMP, GIF, WebP and HEIC."""
    if head[:2] == b"BM":
        return name.lower().endswith((".bmp", ".dib"))
    return head.startswith(_MARKS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or _is_heic(head)


def _is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis")


def read(data: bytes, name: str, locale: str | None = None) -> Report:
    """Read a picture (each frame of a TIFF is a page). Raises `ReadError` without the extra `ocr`, or for an unreadable script."""
    require(name)
    most, clock = limits(), time.monotonic()
    if len(data) > most.picture_size:
        raise ReadError(f"{name}: the picture has {len(data) >> 20} MB; the limit is {most.picture_size >> 20} MB")
    pages = []
    with opened(data, name) as picture:
        count = frames_of(picture, name)
        if count > most.picture_pages:
            raise ReadError(f"{name}: the picture has more pages than are read; the limit is {most.picture_pages}")
        for number in range(1, count + 1):
            if time.monotonic() - clock > most.seconds:
                raise ReadError(
                    f"{name}: reading the pictures took longer than {most.seconds:.0f} s; it stopped at page {number} of {count}"
                )
            tell(number, count)
            pages.append(page_of(frame(picture, number, name), number, name))
    return report_of(pages, name=name, format="image", locale=locale)


def tell(number: int, pages: int) -> None:
    """Log that a page is being read, as that takes seconds; the name of the document goes into no log."""
    if pages > 1:
        logging.getLogger(__name__).info("reading page %d of %d as a picture", number, pages)


def available() -> bool:
    """Is the extra `ocr` installed?"""
    from importlib.util import find_spec

    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def require(name: str) -> None:
    """Raise `ReadError` with the line that installs what is missing."""
    if not available():
        raise ReadError(f"{name}: this is a picture, and reading pictures needs the extra 'ocr': {INSTALL}")


def opened(data: bytes, name: str) -> Any:
    """The picture with its header read and nothing decoded. Raises `ReadError` where it is damaged or has too many pixels."""
    from PIL import Image

    if _is_heic(data[:16]):
        try:
            from pillow_heif import register_heif_opener
        except ModuleNotFoundError:
            raise ReadError(
                f"{name}: HEIC pictures need the package pillow-heif: pip install pillow-heif; or save the picture as JPEG"
            ) from None
        register_heif_opener()
    with _faults(name):
        return Image.open(io.BytesIO(data), formats=("HEIF",) if _is_heic(data[:16]) else FORMATS)


def frames_of(picture: Any, name: str) -> int:
    """How many pages a picture has, counted no further than needed to refuse it. Only a TIFF has pages: others hold moving pictures."""
    if picture.format != "TIFF":
        return 1
    for index in range(1, limits().picture_pages + 1):
        with _faults(name):
            try:
                picture.seek(index)
            except EOFError:
                return index
    return limits().picture_pages + 1


def frame(picture: Any, number: int, name: str) -> Any:
    """Page `number` (from 1) decoded, upright. Raises `ReadError` for too many pixels, before decoding."""
    from PIL import ImageOps

    with _faults(name):
        picture.seek(number - 1)
        if picture.width * picture.height > limits().pixels:
            raise ReadError(
                f"{name}: the picture has {picture.width} x {picture.height} points; the limit is {limits().pixels // 1_000_000} million"
            )
        return ImageOps.exif_transpose(_square(picture)).convert("RGB")


@contextmanager
def _faults(name: str) -> Iterator[None]:
    """What Pillow says of broken pictures, as a `ReadError` without their content."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower and says so
            yield
    except Image.DecompressionBombError:
        raise ReadError(f"{name}: the picture has too many points; the limit is {limits().pixels // 1_000_000} million") from None
    except (OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error) as error:
        raise ReadError(f"{name}: the picture is damaged ({type(error).__name__})") from None


def _square(picture: Any) -> Any:
    """Stretch a picture whose dots are not square (a fax has 204 x 98 dots an inch)."""
    dots = picture.info.get("dpi", (0, 0))
    across, down = float(dots[0] or 0), float(dots[1] or 0)
    if across > 1 and down > 1 and not 0.8 < across / down < 1.25:
        stretched = max(round(picture.height * across / down), 1)
        if picture.width * stretched > limits().pixels:  # a fax is stretched twice; what needs more is no fax
            return picture.copy()
        return picture.resize((picture.width, stretched))
    return picture.copy()


@lru_cache(maxsize=1)
def _engine() -> Any:
    # From 1.29 on onnxruntime tells its maker over the network what it runs, unless this is set before it is loaded. It then also
    # writes no device id to the home folder. Source: Privacy.md of onnxruntime, "Disabling Telemetry".
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime
    from rapidocr import RapidOCR

    onnxruntime.disable_telemetry_events()  # should the program have loaded it before us
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(params={"Global.use_cls": False, "Global.log_level": "error"})


def page_of(picture: Any, number: int, name: str) -> Page:
    """One picture -> an upright page of words. Raises `ReadError` for a script the model cannot read."""
    found, turned = _best_turn(picture)
    width, height = turned.size
    if not found:
        return Page(number, float(width), float(height), [], "ocr")
    if _unreadable_script(found):
        raise ReadError(
            f"{name}: page {number} is in a script the installed text recognition cannot read (it reads Latin and Chinese letters)"
        )
    tall = median(_height(box) for box, *_ in found)
    scale = 10.5 / max(tall * 0.72, 1.0)  # as if the usual letter had 10.5 points
    words = [word for line in _straightened(found) if line[2] >= SURE for word in _words(line, scale)]
    faint = [line[1] for line in found if line[2] < SURE and line[1].strip()]
    return Page(number, width * scale, height * scale, words, "ocr", faint)


Found = tuple[list[tuple[float, float]], str, float, list[tuple[str, float, float, float]]]
"""Corners of a text, the text, its confidence, and its words as (text, from, to, confidence), from and to as parts of the width."""


def _recognised(picture: Any) -> list[Found]:
    import numpy as np

    answer = _engine()(np.asarray(picture)[:, :, ::-1], return_word_box=True)
    if answer.boxes is None or answer.txts is None:
        return []
    out: list[Found] = []
    split = answer.word_results or [()] * len(answer.txts)
    for corners, text, score, parts in zip(answer.boxes, answer.txts, answer.scores, split, strict=True):
        box = [(float(x), float(y)) for x, y in corners]
        out.append((box, str(text), float(score), _split(str(text), box, parts)))
    return out


def _split(text: str, box: list[tuple[float, float]], parts: Any) -> list[tuple[str, float, float, float]]:
    """The words of one recognised text with their place along its width."""
    left, right = box[0][0], max(box[1][0], box[0][0] + 1)
    tokens = text.split()
    if len(tokens) <= 1:
        return [(text.strip(), 0.0, 1.0, 1.0)]
    placed = []
    known = [(str(p[0]), float(p[1]), p[2]) for p in parts if p and p[2] is not None] if parts else []
    if [k[0] for k in known] == tokens:
        for token, score, corners in known:
            x0, x1 = min(c[0] for c in corners), max(c[0] for c in corners)
            placed.append((token, (x0 - left) / (right - left), (x1 - left) / (right - left), score))
        return placed
    at = 0
    for token in tokens:
        start = text.index(token, at)
        at = start + len(token)
        placed.append((token, start / len(text), at / len(text), 1.0))
    return placed


def _height(box: Sequence[tuple[float, float]]) -> float:
    return ((box[3][1] - box[0][1]) + (box[2][1] - box[1][1])) / 2


def _best_turn(picture: Any) -> tuple[list[Found], Any]:
    """The picture as it is; if that reads badly or its texts stand upright, turned by quarter turns, the surest reading."""
    found = _recognised(picture)
    if found and _quality(found) >= 0.75 and not _sideways(found):
        return found, picture
    best, kept = found, picture
    for angle in (90, 270) if _sideways(found) else (180,):
        turned = picture.rotate(angle, expand=True)
        other = _recognised(turned)
        if _quality(other) > _quality(best) or (_sideways(best) and not _sideways(other)):
            best, kept = other, turned
    return best, kept


def _quality(found: Sequence[Found]) -> float:
    letters = sum(len(text) for _, text, _, _ in found)
    return sum(score * len(text) for _, text, score, _ in found) / letters if letters else 0.0


def _sideways(found: Sequence[Found]) -> bool:
    long = [box for box, text, _, _ in found if len(text) >= 4]
    return len(long) >= 4 and sum(_height(b) > 1.5 * abs(b[1][0] - b[0][0]) for b in long) > 0.6 * len(long)


def _unreadable_script(found: Sequence[Found]) -> bool:
    """Wide boxes with hardly a letter in them: the model saw text and knew none of its letters."""
    wide = blank = 0
    for box, text, score, _ in found:
        width, height = box[1][0] - box[0][0], max(_height(box), 1.0)
        if width < 2.2 * height or not re.search(r"[^\d.,:;()/%\s<>*+#№=-]|\s{2,}|^\W*$", text):
            continue
        wide += 1
        solid = sum(c.isalnum() for c in text)
        blank += solid < 0.28 * width / (0.5 * height) or score < 0.75
    return wide >= 4 and blank >= 0.4 * wide


def _straightened(found: Sequence[Found]) -> list[Found]:
    """Undo the lean of the page: the slope of the lines as it changes over the page (rotation, and perspective of a photo).

    Long texts tell a first slope. Short ones do not, as the detector boxes them upright; what tells the slope well is the way from
    one text to the next on the same line, so the lines that the first slope shows give the second, over their whole width.
    """
    lean = _lean([_slope(box) for box, *_ in found if box[1][0] - box[0][0] > 5 * _height(box)])
    lean = _lean(_steps(found, lean) + [_slope(box) for box, *_ in found if box[1][0] - box[0][0] > 8 * _height(box)]) or lean
    if lean is None:
        return list(found)
    out: list[Found] = []
    for box, text, score, parts in found:
        out.append(([(x + lean[0] * y, _flat(x, y, lean)) for x, y in box], text, score, parts))
    return out


Slope = tuple[float, float, float, float]
"""Width over which a slope was seen, its middle x and y, and the slope."""


def _slope(box: Sequence[tuple[float, float]]) -> Slope:
    width = max(box[1][0] - box[0][0], 1.0)
    rise = (box[1][1] - box[0][1] + box[2][1] - box[3][1]) / 2
    return width, (box[0][0] + box[1][0]) / 2, (box[0][1] + box[3][1]) / 2, rise / width


def _lean(slopes: Sequence[Slope]) -> tuple[float, float, float, float] | None:
    """(usual slope, a, b, c): the slope is a + b x + c y. Few slopes tell only how far the whole page leans; none tell nothing."""
    import numpy as np

    if not slopes:
        return None
    table = np.array(slopes)
    middle = float(np.median(table[:, 3]))
    table = table[np.abs(table[:, 3] - middle) < 0.06]
    weight = np.sqrt(table[:, 0])
    if len(table) < 6:
        a = float(np.average(table[:, 3], weights=table[:, 0])) if len(table) else middle
        return middle, a, 0.0, 0.0
    design = np.stack([np.ones(len(table)), table[:, 1], table[:, 2]], axis=1)
    a, b, c = np.linalg.lstsq(design * weight[:, None], table[:, 3] * weight, rcond=None)[0]
    return middle, float(a), float(b), float(c)


def _flat(x: float, y: float, lean: tuple[float, float, float, float]) -> float:
    _, a, b, c = lean
    return y - (a + b * x / 2 + c * y) * x


def _steps(found: Sequence[Found], lean: tuple[float, float, float, float] | None) -> list[Slope]:
    """The slopes from each text to the next one on its line, as far as `lean` shows the lines."""
    spots = []
    for box, *_ in found:
        left, right = (box[0][1] + box[3][1]) / 2, (box[1][1] + box[2][1]) / 2
        x, y = (box[0][0] + box[1][0]) / 2, (left + right) / 2
        spots.append((_flat(x, y, lean) if lean else y, x, y, _height(box)))
    out: list[Slope] = []
    for flat, x, y, height in spots:
        right_of = [s for s in spots if s[1] > x + 2 * height and height / 1.5 < s[3] < 1.5 * height]
        after = [s for s in right_of if abs(s[0] - flat) < 0.4 * min(height, s[3])]
        if after:
            _, to_x, to_y, _ = min(after, key=lambda s: s[1])
            out.append((to_x - x, (x + to_x) / 2, (y + to_y) / 2, (to_y - y) / (to_x - x)))
    return out


def _words(line: Found, scale: float) -> list[Word]:
    box, _text, score, parts = line
    height = _height(box) * scale
    size = min(max(0.72 * height, 4.0), 40.0)
    left, right = (box[0][0] + box[3][0]) / 2 * scale, (box[1][0] + box[2][0]) / 2 * scale
    rise_left, rise_right = (box[0][1] + box[3][1]) / 2 * scale, (box[1][1] + box[2][1]) / 2 * scale
    words: list[Word] = []
    for token, start, end, sure in parts:
        if not token.strip():
            continue
        middle = rise_left + (rise_right - rise_left) * (start + end) / 2
        base = middle + 0.36 * size
        x0, x1 = left + start * (right - left), left + end * (right - left)
        if words:  # words of one text are apart, however close their boxes
            words[-1].x1 = min(words[-1].x1, x0 - 0.25 * size)
        words.append(Word(token, x0, max(x1, x0 + 1), base - 0.8 * size, base + 0.22 * size, base, size, confidence=min(score, sure)))
    return words
