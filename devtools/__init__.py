"""What dev.py runs. Standard library only: nothing is installed yet when it starts."""
