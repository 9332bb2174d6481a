//! Sockets, HTTP and captures: the IO of every venue.
