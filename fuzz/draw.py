"""Bytes -> structured choices, so that a fuzzer's bytes become tables, words and boxes. The same bytes always draw the same things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Draws from `data` until it is used up; then every number is the lowest, every choice the first and every text empty."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def __bool__(self) -> bool:
        return self.at < len(self.data)

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        found, span = 0, high - low
        while span:
            found, span = found << 8 | self._byte(), span >> 8
        return low + found % (high - low + 1)

    def choice(self, among: Sequence[T]) -> T:
        return among[self.number(0, len(among) - 1)]

    def text(self, longest: int = 12) -> str:
        """Any text, also one with characters that no report has."""
        size = self.number(0, longest)
        taken = self.data[self.at : self.at + size]
        self.at += size
        return taken.decode("utf-8", "replace")

    def rest(self) -> bytes:
        taken, self.at = self.data[self.at :], len(self.data)
        return taken

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1] if self.at <= len(self.data) else 0
