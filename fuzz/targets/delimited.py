"""CSV in all its kinds: as bytes, or as a table put together from headings and cells."""

from __future__ import annotations

from fuzz.draw import Draw
from fuzz.grammar import PIECES
from fuzz.sound import LOCALES, numbers_are_printed, report_is_sound
from labinterp.errors import ReadError
from labinterp.readers import delimited
from labinterp.readers.delimited import kept, physical_lines
from labinterp.readers.encoding import decode

HEADS = (
    *(
        "Test",
        "Result",
        "Unit",
        "Units",
        "Reference range",
        "Flag",
        "Date",
        "Collected",
        "LOINC",
        "Code",
        "Low",
        "High",
        "Specimen",
        "Panel",
    ),
    *(
        "Potassium (mmol/L)",
        "HbA1c %",
        "Patient ID",
        "Sex",
        "Age",
        "Birth date",
        "Name",
        "Value",
        "Ergebnis",
        "Einheit",
        "检验项目",
        "结果",
    ),
    *("Potassium", "2024-01-02", "01.02.2024", "Previous", "Comment", "", "sodium unit", "name_text", "value_text", "Comparator", "Time"),
)
CELLS = (
    *(
        "Potassium",
        "Sodium",
        "2823-3",
        "HbA1c",
        "ELECTROLYTES",
        "Urine",
        "4.1",
        "4,1",
        "<5",
        "5.9 H",
        "3.5-5.1",
        "mmol/L",
        "%",
        "M",
        "F",
        "62",
    ),
    *("1960-05-01", "03/04/2024", "45000", "", "", "", "neg", '"', '""', "=1+1", "sep=;", "---", "\r\n", "\x00", "1e400", "NaN", "1 200"),
)
SECONDS, SHARE, LONGEST, WORDS = 2.0, 4, 1500, (*HEADS, *CELLS, ",", ";", "\t", "|", "\n", "\ufeff")


def check(data: bytes) -> None:
    draw = Draw(data)
    locale = draw.choice(LOCALES)
    if draw.number(0, 1):
        delimiter, width = draw.choice(delimited.DELIMITERS), draw.number(2, 8)
        lines = [delimiter.join(draw.choice(HEADS) for _ in range(width))]
        while draw and len(lines) < 12:
            cells = [draw.choice((*CELLS, *PIECES)) if draw.number(0, 9) else draw.text(8) for _ in range(draw.number(1, width + 1))]
            lines.append(delimiter.join(cells))
        content = "\n".join(lines).encode("utf-8", "replace")
    else:
        content = draw.rest()
    if not content.strip(b"\x00\t\n\r\x0b\x0c \xef\xbb\xbf\xfe\xff"):
        return  # `read` refuses it before
    delimited.identify(content[:65536], "x.csv")
    try:
        report = delimited.read(content, "x.csv", locale)
    except ReadError:
        return
    report_is_sound(report)
    text, _ = decode(content, locale)
    numbers_are_printed(report, text)
    said = "\n".join([*report.rows["text"], *report.unread["text"]])
    for number, line in enumerate(kept(physical_lines(text))):
        hint = number == 0 and line.lower().startswith("sep=") and len(line) <= 6
        assert hint or line in said or not line.strip(' ,;|\t"'), ("a line is lost", line)
