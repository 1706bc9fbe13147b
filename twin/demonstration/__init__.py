"""``twin demo``: a served twin driven over HTTP, every step checked.

It knows nothing of the twin but its address: it is what a client of the site would be.
"""

from twin.demonstration.command import run_demo

__all__ = ["run_demo"]
