"""Bytes -> `Report`. One module a format; `read` finds the module by the content of the file, the name only settles ties.

A reader module has two functions and imports what is heavy only inside them:

- ``identify(head, name) -> bool``: could this be mine? `head` is the first `HEAD` bytes, `name` the file name in lower case;
- ``read(data, name, locale) -> Report``.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import IO

from labinterp.errors import ReadError
from labinterp.model import Report

HEAD = 65536
LARGEST = 1 << 30
"""Bytes. A larger table belongs into `labinterp batch`, which reads it in pieces."""

READERS = ("pdf", "image", "xlsx", "parquet", "xpt", "hl7v2", "fhir", "delimited", "text")
"""Module names, most specific first: what has a signature, then what has a structure, then plain words."""

PACKAGES = {"openpyxl": "xlsx", "hl7": "hl7", "pyarrow": "batch", "rapidocr": "ocr", "onnxruntime": "ocr"}
"""Optional package -> the extra of labinterp that installs it."""

NOT_READ = (
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls, .doc) or one protected by a password: save it as .xlsx or CSV without a password"),
    (b"{\\rtf", "an RTF document: save it as PDF or plain text and try again"),
    (b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3", "a database"),
)
"""Signature -> what it is, for a message that helps. `PK` (a ZIP archive) is answered by the XLSX reader, which looks inside."""


def read(source: str | os.PathLike[str] | bytes | IO[bytes] | IO[str], *, name: str | None = None, locale: str | None = None) -> Report:
    """Read one document: a path, its bytes, or an open file.

    `name` is the file name shown to people and the hint for plain formats; it never outweighs the content, so a PDF called
    ``.csv`` is read as a PDF. `locale` is a language tag (``de``) or a decimal mark (``,``), for documents that do not tell.
    Raises `ReadError` for a document that cannot be read as a whole; the fault of a single line is a row of `.unread`.
    """
    data, name = content_of(source, name)
    if not data.strip(b"\x00\t\n\r\x0b\x0c \xef\xbb\xbf\xfe\xff"):
        raise ReadError(f"{name}: the file is empty")
    if len(data) > LARGEST:
        raise ReadError(f"{name}: {len(data) >> 20} MB is too large to read at once; use `labinterp batch`, or split it")
    try:
        return reader_of(data[:HEAD], name).read(data, name, locale)  # type: ignore[no-any-return]
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in PACKAGES:
            raise
        raise ReadError(
            f"{name}: reading this needs the package {package}, which is not installed; pip install 'labinterp[{PACKAGES[package]}]'"
        ) from missing


def reader_of(head: bytes, name: str) -> ModuleType:
    """The module that reads a document beginning with `head`. Raises `ReadError` where there is none."""
    for signature, what in NOT_READ:
        if head.startswith(signature):
            raise ReadError(f"{name}: this is {what}")
    for module in (import_module(f"labinterp.readers.{reader}") for reader in READERS):
        if module.identify(head, name.lower()):
            return module
    raise ReadError(f"{name}: this is no format that labinterp reads ({', '.join(READERS)})")


def content_of(source: str | os.PathLike[str] | bytes | IO[bytes] | IO[str], name: str | None) -> tuple[bytes, str]:
    """The bytes of `source` and the name to call it by."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), name or "document"
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            return path.read_bytes(), name or path.name.encode("utf-8", "replace").decode()  # a name may be in another encoding
        except OSError as error:
            raise ReadError(f"{path}: {error.strerror or error}") from error
        except ValueError as error:  # a null byte in the path: text was given where a path belongs
            raise ReadError(f"not a path: {error}") from error
    if not hasattr(source, "read"):
        raise TypeError(f"read takes a path, bytes or a file object, not {type(source).__name__}")
    content = source.read()
    found = getattr(source, "name", None)
    name = name or (Path(found).name if isinstance(found, str) else "document")
    return (content.encode() if isinstance(content, str) else bytes(content)), name
