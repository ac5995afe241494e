from .checking import check as check, hint as hint, solution as solution
from .quizzes import answer as answer, quiz as quiz
from .table import progress as progress
