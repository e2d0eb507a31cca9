"""What printed pages share: fonts that are shipped, and text with a glyph for each character."""
