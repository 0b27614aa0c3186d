"""Forms carry raw text to the services; the rules are theirs."""
