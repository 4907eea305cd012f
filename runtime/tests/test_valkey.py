from pathlib import Path

from redis import Redis

from runtime.valkey import Valkey


def test_queue_keeps_its_work_over_a_kill(tmp_path: Path) -> None:
    server = Valkey(tmp_path / "vk", log=tmp_path / "valkey.log")
    server.start()
    with Redis.from_url(server.url()) as queue:
        queue.lpush("work", "one")
        queue.wait(0, 0)
        appended = queue.execute_command("WAITAOF", 1, 0, 5000)
    assert server.process is not None
    server.process.kill()
    server.process.wait()

    server.start()

    with Redis.from_url(server.url()) as queue:
        kept = queue.lrange("work", 0, -1)
        policy = queue.config_get("maxmemory-policy")
    server.stop()
    assert appended == [1, 0]
    assert kept == [b"one"]
    assert policy == {"maxmemory-policy": "noeviction"}


def test_queue_that_outlived_its_owner_is_replaced(tmp_path: Path) -> None:
    first = Valkey(tmp_path / "vk", log=tmp_path / "valkey.log")
    second = Valkey(tmp_path / "vk", log=tmp_path / "valkey.log")
    first.start()

    second.start()

    assert first.process is not None
    assert first.process.wait(5) == 0
    with Redis.from_url(second.url()) as queue:
        assert queue.ping() is True
    second.stop()
