"""Uploads come out as plain pictures, or not at all."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lib.pictures import MOST_BYTES, PictureRefused, redrawn, square


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "red").save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(redrawn(data)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_three_formats_become_a_png(kind: str) -> None:
    image = opened(picture(kind))

    assert (image.format, image.size, image.mode) == ("PNG", (40, 20), "RGBA")


def test_large_one_is_made_small_and_keeps_its_shape() -> None:
    assert opened(picture(size=(2000, 1000))).size == (512, 256)


def test_nothing_travels_with_the_picture() -> None:
    notes = PngInfo()
    notes.add_text("Comment", "<script>where we live</script>")
    exif = Image.Exif()
    exif[0x010E] = "where we live"
    for kind in ("PNG", "JPEG", "WEBP"):
        assert opened(picture(kind, icc_profile=b"where we live")).info == {}
    for data in (picture(pnginfo=notes), picture("JPEG", exif=exif), picture() + b"<script>where we live"):
        assert b"where we live" not in redrawn(data)


def test_picture_lying_on_its_side_is_set_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(picture("JPEG", exif=exif)).size == (20, 40)


def bomb(width: int, height: int) -> bytes:
    """A PNG whose head promises more pixels than its body has."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"0"))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        picture("GIF"),
        picture("TIFF"),
        picture()[:60],
        bomb(6000, 6000),
        bomb(60_000, 60_000),
        picture() * 100_000,
    ],
    ids=["empty", "text", "svg", "gif", "tiff", "cut", "large", "bomb", "heavy"],
)
def test_everything_else_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(PictureRefused, match=r"picture"):
        redrawn(data)


def test_pixels_count_before_they_are_drawn() -> None:
    with pytest.raises(PictureRefused, match="more than 25 million pixels"):
        redrawn(bomb(6000, 6000))


def test_weight_counts_before_the_picture_is_opened() -> None:
    with pytest.raises(PictureRefused, match="larger than 5 MB"):
        redrawn(b"0" * (MOST_BYTES + 1))


# The middle of it


def squared(data: bytes) -> Image.Image:
    return Image.open(BytesIO(square(data)))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("JPEG", "L"), ("JPEG", "CMYK"),
     ("WEBP", "RGBA")],
)  # fmt: skip
def test_pictures_become_square_webp(kind: str, mode: str) -> None:
    out = BytesIO()
    Image.new(mode, (900, 600), 0).save(out, kind)
    made = squared(out.getvalue())

    assert (made.format, made.size) == ("WEBP", (512, 512))


def test_small_pictures_are_not_blown_up() -> None:
    assert squared(picture(size=(40, 90))).size == (40, 40)


def test_turned_photographs_stand_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    wide = Image.new("RGB", (60, 40), "white")
    wide.paste("black", (0, 0, 60, 8))
    out = BytesIO()
    wide.save(out, "PNG", exif=exif)
    made = squared(out.getvalue()).convert("L")

    assert made.getpixel((38, 20)) < 60 < 200 < made.getpixel((2, 20))  # type: ignore[operator]


@pytest.mark.parametrize("data", [b"", b"<svg/>", picture("GIF"), picture()[:60]], ids=range(4))
def test_what_is_no_picture_is_no_square(data: bytes) -> None:
    with pytest.raises(PictureRefused, match="not a picture we can read"):
        square(data)
