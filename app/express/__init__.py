"""The express way: requests that need nothing but this process's memory, answered as soon as they are whole."""
