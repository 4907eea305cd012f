import pytest

from accounts.models import User
from conftest import Cast


@pytest.fixture
def nora(cast: Cast) -> User:
    """She owns the agency, and has the password of the tests."""
    return cast.give_password("nora")
