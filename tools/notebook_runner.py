"""Run one notebook in a kernel of its own, and make its file the same from run to run."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.client import KernelClient
from jupyter_core.utils import run_sync
from nbclient import NotebookClient

CELL_SECONDS = 600
"""How long one cell may run; the longest, the live monitor, takes about half a minute."""


class InterruptibleClient(NotebookClient):
    """A client in which Ctrl-C and SIGTERM raise KeyboardInterrupt, as in any program.

    nbclient (0.11) answers them by ending the kernel in the middle of its own
    waiting, which then fails in a different way each time.
    """

    async def async_start_new_kernel_client(self, **kwargs: object) -> KernelClient:
        """Take nbclient's signal handlers off, which it has installed just before this call."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows has none to take off.
                asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, signal.default_int_handler)
        return await super().async_start_new_kernel_client(**kwargs)

    def end_kernel(self) -> None:
        """End the kernel, unless it has ended."""
        if isinstance(self.km, AsyncKernelManager) and self.km.has_kernel:
            run_sync(self.km.shutdown_kernel)(now=True)


def start_kernel(
    source: Path, environment: dict[str, str], *, load: Sequence[str] = ()
) -> InterruptibleClient:
    """Start the kernel of one notebook, and do not wait until it is ready.

    Args:
        source: The notebook.
        environment: Variables for the kernel, besides those of this process.
        load: Modules that the kernel imports before its first cell, without setting a name.

    Returns:
        What `execute` takes. Its `end_kernel` ends a kernel that is not used after all.
    """
    client = InterruptibleClient(
        nbformat.read(source, as_version=4),
        # Whether two prints reach us as one message or two depends on the load of the machine.
        coalesce_streams=True,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        # ipykernel 7 warns on every start that a loopback kernel is not encrypted.
        extra_arguments=[
            "--IPKernelApp.log_level=ERROR",
            *(f"--IPKernelApp.exec_lines=__import__({module!r}) and None" for module in load),
        ],
        record_timing=False,
        resources={"metadata": {"path": str(source.parent)}},
        # After the last cell a kernel holds nothing: to wait until it has tidied up takes half a second.
        shutdown_kernel="immediate",
    )
    client.create_kernel_manager()
    client.start_new_kernel(env=os.environ | environment)
    return client


def execute(
    source: Path,
    target: Path,
    environment: dict[str, str],
    on_cell: Callable[[int, int], None],
    client: InterruptibleClient | None = None,
) -> nbformat.NotebookNode:
    """Run one notebook from top to bottom in its own kernel.

    Args:
        source: The notebook.
        target: Where the notebook with its outputs goes, also when a cell fails.
        environment: Variables for the kernel, besides those of this process.
        on_cell: Called with the number of the code cell that starts, and how many there are.
        client: From `start_kernel`, for this notebook; None starts a kernel now.

    Returns:
        The notebook with its outputs.

    Raises:
        CellExecutionError: A cell failed that is not tagged `raises-exception`.
        CellTimeoutError: A cell took longer than CELL_SECONDS.
        DeadKernelError: The kernel ended.
    """
    client = client or start_kernel(source, environment)
    notebook = client.nb
    cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]

    def count(cell: nbformat.NotebookNode, cell_index: int) -> None:
        if cell.cell_type == "code":
            on_cell(cells.index(cell_index) + 1, len(cells))

    client.on_cell_start = count
    try:
        client.execute()
    except KeyboardInterrupt:
        client.end_kernel()  # Otherwise nbclient has ended it already.
        raise
    finally:
        nbformat.write(tidy(notebook), target)
    return notebook


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Remove what differs from run to run, so that storing twice gives the same bytes.

    Widget state is never saved: with it GitHub refuses to show the file.

    Args:
        notebook: An executed notebook; it is changed in place.

    Returns:
        The same notebook.
    """
    models: dict[str, str] = {}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02}"
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("tags", "jupyter")}
        for output in cell.get("outputs", []):
            view = output.get("data", {}).get("application/vnd.jupyter.widget-view+json")
            if view:
                view["model_id"] = models.setdefault(view["model_id"], f"widget-{len(models):02}")
    return notebook
