"""What the simulator knows of hashicorp/aws beyond its schema."""
