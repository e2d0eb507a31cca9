"""What an operator needs of a running book: its jobs, logs of its requests, metrics, health, settings."""
