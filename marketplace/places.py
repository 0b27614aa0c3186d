"""Where things are kept: the database, and uploads in a folder or a bucket that speaks S3."""

from typing import Any

import environ

# Seconds that PostgreSQL lets a statement run, wait for a lock, and a transaction be idle, by the
# process' part: wsgi.py says web, celery.py says worker. 0 is for ever.
PATIENCE = {"web": (10, 5, 15), "worker": (120, 30, 60)}
TIMEOUTS = {
    "statement_timeout": "STATEMENT_TIMEOUT_SECONDS",
    "lock_timeout": "LOCK_TIMEOUT_SECONDS",
    "idle_in_transaction_session_timeout": "IDLE_TIMEOUT_SECONDS",
}


def database(env: environ.Env) -> dict[str, Any]:
    """The default entry of DATABASES, with the patience of this process' part."""
    found: dict[str, Any] = {
        **env.db_url("DATABASE_URL", default="postgres:///green_premium"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
    options = found.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 5)
    patience = PATIENCE.get(env.str("PROCESS", default="command"), (0, 0, 0))
    for (name, variable), most in zip(TIMEOUTS.items(), patience, strict=True):
        seconds = env.float(variable, default=most)
        if seconds:
            given = options.get("options", "")
            options["options"] = f"{given} -c {name}={round(seconds * 1000)}".lstrip()
    return found


def uploads(env: environ.Env) -> dict[str, Any]:
    """The default entry of STORAGES. Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

    Files of the bucket are private and go through this site like those of a folder: who may see
    one is asked each time, and no address of the bucket is ever given out.
    """
    bucket = env.str("S3_BUCKET", default="")
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "location": env.str("S3_PREFIX", default=""),
            "default_acl": None,
            "querystring_auth": True,
            "file_overwrite": False,
        },
    }
