"""The catalogue of facts: what can have happened, in the past tense."""
