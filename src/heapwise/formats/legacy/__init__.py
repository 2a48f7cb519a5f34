"""The text formats from before ``profile.proto``: what ``debug=1`` and old C++ tools print."""
