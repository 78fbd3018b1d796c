"""Statistics with no marketing word in them: arrays in, small frozen results out."""
