"""What every page must keep: no fault that axe can see, no sideways scrolling, targets that a finger hits."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TARGET = 43.5  # pixels: 44, but for rounding


def axe(page: Any, where: str) -> None:
    """No violation of WCAG 2.2 A or AA that axe can see."""
    page.evaluate(AXE)
    found = page.evaluate("async rules => await axe.run(document, {runOnly: rules})", WCAG)
    assert len(found["passes"]) > 10, "axe did not look at the page"
    faults = [f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:200]}" for v in found["violations"]]
    assert not faults, f"{where}: {faults}"


def scrolls_sideways(page: Any) -> bool:
    """Whether the page itself is wider than the window."""
    return bool(
        page.evaluate(
            "() => [document.scrollingElement, ...document.querySelectorAll('[data-testid=stMain]')].some(e => e.scrollWidth > e.clientWidth + 1)"
        )
    )


def small_targets(page: Any) -> list[str]:
    """Buttons, answers and links of the navigation that are lower than 44 pixels."""
    found = page.evaluate(
        """least => [...document.querySelectorAll('.stMain button, .st-key-nav a')]
             .filter(e => e.checkVisibility() && e.getBoundingClientRect().width && e.getBoundingClientRect().height < least)
             .filter(e => !e.closest('[data-testid=stNumberInput], [data-testid=stElementToolbar], [data-testid=stVegaLiteChart], .stDataFrame'))
             .map(e => e.innerText || e.getAttribute('aria-label') || e.outerHTML.slice(0, 80))""",
        TARGET,
    )
    return [str(words) for words in found]
