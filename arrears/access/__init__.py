"""Who may do what: users, roles, tokens and sessions, held against the one table of permissions."""
