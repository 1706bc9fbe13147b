"""The vendor's reference, in ``shared`` beside the checkout; what needs it is skipped without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "contract"


def reference(name: str) -> Path:
    """A file of the reference. Without it the test or module that asks is skipped; in a CI it fails."""
    path = FOLDER / name
    if not path.exists():
        missing = f"the vendor's reference is not beside this checkout: {path}"
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing, allow_module_level=True)
    return path
