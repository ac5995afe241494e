"""Starts a JupyterLab of its own and uses it as a person does: menus, keys, and what the page shows."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

START_SECONDS = 60
"""How long JupyterLab may take until it listens; on two quiet cores it takes three seconds (Nov 2026)."""

# How Lab marks an output that is an error, and what a page shows in place of a widget that it cannot show.
ERRORS = ", ".join(f"[data-mime-type='application/vnd.jupyter.{kind}']" for kind in ("error", "stderr"))
DEAD_WIDGET = re.compile(r"Error displaying widget|Loading widget|[a-z]\((children|value)=")


# No network: no news, no question about news, no list of extensions.
PLAIN_LAB = (
    "-m",
    "jupyterlab",
    "--LabApp.news_url=None",
    "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)


@contextmanager
def jupyter_lab(notebooks: Path, own: Path, program: Sequence[str] = PLAIN_LAB) -> Iterator[str]:
    """Run JupyterLab on a folder until the block ends; gives its address, with the token.

    Args:
        notebooks: The folder that it is started in.
        own: Where its settings, its log and its kernels' files go: nothing of the user's Jupyter is used.
        program: What Python runs.
    """
    # Every cell is in the page, also those that are not in view.
    settings = own / "jupyterlab_settings_dir" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}', encoding="utf-8")
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    folders += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    token = secrets.token_hex(16)
    environment = os.environ | {name: str(own / name.lower()) for name in folders} | {"JUPYTER_TOKEN": token}
    command = [sys.executable, *program, "--no-browser", "--allow-root"]
    command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"]
    with (own / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=notebooks, env=environment, stdout=log, stderr=log)
    try:
        written = own / "jupyter_runtime_dir" / f"jpserver-{process.pid}.json"
        yield f"{_address(process, written, own / 'lab.log')}lab?token={token}"
    finally:
        process.terminate()
        process.wait(30)


def _address(process: subprocess.Popen, written: Path, log: Path) -> str:
    """Wait for the file in which Lab says where it listens."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(FileNotFoundError, json.JSONDecodeError):  # Not there yet, or half written.
            return json.loads(written.read_text(encoding="utf-8"))["url"]
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start.\n{log.read_text(encoding='utf-8')}")


class Notebook:
    """A notebook that is open in a page.

    Args:
        page: An empty page.
        lab: What `jupyter_lab` gives.
        name: The notebook's file.
    """

    def __init__(self, page: Page, lab: str, name: str) -> None:
        self.page = page
        self.panel = page.locator(".jp-NotebookPanel")
        page.goto(lab.replace("/lab?", f"/lab/tree/{name}?"))
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Wait until the kernel has nothing to do."""
        # In the status bar: the sign beside the kernel's name is "idle" while Lab still connects.
        expect(self.page.get_by_role("button", name="| Idle")).to_be_visible()

    def cell(self, source: str) -> Locator:
        """The first code cell in whose source this text stands."""
        with_source = self.page.locator(".jp-InputArea-editor", has_text=source)
        return self.panel.locator(".jp-CodeCell").filter(has=with_source).first

    def choose(self, menu: str, *items: str) -> None:
        """Choose from the menu bar: choose("Kernel", "Interrupt Kernel")."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        for item in items:
            self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(item)}$")).click()

    def run(self, cell: Locator) -> None:
        """Run one cell with the keyboard."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")

    def run_in_new_cell(self, source: str, below: Locator) -> Locator:
        """Insert a cell, write into it and run it; gives the new cell."""
        below.locator(".jp-InputPrompt").click()
        for key in ("b", "Enter"):
            self.page.keyboard.press(key)
        self.page.keyboard.type(source)
        self.page.keyboard.press("Shift+Enter")
        return below.locator("xpath=following-sibling::*[contains(@class, 'jp-CodeCell')]").first

    def restart_kernel(self) -> None:
        """Throw the kernel away, and wait until the new one can work."""
        self.choose("Kernel", "Restart Kernel…")
        confirm = self.page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart")
        with self.page.expect_response(re.compile(r"/api/kernels/.*/restart")):
            confirm.click()
        self.wait_until_idle()

    def run_all(self) -> None:
        """Run all cells, and wait until each has a number."""
        cells = self.panel.locator(".jp-CodeCell")
        self.choose("Run", "Run All Cells")
        numbered = cells.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]:"))
        expect(numbered).to_have_count(cells.count())
        self.wait_until_idle()

    def choose_theme(self, name: str) -> None:
        """Choose one of Lab's themes: "JupyterLab Light", "JupyterLab Dark"."""
        self.choose("Settings", "Theme", name)
        expect(self.page.locator(f"body[data-jp-theme-name='{name}']")).to_be_attached()
