"""The independent checker: it imports no solver and finds the pairs by code of its own."""
