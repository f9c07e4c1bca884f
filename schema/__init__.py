"""What a client may ask and see: names, nullability, descriptions, input conversion. Does no I/O, holds no policy."""
