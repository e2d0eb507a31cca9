"""What is doubtful about a policy before it is published, and how its ladder runs for a sample invoice."""
