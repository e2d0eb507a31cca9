"""What people look at: tables folded from the log, and reports on them. It never decides."""
