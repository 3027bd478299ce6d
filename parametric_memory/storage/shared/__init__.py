"""A memory that several machines share: entries in a place that all of them reach, the index in a Chroma server.

    <place>/shared-memory.json                          which server, and how its collections are named
    <place>/made-with.json                              what the memory was made with
    <place>/entries/<name>/<revision>-<random>.zip      an entry's files as they were from one change to the next

What stands in the place once is never changed. Which of it is an entry's state, a record in the server says: until that
is there, nobody sees what was written, and from then on everybody does. Writers take turns, see `leases`.
"""
