"""The page of ``heapwise watch``: services, their timelines, alerts, captured profiles."""
