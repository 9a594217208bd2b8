"""Every exception that labinterp raises on purpose. All derive from `LabinterpError`."""

from __future__ import annotations


class LabinterpError(Exception):
    """Base of every documented error."""


class ReadError(LabinterpError):
    """A document as a whole cannot be read: unsupported, encrypted, too large, or without text and without OCR."""


class UnitError(LabinterpError):
    """A unit is not known, or cannot be converted soundly for this marker."""


class ValueTextError(LabinterpError):
    """A value or range text has no single sound reading.

    `readings` holds the numbers it could mean where there are several (``1,234`` is 1.234 or 1234), else it is empty.
    """

    def __init__(self, message: str, readings: tuple[float, ...] = ()) -> None:
        super().__init__(message)
        self.readings = readings


class ReferenceDataError(LabinterpError):
    """The knowledge base is faulty. The message names file and line."""
