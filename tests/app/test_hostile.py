"""A report full of hostile texts, under a hostile file name, on every page: the markup is that of a report with plain words."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

HOSTILE = ('"><img src=x onerror=alert(1)>', "<script>alert(1)</script>", "![p](http://x/y.png)", "**b** :red[x] `c`", "\x1b[31mred")


class Tags(HTMLParser):
    """The kinds of tags of a page, with the names of their attributes."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.seen: set[tuple[str, tuple[str, ...]]] = set()
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add((tag, tuple(name for name, _ in attrs)))


def pages_of(visitor, word: str) -> tuple[set[tuple[str, tuple[str, ...]]], list[str]]:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    lines = [f"{quoted(f'Test {n} {word}')},{n}.5,{quoted(word)},1 - 9,{quoted(word)}" for n in range(2)]
    lines += [
        f"Potassium,{quoted('4 ' + word)},mmol/L,3.5 - 5.1,",
        f"HbA1c,55,%,{quoted(word)},",
        f",{quoted(word)},,,",
        "Sodium,139,mmol/L,135 - 145,",
    ]
    visitor.table(*lines, name=f"{word}.csv")
    seen = Tags(visitor.markup).seen
    labels = [button.label for button in visitor.at.button]
    for page in ("report", "check", "answer"):
        visitor.go(page)
        seen |= Tags(visitor.markup).seen
        labels += [button.label for button in visitor.at.button]
    return seen, labels


def test_hostile_texts_add_no_markup_to_any_page(visitors):
    plain, _ = pages_of(visitors(), "Zqxv")
    for word in HOSTILE:
        seen, labels = pages_of(visitors(), word)
        assert seen <= plain, (word, seen - plain)
        assert not [label for label in labels if re.search(r"(?<!\\)(?:!\[|\]\(|\*\*|:red|`)", label)]


@pytest.mark.parametrize("word", HOSTILE)
def test_the_label_of_a_button_shows_the_text_itself(word):
    from labinterp.app.markup import label_of

    assert re.sub(r"\\(.)", r"\1", label_of(word)) == word.replace("\x1b", "")
