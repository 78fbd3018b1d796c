"""What others have found: published effects pooled, the own survey among them, and a map of published directions."""
