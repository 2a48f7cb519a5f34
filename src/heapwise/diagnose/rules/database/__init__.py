"""Rules about statements: what is sent to a database more often than needed."""
