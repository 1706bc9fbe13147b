"""``python -m api.healthcheck``: exit status 0 where the twin of this container is ready, else 1 and why."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request

TIMEOUT_S = 8.0


def reason() -> str | None:
    """Why the twin on this machine is not ready, or None. It is where TWIN_CONTROL_PORT or TWIN_PORT says."""
    port = os.environ.get("TWIN_CONTROL_PORT") or os.environ.get("TWIN_PORT") or "8000"
    try:
        # Never by way of a proxy: it is this machine that is asked.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/_twin/ready", timeout=TIMEOUT_S):
            return None
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace")
    except OSError as error:
        return str(error)


def main() -> int:
    """Say why not, where it is not."""
    why = reason()
    if why is not None:
        print(why, file=sys.stderr)
    return 0 if why is None else 1


if __name__ == "__main__":
    sys.exit(main())
