"""What Kanava tells those who operate it."""
