"""Nothing goes out: no connection, no file beside those asked for, no word of a document in an error, a warning or a log."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import traceback
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labinterp import LabinterpError, read
from labinterp.cli import main
from labinterp.readers import READERS
from tests.hostile.test_bombs import cells, pdf, stream, workbook

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(path for path in (ROOT / "samples").iterdir() if not path.name.endswith((".expected.csv", ".py")))
NAME, VALUE = "Zanzibarius", "41977.31"

# ---- a network that is not there -------------------------------------------------------------------------------------------

HOOK = """
import os, sys
allowed = os.environ["LABINTERP_MAY_WRITE"]
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind", "urllib.Request"):
        raise AssertionError(f"NETWORK {event} {args[1:]}")
    if event in ("tempfile.mkstemp", "tempfile.mkdtemp", "os.mkdir"):
        written(args[0])
    if event == "open" and isinstance(args[0], str) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        written(args[0])
    if event == "subprocess.Popen" and args[0] != sys.executable:
        raise AssertionError(f"PROGRAM {args[0]}")
def written(path):
    path = os.path.realpath(path)
    if not (path.startswith(allowed) or path.startswith("/dev/")):
        raise AssertionError(f"WRITTEN {path}")
sys.addaudithook(hook)
"""

JOURNEYS = """
import contextlib, io, sys
from pathlib import Path
from labinterp.cli import main
samples, out = Path(sys.argv[1]), Path(sys.argv[2])
files = sorted(str(path) for path in samples.iterdir() if not path.name.endswith((".expected.csv", ".py")))
pdf = str(samples / "leg_weakness.pdf")
lines = [["read", *files, "-f", kind] for kind in ("table", "json", "csv")]
lines += [["interpret", *files, "-f", kind] for kind in ("table", "json", "csv", "fhir")]
lines += [["interpret", pdf, "-f", kind, "-o", str(out / f"one.{kind}")] for kind in ("html", "pdf")]
lines += [["trends", pdf, str(samples / "follow_up_wide.csv")], ["convert", "2.9", "mmol/L", "potassium", "mg/dL", "--explain"]]
lines += [["markers"], ["markers", "potassium"], ["causes"], ["causes", "hypokalemia"], ["explain", pdf, "0"], ["samples", "test"]]
lines += [["batch", str(samples), str(out / "all.csv")], ["batch", str(samples / "befund.csv"), str(out / "one.parquet")]]
lines += [["interpret", str(out / "picture.png")]]
from PIL import Image, ImageDraw, ImageFont
picture = Image.new("RGB", (1000, 400), "white")
font = ImageFont.load_default(30)
for line, text in enumerate(["Test", "Potassium", "Sodium"]):
    for column, cell in enumerate([text, ["Result", "2.9", "140"][line], ["Unit", "mmol/L", "mmol/L"][line]]):
        ImageDraw.Draw(picture).text((60 + 330 * column, 60 + 90 * line), cell, fill="black", font=font)
picture.save(out / "picture.png")
class Out(io.StringIO):
    buffer = io.BytesIO()
for line in lines:
    with contextlib.redirect_stdout(Out()):
        code = main(line)
    assert code == 0, (line, code)
from labinterp.readers.guarded import Guard
with Guard() as guard:
    for file in [pdf, str(out / "picture.png")]:
        assert len(guard.read(file).rows), file
    assert guard.draw(Path(pdf).read_bytes(), 1)
print(len(lines), "journeys")
"""


def test_every_journey_needs_no_network_and_writes_only_what_was_asked_for(tmp_path: Path) -> None:
    """Connections, look-ups, foreign programs and files elsewhere raise, in the program and in its worker."""
    pytest.importorskip("rapidocr")
    hook, out, home = tmp_path / "hook", tmp_path / "out", tmp_path / "home"
    for folder in (hook, out, home):
        folder.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(hook), str(ROOT))), "LABINTERP_MAY_WRITE": str(out.resolve()),
        "HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    probe = "import socket; socket.create_connection(('127.0.0.1', 9))"
    blocked = subprocess.run([sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=False)
    assert "NETWORK" in blocked.stderr, "the watch does not work"
    done = subprocess.run(
        [sys.executable, "-c", JOURNEYS, str(ROOT / "samples"), str(out)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "journeys" in done.stdout
    assert not list(home.iterdir())


# ---- a word that must not be said ------------------------------------------------------------------------------------------


def parquet_bytes() -> bytes:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table({"Patient": [NAME], "Test": ["Potassium"], "Result": [VALUE]}), buffer, compression="none")
    return buffer.getvalue()


def picture_bytes(kind: str) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(buffer, kind)
    return buffer.getvalue().replace(b"\xff\xdb", f"\xff\xfe\x00\x0d{NAME}".encode("latin-1") + b"\xff\xdb", 1)


def transport_bytes() -> bytes:
    return (
        b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + b"0" * 30 + b"  " + NAME.encode().ljust(80) * 3 + VALUE.encode().ljust(80) * 5
    )


def documents() -> dict[str, bytes]:
    """For each reader documents that hold a name and a value, whole but odd."""
    person = {"resourceType": "Patient", "name": [{"text": NAME}], "birthDate": NAME, "gender": {"a": NAME}}
    observation = {"resourceType": "Observation", "code": {"text": NAME}, "valueQuantity": {"value": {"x": VALUE}, "unit": [NAME]}}
    fhir = json.dumps({"resourceType": "Bundle", "entry": [{"resource": person}, {"resource": observation}]}).encode()
    text = f"BT /T 9 Tf 9 700 Td ({NAME}) Tj 0 -20 Td (Potassium {VALUE} mmol/L) Tj ET".encode()
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</T 5 0 R>>>>>>"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/%s/FontDescriptor<</FontBBox[(%s)]>>>>" % (NAME.encode(), VALUE.encode())
    date = f'<sheetData><row r="1"><c r="A1" t="d"><v>{NAME}</v></c><c r="B1" t="n"><v>{NAME}</v></c><c r="C1" s="{VALUE}"><v>1</v></c></row></sheetData>'
    return {
        "one.pdf": pdf(page, stream(b"", text), font), "one.png": picture_bytes("PNG"), "one.jpg": picture_bytes("JPEG"), "one.tif": picture_bytes("TIFF"),
        "sheet.xlsx": workbook(cells("A1").replace("<t>x", f"<t>{NAME} {VALUE}")), "odd.xlsx": workbook(date),
        "one.parquet": parquet_bytes(), "one.xpt": transport_bytes(),
        "one.hl7": f"MSH|^~\\&|LAB\rPID|1||{NAME}||{NAME}^{NAME}||{VALUE}|{NAME}\rOBX|1|NM|{NAME}^Potassium||{VALUE}|{NAME}\r".encode(),
        "broken.hl7": f"MSH|{NAME}|{VALUE}\rOBX|{NAME}".encode(), "one.json": fhir, "bare.json": json.dumps({"name": NAME, "value": VALUE}).encode(),
        "lines.ndjson": fhir + b"\n" + fhir[:-5] + b"\n", "one.csv": f"{NAME};{VALUE};x\n{VALUE};{NAME};y\n".encode(),
        "headed.csv": f'Patient,Test,Result\n{NAME},Potassium,{VALUE}\n"{NAME},{VALUE}\n'.encode(), "people.csv": f"{NAME},Town,Sum\n{NAME},Paris,{VALUE}\n".encode(),
        "one.txt": f"{NAME}\nPotassium {VALUE} mmol/L\n".encode(), "page.html": f"<html><body>{NAME} {VALUE}".encode(), "one.rtf": f"{{\\rtf1 {NAME} {VALUE}}}".encode(),
        "one.zip": zipped(), "latin.csv": f"Müller {NAME};{VALUE}\n".encode("latin-1") * 3,
    }  # fmt: skip


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{NAME}.txt", VALUE)
    return buffer.getvalue()


def broken(data: bytes) -> Iterator[bytes]:
    """The document whole, cut off, and with bytes changed in the middle."""
    yield data
    yield from (data[: len(data) * part // 8] for part in (1, 3, 5, 7))
    yield data[:-3]
    for place in range(7, len(data), max(1, len(data) // 11)):
        yield data[:place] + bytes([data[place] ^ 0x15]) + data[place + 1 :]
    for word in (NAME.encode(), VALUE.encode()):
        yield data.replace(word, word + b"\xff\x00\x22" + word, 1)


def test_every_reader_is_tried() -> None:
    from labinterp.readers import HEAD, reader_of

    met = set()
    for name, data in documents().items():
        try:
            met.add(reader_of(data[:HEAD], name).__name__.rpartition(".")[2])
        except LabinterpError:
            continue
    assert met == set(READERS)


@pytest.mark.parametrize("name", documents())
def test_no_error_warning_or_log_quotes_a_broken_document(
    name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from labinterp.readers import image

    monkeypatch.setattr(image, "_recognised", lambda picture: [])
    caplog.set_level(logging.INFO)
    said = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for data in broken(documents()[name]):
            try:
                read(data, name=name)
            except LabinterpError as error:
                said += traceback.format_exception(error)
    said += [str(warning.message) for warning in warned]
    said += [caplog.text, *capfd.readouterr()]
    assert not [text for text in said if NAME in text or VALUE in text]


def test_the_command_line_quotes_nothing_on_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, data in documents().items():
        if name.endswith((".png", ".jpg", ".tif")):
            continue
        (folder / name).write_bytes(data[: len(data) * 7 // 8])
    files = sorted(map(str, folder.iterdir()))
    main(["read", *files])
    main(["interpret", *files, "-f", "json"])
    errors = capfd.readouterr().err
    assert "cannot read" in errors
    assert NAME not in errors and VALUE not in errors


def test_a_fault_of_ours_is_told_without_the_words_of_the_document(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from labinterp import readers

    def fault(*_: object) -> None:
        raise KeyError(NAME)

    monkeypatch.setattr(readers, "reader_of", fault)
    assert main(["read", str(SAMPLES[0])]) not in (0, 3)
    errors = capfd.readouterr().err
    assert "KeyError" in errors and "reader_of" in errors and NAME not in errors


@pytest.mark.skipif(os.name == "nt", reason="Windows clears its folder of temporary files itself")
def test_a_folder_on_the_disk_is_private_and_goes_even_after_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    from labinterp.app.folder import private_folder

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "import os, signal\nfrom labinterp.app.folder import private_folder\n"
        "with private_folder() as folder:\n (folder / 'x.csv').write_text('1'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}, check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "x.csv").exists()
    with private_folder() as folder:
        assert not left.exists()
        assert folder.stat().st_mode & 0o077 == 0
        with private_folder():
            assert folder.exists(), "that of a running program stays"
    assert not list(tmp_path.iterdir())
