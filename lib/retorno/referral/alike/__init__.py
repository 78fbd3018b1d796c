"""The same gaps between customers who are alike in what is known of them."""
