"""Ten learners on a real JupyterHub with its own proxy: `python tests/system/classroom/run.py`.

It needs `jupyterhub` in this environment and `configurable-http-proxy` in PATH, which the course itself does
not; so it is run by hand, and not by the suite. `--caddy COMMAND` puts that reverse proxy with TLS in front.
Each learner logs in with a key, gets a server, and a kernel in which the course's own `connect` uploads a
file. Nobody gets in with another's key, sees another's file, or reaches another's server.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import httpx2
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from local_server.access import keys  # noqa: E402
from local_server.access.keys import Limits, Projects  # noqa: E402

CODE = """
from helpers import connect
client = connect()
made = client.files.create(file=("mine.txt", b"of {name}"), purpose="user_data")
print([client.files.content(file.id).text for file in client.files.list()])
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Browser:
    """One learner, as far as JupyterHub can tell.

    Args:
        hub: Address of the hub.
        name: Of the project.
    """

    def __init__(self, hub: str, name: str) -> None:
        self.hub, self.name = hub, name
        self.http = httpx2.AsyncClient(base_url=hub, timeout=120, verify=False, trust_env=False)

    async def log_in(self, key: str) -> bool:
        """Send the form; whether the key was taken."""
        await self.http.get("/hub/login")
        form = {"username": self.name, "password": key, "_xsrf": self.http.cookies["_xsrf"]}
        answer = await self.http.post("/hub/login", data=form)
        return answer.status_code == 302

    async def get_server(self) -> float:
        """Start the own server; returns the seconds until it answers."""
        began = time.monotonic()
        await self.http.get("/hub/spawn", follow_redirects=True)
        while True:
            # A page, not the API: on the way to it, the hub tells the server who this is.
            answer = await self.http.get(f"/user/{self.name}/lab", follow_redirects=True)
            if answer.status_code == 200 and answer.url.path.startswith("/user/"):
                return time.monotonic() - began
            if time.monotonic() - began > 120:
                raise RuntimeError(f"{self.name} has no server: {answer.status_code} {answer.text[:300]}")
            await asyncio.sleep(0.5)

    async def run(self, code: str) -> str:
        """What a new kernel prints."""
        base = f"/user/{self.name}"
        token = next(
            cookie.value for cookie in self.http.cookies.jar if cookie.name == "_xsrf" and base in cookie.path
        )
        kernel = (await self.http.post(f"{base}/api/kernels", headers={"X-XSRFToken": token})).json()
        jar = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)
        address = self.hub.replace("http", "ws", 1) + f"{base}/api/kernels/{kernel['id']}/channels"
        request = HTTPRequest(address, headers={"Cookie": jar, "Origin": self.hub}, validate_cert=False)
        channel = await websocket_connect(request)
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "s", "version": "5.3"}
        message = {
            "channel": "shell",
            "header": {**header, "username": ""},
            "parent_header": {},
            "metadata": {},
            "content": {"code": code, "silent": False, "store_history": False, "allow_stdin": False},
        }
        await channel.write_message(json.dumps(message))
        printed = ""
        while True:
            message = json.loads(await asyncio.wait_for(channel.read_message(), 120))
            if message["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                printed += message["content"]["text"]
            elif message["msg_type"] == "error":
                raise RuntimeError("\n".join(message["content"]["traceback"]))
            elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                channel.close()
                return printed


async def use(hub: str, drawn: dict[str, str]) -> None:
    """Let all learners work at once, and look at what they see."""
    while True:
        try:
            if httpx2.get(f"{hub}/hub/health", verify=False, trust_env=False).status_code == 200:
                break
        except httpx2.HTTPError:
            pass
        await asyncio.sleep(0.5)
    names = list(drawn)
    assert not await Browser(hub, names[0]).log_in(drawn[names[1]])
    assert not await Browser(hub, names[0]).log_in("local-" + "x" * 43)
    browsers = [Browser(hub, name) for name in names]
    assert all([await browser.log_in(drawn[browser.name]) for browser in browsers])
    seconds = await asyncio.gather(*(browser.get_server() for browser in browsers))
    print(f"{len(names)} servers answer after {min(seconds):.0f} to {max(seconds):.0f} s")
    printed = await asyncio.gather(*(browser.run(CODE.format(name=browser.name)) for browser in browsers))
    for name, text in zip(names, printed, strict=True):
        assert text.splitlines()[-1] == f"['of {name}']", text
    other = await browsers[0].http.get(f"/user/{names[1]}/api/status", follow_redirects=True)
    assert other.status_code in (403, 404), other.status_code
    print("each kernel sees its own file and no other; another learner's server is closed to it")


def main() -> None:
    """Start it all, use it, end it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=10)
    parser.add_argument("--caddy", help="the command of Caddy; it gets TLS in front of the hub")
    arguments = parser.parse_args()
    drawn = keys.new_keys(keys.numbered(arguments.learners))
    with tempfile.TemporaryDirectory(prefix="classroom-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        known_by = {keys.digest(key): learner for learner, key in drawn.items()}
        keys.write_new(folder / "projects.toml", keys.text_of(Projects(known_by, Limits())))
        ports = {name: str(free_port()) for name in ("PORT", "SERVER_PORT", "HUB_PORT", "PROXY_PORT")}
        environment = os.environ | {f"CLASSROOM_{name}": port for name, port in ports.items()}
        environment |= {
            "CLASSROOM_PROJECTS": str(folder / "projects.toml"),
            "CLASSROOM_STATE": str(folder / "state"),
            "CLASSROOM_TRUSTED": "1",
            "CLASSROOM_ALLOW_ROOT": "1",
        }
        hub, programs = f"http://127.0.0.1:{ports['PORT']}", []
        with open(folder / "log", "w+", encoding="utf-8") as log:
            command = [sys.executable, "-m", "jupyterhub", "-f", str(ROOT / "classroom/jupyterhub_config.py")]
            programs.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
            if arguments.caddy:
                tls = str(free_port())
                hub = f"https://localhost:{tls}"
                extra = {"CLASSROOM_NAME": f"localhost:{tls}", "XDG_DATA_HOME": name, "XDG_CONFIG_HOME": name}
                command = [arguments.caddy, "run", "--config", str(ROOT / "classroom/Caddyfile")]
                programs.append(subprocess.Popen(command, env=environment | extra, stdout=log, stderr=log))
            try:
                asyncio.run(asyncio.wait_for(use(hub, drawn), 300))
            except BaseException:
                log.seek(0)
                print(*[line for line in log if "api/status" not in line][-100:], sep="", file=sys.stderr)
                raise
            finally:
                for program in reversed(programs):
                    program.terminate()
                    program.wait(60)


if __name__ == "__main__":
    main()
