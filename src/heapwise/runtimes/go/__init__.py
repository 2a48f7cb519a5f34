"""Go services through plain ``net/http/pprof``."""
