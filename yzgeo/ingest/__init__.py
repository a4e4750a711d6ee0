"""Files of other people: read in a process of their own, then checked row by row."""
