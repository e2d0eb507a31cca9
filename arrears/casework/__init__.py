"""What people do and ask who work accounts: the worklist, hand-overs, attachments, leave to call."""
