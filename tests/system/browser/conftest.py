"""A real Chromium, which reaches nothing outside this machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

SECONDS = 120
"""How long one thing may take to appear: a job trains on the cores that draw the page."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser that CHROMIUM names, or the first one on PATH; without one, the test is skipped."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip(
            "No browser found. Install Chromium (Debian, Ubuntu: `apt install chromium fonts-dejavu-core`), "
            "or set CHROMIUM to the path of a Chromium or Chrome."
        )
    expect.set_options(timeout=SECONDS * 1000)
    outside = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=[outside])
        yield running
        running.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures of the page go: SCREENSHOTS, or a folder of the test's own."""
    return Path(os.environ.get("SCREENSHOTS") or tmp_path / "screenshots").absolute()


@pytest.fixture
def page(browser: Browser, pictures: Path) -> Iterator[Page]:
    """An empty page, large enough for the live view; how it looked at the end is kept as a picture."""
    opened = browser.new_page(viewport={"width": 1200, "height": 1400})
    opened.set_default_timeout(SECONDS * 1000)
    yield opened
    opened.screenshot(path=pictures / "last.png")
    opened.close()
