"""Policies: should we, and may we? Documents and their pure evaluation."""
