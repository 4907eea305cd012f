"""Pictures that people upload, made harmless: read as one of three formats and drawn anew."""

import warnings
from io import BytesIO

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_BYTES = 5_000_000
MOST_PIXELS = 25_000_000


class PictureRefused(ValueError):
    """The upload can't be used. The text says why, to who uploaded it."""


def redrawn(data: bytes, *, most: int = 512) -> bytes:
    """``data`` as a PNG of at most ``most`` pixels a side, with nothing in it but the picture.

    Of a moving picture the first frame is kept. Raises `PictureRefused`, never anything else.
    """
    if len(data) > MOST_BYTES:
        raise PictureRefused(
            f"The picture is larger than {MOST_BYTES // 1_000_000} MB. Make it smaller first."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _drawn(data, most)
    except PictureRefused:
        raise
    except Exception:  # a crafted file makes Pillow raise almost anything
        raise PictureRefused("This is not a picture we can read. Use a PNG, JPEG or WebP file.") from None


def _drawn(data: bytes, most: int) -> bytes:
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise PictureRefused(f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels.")
        image.verify()
    with Image.open(BytesIO(data), formats=FORMATS) as image:  # what was verified can't be read any more
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    upright.thumbnail((most, most))
    plain = Image.new("RGBA", upright.size)  # carries over no profile, text or place
    plain.paste(upright)
    out = BytesIO()
    plain.save(out, "PNG", optimize=True)
    return out.getvalue()
