"""Real gateways as processes: started, killed, stopped, watched, and lied to."""
