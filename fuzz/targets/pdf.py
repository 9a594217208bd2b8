"""Whole PDF files: a small one written for this, of which any bytes are replaced, and any bytes behind the mark of a PDF.

A page that is read as a picture is drawn, and there the text recognition finds nothing: it takes seconds a page.
"""

from __future__ import annotations

import functools
from unittest import mock

from fuzz.draw import Draw
from fuzz.sound import report_is_sound
from labinterp.errors import ReadError
from labinterp.readers import image, pdf

SECONDS, SHARE, LONGEST, WORDS = (
    5.0,
    2,
    3000,
    ("Tj", "Tm", "Td", "Tf", "/Rotate 90", "/MediaBox", "BT", "ET", "3 Tr", "cm", "re f", "stream", "endobj", "obj", "<<", ">>"),
)
CONTENT = b"""BT /F1 10 Tf 40 780 Td (Test) Tj 160 0 Td (Result) Tj 80 0 Td (Units) Tj 80 0 Td (Reference range) Tj ET
BT /F1 10 Tf 40 760 Td (Potassium) Tj 160 0 Td (2.9) Tj 80 0 Td (mmol/L) Tj 80 0 Td (3.5 - 5.1) Tj ET
BT /F1 10 Tf 40 745 Td (Sodium) Tj 160 0 Td (141) Tj 80 0 Td (mmol/L) Tj 80 0 Td (135 - 145) Tj ET
"""


def written(content: bytes, further: bytes = b"") -> bytes:
    """A PDF of one page that draws `content`."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> " + further + b" >>",
        b"<< /Length " + str(len(content)).encode() + b" >>\nstream\n" + content + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += str(number).encode() + b" 0 obj\n" + part + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n".encode() + b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    return bytes(out + f"trailer << /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode())


@functools.cache
def usual() -> bytes:
    return written(CONTENT)


def check(data: bytes) -> None:
    draw = Draw(data)
    match draw.number(0, 2):
        case 0:
            content = bytearray(usual())
            while draw:
                at, size = draw.number(0, len(content) - 1), draw.number(0, 12)
                new = draw.data[draw.at : draw.at + size]
                draw.at += size
                content[at : at + len(new)] = new
        case 1:
            content = bytearray(written(CONTENT + draw.rest()))
        case _:
            content = bytearray(b"%PDF-1.7\n" + draw.rest())
    try:
        with mock.patch.object(image, "_recognised", return_value=[]):
            report = pdf.read(bytes(content), "x.pdf")
    except ReadError:
        return
    report_is_sound(report)
