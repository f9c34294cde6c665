"""betflow: for people who trade on the Betfair Exchange and must be able to prove every number."""

__version__ = "0.1.0"
