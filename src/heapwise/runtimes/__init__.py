"""What heapwise must know of a language runtime, one package each."""
