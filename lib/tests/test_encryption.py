from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.encryption import KeyRing, Undecryptable, generate_key

OLD = b64encode(bytes(range(32))).decode()
NEW = b64encode(bytes(range(32, 64))).decode()
OLD_RING = KeyRing.parse(f"2025:{OLD}")
RING = KeyRing.parse(f"2026:{NEW}, 2025:{OLD}")
PLACE = "credential|7"


def refusal(ring: KeyRing, envelope: str, aad: str = PLACE) -> tuple[str, str]:
    with pytest.raises(Undecryptable) as caught:
        ring.decrypt(envelope, aad=aad)
    return caught.value.key_id, caught.value.reason


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text(alphabet="ab|7", max_size=9))
def test_sealed_text_opens_to_the_same(plaintext: str, aad: str) -> None:
    assert RING.decrypt(RING.encrypt(plaintext, aad=aad), aad=aad) == plaintext


def test_sealing_twice_gives_two_texts() -> None:
    assert RING.encrypt("same", aad=PLACE) != RING.encrypt("same", aad=PLACE)


def test_first_key_seals_and_any_opens() -> None:
    old, new = OLD_RING.encrypt("secret", aad=PLACE), RING.encrypt("secret", aad=PLACE)

    assert (old.split(".")[:2], new.split(".")[:2]) == (["v1", "2025"], ["v1", "2026"])
    assert RING.decrypt(old, aad=PLACE) == "secret"
    assert (RING.needs_rotation(old), RING.needs_rotation(new)) == (True, False)


def test_text_of_a_lost_key_names_the_key() -> None:
    assert refusal(OLD_RING, RING.encrypt("s", aad=PLACE)) == ("2026", "the key is not on the ring")


def test_text_moved_to_another_place_does_not_open() -> None:
    sealed = RING.encrypt("secret", aad=PLACE)

    assert refusal(RING, sealed, "credential|8") == ("2026", "the text was altered or belongs elsewhere")


def test_text_altered_anywhere_does_not_open() -> None:
    sealed = RING.encrypt("eight by", aad=PLACE)  # of a length that leaves no spare bits in base64
    start = sealed.rindex(".") + 1
    altered = [
        sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        for at in range(start, len(sealed))
    ]

    for each in [*altered, sealed + "!", sealed[:-4], sealed[: start + 8], sealed + "é"]:
        assert refusal(RING, each) == ("2026", "the text was altered or belongs elsewhere")


@pytest.mark.parametrize(
    "text", ["", "hunter2", "v1.2026.", "v2.2026.AAAA", "eyJh.hunter2.c2ln", "v1.hunter 2.x"]
)
def test_text_that_was_never_sealed_is_not_quoted(text: str) -> None:
    with pytest.raises(Undecryptable) as caught:
        RING.decrypt(text, aad=PLACE)

    assert str(caught.value) == "not a sealed text (key unknown)"


def test_keys_are_not_shown() -> None:
    assert (repr(RING), str(RING)) == ("KeyRing(2026, 2025)", "KeyRing(2026, 2025)")


def test_generated_key_is_taken_and_never_the_same() -> None:
    key, other = generate_key(), generate_key()

    assert key != other
    assert repr(KeyRing.parse(f"k:{key}")) == "KeyRing(k)"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "A key ring needs at least one key."),
        (" , ", "A key ring needs at least one key."),
        (OLD, "Key number 1 has no name; write id:base64."),
        (f"a:{OLD},b:not*base64", "Key 'b' is not base64."),
        (f"a:{OLD[:20]}", "Key 'a' needs a plain name and 32 bytes."),
        (f"a.b:{OLD}", "Key 'a.b' needs a plain name and 32 bytes."),
        (f":{OLD}", "Key '' needs a plain name and 32 bytes."),
        (f"a:{OLD},a:{NEW}", "Key 'a' is given twice."),
    ],
)
def test_key_ring_that_cannot_be_read_says_why_without_the_key(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        KeyRing.parse(text)

    assert str(caught.value) == complaint
