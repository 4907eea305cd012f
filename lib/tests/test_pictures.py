"""Uploads become small square pictures of our own making, or are refused with a sentence."""

from io import BytesIO

import pytest
from PIL import Image

from lib.pictures import MOST_BYTES, NotAPicture, square


def drawn(kind: str, size: tuple[int, int] = (900, 600), mode: str = "RGB", **options: object) -> bytes:
    out = BytesIO()
    picture = Image.new(mode, size, 0)
    picture.paste(255, (0, 0, size[0] // 2, size[1])) if mode in ("L", "1") else None
    picture.save(out, kind, **options)
    return out.getvalue()


def reread(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("JPEG", "L"), ("JPEG", "CMYK"),
     ("WEBP", "RGBA")],
)  # fmt: skip
def test_pictures_become_square_webp(kind: str, mode: str) -> None:
    made = reread(square(drawn(kind, mode=mode)))

    assert (made.format, made.size) == ("WEBP", (512, 512))


def test_small_pictures_are_not_blown_up() -> None:
    assert reread(square(drawn("PNG", (40, 90)))).size == (40, 40)


def test_nothing_of_the_file_is_kept() -> None:
    """Neither where a photograph was taken nor what hides behind the picture."""
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    polyglot = drawn("JPEG", exif=exif) + b"<script>alert(1)</script>"
    made = square(polyglot)

    assert b"taken at home" in polyglot
    assert (b"taken at home" in made, b"<script" in made, dict(reread(made).getexif())) == (False, False, {})


def test_turned_photographs_stand_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    wide = Image.new("RGB", (60, 40), "white")
    wide.paste("black", (0, 0, 60, 8))
    out = BytesIO()
    wide.save(out, "PNG", exif=exif)
    made = reread(square(out.getvalue())).convert("L")

    assert made.getpixel((38, 20)) < 60 < 200 < made.getpixel((2, 20))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Choose a PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "Choose a PNG"),
        (b"<html></html>", "Choose a PNG"),
        (drawn("GIF"), "Choose a PNG"),
        (drawn("BMP"), "Choose a PNG"),
        (drawn("PNG")[:60], "damaged"),
        (drawn("JPEG")[:300], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, "Choose a PNG|damaged"),
        (b"\x00" * (MOST_BYTES + 1), "larger than 8 MB"),
        (drawn("PNG", (5001, 5000), "1"), "25 million pixels"),
        (drawn("PNG", (20000, 20000), "1"), "25 million pixels|Choose a PNG"),
    ],
    ids=range(11),
)
def test_others_are_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(NotAPicture, match=words):
        square(data)
