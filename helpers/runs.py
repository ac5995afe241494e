"""A run folder: where each notebook leaves what the next one reads.

`runs/<name>/` holds one file per step, and each file is written by one
notebook. API objects are kept as the API's own JSON. So a kernel can restart,
and every notebook can be opened alone.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from finetune_dataset.files import whole_file, write_jsonl
from finetune_dataset.jsonlines import read_jsonl
from helpers.backends.names import backend_name, run_folder
from helpers.backends.recordings.chosen import DEFAULT_DATASET, dataset_name, recording_name
from helpers.errors import DatasetError, MissingArtifact
from helpers.paths import DEFAULT_RUN, data_path, runs_dir
from helpers.stored_json import Stored, read_json

NOTEBOOKS = (
    "01_dataset", "02_upload", "03_job", "04_monitor", "04b_overfitting",
    "05_evaluate", "05b_decide", "05c_lost", "05d_judge", "06_preferences",
    "06b_tools", "07_rewards", "08_open_models", "09_other_roads", "10_your_own_data",
)  # fmt: skip


@runtime_checkable
class SDKObject(Protocol):
    """Any object of the OpenAI SDK: a job, a file, an event."""

    def model_dump(self, *, mode: str, warnings: bool) -> dict[str, Any]:
        """Return the object as the API's own JSON, with `mode="json"`."""


def fingerprint(*parts: Path | Mapping[str, Any] | list[Any] | str | float | None) -> str:
    """Return a short name for a request, so that running a cell twice finds the job that exists.

    Args:
        parts: JSON values, and `Path`s of files. For a file its bytes count, not its name.

    Returns:
        16 hexadecimal characters of a SHA-256. Equal parts give equal text on every machine.
    """
    total = sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else json.dumps(part, sort_keys=True).encode()
        total.update(sha256(content).digest())
    return total.hexdigest()[:16]


@dataclass(frozen=True)
class Run:
    """One pass through the notebooks. Make it with `open_run`.

    Attributes:
        name: The folder's name.
        folder: Where the files of this run are.
        backend: The backend that this run's notebooks connect to.
    """

    name: str
    folder: Path
    backend: str

    @property
    def dataset(self) -> str:
        """Which of the course's datasets this run is about: what 01_dataset wrote, else FINETUNE_DATASET."""
        path = self.path("01_dataset.json")
        if not os.path.exists(path):
            return dataset_name()
        return str(self.read_json(path.name).get("dataset", DEFAULT_DATASET))

    def path(self, filename: str) -> Path:
        """Return where a file of this run is, or will be.

        Args:
            filename: Its name in the run folder ("03_job.json").
        """
        return self.folder / filename

    def require(self, filename: str) -> Path:
        """Return the path of a file that an earlier notebook made.

        In replay a missing file is copied from the sample run. The dataset's parts
        hold no ids of a backend, so those that 01_dataset.ipynb has made in the
        default run serve every backend, except where FINETUNE_DATASET names another dataset than
        that run is about. One printed line says so.

        Args:
            filename: Its name in the run folder ("03_job.json").

        Raises:
            MissingArtifact: The file is not there; the message names the notebook that makes it.
        """
        path, sample = self.path(filename), data_path("sample_runs", recording_name(), filename)
        if os.path.exists(path):  # False also where the folder may not be looked into.
            return path
        sources = {f"the copy of the run {DEFAULT_RUN!r}": runs_dir() / DEFAULT_RUN / filename}
        if _notebook_of(filename) != "01_dataset.ipynb" or _about_another_dataset(runs_dir() / DEFAULT_RUN):
            sources = {}
        if self.backend == "replay":
            sources["the sample run's copy"] = sample
        for name, source in sources.items():
            if source.is_file() and source != path:
                with _replacing(path) as part:
                    shutil.copyfile(source, part)
                print(f"{filename}: not made yet, so {name} is used.")
                return path
        raise MissingArtifact(
            f"{filename} is not in {self.folder}. Run {_notebook_of(filename)} first, "
            f"with the same run name ({self.name!r}) and backend ({self.backend!r})."
        )

    def write_json(self, filename: str, value: Mapping[str, Any] | SDKObject) -> Path:
        """Write a dict, an SDK object, or a dict of them as JSON; the file appears whole or not at all.

        Args:
            filename: Its name in the run folder.
            value: What the API sent, or plain JSON data.

        Returns:
            Where the file is.
        """
        with _replacing(self.path(filename)) as part:
            part.write_bytes(f"{json.dumps(value, indent=2, ensure_ascii=False, default=_plain)}\n".encode())
        return self.path(filename)

    def read_json(self, filename: str) -> dict[str, Any]:
        """Read what `write_json` wrote, or what an earlier notebook would have, see `require`.

        Args:
            filename: Its name in the run folder.

        Raises:
            MissingArtifact: The file is not there, or it is damaged; also when a field that is asked for
                later is not in it.
        """
        path, way_out = self.require(filename), _way_out(filename)
        value: dict[str, Any] = read_json(path, dict, way_out=way_out, error=MissingArtifact)
        if not isinstance(value.get("id", ""), str):
            raise MissingArtifact(f"{path} is damaged: its id is {value['id']!r}, expected a text. {way_out}")
        return Stored(value, str(path), way_out)

    def write_rows(self, filename: str, rows: Iterable[Mapping[str, Any] | SDKObject]) -> Path:
        """Write dicts or SDK objects as JSON Lines; the file appears whole or not at all.

        Args:
            filename: Its name in the run folder.
            rows: One for each line.

        Returns:
            Where the file is.
        """
        rest = iter(rows)
        if (first := next(rest, None)) is not None:
            write_jsonl(self.path(filename), map(_plain, chain([first], rest)))
        else:
            with whole_file(self.path(filename)) as target:
                target.write("\n")  # No rows; a file without a byte is one that was lost.
        return self.path(filename)

    def read_rows(self, filename: str) -> list[dict[str, Any]]:
        """Read what `write_rows` wrote, or what an earlier notebook would have, see `require`.

        Args:
            filename: Its name in the run folder.

        Raises:
            MissingArtifact: The file is not there, or it is empty; also when a field that is asked for
                later is not in a row.
            DatasetError: The file cannot be read, or a line is not a JSON object.
        """
        path, way_out = self.require(filename), _way_out(filename)
        try:
            rows = read_jsonl(path)
            size = path.stat().st_size
        except DatasetError as error:
            raise DatasetError(f"{error} This is a file of the run. {way_out}") from None
        if not size:
            raise MissingArtifact(f"{path} is damaged: it is empty, expected rows of JSON. {way_out}")
        return [Stored(row, f"{path}, row {number}", way_out) for number, row in enumerate(rows, start=1)]


def open_run(name: str | None = None) -> Run:
    """Open a run folder; make it on first use.

    Args:
        name: Letters, digits, `-`, `_` and `.`; without it FINETUNE_RUN, or
            "my-run". A live backend adds its name ("my-run-local"), because the ids in a
            run's files are known to one backend only.

    Raises:
        FineTuneError: The name cannot be a folder's name, or the folder cannot be made.
        UnknownBackend: FINETUNE_BACKEND names no backend.
    """
    folder = run_folder(name)
    return Run(folder.name, folder, backend_name())


def _notebook_of(filename: str) -> str:
    """Name the notebook that writes a file: its number begins the file's name; the splits are from 01."""
    made_by = [notebook for notebook in NOTEBOOKS if notebook[:3] == filename[:3]]
    return f"{(made_by or NOTEBOOKS)[0]}.ipynb"


def _about_another_dataset(folder: Path) -> bool:
    """Whether 01_dataset.ipynb has chosen another dataset in a run than FINETUNE_DATASET names."""
    asked = os.environ.get("FINETUNE_DATASET")
    return bool(asked) and Run(folder.name, folder, "").dataset != dataset_name()


def _way_out(filename: str) -> str:
    return f"Remove it, then run {_notebook_of(filename)} again."


def _plain(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, SDKObject):
        # In the SDK's types, `multi` holds a single grader, so pydantic would warn of each job that has one.
        return value.model_dump(mode="json", warnings=False)
    raise TypeError(f"{type(value).__name__} is neither JSON nor an object of the SDK")


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; on success it takes the place of `path` in one step."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
