"""Tables whose rows are dates and whose columns are tests."""

from __future__ import annotations

from fpdf import FPDF

from labinterp import Report, read

XS = (40, 130, 210, 290, 370)


def drawn(*lines: tuple[str, ...]) -> Report:
    sheet = FPDF(unit="pt", format="A4")
    sheet.add_page()
    sheet.set_font("helvetica", "", 9)
    for number, cells in enumerate(lines):
        for x, cell in zip(XS, cells, strict=False):
            if cell:
                sheet.text(x, 80 + 16 * number, cell)
    return read(bytes(sheet.output()), name="sideways.pdf")


def test_every_filled_cell_is_a_result_with_the_date_of_its_row() -> None:
    report = drawn(
        ("Datum", "Hb", "Leukozyten", "Kalium", "CK"),
        ("", "g/dl", "/nl", "mmol/l", "U/l"),
        ("Norm", "12-16", "4-10", "3,5-5,1", "<170"),
        ("12.03.2024", "9,8 -", "12,4", "5,6", "8412"),
        ("10.01.2024", "11,0", "", "4,1", "320"),
    )
    columns = ["name_text", "value_text", "unit_text", "range_text", "flag_text", "collected_text"]
    assert [tuple(r) for r in report.rows[columns].itertuples(index=False)] == [
        ("Hb", "9,8", "g/dl", "12-16", "-", "12.03.2024"),
        ("Leukozyten", "12,4", "/nl", "4-10", "", "12.03.2024"),
        ("Kalium", "5,6", "mmol/l", "3,5-5,1", "", "12.03.2024"),
        ("CK", "8412", "U/l", "<170", "", "12.03.2024"),
        ("Hb", "11,0", "g/dl", "12-16", "", "10.01.2024"),
        ("Kalium", "4,1", "mmol/l", "3,5-5,1", "", "10.01.2024"),
        ("CK", "320", "U/l", "<170", "", "10.01.2024"),
    ]


def test_an_upright_table_with_dates_in_front_keeps_its_columns() -> None:
    report = drawn(
        ("Date", "Test", "Result", "Unit", "Reference range"),
        ("12/03/2024", "Potassium", "5.6", "mmol/L", "3.5 - 5.1"),
        ("10/01/2024", "Potassium", "4.1", "mmol/L", "3.5 - 5.1"),
    )
    assert report.rows[["name_text", "value_text", "collected_text"]].to_numpy().tolist() == [
        ["Potassium", "5.6", "12/03/2024"],
        ["Potassium", "4.1", "10/01/2024"],
    ]
