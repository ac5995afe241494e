from .check.scan import check_line as check_line
from .convert.prompts import rows_from_prompts as rows_from_prompts
from .convert.tables import TableRows as TableRows, rows_from_table as rows_from_table
from .errors import DatasetError as DatasetError, FineTuneError as FineTuneError
from .files import write_jsonl as write_jsonl
from .jsonlines import read_jsonl as read_jsonl
from .quality.check import check_quality as check_quality
from .quality.private_data import find_private as find_private, mask_private as mask_private
from .repair import Repair as Repair, repair_dataset as repair_dataset
from .report import DatasetReport as DatasetReport, Statistics as Statistics
from .rules.issues import Issue as Issue
from .split import overlap as overlap, split_dataset as split_dataset
from .tokens.count import (
    TokenCounts as TokenCounts,
    count_dataset as count_dataset,
    count_row as count_row,
    count_tokens as count_tokens,
    n_epochs_auto as n_epochs_auto,
)
from .validate import require_valid as require_valid, validate_dataset as validate_dataset
