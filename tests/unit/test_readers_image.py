"""Pictures: what is recognised as one, what is refused, and one small report read through the text recognition."""

from __future__ import annotations

import io

import pytest

from labinterp import ReadError, read
from labinterp.readers import image
from labinterp.readers.limits import Limits, within

pytest.importorskip("PIL")
from PIL import Image, ImageDraw, ImageFont


def encoded(picture: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP"])
def test_pictures_are_known_by_their_first_bytes(kind: str) -> None:
    assert image.identify(encoded(Image.new("RGB", (8, 8)), kind)[:64], f"x.{kind.lower()}")


def test_other_files_are_not_pictures() -> None:
    assert not image.identify(b"%PDF-1.7", "x.pdf")
    assert not image.identify(b"test,value\n", "x.csv")
    assert not image.identify(b"BMI,value\n", "x.csv")


def test_limits_and_damage_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "available", lambda: True)
    png = encoded(Image.new("RGB", (60, 40)), "PNG")
    with within(Limits(pixels=100)), pytest.raises(ReadError, match="60 x 40"):
        read(png, name="large.png")
    with within(Limits(picture_size=10)), pytest.raises(ReadError, match="limit"):
        read(png, name="heavy.png")
    with pytest.raises(ReadError, match="damaged"):
        read(png[:40], name="broken.png")


def test_time_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "available", lambda: True)
    with within(Limits(seconds=-1.0)), pytest.raises(ReadError, match="took longer"):
        read(encoded(Image.new("RGB", (60, 40)), "PNG"), name="slow.png")


def test_progress_is_told_for_several_pages_without_their_name(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="labinterp"):
        image.tell(1, 1)
        image.tell(2, 3)
    assert caplog.messages == ["reading page 2 of 3 as a picture"]


def found(text: str, width: float = 200, score: float = 0.9) -> image.Found:
    box = [(0.0, 0.0), (width, 0.0), (width, 20.0), (0.0, 20.0)]
    return box, text, score, [(text, 0.0, 1.0, score)]


def test_a_script_the_model_does_not_know_is_noticed() -> None:
    unknown = [found("   (  )", score=0.8), found("  - ", score=0.8), found(" .  ", score=0.7), found("A  ", score=0.8), found("5.60", 40)]
    assert image._unreadable_script(unknown)
    assert not image._unreadable_script(
        [found("Haemoglobin concentration"), found("124 g/L", 70), found("Platelet count"), found("Sodium", 60)]
    )


def test_the_lean_of_a_photo_is_undone() -> None:
    leaning = []
    for line in range(8):
        for x in (0.0, 400.0):
            y = 40 * line + 0.05 * x
            leaning.append(([(x, y), (x + 200, y + 10), (x + 200, y + 30), (x, y + 20)], "Sodium here", 0.99, [("Sodium", 0.0, 1.0, 0.99)]))
    straight = image._straightened(leaning)
    assert all(abs(box[0][1] - box[1][1]) < 0.5 for box, *_ in straight)
    assert all(abs(straight[2 * i][0][0][1] - straight[2 * i + 1][0][0][1]) < 1 for i in range(8))


@pytest.mark.parametrize("slope", [0.006, -0.011, 0.026])
def test_a_lean_is_seen_where_short_texts_are_boxed_upright(slope: float) -> None:
    """The detector puts an upright box around ``TSH`` or ``1.90``; one long title alone leans as the page does."""
    leaning: list[image.Found] = [([(0.0, 0.0), (600, 600 * slope), (600, 600 * slope + 30), (0, 30)], "Riverside Laboratory", 0.99, [])]
    for row in range(5):
        for x, text in ((0.0, "TSH"), (480.0, "1.90"), (790.0, "mIU/L"), (1060.0, "0.40 - 4.00")):
            y = 100 + 45 * row + slope * (x + 40)
            leaning.append(([(x, y), (x + 80, y), (x + 80, y + 36), (x, y + 36)], text, 0.99, [(text, 0.0, 1.0, 0.99)]))
    straight = image._straightened(leaning)[1:]
    for row in range(5):
        middles = [(box[0][1] + box[2][1]) / 2 for box, *_ in straight[4 * row : 4 * row + 4]]
        assert max(middles) - min(middles) < 2


def test_without_long_texts_and_neighbours_nothing_is_turned() -> None:
    alone = [([(0.0, 0.0), (60, 0), (60, 30), (0, 30)], "TSH", 0.99, [("TSH", 0.0, 1.0, 0.99)])]
    assert image._straightened(alone) == alone


@pytest.mark.skipif(not image.available(), reason="the extra 'ocr' is not installed")
@pytest.mark.parametrize("degrees", [0.6, -1.5])
def test_a_tilted_scan_of_short_texts_keeps_its_lines(degrees: float) -> None:
    lines = (("Test", "Result", "Units", "Range"), ("WBC", "7.1", "10^9/L", "4.0 - 11.0"), ("MCV", "88", "fL", "80 - 100"))
    picture = Image.new("RGB", (1500, 300), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=30)
    for row, cells in enumerate(lines):
        for x, cell in zip((60, 640, 940, 1240), cells, strict=True):
            draw.text((x, 60 + 60 * row), cell, fill="black", font=font)
    tilted = picture.rotate(degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    report = read(encoded(tilted, "PNG"), name="scan.png")
    assert report.rows[["name_text", "value_text", "unit_text", "range_text"]].to_numpy().tolist() == [list(cells) for cells in lines[1:]]


@pytest.mark.skipif(not image.available(), reason="the extra 'ocr' is not installed")
def test_a_small_scan_is_read_with_its_confidence() -> None:
    picture = Image.new("RGB", (1000, 260), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=30)
    lines = (
        ("Test", "Result", "Units", "Reference range"),
        ("Sodium", "140", "mmol/L", "135 - 145"),
        ("Potassium", "6.1", "mmol/L", "3.5 - 5.1"),
    )
    for row, cells in enumerate(lines):
        for x, cell in zip((30, 330, 500, 700), cells, strict=True):
            draw.text((x, 30 + 70 * row), cell, fill="black", font=font)
    report = read(encoded(picture, "PNG"), name="scan.png")
    assert report.rows[["name_text", "value_text", "unit_text", "range_text"]].to_numpy().tolist() == [list(cells) for cells in lines[1:]]
    assert all("confidence" in review for review in report.rows["review"])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP"])
def test_every_kind_is_opened_and_only_a_tiff_has_pages(kind: str) -> None:
    buffer = io.BytesIO()
    first, second = Image.new("L", (60, 40), 255), Image.new("L", (60, 40), 90)
    first.save(buffer, kind, **({} if kind in ("JPEG", "BMP") else {"save_all": True, "append_images": [second]}))
    with image.opened(buffer.getvalue(), "x") as picture:
        assert image.frames_of(picture, "x") == (2 if kind == "TIFF" else 1)
        assert image.frame(picture, 1, "x").size == (60, 40)
        if kind == "TIFF":
            assert image.frame(picture, 2, "x").getpixel((5, 5)) == (90, 90, 90)
