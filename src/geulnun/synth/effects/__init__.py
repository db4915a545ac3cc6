"""What printing, scanning and cameras do to a picture, its geometry left alone."""
