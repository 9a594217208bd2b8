"""Every state of the page: empty, sample, alert, implausible, unread, two people, broken file."""

from __future__ import annotations

import pytest

from labinterp.interpretation import difference
from labinterp.model import Patient, Report

CALMING = ("all normal", "all clear", "nothing wrong", "everything is normal", "you have ")


def test_the_empty_page_says_what_cannot_wait_and_asks_for_a_report(visitor):
    assert "Drop your report here" in visitor.text
    assert "Call your emergency number now." in visitor.text
    assert "Everything stays on this computer." in visitor.text


@pytest.mark.parametrize("page", ["check", "answer"])
def test_without_a_report_the_other_pages_lead_back(visitor, page):
    visitor.go(page)
    assert "No report is open" in visitor.text
    visitor.press("Add a report")
    assert "Drop your report here" in visitor.text


def test_the_sample_opens_on_its_answer(visitor):
    visitor.press("Try it with a sample report")
    assert "Your answer" in visitor.text and "Harbour Street Laboratory" in visitor.text
    assert "Potassium" in visitor.text and "3.5 - 5.1" in visitor.text


def test_no_cause_is_shown_before_the_emergency_questions_are_answered(visitor):
    visitor.press("Try it with a sample report")
    assert "First: is one of these new?" in visitor.text
    assert "Fits" not in visitor.text and "Against" not in visitor.text
    visitor.press("None of these")
    assert "First: is one of these new?" not in visitor.text
    assert "Against" in visitor.text and "Not tested yet" in visitor.text


def test_an_emergency_answer_stands_alone_and_first(visitor):
    visitor.press("Try it with a sample report")
    visitor.at.checkbox[0].check().run()
    visitor.press("One or more is true")
    assert 'role="alert"' in visitor.markup
    assert visitor.text.index("EMERGENCY") < visitor.text.index("All results")
    assert visitor.at.expander[0].label == "Everything else in this report"


def test_a_critical_value_is_an_emergency_before_any_question(visitor):
    visitor.table("Potassium,2.1,mmol/L,3.5 - 5.1,L", "Sodium,139,mmol/L,135 - 145,").go("answer")
    assert "EMERGENCY" in visitor.text and "potassium 2.1 mmol/L, weak legs" in visitor.text
    assert visitor.text.index("EMERGENCY") < visitor.text.index("is one of these new")


def test_an_implausible_value_is_a_question_with_answers_to_press(visitor):
    visitor.table("HbA1c,55,%,,", "Potassium,4.2,mmol/L,3.5 - 5.1,")
    assert "1 needs your eye" in visitor.text and "55 % is not possible" in visitor.text
    visitor.press("It says 55 mmol/mol")
    assert "need" not in visitor.text.split("All lines read")[0].split("found.")[1][:40]
    visitor.answer()
    assert "Not everything is certain yet" not in visitor.text
    assert "changed by you" in visitor.text


def test_what_is_implausible_is_never_judged_and_never_silent(visitor):
    visitor.table("HbA1c,55,%,,").answer()
    assert "Not judged" in visitor.text and "Not everything is certain yet" in visitor.text
    assert "High" not in visitor.text.split("All results")[1].split("Questions to take")[0]


def test_lines_read_from_a_picture_can_be_confirmed_together(visitor):
    visitor.table("Potassium,4.2,mmol/L,3.5 - 5.1,", "Sodium,139,mmol/L,135 - 145,", "HbA1c,55,%,,")
    session = visitor.at.session_state["labinterp"]
    session.rows.loc[[0, 1], "review"] = "read from a picture"
    session.touch()
    visitor.go("check")
    assert "3 need your eye" in visitor.text
    visitor.press("I compared them: all 2 are right")
    assert "1 needs your eye" in visitor.text  # what is not possible is not confirmed along the way


def test_a_line_left_out_stays_visible_as_a_note(visitor):
    visitor.table("HbA1c,55,%,,", "Potassium,4.2,mmol/L,3.5 - 5.1,").press("Leave it out")
    assert "1 result line found" in visitor.text
    assert "left out by you" in visitor.text and "HbA1c" in visitor.text


def test_an_unknown_test_is_kept_and_named(visitor):
    visitor.table("Zorblax factor,12,U/L,5 - 20,").answer()
    assert "Zorblax factor" in visitor.text


def test_a_broken_file_is_refused_with_its_reason_and_nothing_opens(visitor):
    visitor.upload(("broken.pdf", b"%PDF-1.7 not really"))
    assert "1 file could not be added" in visitor.text and "broken.pdf" in visitor.text
    visitor.go("answer")
    assert "No report is open" in visitor.text


def test_an_empty_file_is_refused_beside_a_good_one_that_opens(visitor):
    visitor.upload(("empty.csv", b""), ("good.csv", b"Test,Value,Unit,Reference range\nPotassium,4.2,mmol/L,3.5 - 5.1\n"))
    assert "empty.csv" in visitor.text and "Open now: good.csv" in visitor.text


def test_the_same_file_twice_counts_once(visitor):
    visitor.table("Potassium,4.2,mmol/L,3.5 - 5.1,").go("report")
    visitor.table("Potassium,4.2,mmol/L,3.5 - 5.1,", name="copy.csv")
    assert "already open" in visitor.text and "1 result line" in visitor.text


def test_reports_of_two_people_are_not_joined_unasked(visitor):
    visitor.sample("leg_weakness.pdf").go("report")
    visitor.sample("critical_potassium.pdf")
    assert "Are these two people?" in visitor.text and "Carl Example" in visitor.text
    visitor.go("answer")
    assert "EMERGENCY" not in visitor.text and "Carl" not in visitor.text


def test_two_reports_of_one_person_are_joined_and_each_result_keeps_its_day(visitor):
    head = b"Patient,Test,Value,Unit,Reference range,Date\n"
    visitor.upload(
        ("old.csv", head + b"Ada Example,Potassium,3.9,mmol/L,3.5 - 5.1,2025-11-03\n"),
        ("new.csv", head + b"Ada Example,Potassium,3.1,mmol/L,3.5 - 5.1,2026-02-23\n"),
    )
    assert "Are these two people?" not in visitor.text
    visitor.answer()
    assert "3 November 2025" in visitor.text and "23 February 2026" in visitor.text


def test_the_new_person_alone_can_be_opened(visitor):
    visitor.sample("leg_weakness.pdf").go("report")
    visitor.sample("critical_potassium.pdf").press("Open only the new one")
    visitor.go("answer")
    assert "6.8" in visitor.text and "Vitamin B12" not in visitor.text and "Harbour Street" not in visitor.text


def test_names_births_and_sexes_tell_two_people_apart():
    from datetime import date

    def report(name: str = "", **facts: object) -> Report:
        return Report.of([], [], patient_name=name, patient=Patient(**facts))

    assert difference(report("Ada Example"), report("Carl Example"))
    assert not difference(report("Ada Example"), report("EXAMPLE, Ada"))
    assert not difference(report("Ada Example"), report("Ada M. Example"))
    assert not difference(report("Ada Example"), report(""))
    assert difference(report(birth_date=date(1960, 1, 1)), report(birth_date=date(1961, 1, 1)))
    assert difference(report(sex="female"), report(sex="male"))
    assert not difference(report(sex="female"), report())


def test_facts_are_asked_only_where_they_change_an_answer(visitor, visitors):
    visitor.table("Hemoglobin,12.5,g/dL,,").answer()
    assert "About you" in visitor.text  # between the limits of women and men
    other = visitors().table("Potassium,4.2,mmol/L,3.5 - 5.1,").answer()
    assert "About you" not in other.text


def test_a_given_sex_settles_what_it_can(visitor):
    visitor.table("Hemoglobin,12.5,g/dL,,").answer()
    assert "Not judged" in visitor.text
    choice = next(c for c in visitor.at.segmented_control if c.label == "Sex, for the range")
    choice.set_value("female").run()
    assert "Woman" in visitor.calm().text and "In range" in visitor.text


def test_a_question_is_asked_one_at_a_time_and_the_answer_can_be_taken_back(visitor):
    visitor.press("Try it with a sample report").press("None of these")
    first = visitor.at.pills[0]
    assert "I do not know" in first.options
    question = first.label
    _choose(visitor, _open_question(visitor).answers[0].value)
    assert not visitor.at.pills or visitor.at.pills[0].label != question
    assert question in visitor.text  # among the answers given
    visitor.press("Take back")
    assert visitor.calm()


def _open_question(visitor):
    return next(question for question in visitor.at.session_state["labinterp"].interpretation().questions if not question.emergency)


def _choose(visitor, value):
    """Press an answer of the question that is open."""
    several = _open_question(visitor).multiple
    visitor.at.pills[0].set_value([value] if several else value).run()
    if several:
        visitor.press("That is all")
    visitor.calm()


def test_do_not_know_is_an_answer_and_is_not_asked_again(visitor):
    visitor.press("Try it with a sample report").press("None of these")
    question = visitor.at.pills[0].label
    _choose(visitor, "unknown")
    assert all(pills.label != question for pills in visitor.calm().at.pills)


def test_units_can_be_switched_and_the_printed_value_stays_in_sight(visitor):
    visitor.press("Try it with a sample report")
    units = next(c for c in visitor.at.segmented_control if c.label == "Units")
    units.set_value("SI").run()
    assert "printed 165 pg/mL" in visitor.calm().text
    assert "pmol/L" in visitor.text
    assert "below 148" in visitor.text and "from 48" in visitor.text  # as the guidelines publish them, not converted


def test_nothing_reassures_and_nobody_is_told_what_they_have(visitor):
    visitor.press("Try it with a sample report").press("None of these")
    said = visitor.text.casefold()
    for words in CALMING:
        assert words not in said
    assert "not diagnoses" in said


def test_values_typed_by_hand_are_judged_like_read_ones(visitor):
    visitor.press("Type values in by hand")
    assert "No result line yet" in visitor.text
    session = visitor.at.session_state["labinterp"]
    session.add({"name_text": "Potassium", "value_text": "2.9", "unit_text": "mmol/L"})
    visitor.go("answer")
    assert "2.9" in visitor.text and "added by you" in visitor.text


def test_forget_leaves_nothing_behind(visitor):
    visitor.press("Try it with a sample report").press("Forget this report")
    assert "Drop your report here" in visitor.text
    session = visitor.at.session_state["labinterp"]
    assert not session.documents and session.rows.empty and session.unread.empty
    assert not session.answers and not session.sheets and session.patient == Patient()
    visitor.go("answer")
    assert "No report is open" in visitor.text


def test_two_visitors_never_see_each_others_report(visitors):
    one, other = visitors(), visitors()
    one.table("Potassium,2.9,mmol/L,3.5 - 5.1,L")
    other.table("Ferritin,7,ug/L,15 - 150,L")
    one.go("answer"), other.go("answer")
    assert "Ferritin" not in one.text and "Potassium" in one.text
    assert "Potassium" not in other.text and "Ferritin" in other.text


def test_texts_of_a_document_cannot_become_markup(visitor):
    visitor.table('"<img src=x onerror=alert(1)>",4.2,mmol/L,"3.5 - 5.1<script>",').answer()
    assert "<img src=x" not in visitor.markup and "<script>" not in visitor.markup


def test_the_reference_finds_a_test_and_shows_its_sources(visitor):
    visitor.go("reference")
    visitor.at.text_input[0].set_value("kalium").run()
    assert "Potassium" in visitor.calm().text and "Limits of" in visitor.text
    visitor.at.text_input[0].set_value("qqqq").run()
    assert "Nothing under Tests" in visitor.text


def test_pasted_text_is_read_like_a_file(visitor):
    visitor.at.text_area[0].set_value("Potassium 2.9 mmol/L 3.5 - 5.1\nSodium 139 mmol/L 135 - 145\n").run()
    visitor.press("Read this text").go("check")
    assert "2 result lines found" in visitor.text
    visitor.go("answer")
    assert "2.9" in visitor.text and "Pasted text" in visitor.text


def test_an_empty_box_and_prose_are_not_taken_for_results(visitor):
    visitor.press("Read this text")
    assert "There is nothing in the box yet." in visitor.text
    visitor.at.text_area[0].set_value("Dear Ada, see you on Monday.").run()
    visitor.press("Read this text")
    assert not visitor.at.session_state["labinterp"].rows.size


def test_a_line_is_searched_by_name_and_offers_the_units_of_its_test(visitor):
    visitor.press("Type values in by hand")
    test, unit = visitor.at.selectbox[0], visitor.at.selectbox[1]
    assert any("Kalium" in option and "Potassium" in option for option in test.options) and not unit.options
    test.set_value("potassium").run()
    unit = visitor.at.selectbox[1]
    assert "mmol/L" in unit.options and unit.value is None  # no unit is assumed
    unit.set_value("mmol/L")
    visitor.at.text_input[0].set_value("2.9").run()
    visitor.press("Add this line")
    assert "1 result line found" in visitor.text
    visitor.go("answer")
    assert "2.9" in visitor.text and "Low" in visitor.text and "added by you" in visitor.text


def test_every_test_can_be_typed_in_by_its_name_in_both_languages(visitor):
    from labinterp.app.check import this_test
    from labinterp.interpretation import interpret
    from labinterp.reference import Reference

    for language in ("en", "de"):
        markers = Reference.default(language=language).markers
        lines = [{**this_test(marker), "value_text": "1"} for marker in markers.values()]
        assert interpret(Report.of(lines, [])).results["marker"].tolist() == list(markers)


def test_without_names_another_patient_number_is_asked_about(visitor):
    head = b"Patient ID,Test,Value,Unit,Reference range,Date\n"
    line = b",Potassium,4.2,mmol/L,3.5 - 5.1,2026-01-05\n"
    visitor.upload(("one.csv", head + b"1" + line), ("other.csv", head + b"2" + line))
    assert "Are these two people?" in visitor.text and "patient 2" in visitor.text
    visitor.press("It is the same person: add it").go("answer")
    assert visitor.at.session_state["labinterp"].interpretation().to_html()  # one person's from here on


def test_a_table_of_several_people_is_sent_to_the_page_for_it(visitor):
    head = b"Patient ID,Test,Value,Unit,Reference range\n"
    visitor.upload(("ward.csv", head + b"1,Potassium,4.2,mmol/L,3.5 - 5.1\n2,Potassium,2.1,mmol/L,3.5 - 5.1\n"))
    assert "results of several people" in visitor.text and "Many results" in visitor.text


def test_the_name_goes_along_only_when_ticked(visitor):
    visitor.press("Try it with a sample report").press("None of these")
    box = next(box for box in visitor.at.checkbox if "Ada Example" in box.label)
    assert box.value is False


def test_every_limit_and_cause_of_the_data_is_shown_with_its_source_and_mark(visitor):
    from labinterp.app import lookup
    from labinterp.app.markup import esc
    from labinterp.reference import Reference

    ref = Reference.default()
    for marker in ref.markers.values():
        used, others = lookup.limits_of(ref, marker)
        limits = len(marker.intervals) + sum(len(s.bands) for s in marker.decision) + bool(marker.plausible)
        limits += sum(bool(c.low) + bool(c.high) for c in marker.critical)
        assert len(used) + len(others) == limits
        for line in (*used, *others):
            assert "✓" in line or "not checked" in line
        assert esc(marker.name) in lookup.test(ref, marker)
    for cause in ref.causes.values():
        shown = lookup.cause_html(ref, cause)
        assert all(esc(ref.sources[source].title) in shown for source in cause.sources if source in ref.sources)
        assert shown.count("<tr>") == len(cause.links) + bool(cause.links)


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        ("tests", "kalium", "Potassium"),
        ("tests", "2823-3", "Potassium"),
        ("causes", "low potassium", "Low potassium"),
        ("causes", "B12", "Vitamin B12"),
        ("alarms", "potassium", "Critical limits"),
        ("alarms", "breathing", "Signs that no blood test shows"),
        ("sources", "diabetes", "American Diabetes Association"),
    ],
)
def test_the_reference_is_searched(visitor, kind, words, expected):
    visitor.go("reference")
    visitor.at.pills[0].set_value(kind).run()
    visitor.at.text_input[0].set_value(words).run()
    assert expected in visitor.calm().text
