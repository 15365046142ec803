"""Lines of keys: a document is generated together with the line of each key, and both must agree."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.targets.locate import DEPTH_MAX, Path, lines_of

BARE = st.text("abcXYZ019_-", min_size=1, max_size=5)
QUOTED = st.text("aZ é☃😀.#\"'\\\n\t=[]{},\x01\x7f\u2028", max_size=5)
FILLER = st.sampled_from(["", '# a comment with = and [x] and """\n', "\n", "  \t\n# ]\n"])
SCALARS = st.sampled_from(
    [
        "1",
        "-0.5e3",
        "true",
        "1979-05-27 07:32:00Z",
        "07:32:00",
        '"a # b = [c]"',
        "'it # is'",
        '"\\"esc\\\\"',
        '"""\nx = 1\n[y]\n\\"""z"""""',
        "'''\nk = '' 2\n'''",
        '""',
        "''",
    ]
)


@dataclass
class Writer:
    """A TOML text being written, and the line of each key written so far."""

    text: str = ""
    lines: dict[Path, int] = field(default_factory=dict)

    @property
    def line(self) -> int:
        return self.text.count("\n") + 1

    def write(self, text: str) -> None:
        self.text += text

    def note(self, path: Path) -> None:
        self.lines[path] = self.line


@st.composite
def keys(draw: st.DrawFn) -> tuple[str, str]:
    """Return a key and one way to write it."""
    name = draw(BARE | QUOTED)
    forms = [json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")]
    if "'" not in name and name.isprintable():
        forms.append(f"'{name}'")
    if name and all(char in "abcXYZ019_-" for char in name):
        forms.append(name)
    return name, draw(st.sampled_from(forms))


@st.composite
def documents(draw: st.DrawFn) -> Writer:
    writer = Writer()
    _pairs(draw, writer, (), draw(st.integers(0, 3)))
    used: set[str] = {str(path[0]) for path in writer.lines}
    for _ in range(draw(st.integers(0, 4))):
        name, written = draw(keys())
        if name in used:
            continue
        used.add(name)
        _tables(draw, writer, name, written)
    return writer


def _tables(draw: st.DrawFn, writer: Writer, name: str, written: str) -> None:
    kind = draw(st.sampled_from(["table", "array", "nested"]))
    if kind == "table":
        _header(draw, writer, f"[ {written} ]", (name,), (name,))
        return
    if kind == "nested":
        inner, inner_written = draw(keys())
        writer.lines[(name,)] = 0
        _header(draw, writer, f"[{written} . {inner_written}]", (name,), (name, inner))
        if draw(st.booleans()):
            del writer.lines[(name,)]
            writer.note((name,))
            writer.write(f"[{written}]\n")
        return
    for index in range(draw(st.integers(1, 3))):
        _header(draw, writer, f"[[{written}]]", (name,), (name, index))
        if draw(st.booleans()):
            inner, inner_written = "sub table", '"sub table"'
            _header(draw, writer, f"[{written}.{inner_written}]", (name,), (name, index, inner))


def _header(draw: st.DrawFn, writer: Writer, header: str, above: Path, path: Path) -> None:
    writer.write(draw(FILLER))
    if writer.lines.get(above, 0) == 0:
        writer.note(above)
    writer.note(path)
    writer.write(header + draw(st.sampled_from(["\n", "  # [[no]]\n", "\r\n"])))
    _pairs(draw, writer, path, draw(st.integers(0, 3)))


def _pairs(draw: st.DrawFn, writer: Writer, table: Path, count: int) -> None:
    used: set[str] = {"sub table"}
    for _ in range(count):
        name, written = draw(keys())
        if name in used:
            continue
        used.add(name)
        writer.write(draw(FILLER))
        path: Path = (*table, name)
        writer.note(path)
        writer.write(written)
        for part, part_written in draw(st.lists(keys(), max_size=2)):
            path = (*path, part)
            writer.note(path)
            writer.write(draw(st.sampled_from([".", " . "])) + part_written)
        writer.write(draw(st.sampled_from(["=", " = ", "\t=\t"])))
        _value(draw, writer, path, 2)
        writer.write(draw(st.sampled_from(["\n", "  # x = 1\n", "\r\n"])))


def _value(draw: st.DrawFn, writer: Writer, path: Path, depth: int) -> None:
    kind = draw(st.sampled_from(["scalar", "array", "inline"])) if depth else "scalar"
    if kind == "scalar":
        writer.write(draw(SCALARS))
    elif kind == "array":
        _array(draw, writer, path, depth)
    else:
        _inline(draw, writer, path, depth)


def _array(draw: st.DrawFn, writer: Writer, path: Path, depth: int) -> None:
    blank = st.sampled_from(["", " ", "\n", " # ] , }\n  "])
    writer.write("[" + draw(blank))
    count = draw(st.integers(0, 3))
    for index in range(count):
        writer.note((*path, index))
        _value(draw, writer, (*path, index), depth - 1)
        writer.write(draw(blank) + ("," if index < count - 1 or draw(st.booleans()) else "") + draw(blank))
    writer.write("]")


def _inline(draw: st.DrawFn, writer: Writer, path: Path, depth: int) -> None:
    pairs = dict(draw(st.lists(keys(), max_size=3)))
    writer.write("{ ")
    for number, (name, written) in enumerate(pairs.items()):
        writer.write(", " if number else "")
        writer.note((*path, name))
        writer.write(f"{written} = ")
        _value(draw, writer, (*path, name), depth - 1)
    writer.write(" }")


@given(documents())
def test_every_key_of_a_document_is_found_on_the_line_it_was_written_on(document: Writer) -> None:
    tomllib.loads(document.text)
    assert dict(lines_of(document.text)) == document.lines


def _paths(value: object, path: Path = ()) -> set[Path]:
    if isinstance(value, dict):
        return {path}.union(*(_paths(inner, (*path, key)) for key, inner in value.items()))
    if isinstance(value, list):
        return {path}.union(*(_paths(inner, (*path, index)) for index, inner in enumerate(value)))
    return {path}


@given(documents())
def test_the_paths_found_are_exactly_those_that_tomllib_returns(document: Writer) -> None:
    assert set(lines_of(document.text)) | {()} == _paths(tomllib.loads(document.text))


def test_a_table_named_first_by_its_child_is_found_at_its_own_header() -> None:
    assert lines_of("[a.b]\nx = 1\n[a]\ny = 2\n") == {
        ("a", "b"): 1,
        ("a", "b", "x"): 2,
        ("a",): 3,
        ("a", "y"): 4,
    }


def test_keys_of_an_array_of_tables_are_found_under_their_number() -> None:
    text = "[[a]]\nx = 1\n[[a]]\nx = 2\n[[a.b]]\ny = 3\n"
    lines = lines_of(text)
    assert (lines["a", 0, "x"], lines["a", 1, "x"], lines["a", 1, "b", 0, "y"]) == (2, 4, 6)


@pytest.mark.parametrize("text", ["a." * 40 + "b = 1", "a = " + "[" * 40 + "]" * 40, "[" + "a." * 40 + "b]"])
def test_what_is_nested_too_deeply_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(ValueError, match=rf"more than {DEPTH_MAX} deep \(at line 2, column 1\)"):
        lines_of("# first\n" + text)
