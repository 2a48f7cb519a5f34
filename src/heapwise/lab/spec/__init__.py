"""``lab.toml``: what a lab builds, how it is driven and what must come out.

One module a theme: `load` and `job` are the two kinds of work, `build` what a variant is made of,
`component` what runs beside it, `expect` what must be seen, `lab` all of it together.
"""

from heapwise.lab.spec.build import Build, GoBuild, PythonBuild
from heapwise.lab.spec.component import Component
from heapwise.lab.spec.expect import ArticleRow, Exit, Expectation, MetricExpectation
from heapwise.lab.spec.job import Amount, Input, Job
from heapwise.lab.spec.lab import JobLab, Lab, ServiceLab, Variant
from heapwise.lab.spec.load import Load, Scale, Service
from heapwise.lab.spec.read import load_spec

__all__ = [
    "Amount", "ArticleRow", "Build", "Component", "Exit", "Expectation", "GoBuild", "Input",
    "Job", "JobLab", "Lab", "Load", "MetricExpectation", "PythonBuild", "Scale", "Service",
    "ServiceLab", "Variant", "load_spec",
]  # fmt: skip
