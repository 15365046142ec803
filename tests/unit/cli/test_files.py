from __future__ import annotations

from pathlib import Path

import pytest

from vacnet.cli.exits import CommandError
from vacnet.cli.files import MODE_SECRET, edit, write_new


def never() -> str:
    raise AssertionError("the file is there")


def test_a_new_file_is_whole_and_has_its_mode(tmp_path: Path) -> None:
    write_new(tmp_path / "deep/er/file", "text\n", MODE_SECRET)
    assert (tmp_path / "deep/er/file").read_text() == "text\n"
    assert (tmp_path / "deep/er/file").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_not_overwritten_and_nothing_is_left_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_that_cannot_be_made_is_told_by_its_own_name() -> None:
    with pytest.raises(OSError, match=r"/proc/none\.toml"):  # where nobody makes files, not even root
        write_new(Path("/proc/none.toml"), "text\n")


def test_an_edit_that_changes_nothing_does_not_touch_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    before = (tmp_path / "file").stat()
    assert edit(tmp_path / "file", lambda text: text, never) is False
    assert (tmp_path / "file").stat() == before


def test_what_an_editor_saves_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a\n")

    def change(text: str) -> str:
        if "editor" not in text:
            path.write_text(text + "of an editor\n")
        return text + "ours\n"

    assert edit(path, change, never) is True
    assert path.read_text() == "a\nof an editor\nours\n"


def test_a_file_that_never_stands_still_is_given_up_in_words(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")

    def change(text: str) -> str:
        path.write_text(text + "x")
        return text + "ours"

    with pytest.raises(CommandError, match="somebody else"):
        edit(path, change, never)
    assert "ours" not in path.read_text()


def test_an_edit_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def change(_text: str) -> str:
        raise ValueError("no address")

    with pytest.raises(ValueError, match="no address"):
        edit(path, change, never)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
