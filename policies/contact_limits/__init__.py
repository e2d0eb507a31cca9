"""May we contact this debtor, on this channel, now? Rules as data, and their pure evaluation."""
