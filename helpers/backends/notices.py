"""What the remote services still offer on a given day; each fact has its source and date."""

from datetime import date

from helpers.errors import BackendUnavailable

OPENAI_LAST_JOBS = date(2027, 1, 6)
"""From this day OpenAI creates no fine-tuning jobs (DEPRECATIONS, notice of 2026-05-07)."""

OPENAI_LAST_MODELS = date(2027, 1, 14)
"""From this day the models that OpenAI has tuned answer no more (DEPRECATIONS, notice of 2026-10-14)."""

AZURE_LAST_NEWCOMERS = date(2026, 10, 14)
"""From this day Azure trains OpenAI's models for the customers only that it had (retirement schedule of
Microsoft Foundry, page of 2026-07-07)."""

DEPRECATIONS = "developers.openai.com/api/docs/deprecations"
"""OpenAI's page about what it ends, and when."""


def openai_notice(today: date) -> str:
    """Say what OpenAI's own service still offers on that day.

    Args:
        today: The day in question.

    Raises:
        BackendUnavailable: The service has neither new jobs nor tuned models any more.
    """
    if today >= OPENAI_LAST_MODELS:
        raise BackendUnavailable(
            f"OpenAI creates no fine-tuning jobs since {OPENAI_LAST_JOBS}, and its tuned models ended on "
            f"{OPENAI_LAST_MODELS} ({DEPRECATIONS}). Set FINETUNE_BACKEND=local: it trains on this machine, "
            "without a key."
        )
    if today >= OPENAI_LAST_JOBS:
        return (
            f"OpenAI creates no fine-tuning jobs since {OPENAI_LAST_JOBS} ({DEPRECATIONS}). A model that you "
            f"tuned there answers until {OPENAI_LAST_MODELS}: you can evaluate it. To train, set "
            "FINETUNE_BACKEND=local; it needs no account."
        )
    return (
        f"OpenAI ends fine-tuning on {OPENAI_LAST_JOBS} ({DEPRECATIONS}). Organizations that had never "
        "fine-tuned by 2026-05-07, or used no fine-tuned model in the 60 days before 2026-07-02, already get "
        f"a permission error (training_not_available). A model trained now works until {OPENAI_LAST_MODELS}, "
        "the end of its base model. A job costs money; FINETUNE_BACKEND=local needs no account."
    )


def azure_notice(today: date) -> str:
    """Say who may still train OpenAI's models at Azure on that day.

    Args:
        today: The day in question.
    """
    begin = "trains" if today >= AZURE_LAST_NEWCOMERS else "will train"
    return (
        f"Azure {begin} OpenAI's models only for customers from before {AZURE_LAST_NEWCOMERS}; open models "
        "stay (Microsoft Foundry's retirement schedule, 2026-07-07). A deployment costs money by the hour."
    )
