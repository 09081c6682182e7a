"""What is on the wire, for people: any frame, datagram, APDU or capture as a tree of named parts."""
