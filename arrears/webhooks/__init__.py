"""Other systems are told what was recorded: each fact posted to those who asked for it, signed."""
