"""Modules that learn. PyTorch is imported here and nowhere else in the library."""
