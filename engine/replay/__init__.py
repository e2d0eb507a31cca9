"""Replay: the same history decided again, under the policies that ran, under others, or into the future."""
