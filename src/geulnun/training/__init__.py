"""Learning: samples -> tensors -> checkpoint -> bundle. The only room with torch."""
