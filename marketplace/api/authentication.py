"""``Authorization: Bearer KEY``: the only way into the API. No cookie is looked at."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from marketplace.models import User
from marketplace.models.actors import Actor
from marketplace.services import keys

LONGEST_KEY = 200


class ApiKeyAuthentication(BaseAuthentication):
    """``request.auth`` is the Actor of the key; a market admin's own key has none."""

    def authenticate(self, request: Request) -> tuple[User, Actor | None] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2 or len(words[1]) > LONGEST_KEY or not words[1].isascii():
            raise AuthenticationFailed
        holder = keys.authenticate(key=words[1].decode("ascii"), now=timezone.now())
        if holder is None:
            raise AuthenticationFailed
        if isinstance(holder, Actor):
            return holder.user, holder
        return holder, None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
