"""Bytes of a text file -> text. UTF-8 and UTF-16 are recognised for certain; what else it may be is decided by its bytes."""

from __future__ import annotations

import codecs
import re

LEGACY = {
    "zh": "gb18030", "ru": "cp1251", "uk": "cp1251", "bg": "cp1251", "pl": "cp1250", "cs": "cp1250", "sk": "cp1250", "hu": "cp1250",
    "sl": "cp1250", "hr": "cp1250", "ro": "cp1250", "el": "cp1253", "tr": "cp1254", "ja": "cp932", "ko": "cp949",
}  # fmt: skip
"""Language -> the encoding its older files are in, for a caller who names the language. Elsewhere it is Windows-1252."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def decode(data: bytes, locale: str | None = None) -> tuple[str, str]:
    """The text and the encoding it was in. Never fails: a byte that is no character becomes U+FFFD, which no reader takes for a digit."""
    encoding = encoding_of(data, locale)
    return data.decode(encoding, errors="replace").replace("\x00", ""), encoding


def encoding_of(data: bytes, locale: str | None = None) -> str:
    """The encoding of `data`: its byte-order mark, else UTF-8 where it is valid, else the likeliest older encoding."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    sample = data[:4096]
    if sample.count(0) > len(sample) // 4:  # UTF-16 without a mark: every second byte of ASCII is zero
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        if error.end >= len(data) - 3 and error.reason == "unexpected end of data":  # cut off within the last character
            return "utf-8"
    language = (locale or "").partition("-")[0].lower()
    if language in LEGACY:
        return LEGACY[language]
    return "gb18030" if _looks_gb(data) else "cp1252"


def _looks_gb(data: bytes) -> bool:
    """Chinese stands in runs of byte pairs whose first byte is A1-A3 (punctuation) or B0-D7 (everyday characters).

    Accented Latin letters stand alone among ASCII, and two of them together (as in the German for "size") begin above D7.
    """
    runs = [match.group() for match in _HIGH_RUN.finditer(data[:1_000_000])]
    high = sum(map(len, runs))
    everyday = sum(2 for run in runs for lead in run[: len(run) // 2 * 2 : 2] if 0xA1 <= lead <= 0xA3 or 0xB0 <= lead <= 0xD7)
    if not high or everyday < 0.9 * high or sum(len(run) for run in runs if len(run) % 2 == 0) < 0.9 * high:
        return False
    try:
        data.decode("gb18030")
    except UnicodeDecodeError as error:
        return error.end >= len(data) - 3
    return True
