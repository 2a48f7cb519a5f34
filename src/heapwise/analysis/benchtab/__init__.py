"""benchstat's tables: filter, project, summarise, compare (golang.org/x/perf/cmd/benchstat)."""
