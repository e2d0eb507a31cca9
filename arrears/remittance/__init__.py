"""How debtors pay so that the money finds its account: references and payment codes."""
