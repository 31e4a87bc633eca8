"""What a review board and a state data team read about a release. Internal."""
