"""What the engine refuses."""


class EngineError(Exception):
    """The engine could not do its work; the message says at which point."""


class Unsupported(EngineError):
    """The market asks for what this version cannot match exactly: it is refused, not ignored."""
