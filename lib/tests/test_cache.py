from typing import Any

import pytest
from django.core.cache import caches
from redis import Redis, exceptions


@pytest.fixture
def cache() -> Any:
    return caches.create_connection("default")


def test_cache_gives_back_what_it_was_given(cache: Any) -> None:
    cache.set("a", {"n": 1}, 60)

    assert (cache.get("a"), cache.get("b"), cache.get("b", "none")) == ({"n": 1}, None, "none")


def test_cache_survives_a_connection_that_the_server_closed(cache: Any) -> None:
    cache.set("a", 1, 60)
    with Redis(connection_pool=cache._cache._get_connection_pool(write=True)) as server:
        server.client_kill_filter(_type="normal", skipme=False)

    assert cache.get("a") == 1


def test_cache_builds_one_client(cache: Any) -> None:
    assert cache._cache.get_client("a") is cache._cache.get_client("b", write=True)


def test_cache_tries_again_where_the_bare_connection_fails(
    cache: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.set("a", 1, 60)
    pool = cache._cache._get_connection_pool(write=False)
    connection = pool.get_connection()
    pool.release(connection)

    def broken(*_: Any, **__: Any) -> None:
        monkeypatch.undo()
        raise exceptions.ConnectionError("gone")

    monkeypatch.setattr(connection, "send_command", broken)

    assert cache.get("a") == 1
