"""The HTTP service of a district: thin routes on the library."""
