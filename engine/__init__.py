"""The engine: facts and accounts below, the clock and the log above."""
