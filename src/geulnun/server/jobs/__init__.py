"""Long documents: read page by page in the background, kept on disk for a stated time."""
