"""Python services in which heapwise-agent runs."""
