"""Answers that are files: always downloads, so that a browser never runs what somebody uploaded.

``nosniff`` comes with every answer of this site.
"""

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpResponse


def upload(file: FieldFile, kind: str, name: str) -> FileResponse:
    """An uploaded paper of media type ``kind``."""
    return FileResponse(
        file.open("rb"),
        as_attachment=True,
        filename=f"{name}.{kind.rpartition('/')[2]}",
        content_type=kind,
    )


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    """A file that was made here."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
