"""Part of every stored round; raised whenever the same inputs could give another result."""

ENGINE_VERSION = "2.0.0"
