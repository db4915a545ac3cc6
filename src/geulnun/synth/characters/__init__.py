"""Pictures of single characters, printed and handwritten."""
