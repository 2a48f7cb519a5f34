"""Go's benchmark format (golang.org/design/14313), read as golang.org/x/perf/benchfmt does."""
