"""Each line of code stays in its room: short rules by folder in place of a map of every import."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import helpers
from helpers.paths import ROOT

PACKAGES = ("finetune_dataset", "helpers", "local_server")
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.stem != "__init__"
}
each_package = pytest.mark.parametrize("package", PACKAGES)

SDK = {"openai", "httpx2", "httpx"}
TRAINING_STACK = {"torch", "trl", "transformers", "datasets", "peft", "accelerate"}
DRAWING = {"matplotlib", "ipywidgets", "IPython"}
LEARNERS_CALLS = ("files.create", "jobs.create", "chat.completions.create", "list_events")
COURSE = "system/test_process.py and system/test_course.py drive the whole server"
JOURNEY = "http/test_answers.py compares each answer with the SDK's types, field by field"
CHAT = "chat/test_worker.py speaks with the process"
ONE_JOB = "jobs/test_lifecycle.py looks at one real job; a file of its own would train it once more"
REWARDS = "training/rewards/test_train.py looks at real jobs, and at graders that fail"
INSTALL = "real_model/test_install.py runs the program and its conversion"
TOOLS = "chat/tools/test_definitions.py asks over the wire, and looks how refusals name the function"
FORKS = "warm/test_children.py starts forks, and looks how they end"
ON_RAY = "on_ray/test_children.py trains on a cluster of two nodes"
GRADERS = "lessons/graders/test_build.py compares each grader with the score of its lesson"
# Modules that are tested under another name, with the reason.
TESTED_ELSEWHERE = {
    "helpers.dataset": "it gives out names; the test of all public names is below",
    "helpers.lessons.beside.elements": "beside/test_probes.py asks its questions",
    "helpers.lessons.graders.elle": GRADERS,
    "helpers.lessons.graders.recipes": GRADERS,
    "helpers.lessons.graders.sarcastic": GRADERS,
    "helpers.backends.recordings.chosen": "backends/test_base_models.py chooses recordings with models",
    "local_server.__main__": COURSE,
    "local_server.app": JOURNEY,
    "local_server.serving": COURSE,
    "local_server.files.answers": JOURNEY,
    "local_server.jobs.answers": JOURNEY,
    "local_server.jobs.methods.answers": JOURNEY,
    "local_server.graders.answers": JOURNEY,
    "local_server.chat.completion_answers": JOURNEY,
    "local_server.chat.response_answers": JOURNEY,
    "local_server.generation.__main__": CHAT,
    "local_server.generation.messages": CHAT,
    "local_server.generation.structured.__main__": "generation/structured/test_trial.py runs it",
    "local_server.generation.tools.compiled": TOOLS,
    "local_server.jobs.results": ONE_JOB,
    "local_server.real_model.__main__": INSTALL,
    "local_server.real_model.convert": INSTALL,
    "local_server.warm.__main__": FORKS,
    "local_server.warm.child": FORKS,
    "local_server.on_ray.__main__": ON_RAY,
    "local_server.on_ray.task": ON_RAY,
    "local_server.training.__main__": ONE_JOB,
    "local_server.training.merge": "test_export.py and generation/weights/test_held.py merge an adapter",
    "local_server.training.frame": ONE_JOB,
    "local_server.training.rewards.reporter": REWARDS,
    "local_server.training.rewards.rollouts": REWARDS,
    "local_server.grading.models": "graders/test_grading.py asks the models of a server for scores",
    "local_server.graders.checking": "grading/test_routes.py validates graders that cannot work",
    "local_server.jobs.creation.graders": "grading/test_routes.py names models that are not there",
    "local_server.training.reporter": ONE_JOB,
    "local_server.training.supervised.train": ONE_JOB,
    "local_server.training.supervised.trainer": ONE_JOB,
    "local_server.training.measured.foretold": "narrow/test_llama.py compares losses and gradients",
    "local_server.training.measured.validation": ONE_JOB,
    "local_server.training.rows.reading": "rows/test_tokenize.py and preferences/test_pairs.py read rows",
}


def imported(path: Path) -> set[str]:
    """Dotted names that a file imports, at any depth of its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # `from local_server.http import answers` imports a module, others one of its names.
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in whole if name in MODULES} or {node.module or ""}
    return found


IMPORTS = {module: imported(path) for module, path in MODULES.items()}


def room(module: str) -> str:
    """The folder of a module inside its package; a module on top of a package is a room of its own."""
    return ".".join(module.split(".")[:2])


def of(*rooms: str) -> Iterator[tuple[str, set[str]]]:
    """Each module of the given rooms or packages, with the outermost packages that it imports."""
    for module, names in IMPORTS.items():
        if any(f"{module}.".startswith(f"{place}.") for place in rooms):
            yield module, {name.partition(".")[0] for name in names}


def arrows(package: str) -> dict[str, set[str]]:
    """Room → the other rooms of its package that it imports."""
    found: dict[str, set[str]] = {}
    for module, names in IMPORTS.items():
        if module.startswith(f"{package}."):
            used = {room(name) for name in names if name.startswith(f"{package}.")}
            found.setdefault(room(module), set()).update(used - {room(module)})
    return found


@each_package
def test_no_room_imports_upwards(package):
    TopologicalSorter(arrows(package)).prepare()  # CycleError names the rooms of a circle.


def test_the_rooms_of_helpers_stand_on_at_most_four_floors():
    rooms, floor = arrows("helpers"), {}
    for name in TopologicalSorter(rooms).static_order():
        floor[name] = 1 + max((floor[lower] for lower in rooms.get(name, ())), default=0)

    assert max(floor.values()) <= 4, floor


@pytest.mark.parametrize(
    ("package", "others"),
    [("finetune_dataset", set()), ("helpers", {"finetune_dataset"}), ("local_server", {"finetune_dataset"})],
)
def test_a_package_stands_only_on_the_dataset_checker(package, others):
    used = {name for _, names in of(package) for name in names} & set(PACKAGES)

    assert used - {package} <= others


def test_only_backends_and_monitor_import_the_sdk_or_its_http_layer():
    users = {room(module) for module, names in of("finetune_dataset", "helpers") if names & SDK}

    assert users <= {"helpers.backends", "helpers.monitor"}


def test_neither_the_checker_nor_the_helpers_load_the_training_stack():
    assert {module for module, names in of("finetune_dataset", "helpers") if names & TRAINING_STACK} == set()


def test_only_training_generation_and_conversion_load_the_training_stack_in_the_server():
    users = {module for module, names in of("local_server") if names & TRAINING_STACK}

    assert {room(module) for module in users} <= {
        "local_server.training", "local_server.generation", "local_server.real_model"
    }  # fmt: skip
    assert "local_server.real_model.install" not in users


def test_ray_is_loaded_by_its_driver_and_its_tasks_alone():
    users = {module for module, names in of(*PACKAGES) if "ray" in names}

    assert users == {"local_server.on_ray.__main__", "local_server.on_ray.cluster"}


def test_words_and_checks_draw_nothing():
    quiet = (
        "finetune_dataset",
        "helpers.jobs",
        "helpers.costs",
        "helpers.backends",
        "helpers.monitor.text_view",
    )

    assert {module for module, names in of(*quiet) if names & DRAWING} == set()


# The monitor watches a job, and reads its events for that.
SILENT = [name for name in MODULES if not name.startswith(("helpers.monitor.", "local_server."))]


@pytest.mark.parametrize("module", SILENT)
def test_no_helper_makes_the_calls_that_a_learner_should_see(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}

    assert [call for call in calls if call.endswith(LEARNERS_CALLS)] == []


def test_monitor_only_reads():
    calls = {
        ast.unparse(node.func)
        for module, _ in of("helpers.monitor")
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }

    assert [
        call for call in calls if call.endswith((".create", ".cancel", ".pause", ".resume", ".delete"))
    ] == []


@each_package
def test_a_folder_holds_at_most_nine_modules_and_a_module_at_most_250_lines(package):
    paths = [path for name, path in MODULES.items() if name.startswith(f"{package}.")]
    folders = [path.parent for path in paths if path.stem != "__main__"]
    long = {path.name: path.read_text(encoding="utf-8").count("\n") for path in paths}

    assert {str(folder.relative_to(ROOT)) for folder in folders if folders.count(folder) > 9} == set()
    assert {name: lines for name, lines in long.items() if lines > 250} == {}


def test_every_module_has_a_test_file_of_its_name_or_a_reason():
    missing = set()
    for module in MODULES:
        *folder, name = module.split(".")
        if not ROOT.joinpath("tests", *folder, f"test_{name.strip('_')}.py").exists():
            missing.add(module)

    assert sorted(missing) == sorted(TESTED_ELSEWHERE)


def test_only_one_module_of_helpers_works_out_where_the_course_is():
    users = {
        module for module, _ in of("helpers") if "__file__" in MODULES[module].read_text(encoding="utf-8")
    }

    assert users == {"helpers.paths"}


def test_helpers_gives_out_at_most_45_names_and_each_can_be_had():
    names = {name: getattr(helpers, name) for name in helpers.__all__}

    assert len(names) <= 45
    assert {value.__module__.partition(".")[0] for value in names.values()} == {"helpers", "finetune_dataset"}


@pytest.mark.parametrize("package", ["finetune_dataset", "helpers"])
def test_importing_a_package_loads_none_of_its_modules(package):
    program = f"import sys, {package}; print([name for name in sys.modules if name.startswith('{package}.')])"

    printed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert (printed.stdout, printed.stderr) == ("[]\n", "")
