"""Who trades what: the Django project and its domain."""
