"""GraphQL over HTTP: what comes in, in which form an answer goes out. Knows nothing of what is asked."""
