package gongu.peer;

/** A message, as it comes and as it goes out. */
record Said(String type, String user, String text) {}
