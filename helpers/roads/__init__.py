"""Where one can fine-tune, as of a day: services, this computer, and what is known of each, with its source.

All of it is in `data/roads.json`. `from helpers import roads`, then for instance `roads.open_on(today)`.
Nothing here calls a service: a notebook asks, in its own cells.
"""

from helpers.costs.spending.bills import bills, describe_bills
from helpers.costs.spending.limit import require_within_limit
from helpers.roads.choose import choose
from helpers.roads.known import Fact, Phase, Road, all_roads, find_road
from helpers.roads.made import Made, made_in
from helpers.roads.table import facts_of, open_on

__all__ = [
    "Fact",
    "Made",
    "Phase",
    "Road",
    "all_roads",
    "bills",
    "choose",
    "describe_bills",
    "facts_of",
    "find_road",
    "made_in",
    "open_on",
    "require_within_limit",
]
