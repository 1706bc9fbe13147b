"""Hostile and broken input over a real connection: the right 4xx, no change of state, and it goes on."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest
from server_process import Served, served

MEGABYTE = 1 << 20
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    with served("--site", "tiny", "--speed", "0") as twin:
        twin.stock("COFFEE", 10)
        twin.order("COFFEE", 1, id="waiting")
        twin.advance(until="waiting")
        yield twin


@pytest.fixture
def twin(shared: Served) -> Iterator[Served]:
    """A twin that is afterwards as it was before, and still takes work."""
    clock, before = shared.clock(), shared.picture()
    yield shared
    assert shared.picture() == before
    assert shared.clock() == clock
    assert shared.client.get("/_twin/ready").status_code == 200


def post(twin: Served, path: str, content: bytes | str, **headers: str) -> httpx.Response:
    """Post raw bytes with the key."""
    return twin.client.post(f"/api/v2{path}", content=content, headers={**JSON, **headers})


def order(**fields: object) -> str:
    """The body of a fulfillment of one line."""
    line = {"sku_id": "COFFEE", "quantity": 1, **fields}
    return json.dumps({"type": "FULFILLMENT", "entities": [line]})


@pytest.mark.parametrize("path", ["/sku", "/requests", "/load/1", "/nowhere"])
def test_a_body_of_50_megabytes_is_too_large(twin: Served, path):
    answer = post(twin, path, b"[" * (50 * MEGABYTE))
    assert answer.status_code == 413
    assert answer.json() == {"detail": f"the body is larger than {MEGABYTE} bytes"}


def test_a_body_of_unknown_length_is_too_large_as_well(twin: Served):
    chunks = (b" " * MEGABYTE for _ in range(50))
    answer = twin.client.post("/api/v2/sku", content=chunks, headers=JSON)
    assert answer.status_code == 413


def test_a_large_body_for_the_clock_is_too_large(twin: Served):
    answer = twin.client.put("/_twin/clock", content=b" " * (2 * MEGABYTE), headers=JSON)
    assert answer.status_code == 413


def test_who_asks_before_sending_too_much_is_told_at_once(twin: Served):
    host, port = twin.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"POST /api/v2/sku HTTP/1.1\r\nHost: x\r\nContent-Length: {50 * MEGABYTE}\r\n"
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_goes_away_in_the_middle_changes_nothing(twin: Served):
    host, port = twin.url.removeprefix("http://").split(":")
    head = f"POST /api/v2/sku HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {twin.api_key}\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head += "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n"
        connection.sendall(f'{head}{{"id": "NE'.encode())


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        '{"id": }',
        "{'id': 'A'}",
        "NaN",
        '{"id": "A"} and more',
        "\x00",
        '{"id": "\\ud800"}',
        '{"id": NaN}',
        "[" * 100_000,
        '{"a":' * 50_000,
        b"\xff\xfe",
        b'{"id": "\xe9"}',
    ],
)
def test_what_is_no_json_is_refused(twin: Served, body):
    assert post(twin, "/sku", body).status_code == 422


@pytest.mark.parametrize("body", ["null", "[]", '"text"', "1", "true", "{}"])
@pytest.mark.parametrize("path", ["/sku", "/load/1", "/requests", "/box/swap-region"])
def test_json_of_another_kind_is_refused(twin: Served, path, body):
    assert post(twin, path, body).status_code == 422


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_is_not_said_to_be_json_is_refused(twin: Served, kind):
    answer = post(twin, "/sku", b'{"id": "A"}', **{"Content-Type": kind})
    assert answer.status_code == 422


@pytest.mark.parametrize("quantity", [0, -1, 2**31, 2**63, 10**300, 1.5, "1", True, None, [], {}])
def test_a_quantity_that_is_none_is_refused(twin: Served, quantity):
    assert post(twin, "/requests", order(quantity=quantity)).status_code in (400, 422)


@pytest.mark.parametrize("sku", ["", "NO-SUCH", "x" * 100_000, "'; DROP TABLE sku; --", "../../etc/passwd"])
def test_an_unknown_sku_is_refused(twin: Served, sku):
    assert post(twin, "/requests", order(sku_id=sku)).status_code in (400, 422)


def test_more_than_there_is_is_refused_by_name(twin: Served):
    answer = post(twin, "/requests", order(quantity=10))
    assert answer.status_code == 400
    feedback = answer.json()["entity_feedback"]
    assert [(one["entity_id"], one["error_code"]) for one in feedback] == [("COFFEE", "0x5082")]


def test_half_a_megabyte_of_wrong_entities_is_refused_without_delay(twin: Served):
    entities = ",".join(["1"] * 250_000)
    answer = post(twin, "/requests", f'{{"type": "FULFILLMENT", "entities": [{entities}]}}')
    assert answer.status_code == 422
    assert answer.elapsed.total_seconds() < 5


@pytest.mark.parametrize("kind", ["", "fulfillment", "PICK", None, 1, [], "RFID_WRITE"])
def test_an_unknown_type_of_request_is_refused(twin: Served, kind):
    body = json.dumps({"type": kind, "entities": [{"sku_id": "COFFEE", "quantity": 1}]})
    assert post(twin, "/requests", body).status_code == 422


@pytest.mark.parametrize(
    "code", ["", "0", "2", "00000000", "1" * 9, "1" * 33, "0b11", -1, 10**40, 12, 1.5, True, [], "１"]
)
def test_a_malformed_section_code_is_refused(twin: Served, code):
    assert post(twin, "/box/1009", json.dumps({"section_code": code})).status_code == 422


def test_overlapping_boxes_are_refused(twin: Served):
    row = twin.ok("GET", "/api/v2/inventory_view?sku_id__eq=COFFEE")["items"][0]
    answer = post(twin, f"/box/{row['carrier_id']}", '{"section_code": "1"}')
    assert answer.status_code == 409


@pytest.mark.parametrize("path", ["/box/0", "/box/99999", "/box/x", "/box/1e3", "/box/-1", "/box/%00"])
def test_an_unknown_carrier_is_not_found(twin: Served, path):
    assert post(twin, path, '{"section_code": "1"}').status_code == 404


@pytest.mark.parametrize("job", ["job-0", "0", "%2e%2e", "job-1%20"])
def test_a_trigger_for_an_unknown_job_is_not_found(twin: Served, job):
    assert post(twin, f"/trigger/{job}", "{}").status_code == 404


@pytest.mark.parametrize("body", ['{"TriggerStatus": "DONE"}', '{"TriggerStatus": 1}', "[]"])
def test_a_trigger_that_is_none_is_refused(twin: Served, body):
    assert post(twin, "/trigger/job-1", body).status_code == 422


def test_a_second_request_of_the_same_id_is_refused(twin: Served):
    body = json.dumps({**json.loads(order()), "id": "waiting"})
    assert post(twin, "/requests", body).status_code == 409


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic YS1rZXk="},
        {"Authorization": "a-key"},
        {"Authorization": b"Bearer \xff\xfe"},
        {"X-Api-Key": "a-key"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/sku"), ("GET", "/bots"), ("POST", "/trigger/job-1")])
def test_without_the_key_nothing_is_done(twin: Served, method, path, headers):
    answer = httpx.request(
        method, f"{twin.url}/api/v2{path}", headers=headers, json={"id": "NEW"}, trust_env=False
    )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/api/v2/", 404),
        ("GET", "/api/v1/bots", 404),
        ("PATCH", "/api/v2/bots", 405),
        ("DELETE", "/_twin/clock", 405),
        ("BREW", "/api/v2/bots", 405),
    ],
)
def test_what_is_not_there_is_said_not_to_be(twin: Served, method, path, status):
    assert twin.client.request(method, path).status_code == status


@pytest.mark.parametrize("raw", [b"\x16\x03\x01\x02\x00", b"GET", b"GET / HTTP/1.1\r\nContent-Length: x"])
def test_what_is_no_http_is_refused(twin: Served, raw):
    host, port = twin.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(raw + b"\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_a_second_trigger_is_refused():
    with served("--site", "tiny", "--speed", "0") as twin:
        twin.stock("COFFEE", 10)
        job = twin.jobs(twin.order("COFFEE"))[0]["id"]
        early = post(twin, f"/trigger/{job}", "{}")
        assert early.status_code == 409
        assert "ACCEPTED" in early.json()["detail"]
        twin.advance(until="waiting")
        assert post(twin, f"/trigger/{job}", "{}").status_code == 200
        before = twin.picture()
        assert post(twin, f"/trigger/{job}", "{}").status_code == 409
        assert twin.picture() == before
