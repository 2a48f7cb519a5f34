"""Text: matching, formatting, joining and taking apart."""
