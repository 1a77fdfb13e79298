"""Text as such: characters, normalisation, word lists; knows nothing of articles."""
