"""The options of ``heapwise verify`` beside those of the load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from heapwise.cli.options import DURATION, EFFECT, FILE, SHARE, TABLE, Option
from heapwise.cli.planning import PLAN_OPTIONS, PlanOptions

MOST_ROUNDS = 1000

OWN = (
    Option(name="like", type=FILE, metavar="RECORDING",
           help="Drive the load of this recording again; options of the load change parts of it."),
    Option(name="job",
           help="The sides are programs that run to their end, as `heapwise job` records them."),
    replace(TABLE["base"], peer="", metavar="COMMAND|URL",
            help="The old side: a command that starts it, or the URL of one that runs. "
            "Default with --like: the command of the recording."),
    Option(name="new", type=click.STRING, metavar="COMMAND|URL", help="The new side."),
    Option(name="ablate", type=click.STRING, metavar="COMMAND|URL",
           help="A third side, entirely without what is improved: the bound of what can be "
           "gained."),
    Option(name="base-rev", type=click.STRING, metavar="REVISION",
           help="The old side as a git revision, checked out apart; needs --exec."),
    Option(name="new-rev", type=click.STRING, metavar="REVISION", default="HEAD",
           help="The new side as a git revision."),
    Option(name="build", type=click.STRING, metavar="COMMAND",
           help="Builds a revision, in its own folder."),
    Option(name="base-service", type=click.STRING, metavar="URL",
           help="Debug endpoint of the old side, where it is not that of --service."),
    Option(name="new-service", type=click.STRING, metavar="URL",
           help="Debug endpoint of the new side."),
    Option(name="ablate-service", type=click.STRING, metavar="URL",
           help="Debug endpoint of the third side."),
    Option(name="rounds", type=click.IntRange(2, MOST_ROUNDS), default=6, metavar="N",
           help="Runs of each side; with --until decided the most there may be, 20 by default."),
    Option(name="cooldown", type=DURATION, default="2s", help="Pause between two runs."),
    replace(TABLE["until"], type=click.Choice(["decided"]), metavar=None,
            help="Make rounds until every primary metric is decided or the budget ends."),
    Option(name="budget", type=DURATION, default="10m",
           help="With --until decided: the longest it may take, about."),
    Option(name="max-repeats", type=click.IntRange(0, MOST_ROUNDS), metavar="N",
           help="Spoiled runs that may be made again; default: as many as rounds."),
    Option(name="keep", type=click.Choice(["all", "summary"]), default="all",
           help="Keep every recording, or only what was analysed of it."),
    Option(name="resume", type=FILE, metavar="DIR",
           help="Go on with a verification that was interrupted."),
    Option(name="hypothesis", type=click.STRING, metavar="TEXT",
           help="What the cause is thought to be; for the report and the notebook."),
    Option(name="predict", type=click.STRING, metavar="TEXT",
           help="What the change is expected to do; 'allocs/req -60%' is held against the result."),
    Option(name="log", switch_off=True,
           help="Note the result down in heapwise-log.md and .jsonl here; a project may ask for "
           "it in heapwise.toml."),
    Option(name="format", type=click.Choice(["text", "json", "markdown"]), default="text",
           help="Format of the result."),
)  # fmt: skip
"""In the order the help prints them. Some names mean something else to the profile views."""

TARGET_FORMAT = replace(TABLE["format"], name="target-format", peer="")
"""Of target files; plain -format is the report's here."""

LOAD = tuple(name for name in PLAN_OPTIONS if name != "format")


STATISTICS = (
    Option(name="alpha", type=SHARE, default="0.05",
           help="Chance of a false alarm over all primary metrics, and all looks, together."),
    Option(name="min-effect", type=EFFECT, default="2%", metavar="N%",
           help="Smallest relative change that counts; below it the sides are the same."),
)  # fmt: skip


class VerifyOptions(PlanOptions):
    """The options, as click passes them."""

    like: Path | None
    job: bool
    base: str | None
    new: str | None
    ablate: str | None
    base_rev: str | None
    new_rev: str
    build: str | None
    base_service: str | None
    new_service: str | None
    ablate_service: str | None
    service: str | None
    exec_command: str | None
    rounds: int
    cooldown: int
    until: str | None
    budget: int
    max_repeats: int | None
    keep: str
    resume: Path | None
    hypothesis: str | None
    predict: str | None
    log: bool
    format: str
    alpha: float
    min_effect: float
    interval: int
    output: Path | None
    force: bool
    keep_secrets: bool
