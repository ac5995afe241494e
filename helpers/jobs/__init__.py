"""Jobs, events, result files and losses as tables, numbers and words. Draws nothing, connects to nothing.

The names that a notebook uses are listed in `__init__.pyi`: `from helpers import jobs`, then for
instance `jobs.metrics_frame(events)`. Each module is loaded when one of its names is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
