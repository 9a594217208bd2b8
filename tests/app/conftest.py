"""A visitor at the page, without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
OURS = ("<style>", "<script>")  # what the app itself puts beside its texts
HEADS = b"Test,Value,Unit,Reference range,Flag\n"


class Visitor:
    """One session of the app, and what a person reads in it."""

    def __init__(self) -> None:
        self.at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()

    @property
    def text(self) -> str:
        """All words on the page, without markup and style."""
        parts = [block.body for block in self.at.html if not block.body.startswith(OURS)]
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(parts))))

    @property
    def markup(self) -> str:
        """The page's own HTML."""
        return "".join(block.body for block in self.at.html if not block.body.startswith(OURS))

    def upload(self, *files: tuple[str, bytes]) -> Visitor:
        """Drop files on the start page."""
        if not self.at.file_uploader:
            self.go("report")
        self.at.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files]).run()
        return self.calm()

    def sample(self, name: str) -> Visitor:
        return self.upload((name, (SAMPLES / name).read_bytes()))

    def table(self, *lines: str, name: str = "report.csv") -> Visitor:
        """Drop a small table of results."""
        return self.upload((name, HEADS + "\n".join(lines).encode() + b"\n"))

    def press(self, label: str) -> Visitor:
        """Press the button with this label."""
        next(button for button in self.at.button if button.label == label).click().run()
        return self.calm()

    def has_button(self, label: str) -> bool:
        return any(button.label == label for button in self.at.button)

    def go(self, page: str) -> Visitor:
        """Choose a page in the navigation. `AppTest.switch_page` knows pages that are files; ours are functions."""
        wanted = "" if page == "report" else page
        self.at._page_hash = next(key for key, info in self.at._registered_pages.items() if info.get("url_pathname") == wanted)
        self.at.run()
        return self.calm()

    def calm(self) -> Visitor:
        """Nothing on the page failed."""
        assert not self.at.exception, self.at.exception[0].message
        return self

    def answer(self) -> Visitor:
        """Go on to the answer, with no emergency sign."""
        self.go("answer")
        return self.press("None of these") if self.has_button("None of these") else self


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def visitors() -> Callable[[], Visitor]:
    """For tests with more than one person at the page."""
    return Visitor
