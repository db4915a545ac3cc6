"""Effects: damage to ink and pixels that leaves geometry alone.

`ink` and `picture` hold one file for each effect and the table of them, in the order in which they are applied.
"""
