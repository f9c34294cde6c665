"""Programs for ``python -m``, under names that users had before there was a command line."""
