"""Digging in lanes, puzzle storage, density."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from numbers import Real

from twin.experiments.theory.arguments import above_0, count, weights

DEEPEST = LARGEST_SIZE = 1_000_000
"""Up to where lanes and squares are those of a warehouse, and not slips."""
LONGEST_SIDE = 30
"""Of a square whose states are searched: some 800,000 of them."""

Cell = tuple[int, int]


def mean_blockers(depth: int, fill: float) -> float:
    """Carriers in front of a random stored one, each position of its lane being filled with that chance.

    Source: expectation of a uniform rank, ``(k - 1) f / 2``. Raises ValueError for no depth or share.
    """
    _check_lane(depth, fill)
    return (depth - 1) * fill / 2


def share_without_digging(depth: int, fill: float) -> float:
    """Share of stored carriers with none in front: ``(1 - (1 - f)**k) / (k f)``.

    Raises ValueError for no depth, and for a share that is 0, as then there are none.
    """
    _check_lane(depth, fill)
    above_0(fill=fill)
    return (1 - (1 - fill) ** depth) / (depth * fill)


def _check_lane(depth: int, fill: float) -> None:
    count("depth", depth, 1, DEEPEST)
    if not isinstance(fill, Real) or not 0 <= fill <= 1:
        raise ValueError(f"fill is {fill!r}; give a share from 0 to 1")


def density_bound(depth: int) -> float:
    """Storage positions per position, at most, with lanes that deep: ``2k / (2k + 1)``. Source: Gue 2006."""
    count("depth", depth, 1, DEEPEST)
    return 2 * depth / (2 * depth + 1)


def move_to_front_blockers(popularity: Sequence[float]) -> float:
    """Carriers in front of the wanted one where each goes back to the front of its lane.

    ``popularity``: how often each carrier is wanted, in any unit. Source: McCabe 1965,
    ``2 * sum(p[i] p[j] / (p[i] + p[j]) for i < j)``. Raises ValueError for what is negative, or all 0.
    """
    weights("popularity", popularity)
    total = sum(popularity)
    shares = [p / total for p in popularity]
    # Of two of which none is ever wanted none is ever in the way.
    return 2 * sum(p * q / (p + q) for i, p in enumerate(shares) for q in shares[i + 1 :] if p and q)


def best_fixed_blockers(popularity: Sequence[float]) -> float:
    """The same where carriers stay in the best order for ever: the most wanted in front. Errors alike."""
    weights("popularity", popularity)
    total = sum(popularity)
    return sum(rank * p / total for rank, p in enumerate(sorted(popularity, reverse=True)))


def escort_moves(size: int) -> dict[tuple[Cell, Cell], int]:
    """Fewest moves to bring an item to (0, 0) in a full square with one free position, the escort.

    By (item, escort), for every item that is not there yet. Breadth-first search over all
    states, backwards from those where it is; a move swaps the escort with a neighbour. Raises ValueError
    for a side that is not from 1 to ``LONGEST_SIDE``: the states are its fourth power.
    """
    count("size", size, 1, LONGEST_SIDE)
    cells = [(x, y) for x in range(size) for y in range(size)]
    moves: dict[tuple[Cell, Cell], int] = {((0, 0), escort): 0 for escort in cells if escort != (0, 0)}
    ahead = deque(moves)
    while ahead:
        item, escort = ahead.popleft()
        for neighbour in _beside(escort, size):
            before = (escort, neighbour) if neighbour == item else (item, neighbour)
            if before not in moves:
                moves[before] = moves[item, escort] + 1
                ahead.append(before)
    return {state: count for state, count in moves.items() if state[0] != (0, 0)}


def _beside(cell: Cell, size: int) -> Iterator[Cell]:
    x, y = cell
    for near in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)):
        if 0 <= near[0] < size and 0 <= near[1] < size:
            yield near


def escort_moves_from_corner(item: Cell) -> int:
    """Fewest moves for an item at ``item`` when the escort waits at (0, 0).

    Source: Gue & Kim 2007: with i >= j, ``6i + 2j - 5``, and ``8i - 3`` where i = j. Raises ValueError
    for a place that there is not.
    """
    for name, along in zip(("item[0]", "item[1]"), item, strict=True):
        count(name, along, 0, LARGEST_SIZE)
    i, j = max(item), min(item)
    if i == 0:
        raise ValueError("an item at (0, 0) is there already, and the escort cannot be")
    return 8 * i - 3 if i == j else 6 * i + 2 * j - 5


def mean_escort_moves(size: int) -> float:
    """Their mean over a square: ``(14 n**2 - 13 n - 9) / (3 (n + 1))``. Source: Gue & Kim 2007.

    Raises ValueError for a side below 2: there is nothing to move.
    """
    count("size", size, 2, LARGEST_SIZE)
    return (14 * size**2 - 13 * size - 9) / (3 * (size + 1))
