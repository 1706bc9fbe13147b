"""Plain data to JSON values and back, by the types of its fields.

Serves dataclasses made of dataclasses, lists, tuples, dictionaries, optional and
simple values: all that a state, a site or a command is made of.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

_SIMPLE = (int, str, bool, float, type(None))


def to_plain(value: Any) -> Any:
    """JSON values for plain data; keys of dictionaries become text."""
    kind: Any = type(value)
    return _writer(kind)(value)


@cache
def _writer(kind: Any) -> Callable[[Any], Any]:
    if kind in _SIMPLE:
        return _as_it_is
    if is_dataclass(kind):
        names = tuple(f.name for f in fields(kind))
        return lambda value: {name: _plain(getattr(value, name)) for name in names}
    if issubclass(kind, dict):
        return lambda value: {str(key): _plain(item) for key, item in value.items()}
    if issubclass(kind, list | tuple):
        return lambda value: [_plain(item) for item in value]
    return _as_it_is


def _plain(value: Any) -> Any:
    kind: Any = type(value)
    return value if kind in _SIMPLE else _writer(kind)(value)


def _as_it_is(value: Any) -> Any:
    return value


def from_plain(kind: Any, value: Any) -> Any:
    """The data of type ``kind`` that ``to_plain`` has written as ``value``."""
    return _reader(kind)(value)


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_reader(kind)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _optional_reader(args)
    if origin is dict:
        key, item = _reader(args[0]), _reader(args[1])
        make_key = int if args[0] is int else key
        return lambda value: {make_key(k): item(v) for k, v in value.items()}
    if origin is list:
        item = _reader(args[0])
        return lambda value: [item(v) for v in value]
    if origin is tuple:
        return _tuple_reader(args)
    return lambda value: value


def _dataclass_reader(kind: type) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers = [(f.name, _reader(hints[f.name])) for f in fields(kind)]
    return lambda value: kind(**{name: read(value[name]) for name, read in readers if name in value})


def _optional_reader(args: tuple[Any, ...]) -> Callable[[Any], Any]:
    readers = [_reader(a) for a in args if a is not type(None)]
    if len(readers) != 1:
        return lambda value: value
    read = readers[0]
    return lambda value: None if value is None else read(value)


def _tuple_reader(args: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(args) == 2 and args[1] is Ellipsis:
        read = _reader(args[0])
        return lambda value: tuple(read(v) for v in value)
    readers = [_reader(a) for a in args]
    return lambda value: tuple(read(v) for read, v in zip(readers, value, strict=True))
