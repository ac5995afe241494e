"""From a method with "auto" to job.json, and from job.json to a method with numbers."""

from local_server.jobs.methods.answers import (
    Hyperparameters,
    Method,
    Reinforcement,
    ReinforcementHyperparameters,
)
from local_server.training import specification
from local_server.training.specification import Specification


def settled(method: Method, *, rows: int, seed: int, parameters: int) -> Specification:
    """Put numbers in the place of "auto".

    Args:
        method: Of a job.
        rows: Rows of the training file, at least 1.
        seed: Of the job.
        parameters: Of the base model; 0 for a small one.

    Returns:
        The specification, without a model.
    """
    asked = _numbers(method)
    made = specification.settled(
        asked["n_epochs"],
        asked["batch_size"],
        asked["learning_rate_multiplier"],
        rows=rows,
        seed=seed,
        parameters=parameters,
        method=method["type"],
    )
    if "dpo" in method:
        beta = method["dpo"]["hyperparameters"]["beta"]
        made["beta"] = specification.AUTO_BETA if beta == "auto" else beta
    if "reinforcement" in method:
        _settle_reinforcement(made, method["reinforcement"], rows)
    return made


def _settle_reinforcement(made: Specification, asked: Reinforcement, rows: int) -> None:
    numbers = asked["hyperparameters"]
    if numbers["batch_size"] == "auto":
        made["batch_size"] = specification.AUTO_PROMPTS
    # A step has no fewer rows than it is asked for: what is left of an epoch is trained in another one.
    made["batch_size"] = min(made["batch_size"], rows)
    multiplier, interval = numbers["compute_multiplier"], numbers["eval_interval"]
    samples = numbers["eval_samples"]
    steps = made["n_epochs"] * (rows // made["batch_size"])
    made["grader"] = asked["grader"]
    made["compute_multiplier"] = 1.0 if multiplier == "auto" else multiplier
    made["eval_interval"] = (
        max(1, steps // specification.AUTO_VALIDATIONS) if interval == "auto" else interval
    )
    made["eval_samples"] = 1 if samples == "auto" else samples


def with_numbers(method: Method, settled: Specification) -> Method:
    """What a job that has begun says of its method.

    Args:
        method: As asked for.
        settled: The content of job.json.
    """
    numbers: Hyperparameters = {
        "n_epochs": settled["n_epochs"],
        "batch_size": settled["batch_size"],
        "learning_rate_multiplier": settled["learning_rate_multiplier"],
    }
    if "dpo" in method:
        return {**method, "dpo": {"hyperparameters": {**numbers, "beta": settled["beta"]}}}
    if "reinforcement" in method:
        kept = method["reinforcement"]
        chosen: ReinforcementHyperparameters = {
            **kept["hyperparameters"],
            **numbers,
            "compute_multiplier": settled["compute_multiplier"],
            "eval_interval": settled["eval_interval"],
            "eval_samples": settled["eval_samples"],
        }
        return {**method, "reinforcement": {**kept, "hyperparameters": chosen}}
    return {**method, "supervised": {"hyperparameters": numbers}}


def _numbers(method: Method) -> Hyperparameters:
    if "dpo" in method:
        return method["dpo"]["hyperparameters"]
    if "reinforcement" in method:
        return method["reinforcement"]["hyperparameters"]
    return method["supervised"]["hyperparameters"]
