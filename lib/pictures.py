"""Pictures that people upload: what they claim to be is checked, and nothing of the file itself is kept."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP")  # never SVG, which can hold scripts
MOST_PIXELS = 25_000_000
MOST_BYTES = 8 * 1024 * 1024


class NotAPicture(Exception):
    """The upload is refused; the words are for whoever chose the file."""


def square(data: bytes, side: int = 512) -> bytes:
    """Return the middle of the picture as a square WebP of at most ``side`` pixels, turned upright, without metadata.

    Raises `NotAPicture`.
    """
    picture = _opened(data)
    try:
        upright = ImageOps.exif_transpose(picture)
        edge = min(side, *upright.size)
        fitted = ImageOps.fit(upright.convert("RGBA" if _see_through(upright) else "RGB"), (edge, edge))
    except (OSError, ValueError, SyntaxError):  # cut off, or broken inside
        raise NotAPicture("This picture is damaged. Try another one.") from None
    out = BytesIO()
    Image.frombytes(fitted.mode, fitted.size, fitted.tobytes()).save(out, "WEBP", quality=86)
    return out.getvalue()


def _opened(data: bytes) -> Image.Image:
    if len(data) > MOST_BYTES:
        raise NotAPicture("This file is larger than 8 MB. Choose a smaller one.")
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as checked:
            width, height = checked.size
            if width * height > MOST_PIXELS:
                raise NotAPicture("This picture has more than 25 million pixels. Choose a smaller one.")
            checked.verify()
        return Image.open(BytesIO(data), formats=FORMATS)  # verify leaves nothing to read
    except NotAPicture:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAPicture("Choose a PNG, JPEG or WebP picture.") from None
    except (OSError, ValueError, SyntaxError):
        raise NotAPicture("This picture is damaged. Try another one.") from None


def _see_through(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
