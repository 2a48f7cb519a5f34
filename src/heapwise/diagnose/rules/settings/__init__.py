"""Rules about how a service is run: settings of its collector that work against it."""
