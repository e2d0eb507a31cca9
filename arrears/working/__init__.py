"""Long work that somebody starts and looks at again: what it is, how far it has come, what came of it."""
