"""What a visitor changes: every correction is marked as theirs, and no line is lost."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from labinterp.app import check, picture, session
from labinterp.app.rows import rows_of, waits
from labinterp.app.session import Session
from labinterp.errors import ReadError
from labinterp.goldens import samples_folder
from labinterp.model import Report
from labinterp.words import NOT_FINAL

LINES = b"Test,Value,Unit,Reference range\nPotassium,4.2,mmol/L,3.5 - 5.1\nHbA1c,55,%,\nSodium,139,mmol/L,135 - 145\n"


@pytest.fixture
def visit() -> Session:
    """Three lines are open."""
    one = Session()
    one.take([("lines.csv", LINES)])
    return one


def lines(one: Session) -> int:
    return len(one.rows) + len(one.unread)


def test_a_change_is_marked_and_no_longer_asks(visit):
    visit.rows.loc[0, "review"] = "two readings differ"
    visit.change(0, value_text="2.4")
    assert visit.rows.loc[0, ["value_text", "edited", "review"]].tolist() == ["2.4", "changed by you", ""]
    assert visit.interpretation().results.loc[0, "flag"] == "LL"


def test_what_was_confirmed_is_marked_so(visit):
    visit.rows.loc[0, "review"] = "low confidence"
    visit.accept(0)
    assert visit.rows.loc[0, ["review", "edited"]].tolist() == ["", "confirmed by you"]


@pytest.mark.parametrize(("value", "before", "after"), [("4.2", "open", "inside"), ("2.4", "outside", "outside")])
def test_a_line_that_waits_for_a_look_may_alarm_but_never_reassures(visit, value, before, after):
    visit.rows.loc[0, "value_text"] = value
    visit.rows.loc[0, "review"] = "two readings differ"
    visit.touch()
    assert rows_of(visit.interpretation())[0].group == before
    visit.accept(0)
    assert rows_of(visit.interpretation())[0].group == after


def test_leaving_out_and_adding_back_loses_nothing(visit):
    before = lines(visit)
    visit.leave_out(1)
    assert lines(visit) == before
    note = int(visit.unread.index[visit.unread["reason"] == "left out by you"][0])
    visit.add_from_note(note, name_text="HbA1c", value_text="55", unit_text="mmol/mol")
    assert lines(visit) == before
    assert visit.rows.iloc[-1]["edited"] == "added by you"


def test_a_number_typed_with_the_other_decimal_mark_is_not_misread(visit):
    visit.rows["decimal"] = ","
    visit.change(0, value_text="2.4")
    assert visit.interpretation().results.loc[0, "low"] == 2.4


def test_the_same_lines_and_answers_are_interpreted_once(visit):
    assert visit.interpretation() is visit.interpretation()
    first = visit.interpretation()
    visit.answers["onset"] = "sudden"
    assert visit.interpretation() is not first


def test_the_grid_hands_over_changed_added_and_deleted_lines(visit, monkeypatch):
    changes = {
        "edited_rows": {"1": {"value_text": "2.4"}},
        "added_rows": [{}, {"name_text": "Magnesium", "value_text": "0.5", "unit_text": "mmol/L"}],
        "deleted_rows": [2],
    }
    monkeypatch.setattr(check, "st", SimpleNamespace(session_state={"grid": changes}))
    check.take_changes(visit, "grid", [1, 0, 2])  # the grid shows the line in question first
    assert visit.rows["value_text"].tolist() == ["2.4", "55", "0.5"]
    assert visit.rows["edited"].tolist() == ["changed by you", "", "added by you"]
    assert "left out by you" in visit.unread["reason"].tolist()


def test_a_line_can_be_said_to_be_another_test(visit):
    texts = check.understood_as(visit, "Magnesium")
    visit.change(0, **texts)
    assert visit.interpretation().results.loc[0, "marker"] == "magnesium"
    visit.change(1, specimen_text="Urine")
    visit.change(1, **check.understood_as(visit, "Potassium (serum/plasma)"))
    assert visit.interpretation().results.loc[1, "marker"] == "potassium"
    assert check.understood_as(visit, None) == {}


def test_an_upload_is_bounded(monkeypatch):
    monkeypatch.setattr(session, "LARGEST", 10)
    with pytest.raises(ReadError, match="larger"):
        session.read_bytes(b"x" * 11, "big.csv")


def test_a_fault_in_one_file_does_not_lose_the_others():
    one = Session()
    one.take([("broken.pdf", b"%PDF-1.4 nothing"), ("lines.csv", LINES)])
    assert [name for name, _ in one.refused] == ["broken.pdf"]
    assert len(one.rows) == 3


def test_a_page_is_drawn_with_marks_and_lines_can_be_cut_out():
    one = Session()
    one.take([("leg_weakness.pdf", (samples_folder() / "leg_weakness.pdf").read_bytes())])
    sheet = picture.sheet_of(one.documents[0], 1)
    first = one.rows.iloc[0]
    html = picture.page_html(sheet, [("read", first)], "Page 1")
    assert html.count('<i class="read"') == 1 and 'alt="Page 1"' in html
    assert "data:image/png;base64," in picture.cut_html(sheet, first)
    assert picture.sheet_of(one.documents[0], 99) is None


def test_a_table_has_no_page_to_draw(visit):
    assert picture.sheet_of(visit.documents[0], 1) is None


def test_wide_gaps_of_a_cut_out_line_are_closed():
    from PIL import Image, ImageDraw

    line = Image.new("RGB", (400, 20), "white")
    draw = ImageDraw.Draw(line)
    draw.rectangle((5, 5, 30, 15), fill="black")
    draw.rectangle((350, 5, 380, 15), fill="black")
    draw.line((200, 0, 200, 19), fill="black")  # a rule of the table
    closed = picture.closed_up(line, widest=22)
    assert closed.width < 110
    dark = [closed.convert("L").getpixel((x, 10)) < 160 for x in range(closed.width)]
    assert sum(dark) == 26 + 31  # all the ink of the words, none of the rule


def test_nothing_of_a_visitor_is_kept_in_a_shared_cache():
    """Only knowledge and style are cached for everybody; what a visitor opened hangs on the visitor's own session."""
    import inspect

    from labinterp.app import answer, chart, evidence, facts, lookup, many, rows, shell, start, table, tally, trends

    for module in (answer, chart, check, evidence, facts, lookup, many, picture, rows, session, shell, start, table, tally, trends):
        source = inspect.getsource(module)
        assert "cache_data" not in source and "cache_resource" not in source and "lru_cache" not in source
    one, other = Session(), Session()
    one.take([("lines.csv", LINES)])
    assert other.rows.empty and not other.documents
    assert isinstance(other.report(), Report)


def test_a_look_at_the_paper_does_not_make_a_result_final(visit):
    """The laboratory may still change it: no line to ask about, and never inside its range, whatever the visitor presses."""
    early = NOT_FINAL["preliminary"]
    visit.rows.loc[0, "value_text"] = "4.2"
    visit.rows.loc[0, "review"] = early
    visit.touch()
    assert check.mark_of(rows_of(visit.interpretation())[0]) == "✓ not final"
    visit.rows.loc[0, "review"] = f"two readings differ; {early}"
    visit.touch()
    row = rows_of(visit.interpretation())[0]
    assert waits(row) and row.group == "open"
    visit.accept(0)
    row = rows_of(visit.interpretation())[0]
    assert not waits(row) and row["review"] == early and row.group == "open"
    assert check.mark_of(row) == "✎ confirmed by you"
    visit.change(0, value_text="4.3")
    assert rows_of(visit.interpretation())[0].group == "open"
