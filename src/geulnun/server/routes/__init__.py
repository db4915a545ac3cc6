"""The API of geulnun itself, one file for each of its places."""
