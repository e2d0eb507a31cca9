"""Reminders on paper: pages with an address window, and batches for the printer."""
