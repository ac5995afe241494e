"""The package: what it gives out can be had, and nothing in it imports upwards."""

import ast
from pathlib import Path

import finetune_dataset

FOLDER = Path(finetune_dataset.__file__).parent
# The indented lines of the docstring: the floors, lowest first.
FLOORS = [line.split(", ") for line in map(str.strip, finetune_dataset.__doc__.split("    ")[1:])]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def rooms_of(path):
    """Rooms of the package that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            package, _, rest = name.partition(".")
            if package == "finetune_dataset":
                yield rest.partition(".")[0]


def test_nothing_imports_from_its_own_floor_or_upwards():
    wrong = []
    for path in sorted(FOLDER.rglob("*.py")):
        room = path.relative_to(FOLDER).parts[0].removesuffix(".py")
        if room != "__init__":
            wrong += [
                (str(path.relative_to(FOLDER)), used)
                for used in rooms_of(path)
                if used != room and FLOOR[used] >= FLOOR[room]
            ]

    assert wrong == []


def test_the_docstring_names_every_module_and_folder_once():
    rooms = {path.stem for path in FOLDER.glob("*.py")} | {
        path.parent.name for path in FOLDER.glob("*/__init__.py")
    }

    assert sorted(FLOOR) == sorted(rooms - {"__init__"})
    assert len(FLOOR) == sum(map(len, FLOORS))


def test_every_public_name_can_be_had():
    assert [name for name in finetune_dataset.__all__ if not hasattr(finetune_dataset, name)] == []
