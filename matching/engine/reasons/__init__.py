"""Why something stayed open, and from where it would be matched."""
