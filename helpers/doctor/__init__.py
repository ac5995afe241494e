"""Look whether this computer is ready for the course.

`make doctor` and `python -m helpers doctor` do so in a terminal. In a notebook:

    from helpers import doctor
    doctor.check()

Everything in this folder runs with Python's standard library alone, also where the course's packages are
missing or damaged, and is written so that an old Python (3.8) can read it: it then says which one is needed.
"""

from helpers.doctor.report import check

__all__ = ["check"]
