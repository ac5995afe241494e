"""Kernels that start before their notebook's turn."""

import nbformat
import pytest
from notebook_runner import execute, start_kernel


@pytest.mark.slow
def test_a_kernel_that_was_started_ahead_has_its_modules_and_no_name_more_than_another(tmp_path):
    asked = "import sys\nprint('wave' in sys.modules, 'wave' in globals(), _, In)"
    source = tmp_path / "source.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(asked)]), source)

    def printed(client):
        notebook = execute(source, tmp_path / "done.ipynb", {}, lambda cell, cells: None, client)
        return notebook.cells[0].outputs[0].text.split(" ", 1)

    ahead, alone = printed(start_kernel(source, {}, load=["wave"])), printed(None)

    assert [ahead[0], alone[0]] == ["True", "False"]
    assert ahead[1] == alone[1]


@pytest.mark.slow
def test_a_kernel_whose_notebook_never_runs_is_ended(tmp_path):
    source = tmp_path / "source.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), source)
    client = start_kernel(source, {})

    client.end_kernel()

    assert not client.km.has_kernel
    client.end_kernel()
