"""What goes over the line to a cluster: passwords, certificates, what is sent again, and how long anything is waited for.

The other side is made up here, because no real cluster misbehaves on demand. Everything else: tests/opensearch.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from search.engines.deadline import TOO_SLOW
from search.engines.opensearch import FEW, OpenSearchEngine
from search.engines.opensearch_bulk import Bulk
from search.engines.opensearch_client import FAILURES, LONG, QUICK, SAVING, Client, Refused, address
from search.engines.opensearch_mapping import fingerprint
from search.errors import BadQuery, SearchAway, SearchBusy, SearchUnavailable
from search.query import Query
from tests.search.contract import SCHEMA, doc
from tests.search.door import Answer, Asked, Door, never, red

TIMED_OUT: list[Answer] = [  # as clusters say it: an answer that is not whole, and no answer because it would not be
    (200, {"timed_out": True, "hits": {"total": {"value": 1}, "hits": []}}),
    *(
        (500, {"status": 500, "error": {"type": "search_phase_execution_exception", "root_cause": [{"type": each}]}})
        for each in ("time_exceeded_exception", "query_phase_execution_exception")
    ),
]
SERVED: Answer = 200, {"x-1": {"mappings": {"_meta": {"praxis": fingerprint(SCHEMA)}}}}


@pytest.fixture
def opened() -> Iterator[Callable[..., Door]]:
    doors: list[Door] = []

    def make(answer: Callable[[Asked], Answer], secure: ssl.SSLContext | None = None) -> Door:
        doors.append(Door(answer, secure))
        return doors[-1]

    yield make
    for door in doors:
        door.close()


def certificate(folder: Path, name: str) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    (folder / f"{name}.pem").write_bytes(key.private_bytes(*form) + made.public_bytes(Encoding.PEM))
    return folder / f"{name}.pem"


def test_the_password_arrives_and_only_a_certificate_that_is_trusted_is_talked_to(
    opened: Callable[..., Door], tmp_path: Path
) -> None:
    own, foreign = certificate(tmp_path, "own"), certificate(tmp_path, "foreign")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    door = opened(lambda _: (200, {"told": True}), context)
    place = f"opensearch+https://me:p%40ss%2Fword@127.0.0.1:{door.port}/praxis"
    client = Client(address(f"{place}?ca={own}"))
    assert client.ask("GET", "/") == {"told": True}
    assert door.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"me:p@ss/word").decode()
    client.close()
    for trusted in (f"?ca={foreign}", ""):
        client = Client(address(place + trusted), pause=lambda _: None)
        with pytest.raises(SearchAway) as told:
            client.ask("GET", "/")
        assert "p@ss" not in repr(told.value) + repr(told.value.__cause__)
        client.close()
    assert len(door.asked) == 1, "nothing was said to one that is not to be trusted"


def bulk_answers(*rounds: dict[str, int] | int) -> tuple[Callable[[Asked], Answer], list[list[str]]]:
    """Answers to one bulk request after the other: the status of every line that is not 200, or of the whole."""
    left, sent = list(rounds), list[list[str]]()

    def answer(asked: Asked) -> Answer:
        ids = [
            next(iter(action.values()))["_id"] for line in asked.body.splitlines() if _acts(action := json.loads(line))
        ]
        sent.append(ids)
        told = left.pop(0) if left else {}
        if isinstance(told, int):
            return told, {"error": {"type": "made_up"}, "status": told}
        return 200, {"items": [{"index": {"_id": i, "status": told.get(i, 200)}} for i in ids]}

    return answer, sent


def _acts(line: Any) -> bool:
    return next(iter(line)) in ("index", "delete")


def sending(door: Door, pauses: list[float], clock: Callable[[], float] = lambda: 0.0) -> Bulk:
    client = Client(address(f"opensearch+http://127.0.0.1:{door.port}/x"), clock, pauses.append)
    return Bulk(client, SCHEMA, clock, pauses.append)


def test_only_the_lines_that_have_to_wait_are_sent_again_each_time_later(opened: Callable[..., Door]) -> None:
    answer, sent = bulk_answers({"b": 429, "c": 503}, {"c": 429}, {})
    pauses: list[float] = []
    sending(opened(answer), pauses).send("x", [doc("a", "A"), doc("b", "B")], ["c", "d"])
    assert sent == [["a", "b", "c", "d"], ["b", "c"], ["c"]]
    assert len(pauses) == 2 and pauses[0] < 0.1 <= pauses[1] < 0.2


@pytest.mark.parametrize("status", [429, 503])
def test_a_whole_request_that_has_to_wait_is_sent_again(opened: Callable[..., Door], status: int) -> None:
    answer, sent = bulk_answers(status, status, {})
    sending(opened(answer), []).send("x", [doc("a", "A")])
    assert sent == [["a"]] * 3


def test_a_line_that_never_goes_through_is_given_up_and_one_that_is_refused_at_once(
    opened: Callable[..., Door],
) -> None:
    answer, sent = bulk_answers(*[{"b": 429}] * 100)
    now, pauses = [0.0], list[float]()
    bulk = sending(opened(answer), pauses, lambda: now[0])
    bulk._pause = lambda seconds: (pauses.append(seconds), now.__setitem__(0, now[0] + seconds))[0]
    with pytest.raises(SearchAway):
        bulk.send("x", [doc("a", "A"), doc("b", "B")], patience=20)
    assert 3 < len(sent) < 20 and sum(pauses) <= 20 and max(pauses) <= 5
    answer, sent = bulk_answers({"a": 400})
    with pytest.raises(Refused):
        sending(opened(answer), []).send("x", [doc("a", "A")])
    assert sent == [["a"]]


def waited(engine: OpenSearchEngine, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each request of this engine may take."""
    limits: list[float] = []
    real = engine._client._once

    def once(method: str, path: str, body: Any, patience: float, options: Any) -> Any:
        limits.append(patience)
        return real(method, path, body, min(patience, 0.3), options)  # so that the test need not wait

    monkeypatch.setattr(engine._client, "_once", once)
    return limits


@pytest.mark.case("F16")
@pytest.mark.parametrize("silent", ["from the beginning", "when told", "when told to show it"])
def test_who_waits_for_a_save_waits_two_seconds_for_a_cluster_and_the_sweep_longer(
    opened: Callable[..., Door], monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    def answer(asked: Asked) -> Answer:
        if silent == "from the beginning":
            return never(asked)
        if asked.method == "GET":
            return SERVED
        if silent == "when told" or "_refresh" in asked.path:
            return never(asked)
        return 200, {"items": [{"index": {"_id": "a", "status": 200}}]}

    now = [100.0]
    door = opened(answer)
    engine = OpenSearchEngine(f"opensearch+http://127.0.0.1:{door.port}/x", SCHEMA, clock=lambda: now[0])
    limits = waited(engine, monkeypatch)
    monkeypatch.setattr(engine._client, "_pause", lambda _: now.__setitem__(0, now[0] + SAVING))
    with pytest.raises(SearchAway):
        engine.apply([doc("a", "A")], hurried=True)
    assert limits and max(limits) <= SAVING
    limits.clear()
    engine._client.breaker.worked()
    with pytest.raises(SearchAway):
        engine.apply([doc("a", "A")])
    assert max(limits) > SAVING, "the control: what nobody waits for has time"
    engine.close()


@pytest.mark.case("F16")
def test_many_documents_are_not_sent_while_somebody_waits(opened: Callable[..., Door]) -> None:
    door = opened(lambda _: SERVED)
    engine = OpenSearchEngine(f"opensearch+http://127.0.0.1:{door.port}/x", SCHEMA)
    with pytest.raises(SearchBusy):
        engine.apply([doc(f"d{n}", "A") for n in range(FEW + 1)], hurried=True)
    assert not door.asked
    engine.close()


@pytest.mark.case("F16", control="test_who_waits_for_a_save_waits_two_seconds_for_a_cluster_and_the_sweep_longer")
def test_a_red_cluster_is_asked_no_more_for_a_while_but_by_what_nobody_waits_for(opened: Callable[..., Door]) -> None:
    now, door = [100.0], opened(red)
    client = Client(address(f"opensearch+http://127.0.0.1:{door.port}/x"), lambda: now[0], lambda _: None)
    with pytest.raises(SearchAway):
        client.ask("GET", "/")
    assert len(door.asked) == FAILURES
    with pytest.raises(SearchAway):
        client.ask("GET", "/", patience=QUICK)
    assert len(door.asked) == FAILURES, "nobody waits for it again"
    door.answer = lambda _: (200, {})
    assert client.ask("GET", "/", patience=LONG) == {}
    assert client.ask("GET", "/") == {}, "and whoever finds it well again tells the others"
    door.answer = lambda _: (429, {"error": "made_up"})
    for _ in range(FAILURES):
        with pytest.raises(SearchAway):
            client.ask("GET", "/", tries=1)
    client.breaker.check()  # it is busy, and there
    client.close()


@pytest.mark.case("Q5")
@pytest.mark.parametrize("told", TIMED_OUT)
@pytest.mark.parametrize("how", ["search", "totals"])
def test_a_cluster_that_finds_a_question_too_slow_is_well_and_the_reader_is_told(
    opened: Callable[..., Door], told: Answer, how: str
) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.method == "GET":
            return SERVED
        return (200, {"responses": [told[1]]}) if "_msearch" in asked.path else told

    door = opened(answer)
    engine = OpenSearchEngine(f"opensearch+http://127.0.0.1:{door.port}/x", SCHEMA)
    query = Query("bridge", frozenset({"public"}))
    with pytest.raises(BadQuery) as refused:
        engine.search(query) if how == "search" else engine.totals([query])
    assert refused.value.message == TOO_SLOW
    engine._client.breaker.check()
    told = 500, {"status": 500, "error": {"type": "search_phase_execution_exception", "root_cause": [{"type": "odd"}]}}
    with pytest.raises(SearchUnavailable):  # the control: something else is the matter
        engine.search(query) if how == "search" else engine.totals([query])
    engine.close()
