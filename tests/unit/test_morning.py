"""A limit that holds in the morning needs a report that says so."""

import pytest

from labinterp.intervals import MORNING


@pytest.mark.parametrize(
    "text",
    [
        "Cortisol, AM",
        "Cortisol 8 a.m.",
        "cortisol_am",
        "Cortisol (morgens)",
        "Cortisol 8h",
        "Cortisol 8 Uhr",
        "2024-03-01 08:15",
        "01.03.2024 7:50",
    ],
)
def test_a_report_that_says_morning(text: str) -> None:
    assert MORNING.search(text)


@pytest.mark.parametrize(
    "text", ["Cortisol", "Cortisol PM", "Cortisol amount", "2024-03-08", "08.09.2024", "2024-03-01 17:45", "Cortisol 18:00", "8:15 pm", ""]
)
def test_a_report_that_does_not(text: str) -> None:
    assert not MORNING.search(text)
