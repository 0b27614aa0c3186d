"""What every web server of ours has in common; gunicorn reads this file where it is started."""

# Longer than clients and proxies keep a connection that is idle (nginx 60 s, httpx 5 s): the side
# that closes first must be theirs, or a request meets a connection that is just being closed.
keepalive = 75
