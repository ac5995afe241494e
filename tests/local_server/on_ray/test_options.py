"""What can be said of a Ray cluster on the command line."""

import importlib.util
from pathlib import Path

import pytest
from states import empty_state

from local_server import options
from local_server.on_ray.children import OnRay


def chosen(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[str | None, float, float, int]:
    monkeypatch.setattr("sys.argv", ["local_server", *arguments])
    settings = options.settings(options.parse(None))
    return settings.ray_address, settings.ray_cpus, settings.ray_gpus, settings.training_slots


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (None, 1.0, 0.0, 1)),
        (["--slots", "3"], (None, 1.0, 0.0, 3)),
        (["--runner", "ray"], ("auto", 1.0, 0.0, 64)),
        (
            ["--runner", "ray", "--ray-address", "10.0.0.5:6379", "--ray-cpus", "0.25", "--slots", "8"],
            ("10.0.0.5:6379", 0.25, 0.0, 8),
        ),
        (["--runner", "ray", "--ray-cpus", "0", "--ray-gpus", "0.5"], ("auto", 0.0, 0.5, 64)),
    ],
)
def test_a_cluster_is_chosen_by_its_options(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: tuple
) -> None:
    assert chosen(monkeypatch, *arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--ray-cpus", "1", "--ray-gpus", "0"], "--ray-cpus, --ray-gpus needs --runner ray"),
        (["--runner", "ray", "--ray-cpus", "0"], "--ray-cpus 0 needs --ray-gpus above 0"),
        (["--runner", "ray", "--ray-address", "ray://10.0.0.5"], "expected auto or HOST:PORT such as"),
        (["--runner", "ray", "--ray-cpus", "1.5"], "expected a share from 0 to 1 with at most four digits"),
        (["--runner", "ray", "--ray-gpus", "nan"], "expected a share from 0 to 1 with at most four digits"),
        (["--runner", "ray", "--ray-gpus", "-1"], "expected a share from 0 to 1 with at most four digits"),
        (["--runner", "ray", "--ray-gpus", "many"], "expected a share from 0 to 1 with at most four digits"),
    ],
)
def test_what_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        chosen(monkeypatch, *arguments)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_without_ray_the_server_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    assert OnRay(empty_state(tmp_path)).connect() == (
        'Ray is not installed. Type: pip install "fine-tuning-course[ray]"'
    )
