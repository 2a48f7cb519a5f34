"""``python -m heapwise`` is the same as ``heapwise``."""

from heapwise.cli.main import main

if __name__ == "__main__":
    main()
