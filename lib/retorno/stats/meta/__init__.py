"""Meta-analysis: effects of several studies pooled, compared and questioned, to the standard of R's metafor.

Pure functions over arrays that return small frozen results; nothing here reads a file, draws, or knows marketing.
"""
