"""Several private warehouses on one server: what each has for itself, and how a call finds its own."""

from api.hosting.hosted import Hosted
from api.hosting.worlds import DEFAULT, Worlds

__all__ = ["DEFAULT", "Hosted", "Worlds"]
