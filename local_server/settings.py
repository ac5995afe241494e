"""What can be set when the server starts, and nothing that changes later."""

import ipaddress
import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from local_server.access.keys import Projects
from local_server.base_models import BaseModel
from local_server.offered.aliases import Alias

# The folder that holds the packages: that of the course in a clone, site-packages for an installed wheel.
PACKAGES = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """The settings of one server.

    Args:
        state: Folder of everything the server keeps. Two servers cannot share it.
        base_models: What jobs can start from; the first is the default.
        api_key: The server's own key: the only one, or, with projects, the one that opens all of them.
        projects: Further keys, each of which opens a project; None for a server of one user.
        offers_installed: Whether models that are installed later are offered, too.
        aliases: Other names for them.
        api_key_kept: Whether the next start has the same key.
        host: The address that the server listens on.
        allowed_hosts: Further names, in lower case, that a Host header may have.
        training_slots: Jobs that train at the same time; further jobs stay queued, oldest first.
        ray_address: Head of the Ray cluster that trains, HOST:PORT, or "auto" for the one that this machine
            belongs to; None trains on this machine.
        ray_cpus: Share of the processors of the cluster that a job takes, below 1 for several jobs on one.
        ray_gpus: Share of its GPUs, in the same way.
        training_available: False answers every new job with 403, as OpenAI answers new organizations
            since May 2026.
        threads: Threads of each child process. One is the safe choice: with batches of one or two
            rows, two spinning threads on two shared cores were six times slower (measured Nov 2026).
        keep_warm_seconds: How long a process that has PyTorch loaded is kept for the next job (440 MB, shared
            with its forks; measured Nov 2026); 0 loads it for each job anew.
        chat_on_demand: Whether the chat process is started at the first question and not with the server.
        models_in_memory: Whole models that the chat process keeps loaded (18 MB each for the tiny model, 270
            to 540 for SmolLM2-135M). Adapters share the weights of their base.
        idle_model_seconds: The chat process gives the memory of a model back that was not used for so long.
        max_file_bytes: Largest file, whole or in parts; 512 MB as at OpenAI for a whole one
            (SDK docstring, openai 3.54, Nov 2026). OpenAI takes 8 GB in parts; no laptop trains on that.
        max_part_bytes: Largest part of an upload; 64 MB as at OpenAI (the same docstring).
        max_body_bytes: Largest JSON request body.
        check_seconds: Time for one row when the files of a job are checked, and for 10 MB of them. A good row
            takes less than a millisecond.
        check_memory_bytes: Memory for the check, which reads row by row.
        webhook_url: Where the end of a job is announced; None announces nothing.
        grader_seconds: Time for a python grader; 2 minutes at OpenAI (guide to graders, read 2026-11).
        grader_memory_bytes: Memory for a python grader; 2 GB at OpenAI (same source).
    """

    state: Path
    base_models: tuple[BaseModel, ...]
    api_key: str
    projects: Projects | None = None
    offers_installed: bool = False
    aliases: tuple[Alias, ...] = ()
    api_key_kept: bool = False
    host: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = ()
    training_slots: int = 1
    ray_address: str | None = None
    ray_cpus: float = 1.0
    ray_gpus: float = 0.0
    training_available: bool = True
    threads: int = 1
    keep_warm_seconds: float = 600
    chat_on_demand: bool = False
    models_in_memory: int = 4
    idle_model_seconds: float = 600
    max_file_bytes: int = 512 * 1024**2
    max_part_bytes: int = 64 * 1024**2
    max_body_bytes: int = 4 * 1024**2
    check_seconds: float = 10
    check_memory_bytes: int = 2 * 1024**3
    webhook_url: str | None = None
    grader_seconds: float = 120
    grader_memory_bytes: int = 2 * 1024**3

    def answers_to(self, host: str) -> bool:
        """Whether a request with this name in its Host header is meant for this server.

        A web page can make a browser call this machine under a name of its own (DNS rebinding). So only
        names that nobody else can point here are accepted: those of the loopback device, the address that
        the server listens on, and, when other machines reach it, IP addresses and this machine's own name.
        Names that were allowed at the start come on top.
        """
        host = host.lower()
        if host in ("127.0.0.1", "localhost", self.host, *self.allowed_hosts):
            return True
        return not self.loopback_only and (_is_address(host) or host == socket.gethostname().lower())

    @property
    def loopback_only(self) -> bool:
        """Whether only programs on this machine can reach the server."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def graders_apart(self) -> bool:
        """Whether python graders may only run behind walls: they must not read what is another project's."""
        return self.projects is not None

    @property
    def base_model_names(self) -> str:
        """The ids of the base models, for a message."""
        return ", ".join(model.id for model in self.base_models)

    def file_path(self, file_id: str) -> Path:
        """Where the bytes of an uploaded or result file lie."""
        return self.state / "files" / file_id

    @property
    def uploads(self) -> Path:
        """The folders of the uploads that have not ended."""
        return self.state / "uploads"

    def upload_folder(self, upload_id: str) -> Path:
        """Where the parts of an upload lie until it ends."""
        return self.uploads / upload_id

    @property
    def temporary(self) -> Path:
        """What is being written; emptied at every start."""
        return self.state / "temporary"

    @property
    def reserve(self) -> Path:
        """Room that is given up to record something when the disk is full."""
        return self.state / "reserve"

    @property
    def unlisted(self) -> Path:
        """Bytes that no list names, found at a start: of a database that was moved away, for example."""
        return self.state / "unlisted"

    def job_folder(self, job_id: str) -> Path:
        """The folder that a job shares with its training process."""
        return self.state / "jobs" / job_id

    def child_environment(self) -> dict[str, str]:
        """The environment of the training and chat processes on this machine."""
        return beside_packages(self.child_variables())

    def child_variables(self) -> dict[str, str]:
        """What is set for them on every machine: offline, silent, few and passive threads."""
        return {
            "OMP_NUM_THREADS": str(self.threads),
            "MKL_NUM_THREADS": str(self.threads),
            "OPENBLAS_NUM_THREADS": str(self.threads),
            "OMP_WAIT_POLICY": "PASSIVE",
            # Arrow's allocator has a thread of its own, which a fork must not find.
            "JE_ARROW_MALLOC_CONF": "background_thread:false",
            "TOKENIZERS_PARALLELISM": "false",
            # Whether there is a GPU is asked of the driver's library: a process that has asked CUDA cannot be
            # forked any more (PyTorch's notes on multiprocessing, read Nov 2026).
            "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
            "HF_HUB_OFFLINE": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HOME": str(self.state / "cache"),
            "DO_NOT_TRACK": "1",
            "PYTHONUNBUFFERED": "1",
        }


def beside_packages(variables: dict[str, str]) -> dict[str, str]:
    """The environment of this process with some variables, in which children find the course's packages."""
    path = os.pathsep.join(filter(None, [str(PACKAGES), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path} | variables


def default_state() -> Path:
    """Where a server keeps its data when nothing else is said.

    Returns:
        FINETUNE_LOCAL_STATE, else `.server` in FINETUNE_RUNS_DIR, else `runs/.server`: in the course's own
        folder, and where the program was started when the course is installed as a package.
    """
    if state := os.environ.get("FINETUNE_LOCAL_STATE"):
        return Path(state).absolute()
    return _runs() / ".server"


def _runs() -> Path:
    """The folder of all runs: datasets, answers, and by default the state of the server."""
    course = PACKAGES if (PACKAGES / "pyproject.toml").is_file() else Path()
    return Path(os.environ.get("FINETUNE_RUNS_DIR") or course / "runs").absolute()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def close_to_others(state: Path) -> list[str]:
    """Make the state folder with its parts, private like all that this process and its children write.

    Args:
        state: The folder; made with its parents when missing. By default it lies in the folder of all runs,
            which holds datasets and answers, so that is closed, too.

    Returns:
        A sentence for each folder that was open, with what was done.
    """
    os.umask(0o077)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    folders = [state, state / "files", state / "jobs", state / "uploads", state / "temporary"]
    if state == _runs() / ".server" and state.parent != Path.home():
        folders.insert(0, state.parent)
    notes = [_close(folder) for folder in folders]
    return [note for note in notes if note]


def _close(folder: Path) -> str | None:
    folder.mkdir(mode=0o700, exist_ok=True)
    mode = stat.S_IMODE(folder.stat().st_mode)
    # Windows has no such modes: the folder of a user is private there.
    if os.name != "posix" or mode & 0o077 == 0:
        return None
    found = f"other users of this machine could look into {folder} (mode {mode:o})"
    if mode & stat.S_ISVTX:
        return f"{found}, and it is not closed to them: it is a folder that all share. Pass another --state."
    try:
        folder.chmod(0o700)
    except OSError as error:
        return f"{found}, and it cannot be closed to them: {error.strerror}. Pass another --state."
    return f"{found}; now only you can (mode 700)."


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read (mode 600), in one step.

    Args:
        path: The file; replaced when it exists.
        text: Its content.
    """
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(draft, path)
