"""When a bad trial ends early, and what that would have done to a search that is over."""
