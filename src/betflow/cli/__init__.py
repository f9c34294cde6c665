"""The command line: one file per command; options in, outcome out, no logic."""
