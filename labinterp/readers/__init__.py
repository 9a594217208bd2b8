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
from labinterp.language import remark
from labinterp.model import Report
from labinterp.readers.limits import limits

HEAD = 65536

READERS = ("pdf", "image", "xlsx", "parquet", "xpt", "hl7v2", "fhir", "delimited", "text")
"""Module names, most specific first: what has a signature, then what has a structure, then plain words."""

PACKAGES = {"openpyxl": "xlsx", "hl7": "hl7", "pyarrow": "batch", "rapidocr": "ocr", "onnxruntime": "ocr"}
"""Optional package -> the extra of labinterp that installs it."""

NOT_READ = (
    (
        b"\xd0\xcf\x11\xe0",
        remark("an old Office file (.xls, .doc) or one protected by a password: save it as .xlsx or CSV without a password"),
    ),
    (b"{\\rtf", remark("an RTF document: save it as PDF or plain text and try again")),
    (b"\x1f\x8b", remark("compressed with gzip: unpack it first")),
    (b"7z\xbc\xaf", remark("a 7-Zip archive: unpack it first")),
    (b"Rar!", remark("a RAR archive: unpack it first")),
    (b"\x7fELF", remark("a program")),
    (b"MZ\x90", remark("a program")),
    (b"SQLite format 3", remark("a database")),
)
"""Signature -> what it is, for a message that helps. `PK` (a ZIP archive) is answered by the XLSX reader, which looks inside."""


def read(source: str | os.PathLike[str] | bytes | IO[bytes] | IO[str], *, name: str | None = None, locale: str | None = None) -> Report:
    """Read one document: a path, its bytes, or an open file.

    `name` is the file name shown to people and the hint for plain formats; it never outweighs the content, so a PDF called
    ``.csv`` is read as a PDF. `locale` is a language tag (``de``) or a decimal mark (``,``), for documents that do not tell.
    Raises `ReadError` for a document that cannot be read as a whole; the fault of a single line is a row of `.unread`.
    """
    data, name = content_of(source, name)
    refuse_empty(data, name)
    try:
        return reader_of(data[:HEAD], name).read(data, name, locale)  # type: ignore[no-any-return]
    except RecursionError:
        raise ReadError(f"{name}: parts lie within parts more deeply than can be read") from None
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


def refuse_empty(data: bytes, name: str) -> None:
    """Raise `ReadError` for a file with nothing in it but blanks."""
    if not data.strip(b"\x00\t\n\r\x0b\x0c \xef\xbb\xbf\xfe\xff"):
        raise ReadError(f"{name}: the file is empty")


def content_of(source: str | os.PathLike[str] | bytes | IO[bytes] | IO[str], name: str | None) -> tuple[bytes, str]:
    """The bytes of `source` and the name to call it by. Raises `ReadError` where they are more than is read; no more are taken in."""
    if isinstance(source, bytes | bytearray | memoryview):
        content, name = bytes(source), name or "document"
        if len(content) > limits().size:
            raise _too_large(name)
        return content, name
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            with path.open("rb") as file:
                name = name or path.name.encode("utf-8", "replace").decode()  # a name may be in another encoding
                return _bounded(file, name), name
        except OSError as error:
            raise ReadError(f"{path}: {error.strerror or type(error).__name__}") from None
        except ValueError:  # a null byte in the path: text was given where a path belongs
            raise ReadError("not a path: text was given where the path of a file belongs") from None
    if not hasattr(source, "read"):
        raise TypeError(f"read takes a path, bytes or a file object, not {type(source).__name__}")
    found = getattr(source, "name", None)
    name = name or (Path(found).name if isinstance(found, str) else "document")
    return _bounded(source, name), name


def _bounded(file: IO[bytes] | IO[str], name: str) -> bytes:
    """What is in a file, up to the limit of size; it may have no end (a pipe, a device)."""
    parts, size = [], 0
    while part := file.read(1 << 20):
        parts.append(part.encode() if isinstance(part, str) else bytes(part))
        size += len(parts[-1])
        if size > limits().size:
            raise _too_large(name)
    return b"".join(parts)


def _too_large(name: str) -> ReadError:
    return ReadError(f"{name}: more than {limits().size >> 20} MB, which is the limit for one document; use `labinterp batch`, or split it")
