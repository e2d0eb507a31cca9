"""The dispute bundle: an account's history as a PDF for people, and as facts that anybody can check."""
