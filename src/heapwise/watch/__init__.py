"""Production monitoring: scrape, detect, capture, tell."""

STORE = "heapwise-watch"
"""The directory of what is kept, where no other is named."""
