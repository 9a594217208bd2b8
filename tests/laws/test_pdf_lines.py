"""Laws of the PDF reader on tables that Hypothesis draws: rows come back as printed, and no word of the page is lost."""

from __future__ import annotations

from collections import Counter

from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st

from labinterp import read

NAMES = (
    "Sodium",
    "Potassium",
    "Creatinine",
    "Vitamin B12",
    "C-reactive protein",
    "Haemoglobin",
    "TSH",
    "Ferritin",
    "Platelet count",
    "HbA1c",
)
UNITS = ("mmol/L", "g/dL", "10^9/L", "U/L", "%", "pg/mL", "mIU/L", "mm/h")
HEADERS = (
    ("Test", "Result", "Units", "Reference range"),
    ("Untersuchung", "Ergebnis", "Einheit", "Referenzbereich"),
    ("Prueba", "Resultado", "Unidades", "Valores de referencia"),
)
PROSE = (
    "The result should be read together with the clinical findings of the patient.",
    "HAEMATOLOGY",
    "Page 1 of 2",
    "Authorised by Dr A Example",
)

numbers = st.one_of(
    st.integers(1, 2000).map(str),
    st.floats(0.1, 99).map(lambda x: f"{x:.1f}"),
    st.floats(0.1, 99).map(lambda x: f"<{x:.1f}"),
)
ranges = st.tuples(st.floats(0.1, 50), st.floats(51, 99)).map(lambda pair: f"{pair[0]:.1f} - {pair[1]:.1f}")
tables = st.tuples(
    st.sampled_from(HEADERS),
    st.lists(st.tuples(st.sampled_from(NAMES), numbers, st.sampled_from(UNITS), ranges), min_size=1, max_size=8),
    st.permutations((1, 2, 3)),
    st.sampled_from(("left", "right")),
    st.floats(7, 11),
    st.lists(st.sampled_from(PROSE), max_size=2),
)


def drawn(header: tuple[str, ...], rows: list[tuple[str, ...]], order: tuple[int, ...], align: str, size: float, prose: list[str]) -> bytes:
    sheet = FPDF(unit="pt", format="A4")
    sheet.set_auto_page_break(False)
    sheet.add_page()
    y = 80.0
    xs = {0: 40.0, **{column: 220.0 + 115 * place for place, column in enumerate(order)}}
    for number, cells in enumerate((header, *rows)):
        sheet.set_font("helvetica", "B" if number == 0 else "", size)
        for column, cell in enumerate(cells):
            x = xs[column]
            if column == 1 and align == "right":
                x += 70 - sheet.get_string_width(cell)
            sheet.text(x, y, cell)
        y += 1.7 * size
    for text in prose:
        y += 2 * size
        sheet.text(40, y, text)
    return bytes(sheet.output())


@settings(max_examples=40)
@given(tables)
def test_rows_come_back_as_printed_and_no_word_is_lost(table: tuple) -> None:  # type: ignore[type-arg]
    header, rows, order, align, size, prose = table
    report = read(drawn(header, rows, tuple(order), align, size, prose), name="drawn.pdf")
    found = [tuple(r[c] for c in ("name_text", "value_text", "unit_text", "range_text")) for r in report.rows.to_dict("records")]
    assert found == rows
    lines = [str(t) for t in report.rows["text"]] + [str(t) for t in report.unread["text"]]
    printed = Counter(word for cells in (header, *rows) for cell in cells for word in cell.split()) + Counter(
        w for p in prose for w in p.split()
    )
    assert Counter(word for line in lines for word in line.split()) == printed
