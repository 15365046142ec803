"""What a value may be: a `Check` turns what a file says into a value, or refuses it in words.

Rules of this file: a check knows neither key nor place, only what it expects; whoever calls it makes
the `Problem`. Files of the site are read strictly: a number is a number. Pipes are read with
``texts=True``: Vac passed every value of a pipe through ``str()``, so real pipes hold ``"8"`` and
``"true"`` where a number or a truth is meant. Whatever is given is bounded: numbers are finite and in
a range, texts and lists have a greatest length, and no text holds a control character unless its
check says that lines are allowed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from vacnet.targets.address import EXPECTED, endpoint, endpoint_text
from vacnet.targets.sizes import size_bytes, size_text

OFF = "off"
"""In the place of an address to listen on: listen nowhere."""

TEXT_MAX = 4096
"""Characters of any one value: longer things belong into user_data files."""

_WHOLE = re.compile(r"\s*([+-]?[0-9]{1,15})\s*", re.ASCII)
_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,15}(?:\.[0-9]{0,15})?(?:[eE][+-]?[0-9]{1,2})?)\s*", re.ASCII)
_TRUTHS: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})


class RefusedError(Exception):
    """The value is not what the check expects; the text is a reason to add, or empty."""


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of value."""

    expected: str
    """Completes "VALUE is not ...": an admin reads it."""
    convert: Callable[[object], object]
    """Returns the value to keep or raises `RefusedError`."""
    from_text: Callable[[str], object] = lambda text: text
    """How a pipe's text is understood where Vac would have converted it."""
    secret: bool = False
    """True: values are never shown in a message."""
    entry: str = ""
    """Of a table: what one entry has to be, where Vac's flat spelling gives it alone."""

    def __call__(self, value: object, *, texts: bool = False) -> object:
        """Return the converted value.

        Args:
            value: What the file says.
            texts: True to understand numbers and truths written as text, as pipes do.

        Raises:
            RefusedError: the value is not what is expected.
        """
        return self.convert(self.from_text(value) if texts and isinstance(value, str) else value)


def whole(low: int, high: int) -> Check:
    """Return the check of a whole number in a range."""

    def convert(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise RefusedError
        return value

    def from_text(text: str) -> object:
        match = _WHOLE.fullmatch(text)
        return int(match[1]) if match else text

    return Check(f"a whole number from {low} to {high}", convert, from_text)


def number(low: float, high: float) -> Check:
    """Return the check of a finite number in a range."""

    def convert(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RefusedError
        if not math.isfinite(value) or not low <= value <= high:
            raise RefusedError
        return float(value)

    def from_text(text: str) -> object:
        match = _NUMBER.fullmatch(text)
        return float(match[1]) if match else text

    return Check(f"a number from {low:g} to {high:g}", convert, from_text)


def flag() -> Check:
    """Return the check of a truth."""

    def convert(value: object) -> bool:
        if not isinstance(value, bool):
            raise RefusedError
        return value

    return Check("true or false", convert, lambda text: _TRUTHS.get(text.strip().lower(), text))


def size(low: int, high: int) -> Check:
    """Return the check of an amount such as ``"2 GiB"``, in bytes."""

    def convert(value: object) -> int:
        count = size_bytes(value) if isinstance(value, str) else None
        if count is None or not low <= count <= high:
            raise RefusedError
        return count

    return Check(
        f'an amount with its unit, such as "2 GiB", from {size_text(low)} to {size_text(high)}', convert
    )


def pattern(expected: str, *forms: str, longest: int = TEXT_MAX) -> Check:
    """Return the check of a text that matches one of the regular expressions as a whole (ASCII)."""
    compiled = [re.compile(form, re.ASCII) for form in forms]

    def convert(value: object) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise RefusedError
        if not any(form.fullmatch(value) for form in compiled):
            raise RefusedError
        return value

    return Check(expected, convert)


def line(longest: int = TEXT_MAX) -> Check:
    """Return the check of one line of printable text."""

    def convert(value: object) -> str:
        if not isinstance(value, str) or len(value) > longest or not value.isprintable():
            raise RefusedError
        return value

    return Check(f"one line of at most {longest} printable characters", convert)


def lines(longest: int = TEXT_MAX) -> Check:
    """Return the check of printable text that may have several lines (for files of the site only)."""

    def convert(value: object) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise RefusedError
        if not all(char.isprintable() or char in "\n\t" for char in value):
            raise RefusedError
        return value

    return Check(f"text of at most {longest} characters without control characters", convert)


def choice(values: Mapping[str, object]) -> Check:
    """Return the check of a word out of a table; the table's value is kept."""

    def convert(value: object) -> object:
        if not isinstance(value, str) or value not in values:
            raise RefusedError
        return values[value]

    return Check("one of " + ", ".join(values), convert)


def words(each: Check, most: int) -> Check:
    """Return the check of a list of texts, or of one text with words between blanks (as Vac wrote it)."""

    def convert(value: object) -> tuple[object, ...]:
        items = value.split() if isinstance(value, str) else value
        if not isinstance(items, list) or len(items) > most:
            raise RefusedError
        return tuple(dict.fromkeys(each(item) for item in items))

    return Check(f"a list of at most {most}, each {each.expected}", convert)


def table(names: str, naming: str, each: Check, most: int) -> Check:
    """Return the check of a table with free names; the result is sorted, so equal tables are equal.

    Args:
        names: What a name has to match.
        naming: The same in words.
        each: The check of every value.
        most: Entries at most.
    """
    name_form = re.compile(names, re.ASCII)

    def convert(value: object) -> Mapping[str, object]:
        if not isinstance(value, Mapping) or len(value) > most:
            raise RefusedError
        for name in value:
            if not isinstance(name, str) or not name_form.fullmatch(name):
                raise RefusedError
        return MappingProxyType({name: each(value[name]) for name in sorted(value)})

    entry = f"{each.expected}, under a name of {naming}"
    expected = f"a table of at most {most} entries, each {entry}"
    return Check(expected, convert, secret=each.secret, entry=entry)


def secret(check: Check) -> Check:
    """Return the same check for a value that no message may show."""
    return replace(check, secret=True)


def address() -> Check:
    """Return the check of a factory's address, kept with its port."""

    def convert(value: object) -> str:
        found = endpoint(value) if isinstance(value, str) else None
        if found is None:
            raise RefusedError
        return endpoint_text(*found)

    return Check(EXPECTED, convert)


def address_or_off() -> Check:
    """Return the check of an address to listen on, or the word `off`."""
    check = address()

    def convert(value: object) -> object:
        return OFF if value == OFF else check(value)

    return Check(f'{check.expected}, or "{OFF}"', convert)
