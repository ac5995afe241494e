"""The file with a line for each step."""

from pathlib import Path

from local_server.training.measured.result_file import write_result_file

FIRST = {"step": 1, "total_steps": 2, "train_loss": 2.5, "train_mean_token_accuracy": 0.25}
SECOND = FIRST | {"step": 2, "train_loss": 1.5, "valid_loss": 2.0, "valid_mean_token_accuracy": 0.5}


def test_the_result_file_has_blanks_where_nothing_was_measured(tmp_path: Path) -> None:
    write_result_file(tmp_path / "step_metrics.csv", [FIRST, SECOND])

    assert (tmp_path / "step_metrics.csv").read_text() == (
        "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"
        "1,2.5,0.25,,\n"
        "2,1.5,0.25,2.0,0.5\n"
    )
