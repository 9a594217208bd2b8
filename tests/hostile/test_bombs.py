"""Small files made to be large: each is refused with the limit it breaks, before it grows."""

from __future__ import annotations

import contextlib
import io
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from labinterp import ReadError, read
from labinterp.readers import image
from labinterp.readers.guarded import Guard
from labinterp.readers.limits import Limits, limits, within

resource = pytest.importorskip("resource")
SECONDS, MEGABYTES = 60, 700  # generous: the machine may be busy with other things

SMALL_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>/Font<</T 6 0 R>>>>>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def stream(entries: bytes, content: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)


def pdf(page: bytes, *objects: bytes, kids: bytes = b"3 0 R", extra: bytes = b"") -> bytes:
    """A PDF with one page object; further objects count from 4."""
    every = (b"<</Type/Catalog/Pages 2 0 R%s>>" % extra, b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, kids.count(b"R")), page, *objects)
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(every, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(every) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        size,
        table,
        size,
        len(out),
    )


def forms(levels: int, fan: int) -> bytes:
    """Forms that draw the next form `fan` times: `fan` to the power of `levels` letters in a few kilobytes."""
    drawn = [
        stream(
            b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</F %d 0 R>>/Font<</T 6 0 R>>>>" % (7 + level),
            b"/F Do " * fan if level < levels else b"BT /T 9 Tf 9 9 Td (x) Tj ET",
        )
        for level in range(levels + 1)
    ]
    return pdf(SMALL_PAGE, stream(b"", b"/F Do"), drawn[0].replace(b"/F 7", b"/F 7"), FONT, *drawn[1:])


def packed_twice(content: bytes, times: int) -> bytes:
    packer = zlib.compressobj(9)
    once = b"".join(packer.compress(content) for _ in range(times)) + packer.flush()
    return zlib.compress(once, 9)


def png(width: int, height: int) -> bytes:
    """A PNG that says it is large; its content is a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def tiff(pages: int) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "TIFF", save_all=True, append_images=[Image.new("L", (8, 8))] * (pages - 1))
    return buffer.getvalue()


def workbook(sheet: str = "<sheetData/>", *, prolog: str = "", more: dict[str, bytes] | None = None) -> bytes:
    """An .xlsx with this sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>'
    )
    links = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{}/{}" Target="{}"/></Relationships>'
    parts = {
        "[Content_Types].xml": types,
        "_rels/.rels": links.format(office, "officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": links.format(office, "worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?>{prolog}<worksheet xmlns="{main}">{sheet}</worksheet>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in {**parts, **(more or {})}.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def cells(*places: str) -> str:
    rows = "".join(
        f'<row r="{"".join(filter(str.isdigit, place))}"><c r="{place}" t="inlineStr"><is><t>x</t></is></c></row>' for place in places
    )
    return f"<sheetData>{rows}</sheetData>"


def parquet(column: object, rows: int) -> bytes:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    buffer = io.BytesIO()
    table = pa.table({"Test": pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([column]))})
    pq.write_table(table, buffer, dictionary_pagesize_limit=1 << 26)  # a text once on the disk, meant for every row
    return buffer.getvalue()


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE l SYSTEM "file:///etc/passwd">'
MSH = b"MSH|^~\\&|LAB\r"

BOMBS = {
    "a PDF of 10 000 pages": (lambda: pdf(SMALL_PAGE, stream(b"", b""), kids=b"3 0 R " * 10_000), "10000 pages; the limit is 500"),
    "a page of 200 000 points": (
        lambda: pdf(
            SMALL_PAGE.replace(b"600 800", b"200000 200000"),
            stream(b"", b"99 0 0 99 0 0 cm /F Do"),
            stream(b"/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray", b"x"),
        ),
        "200000 x 200000 points .* limit is 80 million",
    ),
    "a PDF with a large picture": (
        lambda: pdf(
            SMALL_PAGE,
            stream(b"", b"99 0 0 99 0 0 cm /F Do"),
            stream(
                b"/Type/XObject/Subtype/Image/Width 30000/Height 30000/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode",
                zlib.compress(bytes(1000)),
            ),
        ),
        "30000 x 30000 points; the limit is 80 million",
    ),
    "a page of many letters": (
        lambda: pdf(SMALL_PAGE, stream(b"", b"BT /T 1 Tf 9 799 Td 1 TL " + b"(" + b"x" * 900 + b")' " + (b"(" + b"x" * 900 + b")' ") * 77 + b"ET"), b"null", FONT),
        "characters; the limit is 60000",
    ),
    "a picture of 30 000 x 30 000": (lambda: png(30_000, 30_000), "limit is 80 million"),
    "a picture of 10 000 x 10 000": (lambda: png(10_000, 10_000), "10000 x 10000 points; the limit is 80 million"),
    "a TIFF of 70 pages": (lambda: tiff(70), "pages .* limit is 60"),
    "an archive of many files": (lambda: workbook(more={f"xl/{n}": b"" for n in range(3000)}), "files; the limit is 2000"),
    "an archive that unpacks to 300 MB": (lambda: workbook(more={"xl/a": bytes(300 << 20)}), "unpacks to 300 MB; the limit is 200 MB"),
    "an archive of zeros": (lambda: workbook(more={"xl/a": bytes(100 << 20)}), "more than 200 times its size"),
    "entities that grow": (lambda: workbook(cells("A1"), prolog=LAUGHS), "declares a document type"),
    "an entity from outside": (lambda: workbook(cells("A1"), prolog=OUTSIDE), "declares a document type"),
    "a cell far below": (lambda: workbook(cells("A1", "ZZ1040000")), "1040000 lines and 702 columns; the limit is 20 million cells"),
    "a row that no sheet has": (lambda: workbook(cells("A1", "C900000000")), "limit is 20 million cells"),
    "merged cells": (lambda: workbook(cells("A1") + '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'), "more than 500000 cells"),
    "a link over all cells": (lambda: workbook(cells("A1") + '<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>'), "more than 500000"),
    "a table of one wide line": (lambda: b"Test,Result\n" + b"," * 16_000 + b"\n" + b"a,1\n" * 9_000, "16001 columns; the limit is 20 million cells"),
    "a table of too many columns": (lambda: b"Test,Result\n" + b"," * 20_000 + b"\n", "20001 columns; the limit is 16384"),
    "a Parquet file of 21 million rows": (lambda: parquet("x", 21_000_000), "21000000 lines and 1 columns; the limit"),
    "a Parquet file of one long text": (lambda: parquet("x" * 200_000, 8_000), "unpacks to more than"),
    "deep JSON": (lambda: b'{"a":' * 100_000, "nested more deeply"),
    "deep JSON that is whole": (lambda: b'{"resourceType":"Bundle","entry":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "nested more deeply"),
    "bundles in bundles": (
        lambda: b'{"resourceType":"Bundle","entry":[{"resource":' * 290 + b"{}" + b"}]}" * 290,
        "deeply|no resourceType|no laboratory",
    ),
    "many HL7 segments": (lambda: MSH + b"OBX|1\r" * 1_000_001, "segments; the limit is 1000000"),
    "an HL7 segment of many fields": (lambda: MSH + b"OBX" + b"|" * 60_000, "50000 fields and parts"),
    "a book as plain text": (lambda: b"Once upon a time.\n" * 40_000, "kB of plain text; the limit is 512 kB"),
    "text of many pages": (lambda: b"Once upon a time\f" * 2_000, "2000 pages; the limit is 500"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_by_the_limit_it_breaks(bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, said = BOMBS[bomb]
    data, name = make(), "x.csv" if "table" in bomb else "x"
    monkeypatch.setattr(image, "available", lambda: True)
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    if bomb == "bundles in bundles":  # as deep as the standard library allows; it may be read, it must not fall
        try:
            read(data, name=name)
        except ReadError as error:
            assert "deeply" in str(error)
    else:
        with pytest.raises(ReadError, match=said):
            read(data, name=name)
    assert time.process_time() - begun < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES << 10


LONG = {
    "a line of words": b"Potassium " + b"x1 " * 20_000,
    "a line of results": b"Potassium 4.2; " * 5_000,
    "a long cell among tabs": b"x" * 100_000 + b"\ty\n" + b"a\tb\n" * 400,
    "a number without end": b"Potassium " + b"1" * 200_000,
    "a range without end": b"Sodium 1-" + b"1-" * 50_000 + b"1 mmol/L",
    "blanks": b"Potassium" + b" " * 200_000 + b"4.2 mmol/L",
    "brackets": b"(" * 100_000,
    "quotation marks": b"Test,Result,Unit\n" + b'"' * 200_001,
    "a long field": b"Test,Result,Unit\nPotassium," + b"9" * 1_000_000 + b",mmol/L\n",
    "a line that goes on": MSH + b"OBX|1|NM|1^Potassium||2.9|mmol/L\r" + b"and so on\r" * 100_000,
    "nested objects of a PDF": pdf(SMALL_PAGE, stream(b"", b""), extra=b"/X" + b"[" * 50_000 + b"]" * 50_000),
    "a page tree that bites its tail": pdf(SMALL_PAGE, stream(b"", b""), kids=b"2 0 R"),
    "an XPT file that claims much": b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + b"9" * 400,
    "a Parquet file of nothing": b"PAR1" + b"\xff" * 400 + b"PAR1",
}


@pytest.mark.parametrize("kind", LONG)
def test_what_is_long_takes_no_longer_than_it_may(kind: str) -> None:
    begun = time.process_time()
    with contextlib.suppress(ReadError):
        read(LONG[kind], name="x")
    assert time.process_time() - begun < SECONDS


def test_a_format_on_the_last_line_of_a_sheet_makes_no_million_lines() -> None:
    table = "".join(
        f'<row r="{row}">'
        + "".join(f'<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>' for column, text in zip("ABC", texts))
        + "</row>"
        for row, texts in enumerate((("Test", "Result", "Unit"), ("Potassium", "2.9", "mmol/L")), 1)
    )
    empty = '<row r="1048576"><c r="XFD1048576"/></row>'
    assert list(read(workbook(f"<sheetData>{table}{empty}</sheetData>"), name="x.xlsx").rows["value_text"]) == ["2.9"]


def test_a_device_and_a_large_file_are_read_no_further_than_the_limit(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(1 << 40)  # takes no room on the disk
    with within(Limits(size=4 << 20)):
        assert limits().size == 4 << 20
        for source in (large, *([Path("/dev/zero")] if Path("/dev/zero").exists() else [])):
            with pytest.raises(ReadError, match="more than 4 MB, which is the limit"):
                read(source)
    assert limits() == Limits()


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard(limits=Limits(memory=1 << 30, silence=20)) as one:
        yield one


NATIVE = {
    "forms in forms": forms(8, 20),
    "a page packed twice": pdf(SMALL_PAGE, stream(b"/Filter[/FlateDecode/FlateDecode]", packed_twice(b" " * (1 << 20), 3000))),
}


@pytest.mark.parametrize("bomb", NATIVE)
def test_a_bomb_inside_a_native_library_costs_one_error(guard: Guard, bomb: str) -> None:
    """PDFium itself has no such limits, so these can only be stopped from outside."""
    assert len(NATIVE[bomb]) < 10_000
    with pytest.raises(ReadError, match=r"^bomb\.pdf: reading it (made the reader fall|took)"):
        guard.read(NATIVE[bomb], name="bomb.pdf", limits=Limits(memory=1 << 30, silence=20))
    assert len(guard.read(b"Test,Result,Unit\nPotassium,2.9,mmol/L\n", name="next.csv").rows) == 1
