from .needs import HOURS as HOURS, Needs as Needs
from .options import KINDS as KINDS, Option as Option, questions_needed as questions_needed
from .places import places_to_train as places_to_train
from .recommend import Recommendation as Recommendation, decide as decide
