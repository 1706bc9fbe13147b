"""``twin`` with passwords that cost next to nothing: ``-m tests.contract.twin_with_quick_hashes serve``.

Thousands of random logins are no test of argon2, but each costs 64 MiB and 50 ms of several
cores: four fifths of all that a fuzzed server did. Nothing else is different.
"""

from __future__ import annotations

from functools import partial

from argon2 import PasswordHasher

from api.accounts import hashing
from twin.cli import main

QUICK = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)

if __name__ == "__main__":
    hashing.PasswordHasher = QUICK  # type: ignore[misc,assignment]
    main()
