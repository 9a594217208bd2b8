"""Results on cards: portals, values with the unit beside them, values above a gauge; and what is not guessed."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from fpdf import FPDF

from labinterp import Report, read

Text = tuple[float, float, str, float, bool]  # x, y, text, size, bold


def drawn(texts: Sequence[Text]) -> Report:
    pdf = FPDF(unit="pt", format="A4")
    pdf.add_page()
    for x, y, text, size, bold in texts:
        pdf.set_font("helvetica", "B" if bold else "", size)
        pdf.text(x, y, text)
    buffer = io.BytesIO()
    pdf.output(buffer)
    return read(buffer.getvalue(), name="cards.pdf")


def shown(report: Report) -> list[tuple[str, ...]]:
    columns = ["name_text", "value_text", "unit_text", "range_text", "flag_text"]
    return [tuple(map(str, row)) for row in report.rows[columns].itertuples(index=False)]


def portal(*cards: tuple[str, str, str]) -> list[Text]:
    texts: list[Text] = [(40, 60, "Test results", 16, True), (40, 80, "Collected: 01/12/2025 08:10", 9, False)]
    for row, (name, value, span) in enumerate(cards):
        y = 110 + 80 * row
        texts += [(40, y, name, 11, True), (40, y + 16, f"Normal range: {span}", 8, False), (40, y + 34, value, 12, False)]
        texts.append((40, y + 48, "View trends", 8, False))
    return texts


def test_name_range_and_value_below_each_other() -> None:
    report = drawn(
        portal(
            ("POTASSIUM", "2.9 mmol/L", "3.5 - 5.1 mmol/L"),
            ("C-Reactive Protein", "<0.5 mg/dL", "<=0.9 mg/dL"),
            ("TSH", "2.31", "0.4 - 4.0 mIU/L"),
        )
    )
    assert shown(report) == [
        ("POTASSIUM", "2.9", "mmol/L", "3.5 - 5.1 mmol/L", ""),
        ("C-Reactive Protein", "<0.5", "mg/dL", "<=0.9 mg/dL", ""),
        ("TSH", "2.31", "mIU/L", "0.4 - 4.0 mIU/L", ""),
    ]
    assert set(report.rows["collected_text"]) == {"01/12/2025 08:10"} and not report.rows["review"].any()
    assert "View trends" in set(report.unread["text"])


def test_labels_beside_value_and_range() -> None:
    texts: list[Text] = []
    for row, (name, value, span) in enumerate((("Hemoglobin A1c", "6.2 %", "4.0 - 5.6 %"), ("Ferritin", "8 ng/mL", "15 - 150 ng/mL"))):
        y = 80 + 70 * row
        texts += [(40, y, name, 11, True), (40, y + 18, "Value", 9, False), (140, y + 18, value, 9, False)]
        texts += [(40, y + 32, "Reference range", 9, False), (140, y + 32, span, 9, False)]
    assert shown(drawn(texts)) == [("Hemoglobin A1c", "6.2", "%", "4.0 - 5.6 %", ""), ("Ferritin", "8", "ng/mL", "15 - 150 ng/mL", "")]


def test_a_grid_of_cards() -> None:
    cards = (
        ("Glucose", "5.1", "mmol/L", "3.9 - 5.5", ""),
        ("Creatinine", "188", "umol/L", "60 - 110", "High"),
        ("ALT", "22", "U/L", "0 - 40", ""),
        ("Potassium", "5.9", "mmol/L", "3.5 - 5.1", "High"),
    )
    texts: list[Text] = []
    for index, (name, value, unit, span, flag) in enumerate(cards):
        x, y = 40 + 220 * (index % 2), 90 + 110 * (index // 2)
        texts += [
            (x, y, name, 10, True),
            (x, y + 24, value, 18, False),
            (x + 50, y + 24, unit, 8, False),
            (x, y + 40, f"Reference: {span}", 8, False),
        ]
        if flag:
            texts.append((x + 110, y + 24, flag, 8, False))
    assert sorted(shown(drawn(texts))) == sorted(cards)


GAUGES = (
    ("Ferritin", "8.0", "ug/L", (0, 15, 30, 150, 300, 600), 1),
    ("Vitamin B12", "410", "pmol/L", (0, 100, 150, 400, 600, 900), 3),
    ("Zinc", "12.1", "umol/L", (0, 7, 10, 18, 24, 40), 2),
)
BANDS = ("Very low", "Low", "Normal", "High", "Very high")


def gauge(y: float, name: str, value: str, unit: str, ends: Sequence[int], place: int) -> list[Text]:
    texts: list[Text] = [(150 + 80 * place, y, value, 10, False), (40, y + 24, name, 10, False), (40, y + 38, unit, 10, False)]
    for band, label in enumerate(BANDS):
        texts += [(150 + 80 * band, y + 38, label, 7, True), (150 + 80 * band, y + 48, f"{ends[band]} - {ends[band + 1]}", 7, False)]
    return texts


def test_a_value_floats_above_its_gauge_and_bands_are_no_results() -> None:
    report = drawn([text for row, card in enumerate(GAUGES) for text in gauge(120 + 90 * row, *card)])
    assert shown(report) == [
        (name, value, unit, "; ".join(f"{label} {ends[i]} - {ends[i + 1]}" for i, label in enumerate(BANDS)), "")
        for name, value, unit, ends, _ in GAUGES
    ]
    assert not report.rows["review"].any()


def test_the_ticks_of_an_axis_are_no_results() -> None:
    texts: list[Text] = []
    for row, (name, value, low, high, unit) in enumerate(
        (("Potassium", "4.2", "3.5", "5.1", "mmol/L"), ("Creatine kinase", "4520", "30", "200", "U/L"))
    ):
        y = 90 + 90 * row
        texts += [(40, y, name, 11, True), (40, y + 16, f"Normal range: {low} - {high} {unit}", 8, False), (200, y + 34, value, 11, False)]
        texts += [(120, y + 52, low, 8, False), (300, y + 52, high, 8, False)]
    assert [row[:2] for row in shown(drawn(texts))] == [("Potassium", "4.2"), ("Creatine kinase", "4520")]


def test_a_single_card_with_its_value_above_is_for_a_person_to_look_at() -> None:
    report = drawn(gauge(120, *GAUGES[0]))
    assert shown(report)[0][:2] == ("Ferritin", "8.0")
    assert "above the name" in report.rows["review"].iloc[0]


def test_a_value_halfway_between_two_names_is_for_a_person_to_look_at() -> None:
    texts: list[Text] = [(40, 100, "Sodium", 10, False), (40, 126, "140 mmol/L", 10, False), (40, 152, "Potassium", 10, False)]
    report = drawn([*texts, (40, 178, "4.1 mmol/L", 10, False), (40, 204, "Chloride", 10, False)])
    assert report.rows.empty or report.rows["review"].all()


def test_a_card_whose_name_is_not_known_keeps_its_value_from_the_card_above() -> None:
    cards = portal(("Potassium", "4.2 mmol/L", "3.5 - 5.1 mmol/L"), ("Sodium", "140 mmol/L", "135 - 145 mmol/L"))
    strange: list[Text] = [(40, 270, "Quibblase activity", 11, True), (40, 304, "77 U/L", 12, False)]
    report = drawn([*cards, *strange])
    assert [row[:2] for row in shown(report)] == [("Potassium", "4.2"), ("Sodium", "140")]
    alone = drawn([(40, 100, "Potassium", 11, True), (40, 116, "Quibblase activity", 11, True), (40, 140, "77 U/L", 12, False)])
    assert alone.rows.empty or alone.rows["review"].str.contains("Quibblase").all()


@pytest.mark.parametrize("value", ["4.2", "2"])
def test_a_number_without_unit_and_range_is_no_result(value: str) -> None:
    assert drawn([(40, 100, "Potassium", 11, True), (40, 120, value, 11, False)]).rows.empty


def test_two_values_on_one_card_are_not_guessed_between() -> None:
    report = drawn([(40, 100, "Potassium", 11, True), (40, 118, "4.2 mmol/L", 10, False), (40, 130, "4.9 mmol/L", 10, False)])
    assert report.rows.empty
    assert set(report.unread.loc[report.unread["kind"] == "possible_result", "text"]) == {"4.2 mmol/L", "4.9 mmol/L"}


def test_a_list_of_limits_below_a_name_is_no_result() -> None:
    texts: list[Text] = [(40, 100, "25-OH Vitamin D", 11, True)]
    for row, (label, limit) in enumerate((("Deficient", "< 20 ng/mL"), ("Insufficient", "20 - 30 ng/mL"), ("Sufficient", "> 30 ng/mL"))):
        texts += [(40, 118 + 14 * row, label, 9, False), (140, 118 + 14 * row, limit, 9, False)]
    assert drawn(texts).rows.empty
    assert drawn([(40, 100, "LDL cholesterol", 11, True), (40, 118, "Target", 9, False), (140, 118, "70 mg/dL", 9, False)]).rows.empty


def test_a_lone_limit_below_a_name_is_for_a_person_to_look_at() -> None:
    report = drawn([(40, 100, "C-reactive protein", 11, True), (40, 118, "< 5.0 mg/L", 9, False)])
    assert report.rows["review"].str.contains("limit").all()


def test_a_previous_value_is_no_result() -> None:
    cards = portal(("Potassium", "4.2 mmol/L", "3.5 - 5.1 mmol/L"))
    report = drawn([*cards, (40, 170, "Previous result", 9, False), (140, 170, "5.9 mmol/L", 9, False)])
    assert [row[:2] for row in shown(report)] == [("Potassium", "4.2")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "POTASSIUM\nNormal range: 3.5 - 5.1 mmol/L\n2.9 mmol/L\nLow\nView trends\n",
            ("POTASSIUM", "2.9", "mmol/L", "3.5 - 5.1 mmol/L", "Low"),
        ),
        (
            "Hemoglobin A1c\nValue 6.2 %\nReference range 4.0 - 5.6 %\nFlag High\n",
            ("Hemoglobin A1c", "6.2", "%", "4.0 - 5.6 %", "High"),
        ),
        ("TSH\nYour Value\n2.31 mIU/L\nStandard Range\n0.45 - 4.50 mIU/L\n", ("TSH", "2.31", "mIU/L", "0.45 - 4.50 mIU/L", "")),
        ("Potassium\nValue 4.2 / Reference range 3.5 - 5.1 mmol/L\n", ("Potassium", "4.2", "mmol/L", "3.5 - 5.1 mmol/L", "")),
        ("Potassium   4.2 mmol/L   High\nNormal range: 3.5 - 5.1 mmol/L\n", ("Potassium", "4.2", "mmol/L", "3.5 - 5.1 mmol/L", "High")),
        ("Potassium\n4.2\nmmol/L\nReference interval: 3.5 - 5.1\n", ("Potassium", "4.2", "mmol/L", "3.5 - 5.1", "")),
        ("Sodium\nNormal range: 135 - 145 mmol/L\n135\n145\n131 Low\n", ("Sodium", "131", "mmol/L", "135 - 145 mmol/L", "Low")),
        (
            "Hepatitis B surface antigen\nValue: Negative\nReference: Negative\n",
            ("Hepatitis B surface antigen", "Negative", "", "Negative", ""),
        ),
        (
            "Potassium\n4.2 mmol/L\nPrevious result: 5.9 mmol/L\nNormal range: 3.5 - 5.1 mmol/L\n",
            ("Potassium", "4.2", "mmol/L", "3.5 - 5.1 mmol/L", ""),
        ),
    ],
)
def test_a_card_pasted_as_text(text: str, expected: tuple[str, ...]) -> None:
    assert shown(read(text.encode(), name="pasted.txt")) == [expected]


@pytest.mark.parametrize("text", ["Medications\nVitamin B12\n1000 mcg\nonce daily\n", "Iron 65 mg\n", "Vitamin D\n2000 IU\n"])
def test_a_dose_is_no_result(text: str) -> None:
    assert read(text.encode(), name="pasted.txt").rows.empty
