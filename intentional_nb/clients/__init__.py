"""Reaching the model."""
