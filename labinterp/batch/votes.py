"""What a whole table decides about each of its rows: the decimal mark, the order of its dates, what its words for the sexes mean.

Reading a table twice for that would cost half as much again, so a long table is judged by what its beginning shows while the votes are
counted to the end; should the end overrule the beginning, the run starts again with what is now known (`Changed`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from labinterp.batch.codes import beyond
from labinterp.readers.words import sexes_of
from labinterp.shapes import DateOrder, agreed_order, date_orders, decimal_of, decimal_vote, elected

_NO_VOTE = r"^[<>=≤≥~\s]*\d*$"
_POINT = r"^[<>=≤≥~\s]*\d+\.\d{1,2}$"
_ISO = r"^\d{4}-\d{2}-\d{2}"
_DAY = 10  # characters that show the order of a numeric date
MOST_WORDS = 200  # a column with more distinct texts than this does not say the sex


@dataclass(frozen=True)
class TableFacts:
    """Facts of a whole table. `sexes` are the words of its column of sexes with what each means ("" if it does not say)."""

    decimal: str = ""
    date_order: DateOrder = ""
    birth_order: DateOrder = ""
    sexes: tuple[tuple[str, str], ...] = ()
    encoding: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> TableFacts:
        return cls(**{**data, "sexes": tuple((str(a), str(b)) for a, b in data["sexes"])})


class Changed(Exception):
    """The end of a table overruled its beginning."""

    def __init__(self, facts: TableFacts) -> None:
        super().__init__(facts)
        self.facts = facts


class Votes:
    """Counts the votes of one table, batch by batch. `columns` maps value, range, date, birth and sex columns to what they are."""

    def __init__(self, locale: str | None, sex_heading: str = "", encoding: str = "") -> None:
        self.said, self.heading, self.encoding = decimal_of(locale), sex_heading, encoding
        self.marks: Counter[str] = Counter()
        self.numeric = False
        self.orders: dict[str, set[DateOrder]] = {"collected_text": set(), "birth_date": set()}
        self.words: set[str] = set()
        self.known: dict[str, pa.Array] = {}

    def add(self, ours: str, head: str, column: pa.Array) -> None:
        """The votes of one column of one batch. Texts of a dictionary that goes on from batch to batch vote once."""
        if ours in ("value_text", "low", "high") and pa.types.is_floating(column.type):
            self.numeric |= ours == "value_text"
            return
        if not _is_text(column.type):
            return
        found = column.dictionary if pa.types.is_dictionary(column.type) else pc.unique(column)
        texts = beyond(found, self.known.get(head)).cast(pa.string()).drop_null()
        self.known[head] = found
        if ours in ("value_text", "range_text"):
            self._numbers(texts)
        elif ours in self.orders:
            self._dates(ours, texts)
        elif ours == "sex" and len(self.words) <= MOST_WORDS:
            self.words.update(texts.to_pylist())

    def facts(self) -> TableFacts:
        """What the votes say so far."""
        mark = elected(self.marks)
        orders = {ours: agreed_order(seen) for ours, seen in self.orders.items()}
        words = sorted(self.words) if len(self.words) <= MOST_WORDS else []
        sexes = tuple((text, sex or "") for text, sex in sorted(sexes_of(words, self.heading).items()))
        decimal = "." if self.numeric else self.said or mark
        return TableFacts(decimal, orders["collected_text"], orders["birth_date"], sexes, self.encoding)

    def _numbers(self, texts: pa.Array) -> None:
        texts = texts.filter(pc.invert(pc.match_substring_regex(texts, _NO_VOTE)))
        plain = pc.match_substring_regex(texts, _POINT)
        self.marks["."] += pc.sum(plain).as_py() or 0
        for text in texts.filter(pc.invert(plain)).to_pylist():
            self.marks[_mark(text)] += 1

    def _dates(self, ours: str, texts: pa.Array) -> None:
        iso = pc.match_substring_regex(texts, _ISO)
        if pc.any(iso).as_py():
            self.orders[ours].add("ymd")
        for text in pc.unique(pc.utf8_slice_codeunits(texts.filter(pc.invert(iso)), 0, _DAY)).to_pylist():
            self.orders[ours] |= date_orders(text)


@lru_cache(maxsize=1 << 16)
def _mark(text: str) -> str:
    return decimal_vote([text])


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
