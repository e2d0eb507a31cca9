"""Personal data under a key of each account: the key ring, its master key, and the cipher of stored facts."""
