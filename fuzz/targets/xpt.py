"""SAS transport files: a small one of which any bytes are replaced, and any bytes behind the signature."""

from __future__ import annotations

import functools
import struct

from fuzz.draw import Draw
from fuzz.sound import report_is_sound
from labinterp.errors import ReadError
from labinterp.readers import xpt

SECONDS, SHARE, LONGEST, WORDS = (
    2.0,
    2,
    600,
    ("HEADER RECORD*******", "NAMESTR HEADER RECORD!!!!!!!", "OBS     HEADER RECORD!!!!!!!", "SAS"),
)


def _name(kind: int, length: int, number: int, name: str, label: str, place: int) -> bytes:
    """A variable as the transport format describes it (SAS TS-140): 140 bytes."""
    return struct.pack(">hhhh8s40s8shhh2s8shhl52s", kind, 0, length, number, name.ljust(8).encode(), label.ljust(40).encode(), b" " * 8,
                       0, 0, 0, b"\0\0", b" " * 8, 0, 0, place, b"\0" * 52)  # fmt: skip


@functools.cache
def usual() -> bytes:
    """SEQN, and potassium as a number, of two people."""
    stamp = b"01JAN24:00:00:00"
    out = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000  "
    out += b"SAS     SAS     SASLIB  9.4     X64_7PRO" + b" " * 24 + stamp + stamp + b" " * 64
    out += b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140  "
    out += b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!000000000000000000000000000000  "
    out += b"SAS     BIOPRO  SASDATA 9.4     X64_7PRO" + b" " * 24 + stamp + stamp + b" " * 16 + b" " * 40 + b" " * 8
    out += b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000000200000000000000000000  "
    names = _name(1, 8, 1, "SEQN", "Respondent sequence number", 0) + _name(1, 8, 2, "LBXSKSI", "Potassium (mmol/L)", 8)
    out += names.ljust((len(names) + 79) // 80 * 80)
    out += b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!000000000000000000000000000000  "
    # IBM numbers: 1, 4.1, 2, 2.9
    data = bytes.fromhex("411000000000000041419999999999994120000000000000412e666666666666")
    return out + data.ljust((len(data) + 79) // 80 * 80)


def check(data: bytes) -> None:
    draw = Draw(data)
    if draw.number(0, 1):
        content = bytearray(usual())
        while draw:
            at, size = draw.number(0, len(content) - 1), draw.number(0, 9)
            new = draw.data[draw.at : draw.at + size]
            draw.at += size
            content[at : at + len(new)] = new
    else:
        content = bytearray(xpt.SIGNATURE + draw.rest())
    try:
        report = xpt.read(bytes(content), "x.xpt")
    except ReadError:
        return
    report_is_sound(report)
