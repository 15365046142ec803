"""`python -m tools.vectors` writes `protocol/vectors/*.json`."""

from __future__ import annotations

from tools.vectors.files import FILES, FOLDER


def main() -> None:
    """Write every file."""
    for name, make in FILES.items():
        (FOLDER / name).write_text(make())


if __name__ == "__main__":
    main()
