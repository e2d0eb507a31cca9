"""The floor: facts, money, the account and what it may do. Pure; imports nothing of ours."""
