"""Types and functions that every package uses: geometry, pages, Hangul, charset, images, configs."""
