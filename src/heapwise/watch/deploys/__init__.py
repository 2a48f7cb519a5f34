"""This build against the last one, at equal age and like load."""

from __future__ import annotations

from heapwise.watch.deploys.deploys import Deploys, Judgement

__all__ = ["Deploys", "Judgement"]
