"""Networks that find text: (N, 3, H, W) -> region and affinity maps at half resolution."""
