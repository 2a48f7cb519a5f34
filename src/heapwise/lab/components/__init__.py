"""What has to run beside a lab's program: a database, a broker, a service it calls."""
