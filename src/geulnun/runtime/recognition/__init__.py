"""Text lines -> strips -> class scores -> text with its characters' places."""
