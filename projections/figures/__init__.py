"""Figures over time: what each account adds to them, kept by day, and read by month on both clocks."""
