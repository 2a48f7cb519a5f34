"""A service whose every endpoint has one pattern, and beside it the same endpoint without.

One module a pattern, which registers itself. A pattern stands in it as people write it, with
enough of it in one request to be seen beside the others: 50 to 500 KB. Both answer the same.
"""

from importlib import import_module
from pathlib import Path

import collector  # noqa: F401 - registers its endpoints
from endpoints import ROUTES
from starlette.applications import Starlette

for each in sorted(Path(__file__).parent.glob("hw*.py")):
    import_module(each.stem)

app = Starlette(routes=ROUTES)
