"""Which build of PyTorch is installed, and that none comes unchecked unless somebody asks for it."""

import sys

import install_torch
import pytest


@pytest.fixture
def pip(monkeypatch):
    """A Linux machine without PyTorch and without a GPU; pip notes what it is asked, and gives an answer."""
    monkeypatch.setattr(install_torch.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(install_torch.platform, "system", lambda: "Linux")
    monkeypatch.setattr(install_torch.shutil, "which", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["install_torch.py"])

    class Pip:
        asked: list[tuple[object, ...]]
        works: list[bool]

        def install(self, *arguments: object) -> bool:
            self.asked.append(arguments)
            return self.works[len(self.asked) - 1]

    fake = Pip()
    fake.asked, fake.works = [], [True]
    monkeypatch.setattr(install_torch, "pip_install", fake.install)
    return fake


CPU = ("--require-hashes", *install_torch.CPU_BUILD, "--requirement", install_torch.CPU_LOCK)
DEFAULT = ("--require-hashes", "--requirement", install_torch.TORCH_LOCK)


def test_without_a_gpu_the_small_build_comes_with_its_hash(pip):
    assert install_torch.main() == 0

    assert pip.asked == [CPU]


def test_a_small_build_without_a_known_hash_is_not_taken(pip, capsys):
    pip.works = [False, True]

    assert install_torch.main() == 0

    assert pip.asked == [CPU, DEFAULT]
    assert "To take the small build unchecked: python tools/install_torch.py --without-hash" in (
        capsys.readouterr().out
    )


def test_somebody_can_ask_for_the_small_build_unchecked(pip, monkeypatch):
    pip.works = [False, True]
    monkeypatch.setattr(sys, "argv", ["install_torch.py", "--without-hash"])

    assert install_torch.main() == 0

    version = install_torch.CPU_LOCK.read_text(encoding="utf-8").split("\n")[1].removesuffix(" \\")
    assert pip.asked == [CPU, (*install_torch.CPU_BUILD, version)]


def test_with_a_gpu_the_default_build_is_taken(pip, monkeypatch):
    monkeypatch.setattr(install_torch.shutil, "which", lambda name: "/usr/bin/nvidia-smi")

    assert install_torch.main() == 0

    assert pip.asked == [DEFAULT]


def test_a_pip_that_fails_is_a_failure(pip):
    pip.works = [False, False]

    assert install_torch.main() == 1


def test_a_machine_that_has_pytorch_keeps_it(pip, monkeypatch):
    monkeypatch.setattr(install_torch.importlib.util, "find_spec", lambda name: object())

    assert install_torch.main() == 0

    assert pip.asked == []
