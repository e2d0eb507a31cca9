"""Interest and fixed compensation: pure arithmetic over days, principal and rates."""
