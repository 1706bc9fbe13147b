"""The section code: which of a carrier's 32 sections a box takes.

Inside, a code is an ``int`` mask of 32 bits; the leftmost of the 32 digits is the
most significant bit. On the wire it is an integer *whose decimal digits are the
binary digits*, or a string of them: ``11110000`` says "the first half", not 0xA98AC7.

How long a code is says how many sections a digit stands for:

======================  =======================  ==========================
written as              read as                  one digit stands for
======================  =======================  ==========================
string, 1 to 8 chars    legacy, zeros put left   4 sections
string, 16 chars        16-section code          2 sections
string, 32 chars        32-section code          1 section
integer, 1 to 8 digits  legacy, zeros put left   4 sections
integer, 9 to 32        32-section code,         1 section
digits                  zeros put left
======================  =======================  ==========================

An integer has lost its leading zeros, so its length alone cannot tell a 16-section
code from a 32-section one that begins late. The reference shows integers of two kinds
only, legacy (``section_code``) and 32 sections (``section_code_32``), and knows the
16-section form as a string; so from 9 digits on an integer is a 32-section code, and
every ``section_code_32`` of 9 digits or more comes back as the mask that it was. One
that lies wholly within the last 8 sections has 8 digits or fewer and **is read as
legacy**; who means such a mask writes the 32 characters (or the legacy code).
"""

from __future__ import annotations

from functools import lru_cache

from twin.domain.errors import Invalid

SECTIONS = 32
FULL = (1 << SECTIONS) - 1
"""The mask of a box that takes the whole carrier."""
_LEGACY = 8
_PER_DIGIT = {_LEGACY: 4, 16: 2, SECTIONS: 1}


def parse_section_code(code: str | int) -> int:
    """The mask that a section code from the wire means.

    Raises Invalid (field ``section_code``) for a length that no form has, a digit
    but 0 and 1, a code without any section, and what is neither string nor integer.
    """
    if isinstance(code, float):
        # 1e+31 is what JavaScript makes of many different codes: nobody can tell which was meant.
        raise _refused("must be written out, or be a string: a number with exponent or point may lack digits")
    # A bool is an int to Python; JSON's true is no section code.
    if isinstance(code, bool) or not isinstance(code, (str, int)):
        raise _refused(f"must be a string or an integer, not {type(code).__name__}")
    digits = _digits_of_text(code) if isinstance(code, str) else _digits_of_integer(code)
    mask = int("".join(digit * _PER_DIGIT[len(digits)] for digit in digits), 2)
    if not mask:
        raise _refused(f"{digits} takes no section")
    return mask


def to_text_32(mask: int) -> str:
    """The 32 characters of ``mask``. Raises ValueError if it is not a mask of 32 bits."""
    if not 0 <= mask <= FULL:
        raise ValueError(f"{mask} is not a mask of {SECTIONS} sections")
    return f"{mask:032b}"


@lru_cache(maxsize=4096)
def to_wire_32(mask: int) -> int:
    """``section_code_32``: an integer of up to 32 decimal digits, beyond any 64-bit type."""
    return int(to_text_32(mask))


@lru_cache(maxsize=4096)
def legacy_digits(mask: int) -> str:
    """The 8 characters of the legacy code: a digit is 1 where any of its 4 sections is taken."""
    text = to_text_32(mask)
    return "".join("1" if "1" in text[i : i + 4] else "0" for i in range(0, SECTIONS, 4))


def to_wire_legacy(mask: int) -> int:
    """``section_code`` where the reference gives it as an integer."""
    return int(legacy_digits(mask))


def sections(mask: int) -> int:
    """How many sections ``mask`` takes."""
    return mask.bit_count()


def _digits_of_integer(code: int) -> str:
    """The digits of an integer, zeros put left to the length of its form."""
    # Compared before it is written out: str() of a huge integer is slow and, past 4300 digits, an error.
    if not 0 <= code < 10**SECTIONS:
        raise _refused(f"must be an integer of 1 to {SECTIONS} digits without a sign")
    digits = _binary(str(code))
    return digits.zfill(_LEGACY if len(digits) <= _LEGACY else SECTIONS)


def _digits_of_text(code: str) -> str:
    """The digits of a string, a legacy code filled up to 8."""
    if not (1 <= len(code) <= _LEGACY or len(code) in _PER_DIGIT):
        raise _refused(f"has {len(code)} characters; allowed are 1 to {_LEGACY}, exactly 16 or exactly 32")
    return _binary(code).zfill(_LEGACY)


def _binary(digits: str) -> str:
    # A set, not int(..., 2): that would let pass signs, spaces, underscores and other scripts' digits.
    if not set(digits) <= {"0", "1"}:
        raise _refused(f"{digits!r} has a digit other than 0 and 1")
    return digits


def _refused(reason: str) -> Invalid:
    return Invalid("section_code", f"section code {reason}")
