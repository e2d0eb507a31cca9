"""Tamper evidence: signed checkpoints over the log, and what they prove of it."""
