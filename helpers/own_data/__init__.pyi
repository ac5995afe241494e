from .checks import Finding as Finding, Findings as Findings, check_rows as check_rows
from .columns import Columns as Columns, choose_columns as choose_columns, make_examples as make_examples
from .plan import Plan as Plan, plan_job as plan_job
from .reading import OwnTable as OwnTable, read_table as read_table
from .split import Parts as Parts, split_rows as split_rows
from .verdict import Verdict as Verdict, judge as judge
