"""The options of `python -m local_server`, and the settings that they make."""

import argparse
import ipaddress
import math
import os
import re
import secrets
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

from local_server.access import keys
from local_server.offered.aliases import read_aliases
from local_server.offered.choice import chosen
from local_server.on_ray import options as on_ray
from local_server.settings import Settings, default_state, write_private

DEFAULT_PORT = 8399

# A guess at a key can be tried offline, against the proof that the server gives to anybody who asks.
_KEY = re.compile(r"[A-Za-z0-9._~+/=-]{20,200}")


class UnusableKey(Exception):
    """The file of `--api-key-file` holds no key that can be used."""


def parse(description: str | None) -> argparse.Namespace:
    """Read the command line; a mistake there ends the program with status 2.

    Args:
        description: What `--help` says first.

    Returns:
        The options.
    """
    parser = argparse.ArgumentParser(prog="python -m local_server", description=description)
    parser.add_argument(
        "--port",
        type=int,
        choices=range(65536),
        metavar="0-65535",
        default=DEFAULT_PORT,
        help="port to listen on; 0 takes a free one (default: 8399)",
    )
    parser.add_argument(
        "--host",
        type=_ipv4_address,
        default="127.0.0.1",
        help="IPv4 address to listen on; 0.0.0.0 lets other machines in (default: 127.0.0.1)",
    )
    parser.add_argument(
        "--allow-host",
        type=_host_name,
        action="append",
        default=[],
        metavar="NAME",
        help="answer requests that call this server NAME, too: the name of its container, for example; "
        "can be given several times",
    )
    parser.add_argument(
        "--api-key-file",
        type=Path,
        metavar="FILE",
        help="keep the key in FILE over restarts; made when missing (default: a new key at each start)",
    )
    parser.add_argument(
        "--projects", type=Path, metavar="FILE", help="keys of a class, from `local_server.projects make`"
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=default_state(),
        help="folder for files, jobs and models; made when missing (default: runs/.server)",
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME_OR_DIR",
        help="a base model: its folder, its name when it is installed, or a name of the Hugging Face hub; "
        "can be given several times, and the first is the default (default: all that are installed)",
    )
    parser.add_argument(
        "--alias",
        action="append",
        default=[],
        metavar="NAME=MODEL",
        help="let clients call a base model NAME, too; NAME may be a pattern ('gpt-*=…'); "
        "can be given several times",
    )
    parser.add_argument(
        "--slots",
        type=int,
        choices=range(1, 65),
        metavar="1-64",
        help="jobs that train at the same time; others wait in the queue (default: 1; with --runner ray "
        "as many as the cluster has room for)",
    )
    parser.add_argument(
        "--keep-warm",
        type=_minutes,
        default=10,
        metavar="MINUTES",
        help="keep PyTorch loaded for the next job so long; 0 needs less memory and makes each job start "
        "3 seconds later; only on Linux (default: 10)",
    )
    parser.add_argument(
        "--chat-on-demand",
        action="store_true",
        help="load PyTorch for chat at the first question, not with the server: 200 MB less until then, and "
        "the first answer comes later",
    )
    parser.add_argument(
        "--training-not-available",
        action="store_true",
        help="refuse new jobs with 403, as OpenAI answers new organizations since May 2026",
    )
    parser.add_argument(
        "--webhook-url",
        type=_web_address,
        metavar="URL",
        help="POST an event there when a job ends, signed with the secret in STATE/webhook_secret",
    )
    parser.add_argument(
        "--exit-when-idle", type=float, metavar="MINUTES", help="end after this time without request or job"
    )
    on_ray.add_to(parser)
    arguments = parser.parse_args()
    try:
        on_ray.settle(arguments)
    except ValueError as error:
        parser.error(str(error))
    return arguments


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise argparse.ArgumentTypeError(f"'{text}' is no web address like http://127.0.0.1:9000/hook")
    return text


def _ipv4_address(text: str) -> str:
    return str(ipaddress.IPv4Address(text))


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 <= minutes < math.inf:
        raise argparse.ArgumentTypeError(f"expected minutes from 0 on, not {text!r}")
    return minutes


def _host_name(text: str) -> str:
    name = text.lower()
    if not re.fullmatch(r"[a-z0-9_.-]{1,253}", name):
        raise argparse.ArgumentTypeError(
            f"expected a name such as 'trainer' or 'host.docker.internal', without a port, not {text!r}"
        )
    return name


def settings(arguments: argparse.Namespace) -> Settings:
    """Make the settings of a server.

    Args:
        arguments: From `parse`.

    Returns:
        The settings, with the key.

    Raises:
        UnusableKey: The file of the key cannot be read or made, or holds no key.
        UnusableModel: A base model is not there or cannot be used.
        UnusableAlias: An alias has no sense.
        UnusableProjects: The file of projects cannot be used.
    """
    file: Path | None = arguments.api_key_file
    base_models = chosen(arguments.model)
    return Settings(
        arguments.state.absolute(),
        base_models,
        api_key=_new_key() if file is None else kept_key(file),
        projects=None if arguments.projects is None else keys.read(arguments.projects),
        offers_installed=not arguments.model,
        aliases=read_aliases(arguments.alias, base_models),
        api_key_kept=file is not None,
        host=arguments.host,
        allowed_hosts=tuple(arguments.allow_host),
        training_slots=arguments.slots,
        ray_address=arguments.ray_address,
        ray_cpus=arguments.ray_cpus,
        ray_gpus=arguments.ray_gpus,
        keep_warm_seconds=arguments.keep_warm * 60,
        chat_on_demand=arguments.chat_on_demand,
        training_available=not arguments.training_not_available,
        webhook_url=arguments.webhook_url,
    )


def _new_key() -> str:
    return "local-" + secrets.token_urlsafe(24)


def kept_key(file: Path) -> str:
    """Read the key of a file, and make the file when there is none.

    Args:
        file: Only its owner should be able to read it; a warning says when others can.

    Returns:
        The key.

    Raises:
        UnusableKey: The file cannot be read or made, or holds no key.
    """
    try:
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(file, _new_key() + "\n")
        key = file.read_bytes()[:1000].decode("utf-8-sig").strip()
        mode = stat.S_IMODE(file.stat().st_mode)
    except UnicodeDecodeError:
        key = ""
    except OSError as error:
        raise UnusableKey(
            f"the key file {file} cannot be used: {error.strerror or error}. "
            "Pass another one with --api-key-file."
        ) from None
    if not _KEY.fullmatch(key):
        raise UnusableKey(
            f"the key file {file} holds no usable key. Expected one line of 20 to 200 letters, digits or "
            "-._~+/= signs. Delete the file, and the next start makes one."
        )
    if os.name == "posix" and mode & 0o077:
        print(
            f"local_server: WARNING: others on this machine can read the key file {file} (mode {mode:o}). "
            f"`chmod 600 {file}` ends that.",
            file=sys.stderr,
        )
    return key
