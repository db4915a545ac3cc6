"""Reading: page image -> maps -> lines -> strips -> readings -> Page, on numpy and ONNX sessions."""
