"""From a method with "auto" to job.json, and from job.json to a method with numbers."""

from local_server.jobs.methods.answers import Hyperparameters, Method
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
    return made


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
        return {
            **method,
            "reinforcement": {**kept, "hyperparameters": {**kept["hyperparameters"], **numbers}},
        }
    return {**method, "supervised": {"hyperparameters": numbers}}


def _numbers(method: Method) -> Hyperparameters:
    if "dpo" in method:
        return method["dpo"]["hyperparameters"]
    if "reinforcement" in method:
        return method["reinforcement"]["hyperparameters"]
    return method["supervised"]["hyperparameters"]
