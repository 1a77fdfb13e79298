"""One pass over a page: its blocks, and an index of the elements that metadata are read from."""
