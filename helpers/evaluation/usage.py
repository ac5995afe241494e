"""What answers took: tokens and seconds, summed up per way to ask."""

from collections.abc import Sequence

import numpy as np


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all values does not exceed, between two values by straight line.

    Args:
        values: At least one.
        share: 0 to 1; 0.5 is the median.
    """
    return float(np.quantile(values, share))
