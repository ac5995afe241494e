from .chooser import chooser_table as chooser_table
from .measured.checkpoints import (
    checkpoint_scores as checkpoint_scores,
    checkpoints_of_seeds as checkpoints_of_seeds,
)
from .measured.from_run import lines_of_run as lines_of_run
from .measured.lines import learning_curve as learning_curve
from .measured.pricing import (
    Pricing as Pricing,
    cost_of_ways as cost_of_ways,
    options_in_seconds as options_in_seconds,
    options_in_usd as options_in_usd,
)
from .measured.seen import seen_once as seen_once
from .measured.sentences import (
    describe_checkpoints as describe_checkpoints,
    describe_costs as describe_costs,
    describe_learning_curve as describe_learning_curve,
    describe_quality_cost as describe_quality_cost,
    quality_and_cost as quality_and_cost,
)
from .measured.summary import summarize as summarize
from .needs import Needs as Needs
from .options import KINDS as KINDS, Option as Option
from .recommend import decide as decide
