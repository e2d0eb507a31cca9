"""One function per command: it checks the rules, then returns the facts that follow."""
