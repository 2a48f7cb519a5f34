"""Several processes of one service, shown as one.

Every process listens on a unix socket of its own in a directory that only its user can enter.
Whoever holds that directory's lock listens where clients look and answers with what all of them
say; when it ends, the kernel frees the lock and another takes over.
"""
