"""A generated portfolio of invented debtors, for the demo and for tests that want a whole book."""
