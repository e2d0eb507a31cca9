"""What goes out to debtors: the texts of contacts."""
