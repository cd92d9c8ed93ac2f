"""What a solve is given: the problem compiled to chains, starts, integrals and integer units."""
