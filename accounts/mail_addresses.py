"""Which e-mail addresses a person may have here.

Only the letters, digits and signs of ASCII, in lower case. Letters of other scripts can be drawn exactly like Latin
ones, so that two addresses that look alike would be two people; refusing them all leaves one way to write each. A
domain in another script has an ASCII form, which begins with "xn--" and looks like nothing else.
"""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

LONGEST = 254


def clean_address(text: str) -> str:
    """Return the one way to write the address. Raises `ValidationError` with a sentence for the person who typed it."""
    address = text.strip()
    strange = next((each for each in address if ord(each) > 126 or ord(each) < 33), None)
    if strange is not None:
        raise ValidationError(_about(strange), code="strange")
    if len(address) > LONGEST:
        raise ValidationError(f"An address has at most {LONGEST} characters.", code="long")
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError("Write the whole address, such as name@example.com.", code="invalid") from None
    return address.lower()


def _about(strange: str) -> str:
    if strange.isspace() or not strange.isprintable():
        return "An address has no spaces in it. Take them out."
    name = unicodedata.name(strange, "a sign without a name").lower()
    return f"“{strange}” is {name}, which can pass for another letter. Type the address in plain English letters."
