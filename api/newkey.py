"""API keys that nobody has chosen."""

from secrets import token_hex

KEY_BYTES = 24


def new_key() -> str:
    """A key of 192 random bits, as hex digits: on no command line could it be taken for an option."""
    return token_hex(KEY_BYTES)
