"""The sizes that the house promises, held as a test: small functions, small files, no stray words."""

import ast
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "vacnet").rglob("*.py"))

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 50
FUNCTION_LINES_P90 = 25


def _functions() -> Iterator[tuple[str, int]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", _lines_of_code(node)


def _lines_of_code(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without its decorators and docstring."""
    first = node.body[0]
    documented = ast.get_docstring(node, clean=False) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def test_no_file_is_longer_than_500_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: n for path, n in lengths.items() if n > FILE_LINES_MAX} == {}


def test_no_function_is_longer_than_50_lines_and_nine_of_ten_have_25() -> None:
    lengths = dict(_functions())
    assert {name: n for name, n in lengths.items() if n > FUNCTION_LINES_MAX} == {}
    ordered = sorted(lengths.values())
    assert ordered[int(len(ordered) * 0.9)] <= FUNCTION_LINES_P90


def test_no_address_of_a_package_registry_stands_in_the_tree() -> None:
    registries = ["pypi" + ".org", "python" + "hosted.org", "deb." + "debian.org", "npmjs" + ".org"]
    found = subprocess.run(
        ["git", "grep", "-lIF", *(word for host in registries for word in ("-e", host))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""


def test_no_two_test_files_bear_one_name() -> None:
    """Of two modules of one name pytest collects whichever a worker meets first, and drops the other."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
