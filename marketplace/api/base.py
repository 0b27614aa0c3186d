"""What all views of the API share: the acting organisation, strict parameters, private answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.api.pagination import PAGINATION_PARAMETERS
from marketplace.api.parsers import ExactJsonParser
from marketplace.domain.errors import NotAllowed
from marketplace.models import User
from marketplace.models.actors import Actor
from marketplace.services import probes


class ApiView(APIView):
    parser_classes = (ExactJsonParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if isinstance(request.user, User):
            holder = request.auth.organisation if isinstance(request.auth, Actor) else None
            probes.api_request(by=request.user, organisation=holder, now=timezone.now())
        method = str(request.method)
        if method not in self.allowed_methods:
            # What is not done here at all is said before what is wrong with it.
            raise MethodNotAllowed(method)
        known = set(self.query_parameters()) if method in ("GET", "HEAD") else set()
        _refuse_parameters(request, known)

    def query_parameters(self) -> Iterable[str]:
        return ()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization"])
        patch_cache_control(response, private=True, no_cache=True)
        return response

    @property
    def actor(self) -> Actor:
        """For whom the key acts. An admin's own key has no organisation."""
        if not isinstance(self.request.auth, Actor):
            raise NotAllowed
        return self.request.auth


class ListView(ApiView, GenericAPIView[Any]):
    """A paged, filtered list. ``orderings`` are what a reader may ask for; the first is used."""

    orderings: Mapping[str, tuple[str, ...]] = {}
    filterset_class: Any = None

    def query_parameters(self) -> Iterable[str]:
        filters = self.filterset_class.base_filters if self.filterset_class else ()
        return (*PAGINATION_PARAMETERS, *filters)

    def page(self) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


def _refuse_parameters(request: Request, known: set[str]) -> None:
    """Those that are unknown; and empty ones, by which a script's unset variable would list all."""
    sent = request.query_params
    unknown = sorted(set(sent) - known)
    if unknown:
        message = _("There is no such parameter here.")
        raise ValidationError({name: [message] for name in unknown}, code="unknown_parameter")
    empty = sorted(name for name in sent if not all(sent.getlist(name)))
    if empty:
        message = _("Give a value, or leave the parameter out.")
        raise ValidationError({name: [message] for name in empty}, code="empty_parameter")
