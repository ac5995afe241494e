"""Is this computer ready for the course? `make doctor`, `python -m helpers doctor`, or in a notebook:

    from helpers import doctor
    doctor.check()

Everything in this folder runs with Python's standard library alone, also where the course's packages are missing
or damaged, and is written so that an old Python (3.8) can read it: it then says which one is needed.
"""

from helpers.doctor.report import check

__all__ = ["check"]
