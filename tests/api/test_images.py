"""Pictures of SKUs: what is taken, what is not, where they are, and when they go."""

from __future__ import annotations

import asyncio
import io
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from api.pictures import NoPicture, kind_of
from tests.api.served import KEY, Served, serve

MEGABYTE = 1 << 20


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Served]:
    with serve(data=tmp_path / "data") as served:
        served.sku()
        yield served


def picture(kind: str = "PNG", colour: int = 1, size: tuple[int, int] = (8, 6)) -> bytes:
    """A small real picture."""
    raw = io.BytesIO()
    Image.new("RGB", size, (colour, 20, 30)).save(raw, kind)
    return raw.getvalue()


def upload(api: Served, content: bytes, sku: str = "A", name: str = "a.png", **query: Any) -> httpx.Response:
    """Send a picture."""
    files = {"picture": (name, content, "image/png")}
    return api.call("POST", "/sku/image", data={"sku_id": sku}, files=files, params=query)


def kept(tmp_path: Path) -> list[Path]:
    """All files below the folder of the pictures."""
    return sorted(path for path in (tmp_path / "data" / "pictures").rglob("*") if path.is_file())


TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


@pytest.mark.parametrize("kind", TYPES)
def test_a_picture_can_be_fetched_where_the_sku_says(api: Served, kind: str) -> None:
    content = picture(kind)
    body = upload(api, content).json()
    assert body["id"] == "A"
    assert body["image_url"].startswith("http://twin/images/")
    assert api.items("/skus")[0] == body
    answer = api.send("GET", body["image_url"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, TYPES[kind])
    assert answer.content == content


def test_a_browser_may_keep_a_picture_but_not_run_it(api: Served) -> None:
    answer = api.send("GET", upload(api, picture()).json()["image_url"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_picture_needs_no_key_to_be_seen_but_one_to_be_sent(api: Served) -> None:
    url = upload(api, picture()).json()["image_url"]
    assert api.send("GET", url, headers={"Authorization": ""}).status_code == 200
    files = {"picture": picture()}
    for header in ("", "Bearer wrong"):
        answer = api.call(
            "POST", "/sku/image", data={"sku_id": "A"}, files=files, headers={"Authorization": header}
        )
        assert answer.status_code == 401


def test_a_second_picture_needs_the_word_to_overwrite(api: Served, tmp_path: Path) -> None:
    first = upload(api, picture(colour=1)).json()["image_url"]
    refused = upload(api, picture(colour=2))
    assert (refused.status_code, set(refused.json())) == (409, {"detail"})
    assert upload(api, picture(colour=2), overwrite_existing_image="false").status_code == 409
    assert api.items("/skus")[0]["image_url"] == first
    second = upload(api, picture(colour=2), overwrite_existing_image="true").json()["image_url"]
    assert second != first
    assert api.send("GET", first).status_code == 404
    assert len(kept(tmp_path)) == 1


def test_a_new_picture_changes_the_sku_as_any_other_change_does(api: Served) -> None:
    api.advance(60_000)
    body = upload(api, picture()).json()
    assert body["updated_at_utc"] == "2026-01-05T05:01:00.000000+00:00"
    assert api.items("/events")[-1]["description"] == "Master data of SKU A was changed"
    assert api.engine.snapshot()["state"]["skus"]["A"]["picture"] == body["image_url"].rpartition("/")[2]


def test_a_picture_goes_with_the_last_sku_that_has_it(api: Served, tmp_path: Path) -> None:
    api.sku("B")
    url = upload(api, picture(), "A").json()["image_url"]
    assert upload(api, picture(), "B").json()["image_url"] == url
    assert api.ok("DELETE", "/sku/A")["image_url"] is None
    assert api.send("GET", url).status_code == 200
    api.ok("DELETE", "/sku/B")
    assert api.send("GET", url).status_code == 404
    assert not kept(tmp_path)
    api.sku("A")
    assert api.items("/skus")[0]["image_url"] is None


def test_an_sku_that_stays_keeps_its_picture(api: Served) -> None:
    url = upload(api, picture()).json()["image_url"]
    api.load(api.box())
    api.refused(409, "DELETE", "/sku/A")
    assert api.send("GET", url).status_code == 200


def test_an_unknown_sku_gets_no_picture(api: Served, tmp_path: Path) -> None:
    assert upload(api, picture(), "nobody").status_code == 404
    api.ok("DELETE", "/sku/A")
    assert upload(api, picture(), "A").status_code == 404
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..\\..\\evil.png",
        "/etc/cron.d/x",
        "a\x00.png",
        "",
        "x" * 3000,
        "a.svg",
        "a.php",
    ],
)
def test_the_name_of_a_file_counts_for_nothing(api: Served, tmp_path: Path, name: str) -> None:
    content = picture("GIF")
    boundary = b"--b\r\nContent-Disposition: form-data; name="
    parts = [
        boundary + b'"sku_id"\r\n\r\nA\r\n',
        boundary + b'"picture"; filename="' + name.encode() + b'"\r\nContent-Type: text/html\r\n\r\n',
        content + b"\r\n--b--\r\n",
    ]
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    body = api.ok("POST", "/sku/image", content=b"".join(parts), headers=headers)
    assert body["image_url"].endswith(".gif")
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert path.parent == tmp_path / "data" / "pictures"
    assert path.stem == body["image_url"].rpartition("/")[2].partition(".")[0]


@pytest.mark.parametrize(
    "name",
    [
        "..%2F..%2Fpyproject.toml",
        "%2Fetc%2Fpasswd",
        "a.png",
        "0" * 64,
        "0" * 64 + ".png",
        "0" * 64 + ".svg",
        "%00",
    ],
)
def test_nothing_but_pictures_is_served_as_one(api: Served, name: str) -> None:
    assert api.send("GET", f"/images/{name}").status_code == 404


def png(width: int, height: int, data: bytes) -> bytes:
    """A PNG of one bit a pixel, with whatever data."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", data),
        (b"IEND", b""),
    ]
    chunks = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


BOMB = zlib.compress(b"\0" * (5001 * 626), 9)

NO_PICTURES = {
    "nothing": b"",
    "text": b"<html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "signature only": b"\x89PNG\r\n\x1a\n",
    "jpeg that ends": picture("JPEG", size=(64, 64))[:-200],
    "png that ends": picture("PNG", size=(64, 64))[:60],
    "gif that ends": picture("GIF")[:20],
    "webp that ends": picture("WEBP", size=(64, 64))[:40],
    "broken checksum": picture("PNG")[:40] + b"\xff\xff" + picture("PNG")[42:],
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "bmp": picture("BMP"),
    "tiff": picture("TIFF"),
    "ico": picture("ICO"),
    "pdf": picture("PDF"),
    "25 megapixels and more": png(5001, 5000, BOMB),
    "hundreds of megapixels": png(20_000, 20_000, BOMB),
    "as many as can be said": png(2**31 - 1, 2**31 - 1, BOMB),
    "no pixel": png(0, 0, b""),
}


@pytest.mark.parametrize("what", NO_PICTURES)
def test_what_is_no_picture_is_refused_by_its_content(api: Served, tmp_path: Path, what: str) -> None:
    answer = upload(api, NO_PICTURES[what])
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "picture"])
    assert api.items("/skus")[0]["image_url"] is None
    assert not kept(tmp_path)


@pytest.mark.parametrize("kind", TYPES)
def test_a_picture_that_is_cut_short_anywhere_is_refused(kind: str) -> None:
    content = picture(kind, size=(40, 30))
    assert kind_of(content) == kind
    for length in range(len(content)):
        with pytest.raises(NoPicture, match="whole picture"):
            kind_of(content[:length])


def test_a_cut_picture_is_refused_at_its_field(api: Served, tmp_path: Path) -> None:
    answer = upload(api, picture()[:-12])  # all pixels are there, the closing chunk is not
    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["detail"]] == [["body", "picture"]]
    assert not kept(tmp_path)


def test_damaged_pictures_are_taken_or_refused_but_break_nothing(api: Served) -> None:
    rng = random.Random(7)
    for kind in TYPES:
        for _ in range(40):
            content = bytearray(picture(kind, size=(32, 32)))
            for _ in range(rng.randint(1, 8)):
                content[rng.randrange(len(content))] = rng.randrange(256)
            answer = upload(api, bytes(content), overwrite_existing_image="true")
            assert answer.status_code in (200, 422), answer.text


def test_the_largest_picture_is_taken_and_one_byte_more_is_not(api: Served) -> None:
    content = picture("PNG")
    padded = content + b"\0" * (5 * MEGABYTE - len(content))
    assert upload(api, padded).status_code == 200
    assert upload(api, padded + b"\0", overwrite_existing_image="true").status_code == 413


def test_50_megabytes_are_too_large(api: Served) -> None:
    answer = upload(api, b"\0" * (50 * MEGABYTE))
    assert (answer.status_code, set(answer.json())) == (413, {"detail"})


def test_other_operations_still_take_no_large_bodies(api: Served) -> None:
    api.refused(413, "POST", "/sku", content=b" " * (2 * MEGABYTE))


@pytest.mark.parametrize(
    ("options", "places"),
    [
        ({"json": {"sku_id": "A", "picture": "x"}}, [["body"]]),
        ({"data": {"sku_id": "A", "picture": "x"}}, [["body"]]),
        ({}, [["body"]]),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, [["body"]]),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, [["body"]]),
        ({"files": {"other": b"x"}}, [["body", "sku_id"], ["body", "picture"]]),
        ({"files": {"picture": (None, "text")}, "data": {"sku_id": "A"}}, [["body", "picture"]]),
        ({"files": {"picture": b"x", "sku_id": ("f", b"A")}}, [["body", "sku_id"]]),
        ({"files": {"picture": b"x"}, "data": {"sku_id": "A" * 256}}, [["body", "sku_id"]]),
        ({"files": {"picture": b"x"}, "data": {"sku_id": "A" * 70_000}}, [["body"]]),
        ({"files": [("picture", b"x")] * 1000, "data": {"sku_id": "A"}}, [["body"]]),
        ({"files": {"picture": b"x"}, "data": {f"f{n}": "x" for n in range(1000)}}, [["body"]]),
        (
            {
                "files": {"picture": b"x"},
                "data": {"sku_id": "A"},
                "params": {"overwrite_existing_image": "so"},
            },
            [["query", "overwrite_existing_image"]],
        ),
    ],
)
def test_a_body_of_another_form_is_refused_where_it_is_wrong(
    api: Served, options: dict[str, Any], places: list[list[str]]
) -> None:
    assert api.locations("POST", "/sku/image", **options) == places


def test_many_uploads_at_once_leave_one_picture(tmp_path: Path) -> None:
    with serve(data=tmp_path / "data") as api:
        api.sku()

        async def all_at_once() -> list[httpx.Response]:
            transport = httpx.ASGITransport(api.app)
            headers = {"Authorization": f"Bearer {KEY}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://twin", headers=headers
            ) as client:
                return await asyncio.gather(
                    *(
                        client.post(
                            "/api/v2/sku/image",
                            data={"sku_id": "A"},
                            files={"picture": picture(colour=colour)},
                        )
                        for colour in range(8)
                    )
                )

        statuses = sorted(answer.status_code for answer in api.run(all_at_once()))
        assert statuses == [200] + [409] * 7
        assert len(kept(tmp_path)) == 1
        assert api.send("GET", api.items("/skus")[0]["image_url"]).status_code == 200


def test_a_temporary_folder_goes_with_the_server() -> None:
    with serve() as api:
        api.sku()
        upload(api, picture())
        folder = api.app.state.worlds.default.stores.pictures._folder.path
        assert list(folder.rglob("*.png"))
    assert not folder.exists()
