"""What happens to ink and pixels between the printer and the reader, geometry left alone.

`ink` and `picture` hold one file for each effect and the table of them, in the order in which they are applied.
"""
