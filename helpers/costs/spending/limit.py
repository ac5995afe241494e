"""A limit for all jobs together, which a learner sets: `FINETUNE_LIMIT_USD`."""

import os

from helpers.costs.prices import money
from helpers.costs.spending.approvals import approved_usd, approved_without_price
from helpers.costs.spending.bills import all_bills, total_usd, without_bill
from helpers.errors import FineTuneError, NotApproved

VARIABLE = "FINETUNE_LIMIT_USD"


def limit_usd(given: float | None = None) -> float | None:
    """Return the limit in USD for the jobs of all runs together; None where nobody has set one.

    Args:
        given: A limit in USD, 0 or more; without it the variable FINETUNE_LIMIT_USD counts.

    Raises:
        FineTuneError: The limit is no number, or below 0.
    """
    asked = os.environ.get(VARIABLE, "").strip() if given is None else given
    if asked == "":
        return None
    try:
        limit = float(asked)
    except ValueError:
        limit = -1.0
    if not 0 <= limit < float("inf"):
        raise FineTuneError(f"The limit ({VARIABLE}) is {asked!r}; expected an amount in USD, such as 5.")
    return limit


def require_within_limit(usd_high: float | None, given: float | None = None) -> None:
    """Stop before a job that could bring all jobs in `runs/` together above the limit.

    Two sums are known: the bills of the jobs that notebooks wrote down, and the most that all approved jobs
    may cost, which knows those of a notebook that stopped, too. The larger one counts.

    Args:
        usd_high: The most that the job may cost in USD; None where no price is known.
        given: As for `limit_usd`.

    Raises:
        NotApproved: The limit would not hold, or nobody knows whether it would.
        FineTuneError: The limit is no number, or below 0.
        UnreadableContent: A file with jobs is damaged.
    """
    limit = limit_usd(given)
    if limit is None:
        return
    found = all_bills()
    spent, missing = max(total_usd(found), approved_usd()), without_bill(found)
    before = f"Stopped before the job was created: your limit is {limit:.2f} USD ({VARIABLE})"
    if usd_high is None:
        raise NotApproved(f"{before}, and the price of this job is not known. Pass price= to estimate_cost.")
    if spent + usd_high > limit:
        raise NotApproved(
            f"{before}, your jobs in runs/ cost up to {spent:.2f} USD already, and this one may "
            f"cost {money(usd_high, usd_high)}. Nothing was spent."
        )
    print(f"Limit: {limit:.2f} USD for all jobs; up to {spent:.2f} USD are spent.")
    if unpriced := approved_without_price():
        print(f"Not counted: {unpriced} approved of unknown price.")
    if missing:
        print(f"Not counted, because nothing is known of their cost yet: {', '.join(missing)}.")
