"""What repeats over many files: which of them tell one story, and what a publisher repeats."""
