"""A client generated from the served document, without a changed line, does a day's work."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from tests.api.server_process import Served, served

EMAIL, PASSWORD = "ann@example.org", "Viel-Zu-Lang-42!"
EVENTS = 1000
PAGE = 150


class Generated:
    """The modules of a generated package, imported when they are named."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, path: str) -> ModuleType:
        return importlib.import_module(f"{self.name}.{path.replace('__', '.')}")


@pytest.fixture(scope="module")
def twin() -> Iterator[Served]:
    with served("--site", "tiny", "--speed", "0") as twin:
        yield twin


@pytest.fixture(scope="module", params=["/openapi.json", "/openapi-3.0.json"])
def made(
    request: pytest.FixtureRequest, twin: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Generated]:
    """The package, generated from the document in one of its versions."""
    folder = tmp_path_factory.mktemp("generated")
    name = "client_30" if "3.0" in request.param else "client_31"
    document, target = folder / "document.json", folder / name
    document.write_text(json.dumps(twin.ok("GET", request.param)))
    settings = folder / "settings.yaml"
    settings.write_text("post_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    command += ["--fail-on-warning", "--config", str(settings)]
    command += ["--path", str(document), "--output-path", str(target)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield Generated(name)
    sys.path.remove(str(folder))


def test_every_operation_has_a_function(made: Generated, twin: Served) -> None:
    package = Path(str(importlib.import_module(f"{made.name}.api").__file__)).parent
    functions = {file.stem for file in package.glob("*/*.py")} - {"__init__"}
    document = twin.ok("GET", "/openapi.json")
    asked = {about["operationId"] for methods in document["paths"].values() for about in methods.values()}
    assert functions == asked


def test_it_logs_in_uploads_an_image_has_an_order_picked_and_pages_through_events(
    made: Generated, twin: Served
) -> None:
    sku, order = f"SKU-{made.name}", f"order-{made.name}"
    client = made.client.AuthenticatedClient(twin.url, _logged_in(made, twin))
    with client:
        _receive(made, client, sku, "1001" if "31" in made.name else "1002")
        _upload(made, client, sku)
        _pick(made, client, twin, sku, order)
        _fill_log(twin, made.name)
        _page_through(made, client)


def _logged_in(made: Generated, twin: Served) -> str:
    email = f"{made.name}-{EMAIL}"
    twin.ok("POST", "/api/v2/auth/create_account", {"username": made.name, "email": email, "role": "User"})
    [row] = twin.ok("GET", f"/api/v2/auth/users?email__eq={email}")["items"]
    change = {"email": email, "otp": row["otp"], "new_password": PASSWORD}
    twin.ok("POST", "/api/v2/auth/reset_password", change)
    body = made.models.LoginRequest(email=email, password=PASSWORD)
    with made.client.Client(twin.url) as stranger:
        token: str = made.api__authentication__login.sync(client=stranger, body=body).access_token
    return token


def _receive(made: Generated, client: object, sku: str, carrier: str) -> None:
    models = made.models
    made.api__sku__create_sku.sync(client=client, body=models.Sku(id=sku))
    body = models.BoxCreate(section_code="11111111")
    box = made.api__inventory__create_box.sync(carrier, client=client, body=body)
    load = models.LoadCreate(sku_id=sku, item_count=5, item_count_max=10)
    loaded = made.api__inventory__create_load.sync(box.id, client=client, body=load)
    assert loaded.item_count == 5


def _upload(made: Generated, client: object, sku: str) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(picture, "PNG")
    picture.seek(0)
    file = made.types.File(picture, "teal.png", "image/png")
    body = made.models.BodyUploadImage(sku_id=sku, picture=file)
    answer = made.api__sku__upload_image.sync(client=client, body=body)
    assert answer.image_url.endswith(".png")


def _pick(made: Generated, client: object, twin: Served, sku: str, order: str) -> None:
    models = made.models
    kind = next(
        kind for name, kind in vars(models).items() if name.startswith("FulfillmentRequestCreateInput")
    )
    lines = [{"sku_id": sku, "quantity": 2}]
    body = kind.from_dict({"type": "FULFILLMENT", "id": order, "entities": lines})
    assert made.api__requests_and_jobs__create_request.sync(client=client, body=body).id == order
    assert twin.advance(until="waiting")["reached"]
    jobs = made.api__requests_and_jobs__get_jobs.sync(client=client, status_eq="WAITING_FOR_TRIGGER")
    [job] = [job for job in jobs.items if job.request_id == order]
    made.api__requests_and_jobs__trigger_job.sync(job.id, client=client, body=models.TriggerRequest())
    assert twin.advance(until="idle")["reached"]
    [request] = made.api__requests_and_jobs__get_requests.sync(client=client, id_in=[order]).items
    assert request.status == "SUCCEEDED"


def _fill_log(twin: Served, name: str) -> None:
    """Make sure that there are enough events."""
    for number in range(EVENTS):
        twin.ok("POST", "/api/v2/sku", {"id": f"{name}-{number}"})


def _page_through(made: Generated, client: object) -> None:
    seen: list[tuple[object, str]] = []
    page = total = 1
    while page <= total:
        answer = made.api__events__get_events.sync(client=client, page=page, size=PAGE, sort_by="created_at")
        seen += [(event.created_at_utc, event.description) for event in answer.items]
        page, total = page + 1, answer.pages
    assert len(seen) == answer.total >= EVENTS
    assert len(set(seen)) == len(seen), "none twice"
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)
