"""Which roads are open to me today: a form with four answers, and the reason for each road."""

from datetime import date
from typing import TYPE_CHECKING

from finetune_dataset.display.html_text import plain_tables
from helpers.roads.known import Method, Road, all_roads

if TYPE_CHECKING:
    import pandas as pd


def choose(
    today: date | None = None,
    *,
    newcomer: bool = True,
    method: Method = "supervised",
    may_leave: bool = True,
    same_calls: bool = True,
) -> "pd.DataFrame":
    """Sort the roads into those that are open to somebody on a day, and those that are not.

    Args:
        today: The day; today without it.
        newcomer: Whether you have never trained at a service.
        method: How you want to train.
        may_leave: Whether your rows may leave this computer.
        same_calls: Whether the calls should be those of this course.

    Returns:
        One row per road, the open ones first: "yes", "perhaps" or "no", the reason, and what to write.
    """
    import pandas as pd  # Here, so that a notice needs no pandas.

    today = today or date.today()
    plain_tables()
    rows = []
    for road in all_roads():
        verdict, reason = _judged(road, today, newcomer, method, may_leave, same_calls)
        setting = road.setting if verdict != "no" else ""
        rows.append({"road": road.title, "open to me": verdict, "because": reason, "setting": setting})
    rows.sort(key=lambda row: ("yes", "perhaps", "no").index(row["open to me"]))
    return pd.DataFrame(rows).set_index("road")


def _judged(
    road: Road, today: date, newcomer: bool, method: Method, may_leave: bool, same_calls: bool
) -> tuple[str, str]:
    phase, until = road.phase(today), road.until(today, "newcomers" if newcomer else "customers")
    holds = phase.newcomers if newcomer else phase.customers
    if road.leaves and not may_leave:
        return "no", "your rows would leave this computer"
    if holds == "no":
        return "no", "it takes no new jobs" + ("" if phase.customers == "no" else " of newcomers")
    if method not in road.methods:
        return "no", f"it trains by {' and '.join(road.methods)} only"
    if same_calls and road.calls != "OpenAI's":
        return "no", "it has calls of its own"
    end = f"; until {until}" if until else ""
    if stale := road.stale(today):
        return "perhaps", f"{holds}, {stale}{end}"
    if holds == "yes":
        return "yes", f"nothing in what the course read is against it{end}"
    return "perhaps", f"{holds}{end}"
