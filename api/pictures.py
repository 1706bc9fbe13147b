"""Pictures of SKUs: looked at before they are kept, and kept under the hash of their content."""

from __future__ import annotations

import asyncio
import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

from api.folders import Folder, cannot_keep, write_whole
from twin.domain.plant import Plant

LARGEST_PICTURE: Final = 5 << 20
"""Bytes of a picture."""
MOST_PIXELS: Final = 25_000_000
"""Pixels of a picture: a few kilobytes can stand for gigabytes of them."""

ENDINGS: Mapping[str, str] = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
MEDIA_TYPES: Mapping[str, str] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
_NAME = re.compile(rf"[0-9a-f]{{64}}\.({'|'.join(MEDIA_TYPES)})")

PNG_END: Final = b"\0\0\0\0IEND\xaeB`\x82"
"""The closing chunk: no content, its name, its checksum."""

# What Pillow is known to raise on files that only look like pictures.
_BROKEN = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)


class NoPicture(ValueError):
    """Why some bytes are not kept as a picture."""


class Pictures:
    """The pictures of a server. Hold ``changing`` while an SKU gets or loses one."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.changing = asyncio.Lock()

    async def keep(self, content: bytes) -> str:
        """Keep a picture; its name. Raises NoPicture."""
        folder = self._folder.within("pictures")
        return await asyncio.to_thread(_keep, folder, content)

    def drop_unused(self, names: Iterable[str | None], plant: Plant) -> None:
        """Delete those pictures that no SKU has any more."""
        used = {sku.picture for sku in plant.state.skus.values()}
        for name in names:
            if name is None or name in used:
                continue
            with suppress(OSError):  # what cannot be deleted now only takes room
                (self._folder.within("pictures") / name).unlink(missing_ok=True)

    def read(self, name: str) -> bytes | None:
        """The content of a picture, or None where there is none of this name."""
        if not _NAME.fullmatch(name):
            return None
        try:
            return (self._folder.within("pictures") / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise cannot_keep(error) from error


def _keep(folder: Path, content: bytes) -> str:
    name = f"{hashlib.sha256(content).hexdigest()}.{ENDINGS[kind_of(content)]}"
    write_whole(folder / name, content)
    return name


def kind_of(content: bytes) -> str:
    """The format of a picture, by its content alone. Raises NoPicture."""
    try:
        with Image.open(BytesIO(content), formats=list(ENDINGS)) as image:
            kind, pixels = image.format, image.width * image.height
            if pixels > MOST_PIXELS:
                raise NoPicture(f"a picture may have at most {MOST_PIXELS} pixels, this one has {pixels}")
            # To the end of the first frame: a header alone is no picture.
            image.load()
        _check_end(kind, content)
    except NoPicture:
        raise
    except _BROKEN as error:
        raise NoPicture(_reason(error)) from None
    assert kind is not None
    return kind


def _check_end(kind: str | None, content: bytes) -> None:
    """Raises what is in _BROKEN for a file that ends after the last pixel, but before its own end."""
    if kind == "PNG":
        with Image.open(BytesIO(content), formats=["PNG"]) as image:
            image.verify()  # every chunk with its checksum, up to the closing one
        if PNG_END not in content:
            raise EOFError("no closing chunk")
    elif kind == "GIF" and not content.rstrip(b"\0").endswith(b";"):
        raise EOFError("no trailer")


def _reason(error: BaseException) -> str:
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return f"a picture may have at most {MOST_PIXELS} pixels, this one has far more"
    return f"this is no whole picture in one of the formats {', '.join(ENDINGS)}"
