"""Pages served live, on this machine unless told otherwise."""
