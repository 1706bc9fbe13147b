"""Heat maps of levels as small pictures: one pixel a position, enlarged by the page without smoothing."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from twin.domain.layout import BALCONY, CHARGER, PARKING, STORAGE, WALL

GROUND = {STORAGE: (128, 128, 128, 30), WALL: (128, 128, 128, 150), BALCONY: (230, 159, 0, 150)}
GROUND |= {CHARGER: (0, 158, 115, 130), PARKING: (128, 128, 128, 70)}
CLEAR = (0, 0, 0, 0)
FAINTEST, STRONGEST = 45, 255

INKS = {"traffic": (29, 111, 184), "waiting_s": (204, 71, 0), "digging": (122, 70, 175)}


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A picture as a data address, the largest count and where it is."""

    url: str
    largest: int
    x: int
    y: int


def heat_map(rows: Sequence[str], counts: Sequence[Sequence[int]], kind: str) -> HeatMap:
    """Draw the counts of a kind over a level's map; more is stronger, on light and dark pages alike.

    The picture is transparent where nothing happened and nothing stands.
    """
    width, height = len(rows[0]), len(rows)
    largest = max(max(row) for row in counts)
    picture = Image.new("RGBA", (width, height))
    everywhere = [(x, y) for y in range(height) for x in range(width)]
    picture.putdata([_pixel(rows[y][x], counts[y][x], largest, kind) for x, y in everywhere])
    buffer = BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    x, y = next((x, y) for x, y in everywhere if counts[y][x] == largest)
    return HeatMap(url, largest, x, y)


def _pixel(ground: str, count: int, largest: int, kind: str) -> tuple[int, int, int, int]:
    if not count:
        return GROUND.get(ground, CLEAR)
    strength = FAINTEST + round((STRONGEST - FAINTEST) * (count / largest) ** 0.7)
    return (*INKS[kind], strength)
