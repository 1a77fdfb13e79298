"""What speaks for and against each block being the article: evidence for the learned labellers."""
