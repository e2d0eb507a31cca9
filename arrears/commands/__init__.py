"""What a person may record on an account: one request each, checked, decided and found by its name."""
