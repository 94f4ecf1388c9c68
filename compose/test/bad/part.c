/* The source of every component in these tests; nothing compiles it. */
