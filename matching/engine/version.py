"""Part of every stored round; raised whenever the same inputs could give another result."""

ENGINE_VERSION = "1.1.0"
