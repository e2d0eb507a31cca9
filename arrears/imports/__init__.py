"""A creditor's files, read into rows and then into facts."""
