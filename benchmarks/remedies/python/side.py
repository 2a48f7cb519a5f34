"""The function that the environment names, for the process that measures it."""

from __future__ import annotations

import os
from importlib import import_module

_CASES = import_module(os.environ["REMEDY_CODE"]).CASES
run = _CASES[os.environ["REMEDY_CASE"]][os.environ["REMEDY_SIDE"] == "after"]
