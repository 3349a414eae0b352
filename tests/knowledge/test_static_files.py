"""Static files arrive compressed where the browser takes it, the same to the byte, and with the same headers."""

from __future__ import annotations

import gzip

from tests.conftest import Stage


def test_a_static_file_comes_compressed_to_who_can_read_it_and_whole_to_who_cannot(stage: Stage) -> None:
    client = stage.client()
    whole = client.get("/static/praxis.css", headers={"Accept-Encoding": ""})
    small = client.get("/static/praxis.css", headers={"Accept-Encoding": "gzip"})
    assert (small.headers["Content-Encoding"], "Content-Encoding" in whole.headers) == ("gzip", False)
    assert gzip.decompress(small.data) == whole.data and len(small.data) * 2 < len(whole.data)
    for answer in (whole, small):
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Content-Type"] == 'text/css; charset="utf-8"'
