"""`labinterp.read`: where the bytes come from, and which reader gets them."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from labinterp import ReadError, read
from labinterp.readers import content_of

LONG = b"Test,Result,Unit\nPotassium,2.9,mmol/L\n"


@pytest.mark.parametrize("data", [b"", b"   \r\n\t ", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00" * 40])
def test_an_empty_file_is_said_to_be_empty(data: bytes) -> None:
    with pytest.raises(ReadError, match="empty"):
        read(data, name="nothing.csv")


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="No such file"):
        read(tmp_path / "missing.csv")
    with pytest.raises(ReadError, match="directory"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100, "xlsx"),
        (b"{\\rtf1 abc}", "RTF"),
        (b"\x1f\x8b\x08abc", "gzip"),
        (b"MZ\x90\x00", "program"),
    ],
)
def test_what_is_not_read_is_named(data: bytes, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read(data, name="report.csv")


def test_path_bytes_and_open_files_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(LONG)
    with path.open("rb") as binary, path.open() as text:
        contents = [content_of(source, None) for source in (path, str(path), binary, text)]
    assert contents == [(LONG, "report.csv")] * 4
    assert content_of(io.BytesIO(LONG), "given.csv") == content_of(LONG, "given.csv") == (LONG, "given.csv")


@pytest.mark.parametrize(
    ("package", "data", "extra"),
    [("openpyxl", b"PK\x03\x04" + bytes(50), "xlsx"), ("hl7", b"MSH|^~\\&|LAB\rOBX|1\r", "hl7"), ("pyarrow", b"PAR1" + bytes(50), "batch")],
)
def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    package: str, data: bytes, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ReadError, match=rf"labinterp\[{extra}\]"):
        read(data, name="x")


@pytest.mark.parametrize("name", ["x.csv", "x.pdf", "x.xlsx", "x.json", "x", ""])
def test_the_content_outweighs_the_name(name: str) -> None:
    assert list(read(LONG, name=name).rows["value_text"]) == ["2.9"]
    assert list(read(b"MSH|^~\\&|LAB\rPID|1\rOBX|1|NM|1^Potassium||2.9|mmol/L\r", name=name).rows["value_text"]) == ["2.9"]


def test_a_number_is_no_source() -> None:
    with pytest.raises(TypeError, match="int"):
        read(7)  # type: ignore[call-overload]
