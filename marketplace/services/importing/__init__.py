"""How an imported file becomes rows, and rows become lots and requirements."""
