"""Asks a target how it does, by whatever it already exposes."""

from __future__ import annotations

from heapwise.watch.scrape.scraper import Scraper, health_of, scraper_for
from heapwise.watch.scrape.settings import ScrapeSettings

__all__ = ["ScrapeSettings", "Scraper", "health_of", "scraper_for"]
