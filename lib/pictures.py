"""Pictures that people upload, made harmless: read as one of three formats and drawn anew."""

import warnings
from io import BytesIO

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP")  # never SVG, which can hold scripts
MOST_BYTES = 5_000_000
MOST_PIXELS = 25_000_000


class PictureRefused(ValueError):
    """The upload can't be used. The text says why, to who uploaded it."""


def redrawn(data: bytes, *, most: int = 512) -> bytes:
    """``data`` as a PNG of at most ``most`` pixels a side, with nothing in it but the picture.

    Of a moving picture the first frame is kept. Raises `PictureRefused`, never anything else.
    """
    picture = _upright(data)
    picture.thumbnail((most, most))
    return _saved(picture, "PNG", optimize=True)


def square(data: bytes, *, side: int = 512) -> bytes:
    """The middle of the picture as a square WebP of at most ``side`` pixels, else as `redrawn`."""
    picture = _upright(data)
    edge = min(side, *picture.size)
    return _saved(ImageOps.fit(picture, (edge, edge)), "WEBP", quality=86)


def _upright(data: bytes) -> Image.Image:
    if len(data) > MOST_BYTES:
        raise PictureRefused(
            f"The picture is larger than {MOST_BYTES // 1_000_000} MB. Make it smaller first."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _read(data)
    except PictureRefused:
        raise
    except Exception:  # a crafted file makes Pillow raise almost anything
        raise PictureRefused("This is not a picture we can read. Use a PNG, JPEG or WebP file.") from None


def _read(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise PictureRefused(f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels.")
        image.verify()
    with Image.open(BytesIO(data), formats=FORMATS) as image:  # what was verified can't be read any more
        return ImageOps.exif_transpose(image).convert("RGBA")


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    plain = Image.new("RGBA", picture.size)  # carries over no profile, text or place
    plain.paste(picture)
    out = BytesIO()
    plain.save(out, kind, **options)
    return out.getvalue()
