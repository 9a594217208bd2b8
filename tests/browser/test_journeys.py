"""What people do with the page: upload, correct, answer, read on a phone, in the dark, and with the keyboard only."""

from __future__ import annotations

import time

import pytest

from tests.browser.checks import axe, scrolls_sideways

pytestmark = pytest.mark.browser


def test_from_a_dropped_pdf_to_an_answer(visit):
    reader = visit()
    started = time.monotonic()
    reader.upload("leg_weakness.pdf")
    reader.see("Check what was read")
    assert time.monotonic() - started < 10  # generous: a slow machine under load
    reader.settle()
    assert reader.page.locator(".li .sheet img").count() == 1
    assert reader.page.locator(".li .sheet i.read").count() >= 8
    reader.press("These are right: show the answer")
    reader.see("Your answer")
    assert reader.page.get_by_text("Against", exact=True).count() == 0  # no cause before the emergency questions
    reader.press("None of these")
    reader.see("Possible causes of weak legs")
    reader.see("Not tested yet")


def test_a_value_is_corrected_and_two_questions_are_answered(visit):
    reader = visit()
    reader.upload("implausible.csv")
    reader.see("Check what was read")
    reader.press("It says 55 mmol/mol")
    reader.answer()
    reader.page.get_by_text("changed by you").first.wait_for(state="attached")
    for _ in range(2):
        if not reader.page.locator(".st-key-question").count():
            break
        question = reader.page.locator(".st-key-question h3").inner_text()
        reader.page.locator(".st-key-question [data-testid=stButtonGroup] button").first.click()
        reader.settle()
        if reader.page.get_by_role("button", name="That is all").count():
            reader.press("That is all")
        reader.page.wait_for_function(
            "asked => { const now = document.querySelector('.st-key-question h3'); return !now || now.innerText !== asked }", arg=question
        )


def test_a_cell_is_corrected_in_the_grid(visit):
    reader = visit()
    reader.upload("leg_weakness.pdf")
    reader.see("All lines read")
    reader.settle()
    canvas = reader.page.locator(".st-key-lines-grid canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    reader.page.mouse.click(box["x"] + 80, box["y"] + 55)  # the first line
    for key in ("ArrowRight", "ArrowRight", "Enter"):  # to its result
        reader.page.wait_for_timeout(300)  # the grid is a canvas and shows no sign of having followed
        reader.page.keyboard.press(key)
    editor = reader.page.locator("[class*=gdg] input, [class*=gdg] textarea").last
    editor.fill("8.4")
    reader.page.wait_for_timeout(300)
    editor.press("Enter")
    reader.page.get_by_text("changed by you").first.wait_for(state="attached")
    reader.answer()
    assert "8.4" in reader.page.locator(".li table").first.inner_text()


def test_a_critical_value_stands_alone(visit):
    reader = visit()
    reader.upload("critical_potassium.pdf")
    reader.see("Check what was read")
    reader.go("Answer", "Your answer")
    alert = reader.page.get_by_role("alert").first
    assert "EMERGENCY" in alert.inner_text() and "6.8" in alert.inner_text()
    assert not reader.page.get_by_role("heading", name="What stands out").is_visible()
    reader.page.get_by_text("Everything else in this report").click()
    reader.page.get_by_role("heading", name="All results").wait_for()


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_neverscrolls_sideways(visit, width):
    reader = visit(width=width, height=800)
    reader.upload("leg_weakness.pdf")
    reader.see("Check what was read")
    reader.settle()
    assert not scrolls_sideways(reader.page)
    assert reader.page.locator(".st-key-lines-grid").is_hidden() and reader.page.locator(".st-key-lines-phone").is_visible()
    reader.answer()
    assert not scrolls_sideways(reader.page)


def test_a_line_is_added_on_a_phone(visit):
    reader = visit(width=390, height=800)
    reader.page.get_by_role("button", name="Type values in by hand").click()
    reader.see("No result line yet")
    reader.press("Change or add a line")
    dialog = reader.page.get_by_role("dialog")
    dialog.get_by_label("Test", exact=True).fill("Potassium")
    dialog.get_by_label("Test", exact=True).press("Enter")
    reader.settle()
    dialog.get_by_label("Unit", exact=True).fill("mmol/L")
    dialog.get_by_label("Unit", exact=True).press("Enter")
    reader.settle()
    for label, text in (("Result", "2.9"), ("Range on the paper", "3.5 - 5.1")):
        dialog.get_by_label(label, exact=True).fill(text)
        dialog.get_by_label(label, exact=True).press("Tab")
        reader.settle()
    dialog.get_by_role("button", name="Add this line").click()
    reader.see("1 result line found")


def test_everything_is_reached_with_the_keyboard_only(visit):
    reader = visit()
    page = reader.page

    def tab_to(words: str, most: int = 60) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if words in page.evaluate(
                "() => document.activeElement.matches('button, a, summary, input') ? document.activeElement.innerText : ''"
            ):
                return
        raise AssertionError(f"Tab never reached {words!r}")

    tab_to("Try it with a sample report")
    page.keyboard.press("Enter")
    reader.see("Your answer")
    reader.settle()
    tab_to("None of these")
    page.keyboard.press("Enter")
    reader.see("Not tested yet")
    reader.settle()
    tab_to("Why", most=200)
    page.keyboard.press("Enter")
    page.locator("details.why[open]").first.wait_for()
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_forget_and_reload_both_start_empty(visit):
    reader = visit()
    reader.upload("leg_weakness.pdf")
    reader.see("Check what was read")
    reader.page.reload()
    reader.see("No report is open")
    reader.press("Add a report")
    reader.upload("befund.csv")
    reader.see("Check what was read")
    reader.go("Answer", "Your answer")
    reader.press("Forget this report")
    reader.see("Drop your report here")
    reader.page.get_by_role("link", name="Answer", exact=True).first.click()
    reader.see("No report is open")


def test_two_people_at_once_see_only_their_own(visit):
    one, other = visit(), visit()
    one.upload("leg_weakness.pdf")
    other.upload("critical_potassium.pdf")
    one.go("Answer", "Your answer")
    other.go("Answer", "Your answer")
    assert "Harbour Street" in one.page.content() and "St Example" not in one.page.content()
    assert "St Example" in other.page.content() and "Harbour Street" not in other.page.content()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_fault(visit, theme, width):
    reader = visit(width=width, height=900, color_scheme=theme)
    axe(reader.page, f"start, {theme}, {width}")
    reader.upload("leg_weakness.pdf")
    reader.see("Check what was read")
    axe(reader.page, f"check, {theme}, {width}")
    reader.go("Answer", "Your answer")
    axe(reader.page, f"answer with the emergency questions, {theme}, {width}")
    reader.press("None of these")
    reader.see("Not tested yet")
    axe(reader.page, f"answer, {theme}, {width}")
    reader.go("Reference", "Every limit and where it comes from")
    axe(reader.page, f"reference, {theme}, {width}")


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_a_course_over_time_is_read_by_anybody(visit, theme, width):
    reader = visit(width=width, height=900, color_scheme=theme)
    reader.upload("follow_up_wide.csv")
    reader.see("Check what was read")
    reader.go("Over time", "Over time")
    reader.see("more than this test usually varies")
    assert not scrolls_sideways(reader.page)
    axe(reader.page, f"over time, {theme}, {width}")


def test_the_summary_for_the_doctor_is_saved_as_pdf(visit):
    reader = visit()
    reader.upload("leg_weakness.pdf")
    reader.see("Check what was read")
    reader.answer()
    with reader.page.expect_download() as saving:
        reader.page.get_by_role("button", name="Save summary for the doctor (PDF)").click()
    with saving.value.path().open("rb") as saved:
        assert saved.read(5) == b"%PDF-"


def test_axe_finds_no_fault_in_an_emergency(visit):
    reader = visit()
    reader.upload("critical_potassium.pdf")
    reader.see("Check what was read")
    reader.go("Answer", "Your answer")
    axe(reader.page, "emergency")


def test_every_page_of_the_navigation_stays_on_this_machine(visit):
    """The watch of `visit` fails when any page, empty or with a report, asks for anything elsewhere."""
    reader = visit()
    links = reader.page.locator("header").get_by_role("link")
    titles = [title for title in links.all_inner_texts() if title.strip()]
    assert len(titles) >= 5
    for upload in (False, True):
        if upload:
            reader.go(titles[0], "Understand your blood tests when your legs are weak")
            reader.upload("leg_weakness.pdf")
            reader.see("Check what was read")
        for title in titles:
            reader.page.locator("header").get_by_role("link", name=title, exact=True).click()
            reader.settle()
            assert reader.page.get_by_role("heading").count()
