import pytest

from lib.phones import INTERNATIONAL, Phone, display, parse, search_digits


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("+15125550148", "+15125550148"),  # kept for fiction: possible, not "valid"
        ("(512) 555-0148", "+15125550148"),
        ("512.555.0148", "+15125550148"),
        ("1 512 555 0148", "+15125550148"),
        ("+44 20 7946 0000", "+442079460000"),
        ("+", ""),
        ("", ""),
        ("anonymous", ""),
        ("Restricted", ""),
        ("5550148", ""),  # no area code
        ("911", ""),
        ("+1512555014", ""),
        ("+999999999999999999", ""),
        ("9" * 300, ""),
        ("\x00\ud800", ""),
    ],
)
def test_phone_is_read_as_e164_or_not_at_all(raw: str, e164: str) -> None:
    assert parse(raw, "US") == Phone(e164, raw)


def test_phone_is_read_as_dialled_in_its_region() -> None:
    assert parse("020 7946 0000", "GB").e164 == "+442079460000"


def test_number_of_no_country_is_read_with_its_code_alone() -> None:
    given = ("+61 412 345 678", "0412 345 678", "(512) 555-0148")

    assert [parse(each, INTERNATIONAL).e164 for each in given] == ["+61412345678", "", ""]


@pytest.mark.parametrize(
    ("e164", "region", "shown"),
    [
        ("+15125550148", "US", "(512) 555-0148"),
        ("+15125550148", "GB", "+1 512-555-0148"),
        ("+442079460000", "US", "+44 20 7946 0000"),
        ("+442079460000", "GB", "020 7946 0000"),
        ("", "US", ""),
        ("no number", "US", "no number"),
    ],
)
def test_phone_is_shown_as_the_reader_would_dial_it(e164: str, region: str, shown: str) -> None:
    assert display(e164, region) == shown


def test_search_takes_the_digits_alone() -> None:
    assert search_digits("+1 (512) 555-0148 ext. ٣²") == "15125550148"
