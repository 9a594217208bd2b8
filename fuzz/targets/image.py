"""Pictures up to the point where text recognition begins: heads of every format, damaged and of absurd size."""

from __future__ import annotations

import functools
import io

from PIL import Image

from fuzz.draw import Draw
from labinterp.errors import ReadError
from labinterp.readers import image
from labinterp.readers.limits import limits

SECONDS, SHARE, LONGEST, WORDS = (
    5.0,
    2,
    600,
    ("IHDR", "IDAT", "acTL", "pHYs", "\x89PNG\r\n\x1a\n", "GIF89a", "II*\x00", "MM\x00*", "RIFF", "WEBP", "Exif"),
)
FORMATS = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP")


@functools.cache
def usual(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("L", (24, 12), 255).save(out, kind, dpi=(204, 98))
    return out.getvalue()


def check(data: bytes) -> None:
    draw = Draw(data)
    if draw.number(0, 3):
        content = bytearray(usual(draw.choice(FORMATS)))
        while draw:
            at, size = draw.number(0, len(content) - 1), draw.number(0, 6)
            new = draw.data[draw.at : draw.at + size]
            draw.at += size
            content[at : at + len(new)] = new
    else:
        content = bytearray(draw.rest())
    if not image.identify(bytes(content[:65536]), "x.bmp"):
        return
    try:
        with image.opened(bytes(content), "x.png") as picture:
            for number in range(1, min(image.frames_of(picture, "x.png"), limits().picture_pages) + 1):
                page = image.frame(picture, number, "x.png")
                assert page.mode == "RGB" and 0 < page.width * page.height <= limits().pixels, page
    except ReadError:
        return
