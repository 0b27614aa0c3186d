"""What the engine refuses."""


class EngineError(Exception):
    """The engine could not do its work; the message says at which point."""
