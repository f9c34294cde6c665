"""A simulated exchange: markets that are made up, and (to come) the servers that speak Betfair's wire."""
