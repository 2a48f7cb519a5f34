"""Asked for first, rare, written anyway, or no logger."""

import logging

logger = logging.getLogger(__name__)


def page(request):
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug(f"page {request.path}")
    logger.warning(f"page {request.path} is old")
    try:
        return request.user.page
    except AttributeError:
        logger.debug(f"{request.user} has no page")
        return ""


def start(settings):
    """Once, at the start."""
    logger.debug(f"settings: {settings}")


def shown(request, screen, items):
    for item in items:
        screen.debug(f"{item}")
        logger.debug(f"constant")


def described(request):
    """The text is made either way."""
    logger.debug(f"{request.describe()} came")
    logger.debug("body: %s" % repr(request.body)[:100])
    logger.debug(f"{request.path}: {str(request.body)[:100]}")


def guarded(request, users):
    for user in users:
        logger.debug("user %s", user)
