"""Reading a page: image -> words -> lines -> strips -> text -> Page, on numpy and ONNX sessions."""
