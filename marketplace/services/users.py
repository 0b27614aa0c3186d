"""People who sign in."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.models import User
from marketplace.services.constraints import one_transaction

NO_ADDRESS = gettext_noop("This is not an e-mail address.")
WEAK_PASSWORD = gettext_noop("Choose a longer, less common password of 12 characters or more.")


@one_transaction
def create_user(*, email: str, password: str, name: str, is_staff: bool = False) -> User:
    """Raises InvalidInput for an address that is none or is taken, or a weak password."""
    address, errors = email.strip().lower(), []
    try:
        validate_email(address)
    except ValidationError:
        errors.append(FieldError("email", email, "invalid", NO_ADDRESS))
    try:
        validate_password(password, User(email=address, name=name))
    except ValidationError:
        errors.append(FieldError("password", "", "weak", WEAK_PASSWORD))
    if errors:
        raise InvalidInput(errors)
    return User.objects.create_user(address, password, name=name.strip(), is_staff=is_staff)
