"""Values as arguments."""

import logging

logger = logging.getLogger(__name__)


def page(request):
    logger.debug("page %s for %r", request.path, request.user)
    logger.debug("nothing to fill in")
    return "page"
