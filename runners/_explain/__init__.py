"""What a network looks at: Grad-CAM maps, their sanity check, the pictures that are kept of them."""
