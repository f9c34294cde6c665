"""One module for each thing that a user does: takes a request, returns an outcome, never prints."""
