"""The second half of the page: a course over time, a whole table, pasted text, German, and what is taken along."""

from __future__ import annotations

import time

import pytest

from labinterp.app.tally import made_up
from tests.browser.checks import axe, scrolls_sideways, small_targets

pytestmark = pytest.mark.browser

HEAD = "Patient name,Test,Value,Unit,Reference range,Date\n"
OLD = "Vitamin B12,301,pg/mL,200 - 900,2025-01-20\nPotassium,4.1,mmol/L,3.5 - 5.1,2025-01-20\n"
NEW = "Vitamin B12,100,pmol/L,148 - 664,2026-03-12\nPotassium,4.2,mmol/L,3.6 - 4.6,2026-03-12\n"


@pytest.fixture
def two_reports(tmp_path):
    """Two reports of one person from two laboratories, in two units."""
    for name, lines in (("old.csv", OLD), ("new.csv", NEW)):
        (tmp_path / name).write_text("Test,Value,Unit,Reference range,Date\n" + lines)
    return [tmp_path / "old.csv", tmp_path / "new.csv"]


@pytest.mark.parametrize(
    ("width", "theme", "locale", "words"),
    [
        (1280, "light", "en-GB", ("Check what was read", "Over time", "Fell by 55 % since 20 January 2025", "The same as a table")),
        (390, "dark", "de-DE", ("Prüfen, was gelesen wurde", "Verlauf", "Gefallen um 55 % seit 20. Januar 2025", "Dasselbe als Tabelle")),
    ],
)
def test_a_course_over_two_reports_is_drawn_told_and_listed(visit, two_reports, width, theme, locale, words):
    reader = visit(width=width, height=900, color_scheme=theme, locale=locale)
    check, title, told, table = words
    reader.upload(*two_reports)
    reader.see(check)
    reader.go(title, title)
    reader.page.get_by_role("radio", name="Vitamin B12").click()
    reader.settle()
    reader.see(told)
    reader.see(table)
    picture = reader.page.locator("[data-testid=stVegaLiteChart]")
    picture.locator("canvas, svg").first.wait_for()
    alt = reader.page.locator("[data-testid=stVegaLiteChart] [aria-label], [data-testid=stVegaLiteChart][aria-label]").first
    assert "Vitamin B12" in str(alt.get_attribute("aria-label"))
    assert not scrolls_sideways(reader.page)
    axe(reader.page, f"over time, {theme}, {width}, {locale}")


def test_a_whole_table_is_judged_and_taken_along(visit, tmp_path):
    reader = visit()
    reader.go("Many results", "Many results at once")
    (tmp_path / "ward.csv").write_bytes(made_up(3000))
    reader.upload(tmp_path / "ward.csv")
    reader.see("What came out of ward.csv")
    reader.settle()
    axe(reader.page, "many results")
    for button, least in (("Download all 3\u202f000 lines (CSV)", 3001), ("Only the lines not judged (CSV)", 20)):
        with reader.page.expect_download() as saving:
            reader.page.get_by_role("button", name=button).click()
        lines = saving.value.path().read_text().splitlines()
        assert lines[0].replace('"', "").startswith("Test,Value,Unit,Reference range,marker") and least <= len(lines) <= 3001
    reader.see("labinterp batch ward.csv ward.judged.parquet")


def test_pasted_text_is_read_on_a_phone(visit):
    reader = visit(width=390, height=800)
    reader.page.get_by_text("Paste text from a portal").click()
    reader.page.get_by_label("The text with your results").fill("Potassium 2.9 mmol/L 3.5 - 5.1\nSodium 139 mmol/L 135 - 145")
    reader.press("Read this text")
    reader.see("2 result lines found")


def test_a_line_is_typed_in_with_the_keyboard_beside_a_grid(visit):
    reader = visit()
    reader.press("Type values in by hand")
    reader.see("No result line yet")
    field = reader.page.locator(".st-key-entry")
    field.get_by_role("combobox").first.click()
    reader.page.keyboard.type("kalium")
    reader.page.get_by_role("option").filter(has_text="Potassium").first.wait_for()
    reader.page.get_by_role("option").filter(has_text="Potassium").first.click()
    reader.settle()
    field.get_by_role("combobox").nth(1).click()
    reader.page.get_by_role("option", name="mmol/L", exact=True).click()
    reader.settle()
    field.get_by_label("Result", exact=True).fill("2.9")
    field.get_by_label("Result", exact=True).press("Tab")
    reader.settle()
    reader.press("Add this line")
    reader.see("1 result line found")
    reader.page.locator(".st-key-lines-grid canvas").first.wait_for()


def test_a_german_reader_goes_all_the_way_and_may_change_the_language(visit):
    reader = visit(width=390, height=800, locale="de-AT")
    reader.see("Legen Sie Ihren Befund hier ab")
    assert reader.page.evaluate("document.documentElement.lang") == "de"
    reader.upload("leg_weakness.pdf")
    reader.see("24 Ergebniszeilen gefunden")
    reader.go("Antwort", "Ihre Antwort")
    reader.press("Nichts davon")
    reader.page.get_by_role("heading", name="Mögliche Ursachen schwacher Beine").wait_for()
    reader.page.get_by_text("Niedrig").first.wait_for()
    with reader.page.expect_download() as saving:
        reader.page.get_by_role("button", name="Zusammenfassung für die Praxis sichern (PDF)").click()
    assert saving.value.suggested_filename == "zusammenfassung.pdf"
    reader.press("English")
    reader.see("Possible causes of weak legs")
    assert reader.page.evaluate("document.documentElement.lang") == "en"
    assert reader.page.get_by_role("button", name="None of these").count() == 0  # the answers are kept


@pytest.mark.parametrize("width", [320, 390])
def test_no_page_scrolls_sideways_on_a_german_phone_and_targets_are_large(visit, width):
    reader = visit(width=width, height=800, locale="de-DE")
    assert not small_targets(reader.page)
    assert not scrolls_sideways(reader.page)
    reader.upload("follow_up_wide.csv")
    reader.see("Prüfen, was gelesen wurde")
    for title, heading in (
        ("Antwort", "Ihre Antwort"),
        ("Verlauf", "Verlauf"),
        ("Viele Werte", "Viele Werte auf einmal"),
        ("Nachschlagen", "Jede Grenze"),
    ):
        reader.go(title, heading)
        assert not scrolls_sideways(reader.page), title
        assert not small_targets(reader.page), title


def test_axe_finds_no_fault_on_the_new_pages_in_the_dark_in_german(visit):
    reader = visit(width=390, height=900, color_scheme="dark", locale="de-DE")
    axe(reader.page, "Start, dunkel")
    reader.go("Viele Werte", "Viele Werte auf einmal")
    axe(reader.page, "Viele Werte, dunkel")
    reader.go("Nachschlagen", "Jede Grenze")
    for part in ("Ursachen", "Was nicht warten kann", "Quellen"):
        reader.page.get_by_role("radio", name=part).click()
        reader.settle()
        axe(reader.page, f"{part}, dunkel")


def test_the_name_is_on_the_summary_only_when_ticked(visit):
    reader = visit()
    reader.upload("leg_weakness.pdf")
    reader.answer()
    for ticked in (False, True):
        if ticked:
            reader.page.get_by_text("Put the name on the summary").click()
            reader.settle()
        reader.press("Save as")
        with reader.page.expect_download() as saving:
            reader.page.get_by_role("button", name="Summary for the doctor (HTML)").click()
        assert ("Ada Example" in saving.value.path().read_text()) is ticked
        reader.page.keyboard.press("Escape")


def test_the_reading_order_is_the_order_of_the_keys(visit):
    reader = visit()
    seen = []
    for _ in range(40):
        reader.page.keyboard.press("Tab")
        words = reader.page.evaluate(
            "() => { const e = document.activeElement; return e.closest('[data-testid=stApp]') ? e.innerText.trim() : '' }"
        )
        seen.append(words.split("\n")[-1])
    order = ["Check", "Reference", "Deutsch", "Upload", "Try it with a sample report", "Paste text from a portal or an e-mail"]
    places = [next((i for i, words in enumerate(seen) if want in words), None) for want in order]
    assert None not in places and places == sorted(places), dict(zip(order, places))


def test_a_click_on_a_question_is_answered_soon(visit):
    reader = visit()
    reader.upload("leg_weakness.pdf")
    reader.answer()
    asked = reader.page.locator(".st-key-question h3").inner_text()
    started = time.monotonic()
    reader.page.locator(".st-key-question [data-testid=stButtonGroup] button").last.click()  # "I do not know"
    done = reader.page.get_by_role("button", name="That is all")
    if done.count():
        reader.settle()
        started = time.monotonic()
        done.click()
    reader.page.wait_for_function("was => document.querySelector('.st-key-question h3')?.innerText !== was", arg=asked)
    assert time.monotonic() - started < 5  # generous: a slow machine under load
