"""Debug messages that are made whether or not anybody wants them."""

import logging

logger = logging.getLogger(__name__)


def page(request):
    logger.debug(f"page {request.path} for {request.user!r}")  # want HW909
    return "page"


class Worker:
    def __init__(self):
        self.log = logging.getLogger("worker")

    def work(self, items):
        for item in items:
            self.log.debug("item %s of %s" % (item.id, len(items)))  # want HW909


def sums(items):
    total = 0
    for item in items:
        total += item
        logging.debug("now {}".format(total))  # want HW909
    return total
