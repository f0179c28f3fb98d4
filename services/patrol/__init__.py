"""Grid patrol: incidents from report to evaluation."""
