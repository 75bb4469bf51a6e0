"""The HTTP/1.1 server: one thread answers all short requests, each long one gets a thread of its own.

    sockets.py      the sockets to listen on; 127.0.0.1 unless the user says otherwise
    listening.py    :class:`Server`: who answers next; accepts, stops in order
    workers.py      threads, started on demand; the one that worked last works next
    connection.py   a connection's requests, one after the other
    requests.py     a request's head as a WSGI environ (httptools parses)
    bodies.py       what of a connection's bytes is a request's body, as a stream
    responses.py    an application's answer on the socket; files by ``sendfile``

Why our own: the wire is what we exist for. A request is read, answered and written by one thread, and the next one by
the same, so that small calls cost no thread switch (a server that parses on one thread and runs Python on another: six,
half of a Describe's time; a thread for each connection: eight fight for Python's lock and take twice the CPU); bodies
come by ``recv`` straight into what hashes and stores them, files go out inside the kernel; and header names and paths
stay as they were sent (``x-amz-meta-my_key``, ``%2F``), which no WSGI server keeps.
"""

from emulator.server.listening import Server
from emulator.server.sockets import ListenError, bind, in_url, port_of, reachable

__all__ = ["ListenError", "Server", "bind", "in_url", "port_of", "reachable"]
