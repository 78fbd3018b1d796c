"""What referred customers earn the firm beside others, month of tenure by month of tenure."""
