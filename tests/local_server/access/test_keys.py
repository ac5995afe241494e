"""The file of projects: what is written, and what is refused in words."""

import stat
from pathlib import Path

import pytest
from class_server import made

from local_server.access import keys
from local_server.access.keys import Limits, Projects, UnusableProjects, digest


def test_a_file_holds_no_key_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file, drawn = made(tmp_path, "anna", "ben")

    text = file.read_text(encoding="utf-8")
    assert [key in text for key in drawn.values()] == [False, False]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {
        "projects.toml": 0o600,
        "projects.keys.csv": 0o600,
    }


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file, drawn = made(tmp_path, "anna", "ben", steps_per_job=7)

    projects = keys.read(file)

    assert projects == Projects(
        {digest(drawn["anna"]): "anna", digest(drawn["ben"]): "ben"},
        Limits(running_jobs=1, queued_jobs=1, steps_per_job=7, storage_mb=2000),
        created=int(file.stat().st_mtime),
    )
    assert (projects.of_key(drawn["ben"]), projects.of_key("local-" + "x" * 43)) == ("ben", None)
    assert (projects.has("anna"), projects.has("carla")) == (True, False)


KNOWN = "0" * 64


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[projects", "is no TOML"),
        ("", "expected a table [projects]"),
        ("[projects]", "expected a table [projects]"),
        ("[keys]\na = 1", "it has 'keys', expected [limits] and [projects]"),
        (f'[projects]\n"two words" = "{KNOWN}"', "'two words' is no name"),
        ('[projects]\nanna = "local-secret"', "'anna' has no SHA-256 of a key"),
        (f'[projects]\nanna = "{KNOWN}"\nben = "{KNOWN}"', "'ben' and 'anna' have the same key"),
        (
            f'[limits]\nchats = 1\n[projects]\nanna = "{KNOWN}"',
            "there is no limit 'chats', expected queued_jobs",
        ),
        (
            f'[limits]\nstorage_mb = 0\n[projects]\nanna = "{KNOWN}"',
            "'storage_mb' is 0, expected a whole number",
        ),
        (f'[limits]\nqueued_jobs = true\n[projects]\nanna = "{KNOWN}"', "'queued_jobs' is True"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_what_to_do(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "projects.toml"
    keys.write_new(file, text)

    with pytest.raises(UnusableProjects) as refused:
        keys.read(file)

    assert str(refused.value).startswith(f"the file of projects {file} ")
    assert words in str(refused.value)
    assert str(refused.value).endswith("make a new one with `python -m local_server.projects make`.")


def test_a_file_that_is_not_there_or_that_others_can_change_is_refused(tmp_path: Path) -> None:
    file, _ = made(tmp_path, "anna")
    file.chmod(0o620)

    with pytest.raises(UnusableProjects, match=r"others on this machine can change .*chmod 600"):
        keys.read(file)
    with pytest.raises(UnusableProjects, match=r"cannot be read: No such file .*projects make 30 --file"):
        keys.read(tmp_path / "none.toml")


@pytest.mark.parametrize("names", [["anna", "anna"], ["an na"], [""], ["ana\n"], ["Jörg"], ["a" * 65]])
def test_names_that_no_header_could_hold_get_no_key(names: list[str]) -> None:
    with pytest.raises(UnusableProjects, match="Expected 1 to 64 letters of English"):
        keys.new_keys(names)


def test_learners_are_numbered_so_that_their_names_sort() -> None:
    assert keys.numbered(3) == ["learner-01", "learner-02", "learner-03"]
    assert keys.numbered(200)[::199] == ["learner-001", "learner-200"]
