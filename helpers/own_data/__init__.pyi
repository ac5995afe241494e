from .checks import Finding as Finding, Findings as Findings, check_rows as check_rows
from .plan import Plan as Plan, plan_job as plan_job, require_live as require_live
from .split import Parts as Parts, split_rows as split_rows
from .table.columns import Columns as Columns, choose_columns as choose_columns
from .table.examples import Examples as Examples, make_examples as make_examples
from .table.reading import OwnTable as OwnTable, read_table as read_table
from .verdict import ADVICE as ADVICE, Verdict as Verdict, judge as judge
