"""What the course asks for is read as other programs read it, without their packages."""

import tomllib

import pytest
from packaging.requirements import Requirement as Standard
from packaging.specifiers import SpecifierSet

from helpers.doctor import versions
from helpers.doctor.versions import Requirement, fits, required
from helpers.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSIONS = ("0.9", "1", "2.0.1", "2.2", "2.2.0.1", "3.1.1", "4", "4.0", "10.4", "2026.9.1")


@pytest.mark.parametrize("extra", ["", *PROJECT["optional-dependencies"]])
def test_each_part_of_the_project_file_is_read(extra):
    lines = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]

    found = [(name, SpecifierSet(bounds)) for name, bounds in required(extra)]

    assert found == [(Standard(line).name, Standard(line).specifier) for line in lines]


def test_a_wheel_says_the_same(tmp_path, monkeypatch):
    clone = required(), required("local")
    lines = [*PROJECT["dependencies"]]
    lines += [f'{line}; extra == "local"' for line in PROJECT["optional-dependencies"]["local"]]
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    monkeypatch.setattr(versions.importlib.metadata, "requires", lambda name: lines)

    assert (required(), required("local")) == clone


@pytest.mark.parametrize(
    "bounds",
    sorted({*(str(Standard(line).specifier) for line in PROJECT["dependencies"]), "", "==2.2", "!=4"}),
)
def test_a_version_fits_where_the_standard_says_so(bounds):
    assert [fits(version, bounds) for version in VERSIONS] == [
        SpecifierSet(bounds).contains(version) for version in VERSIONS
    ]


def test_the_build_of_a_version_does_not_count():
    assert fits("2.13.0+cpu", ">=2.8")


def test_a_requirement_of_any_version_has_no_bounds(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('dependencies = [\n    "numpy",\n]\n', encoding="utf-8")
    monkeypatch.setattr(versions, "ROOT", tmp_path)

    assert required() == [Requirement("numpy", "")]
