"""What the outside world is, and how it is made reliable: model, ports, connectors, sources. Knows no GraphQL."""
