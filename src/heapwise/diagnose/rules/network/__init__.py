"""Rules about connections: what makes a service dial more often than it needs to."""
