"""What a run takes beside the counters and the heap: profiles, traces, the machine's readings."""
