"""What augmentation does to the best configuration: trained anew with it, without it, and with each part of it."""
