"""Claims about an article, and which of them wins a field of the record."""
