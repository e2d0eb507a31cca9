"""How each kind of fact changes the account: only assignments, in time proportional to the fact."""
