"""A launch or an offer for a limited time: what changed, against what a dashboard credits."""
