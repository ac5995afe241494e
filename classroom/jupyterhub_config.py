"""JupyterHub for a class on one machine, with the local server behind it: see README.md beside this file.

    CLASSROOM_PROJECTS=projects.toml jupyterhub -f classroom/jupyterhub_config.py

A learner logs in with the name of a project and its key. The kernel finds address and key of the local server
in its environment, so every notebook of the course runs as it is.
"""

import os
import secrets
import shlex
import sys
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator, LocalAuthenticator
from jupyterhub.handlers import BaseHandler
from jupyterhub.spawner import Spawner
from jupyterhub.user import User
from tornado.web import HTTPError

COURSE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(COURSE))

from local_server.access import keys  # noqa: E402

PROJECTS = Path(os.environ.get("CLASSROOM_PROJECTS", "projects.toml")).absolute()
STATE = Path(os.environ.get("CLASSROOM_STATE", COURSE / "runs" / "classroom")).absolute()
PORT = int(os.environ.get("CLASSROOM_PORT", "8000"))
SERVER_PORT = int(os.environ.get("CLASSROOM_SERVER_PORT", "8399"))
# All learners as one user of this machine, who can then read each other's work: to try it out.
TRUSTED = os.environ.get("CLASSROOM_TRUSTED") == "1"
# Else the local server runs as a user of its own, and each learner as one.
SERVER_USER = os.environ.get("CLASSROOM_USER", "finetune")
MODEL = os.environ.get("FINETUNE_MODEL", "periodic-tiny-2026-11")


class ProjectKeys(Authenticator if TRUSTED else LocalAuthenticator):
    """Lets in who has the key of a project, under the project's name."""

    async def authenticate(self, handler: BaseHandler, data: dict[str, str]) -> dict[str, Any] | None:
        """Compare the password with the file of projects, which is read again each time."""
        key = data["password"].strip()
        name = keys.read(PROJECTS).of_key(key)
        return (
            None if name is None or name != data["username"] else {"name": name, "auth_state": {"key": key}}
        )

    async def pre_spawn_start(self, user: User, spawner: Spawner) -> None:
        """Hand the key to the learner's own server, and to no other."""
        state = await user.get_auth_state()
        if state is None:
            raise HTTPError(403, "Log out and in again: JupyterHub was started anew.")
        spawner.environment = {**spawner.environment, "FINETUNE_API_KEY": state["key"]}


c = get_config()  # type: ignore[name-defined]  # noqa: F821

STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
c.JupyterHub.authenticator_class = ProjectKeys
c.Authenticator.allow_all = True
c.Authenticator.enable_auth_state = True
# Made anew at each start, so that no file holds it: learners then log in again.
c.CryptKeeper.keys = [secrets.token_bytes(32)]
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ.get('CLASSROOM_HUB_PORT', '8081')}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ.get('CLASSROOM_PROXY_PORT', '8001')}"
c.JupyterHub.db_url = f"sqlite:///{STATE}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")

if TRUSTED:
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = str(STATE / "homes" / "{username}")
else:
    c.JupyterHub.spawner_class = "localprocess"
    c.LocalAuthenticator.create_system_users = True

# What a learner has changed stays.
notebooks = shlex.join([sys.executable, "-m", "helpers", "notebooks", "--keep", "course"])
single = shlex.join([sys.executable, "-m", "jupyterhub.singleuser"])
start = f'umask 077; export FINETUNE_RUNS_DIR="$HOME/runs"; {notebooks} && exec {single} "$@"'
c.Spawner.cmd = ["bash", "-c", start, "singleuser"]
# In a container, for tests/system/classroom/run.py: a class should not have the rights of root.
c.Spawner.args = ["--allow-root"] if os.environ.get("CLASSROOM_ALLOW_ROOT") == "1" else []
c.Spawner.default_url = "/lab/tree/course"
c.Spawner.environment = {
    "PYTHONPATH": str(COURSE),
    "FINETUNE_BACKEND": "compatible",
    "FINETUNE_BASE_URL": f"http://127.0.0.1:{SERVER_PORT}/v1",
    "FINETUNE_MODEL": MODEL,
}
# Thirty learners press the button at once.
c.JupyterHub.concurrent_spawn_limit = 10
c.Spawner.start_timeout = c.Spawner.http_timeout = 120

command = [sys.executable, "-m", "local_server", "--port", str(SERVER_PORT), "--projects", str(PROJECTS)]
command += ["--state", str(STATE / "server")]
# Without its first line, which would bring the owner's key into the log; it stands in server.json.
server: dict[str, Any] = {
    "name": "local-server",
    "command": ["bash", "-c", f"exec {shlex.join(command)} >/dev/null"],
    "cwd": str(COURSE),
}
c.JupyterHub.services = [server if TRUSTED else {**server, "user": SERVER_USER}]
