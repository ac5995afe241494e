"""What a learner needs, and what is true of the case: the numbers and the words of a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from finetune_dataset.errors import FineTuneError
from helpers.decision.options import KINDS, Kind, Option, is_number

Unit = Literal["USD", "seconds"]

HOURS: Mapping[Kind, float] = {"prompt": 2, "smaller model": 4, "retrieve": 16, "fine-tune": 24}
"""Hours of work until a way is in use. Nobody has measured them: they are a start for your own estimate."""


@dataclass(frozen=True)
class Needs:
    """The form to fill in before a decision: use case, alternatives, costs, benefits.

    Attributes:
        use_case: What the model is for; an empty text where nobody has written it down.
        improve: What should be better than it is now.
        reuse: What else the training rows, the test and the tuned model could serve.
        requests_per_day: Requests, on average, above 0.
        days: How long it will be used before somebody decides again, 1 to 3,650.
        quality: Share of questions that must be answered right, above 0 and below 1.
        unit: What is counted: "USD", or "seconds" of your own computer.
        hours: Way → hours of work until it is in use: rows, tests, tries.
        usd_per_hour: What an hour of work costs.
        hosting_usd_per_day: What it costs to keep a tuned model ready, used or not.
        rows: Training rows that you have or can write; None for as many as were measured.
    """

    use_case: str = ""
    improve: str = ""
    reuse: str = ""
    requests_per_day: float = 1_000
    days: int = 365
    quality: float = 0.8
    unit: Unit = "USD"
    hours: Mapping[Kind, float] = field(default_factory=lambda: dict(HOURS))
    usd_per_hour: float = 0.0
    hosting_usd_per_day: float = 0.0
    rows: int | None = None

    def fixed(self, option: Option) -> float:
        """Return what an option costs in the time of use, without its requests.

        Args:
            option: One whose training has a known cost.
        """
        if self.unit == "seconds":
            return option.once or 0.0
        hosting = self.hosting_usd_per_day * self.days if option.rows else 0.0
        hours = self.hours.get(option.kind, 0.0)
        if option.rows:  # Also where a smaller model is trained.
            hours = max(hours, self.hours.get("fine-tune", 0.0))
        if option.looks_up and option.kind != "retrieve":  # A model that was trained with facts needs them.
            hours += self.hours.get("retrieve", 0.0)
        return (option.once or 0.0) + hours * self.usd_per_hour + hosting

    def total(self, option: Option, requests_per_day: float | None = None) -> float:
        """Return what an option costs in the time of use, all together.

        Args:
            option: One whose requests and training have a known cost.
            requests_per_day: Another number of requests than `self.requests_per_day`.
        """
        a_day = self.requests_per_day if requests_per_day is None else requests_per_day
        return self.fixed(option) + a_day * self.days * (option.per_request or 0.0)

    def amount(self, value: float) -> str:
        """Write an amount in the unit."""
        if self.unit == "USD":
            return f"{value:,.2f} USD" if value >= 0.01 or value == 0 else "less than 0.01 USD"
        return f"{value / 3600:,.1f} hours of this computer" if value >= 3600 else f"{value:,.1f} seconds"


def check_needs(needs: Needs) -> None:
    """Refuse impossible numbers.

    Args:
        needs: What the learner wrote.

    Raises:
        FineTuneError: The message names the field, what was found and what is expected.
    """
    if needs.unit not in ("USD", "seconds"):
        raise FineTuneError(f"Needs: unit is {needs.unit!r}; expected 'USD' or 'seconds'.")
    if not is_number(needs.quality) or not 0 < needs.quality < 1:
        raise FineTuneError(
            f"Needs: quality is {needs.quality!r}; expected a share above 0 and below 1, such as 0.9. No "
            "number of questions shows that every answer is right."
        )
    if not is_number(needs.requests_per_day) or needs.requests_per_day <= 0:
        raise FineTuneError(
            f"Needs: requests_per_day is {needs.requests_per_day!r}; expected a number above 0."
        )
    if needs.days not in range(1, 3_651) or isinstance(needs.days, bool):
        raise FineTuneError(f"Needs: days is {needs.days!r}; expected a whole number from 1 to 3,650.")
    if unknown := sorted(set(needs.hours) - set(KINDS)):
        raise FineTuneError(f"Needs: hours has {unknown[0]!r}; expected {', '.join(KINDS)}.")
    amounts = {f"hours[{kind!r}]": hours for kind, hours in needs.hours.items()}
    amounts |= {"usd_per_hour": needs.usd_per_hour, "hosting_usd_per_day": needs.hosting_usd_per_day}
    if needs.rows is not None:
        amounts["rows"] = needs.rows
    for name, amount in amounts.items():
        if not is_number(amount) or amount < 0:
            raise FineTuneError(f"Needs: {name} is {amount!r}; expected a number, 0 or more.")
