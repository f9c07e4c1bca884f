"""What is remembered: entries and their ages, in this process and in a store that outlives it."""
