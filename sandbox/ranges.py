"""Parts of a file, as a player asks for them."""

import re

from sandbox.exchange import Reply


def ranged(content: bytes, wanted: str) -> Reply:
    """Return the bytes that a Range header asks for: all without one, 416 when it begins beyond the end."""
    headers = {"Accept-Ranges": "bytes"}
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted.strip())
    if not match or match[0] == "bytes=-":
        return Reply(content, 200, "audio/wav", headers)
    if match[1]:
        start, end = int(match[1]), min(int(match[2] or len(content) - 1), len(content) - 1)
    else:
        start, end = max(0, len(content) - int(match[2])), len(content) - 1
    if start > end:
        return Reply(b"", 416, "audio/wav", headers | {"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return Reply(content[start : end + 1], 206, "audio/wav", headers)
