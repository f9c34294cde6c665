"""
What the rooms above need of the disk: private files that survive a power cut, and SQLite files.

`files` makes folders and files that nobody else may read, and brings them to the disk; `sqlite` opens a
database, brings its tables up to date and tells its trouble. Nothing here knows what is written.
"""
