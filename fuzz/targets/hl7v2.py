"""HL7 version 2 messages: as bytes, or as segments put together from fields."""

from __future__ import annotations

from fuzz.draw import Draw
from fuzz.grammar import PIECES
from fuzz.sound import LOCALES, report_is_sound
from labinterp.errors import ReadError
from labinterp.readers import hl7v2

SEGMENTS = ("OBX", "OBX", "OBX", "OBX", "PID", "OBR", "NTE", "SPM", "MSH", "ORC", "ZZZ", "FHS", "obx", "")
FIELDS = (
    *(
        "",
        "",
        "1",
        "NM",
        "ST",
        "SN",
        "CE",
        "CWE",
        "TX",
        "ED",
        "NR",
        "TS",
        "2823-3^Potassium^LN",
        "^Sodium",
        "4.1",
        "<^5",
        "4.1~4.2",
        "mmol/L",
    ),
    *(
        "mmol/L^^UCUM",
        "3.5-5.1",
        "3.5^5.1",
        "H",
        "L~A",
        "F",
        "P",
        "X",
        "D",
        "20240102",
        "20240102083000-0500",
        "M",
        "F",
        "Doe^Jane",
        "19600501",
    ),
    *(
        "\\T\\",
        "\\X0D\\",
        "\\Xzz\\",
        "\\.br\\",
        "\\",
        '""',
        "QST",
        "260385009^Negative^SCT",
        "a&b",
        "UNICODE UTF-8",
        "8859/1",
        "^^^^",
        "~~~",
    ),
)
SECONDS, SHARE, LONGEST, WORDS = 2.0, 4, 1500, (*FIELDS, "MSH|^~\\&|", "\rOBX|", "\rPID|", "\x0b", "\x1c", "|", "^", "~", "&")


def check(data: bytes) -> None:
    draw = Draw(data)
    locale = draw.choice(LOCALES)
    sent: list[str] = []
    if draw.number(0, 1):
        lines = [
            "MSH"
            + draw.choice(("|^~\\&|", "|^~\\&|", "|^~\\&#|", "$%~?!$", "|", "||||", "|^~|"))
            + "|".join(draw.choice(FIELDS) for _ in range(3))
        ]
        while draw and len(lines) < 12:
            kind = draw.choice(SEGMENTS)
            fields = [draw.choice(FIELDS) if draw.number(0, 5) else draw.choice(PIECES) for _ in range(draw.number(0, 12))]
            if kind == "OBX":
                fields = [f"mark{len(lines)}", *fields]
            lines.append("|".join((kind, *fields)).replace("\n", " ").replace("\r", " "))
        # every OBX of a message with the usual separators is answered for
        usual = all(line.startswith("MSH|^~\\&|") for line in lines if line.startswith("MSH"))
        sent = [fields[1] for line in lines if (fields := line.split("|"))[0] == "OBX"] if usual else []
        content = draw.choice(("\r", "\n", "\r\n")).join(lines).encode("utf-8", "replace")
    else:
        content = draw.rest()
    if not hl7v2.identify(content[:65536], "x.hl7"):
        return
    try:
        report = hl7v2.read(content, "x.hl7", locale)
    except ReadError:
        return
    report_is_sound(report)
    said = "\n".join([*report.rows["text"], *report.unread["text"]])
    for mark in sent:
        assert mark in said, (mark, said)
