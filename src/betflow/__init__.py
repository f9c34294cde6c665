"""betflow: a command line and library for people who trade on the Betfair Exchange and must prove every number."""

__version__ = "0.1.0"
