"""What the book says, in words for people and under names that stay for programs: facts, amounts, reasons."""
