"""Tests: stories, limits, properties and real data."""
