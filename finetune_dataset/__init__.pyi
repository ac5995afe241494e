from .check.line import check_line as check_line
from .convert.tables import TableRows as TableRows, rows_from_table as rows_from_table
from .errors import DatasetError as DatasetError, FineTuneError as FineTuneError
from .files import write_jsonl as write_jsonl
from .jsonlines import read_jsonl as read_jsonl
from .quality.check import check_quality as check_quality
from .quality.private_data import mask_private as mask_private
from .repair.mend import repair_dataset as repair_dataset
from .repair.result import Repair as Repair
from .report import DatasetReport as DatasetReport, Statistics as Statistics
from .rules.issues.issue import Issue as Issue
from .split import split_dataset as split_dataset
from .tokens.count import count_tokens as count_tokens, n_epochs_auto as n_epochs_auto
from .validate import (
    require_valid as require_valid,
    validate_dataset as validate_dataset,
    validate_files as validate_files,
)
