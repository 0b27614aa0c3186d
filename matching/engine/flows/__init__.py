"""The optimum of a sector as a flow: bits, passes over pairs, column generation, duals."""
