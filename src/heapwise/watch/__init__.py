"""Production monitoring: scrape, detect, capture, tell."""
