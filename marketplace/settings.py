"""The one settings file: what differs between machines comes from the environment."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _

from marketplace import places

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
if (BASE_DIR / ".env").exists():
    environ.Env.read_env(BASE_DIR / ".env")

# Without a key of its own (the offline file command) a process gets one that nobody can guess;
# `check --deploy` refuses a server that runs like that.
SECRET_KEY_FROM_ENVIRONMENT = env.str("SECRET_KEY", default="")
SECRET_KEY = SECRET_KEY_FROM_ENVIRONMENT or get_random_secret_key()
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=True)
# A demo says on every page that its organisations are invented.
DEMO = env.bool("DEMO", default=False)

_CONTRIB = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles", "humanize")
INSTALLED_APPS = [
    "marketplace",
    "matching",
    *(f"django.contrib.{_app}" for _app in (*_CONTRIB, "postgres")),
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "pgtrigger",
    "pghistory",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "marketplace.web.compression.PagesGZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "marketplace.web.reader.ReaderMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "marketplace.web.second_factor.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]
ROOT_URLCONF = "marketplace.urls"
WSGI_APPLICATION = "marketplace.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "marketplace.web.context.navigation",
            ],
        },
    },
]

# The application's role has no owner's rights; `migrate` and `grant_app_role` run as the owner.
DATABASES = {"default": places.database(env)}
DATABASE_APP_ROLE = env.str("DATABASE_APP_ROLE", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Audit rows cannot be changed or removed, whoever tries.
PGHISTORY_APPEND_ONLY = True

AUTH_USER_MODEL = "marketplace.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "marketplace.web.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "marketplace.web.forms.accounts.NameForm"
ACCOUNT_FORMS = {"login": "marketplace.web.forms.entry.SignInForm"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
# A reset for an address that nobody has here sends nothing to whoever has it.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Green Premium Marketplace"
# Of the market's staff and of owners; a demo's log-ins are printed for everybody anyway.
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=not DEMO)
# Proxies in front that add to X-Forwarded-For: attempts to sign in are counted by address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# Counts attempts in PostgreSQL: nothing on the request path asks Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "marketplace_cache",
        # Above it, counts are thrown away: a flood of addresses must not reset the rest.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
# Where the market's terms can be read; without it the site names their version only.
TERMS_URL = env.str("TERMS_URL", default="")
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LOCALE_PATHS = [BASE_DIR / "marketplace" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))()
# Source maps too, which only a debugger asks for; and pages name the hashed files only.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("map", "png", "gz", "br", "woff", "woff2")
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "media"))()
STORAGES = {
    "default": places.uploads(env),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o640

SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["marketplace.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["marketplace.api.parsers.ExactJsonParser"],
    "DEFAULT_SCHEMA_CLASS": "marketplace.api.schema.ApiSchema",
    "DEFAULT_PAGINATION_CLASS": "marketplace.api.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "marketplace.api.errors.problem_response",
    "STRICT_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Green Premium Marketplace",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "Boundary": "marketplace.domain.vocabulary.Boundary",
        "ProductForm": "marketplace.domain.vocabulary.ProductForm",
        "Scheme": "marketplace.domain.vocabulary.Scheme",
        "EnergySource": "marketplace.domain.vocabulary.EnergySource",
        "Region": "marketplace.domain.vocabulary.Region",
        "Incoterm": "marketplace.domain.vocabulary.Incoterm",
        "DutyStatus": "marketplace.domain.vocabulary.DutyStatus",
        "CertificateState": "marketplace.domain.vocabulary.CertificateState",
        "ListingState": "marketplace.domain.vocabulary.ListingState",
        "ProposalState": "marketplace.domain.vocabulary.ProposalState",
        "DealState": "marketplace.domain.vocabulary.DealState",
        "ComparedBoundary": [("SMELTER_S1S2",) * 2, ("CRADLE_TO_GATE",) * 2],
        "SideAnswer": "marketplace.domain.vocabulary.Answer",
    },
}

# Redis is a doorbell only: short time-outs, no results, nothing that PostgreSQL does not have.
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
# A message whose worker was lost comes back after so long; the sweep rings much earlier.
BROKER_VISIBILITY_SECONDS = env.float("BROKER_VISIBILITY_SECONDS", default=300.0)
REDIS_TIMEOUT_SECONDS = env.float("REDIS_TIMEOUT_SECONDS", default=0.5)
OUTBOX_SWEEP_SECONDS = env.float("OUTBOX_SWEEP_SECONDS", default=10.0)
# Who took a row of the outbox holds it for so long; then it counts as lost and is rung for again.
OUTBOX_LEASE_SECONDS = env.float("OUTBOX_LEASE_SECONDS", default=60.0)
EXPIRY_SWEEP_SECONDS = env.float("EXPIRY_SWEEP_SECONDS", default=30.0)
# A round whose worker has not been heard of for so long is taken over by another.
ROUND_LEASE_SECONDS = env.float("ROUND_LEASE_SECONDS", default=45.0)
MATCHING_THREADS = env.int("MATCHING_THREADS", default=2)
# Previews of requirements in one hour and one day, of an organisation together with its group.
PREVIEWS_PER_HOUR = env.int("PREVIEWS_PER_HOUR", default=300)
PREVIEWS_PER_DAY = env.int("PREVIEWS_PER_DAY", default=1500)
# How often saved searches look for new lots; publishing one looks at once.
SEARCH_SWEEP_SECONDS = env.float("SEARCH_SWEEP_SECONDS", default=300.0)
HEARTBEAT_SECONDS = env.float("HEARTBEAT_SECONDS", default=5.0)
HEARTBEAT_STALE_AFTER = timedelta(seconds=env.float("HEARTBEAT_STALE_SECONDS", default=60.0))
# An idle worker that hears nothing for so long, while work is overdue, ends itself.
DEAF_AFTER_SECONDS = env.float("DEAF_AFTER_SECONDS", default=120.0)
# An answer under an Idempotency-Key is given again for so long.
IDEMPOTENCY_KEPT_FOR = timedelta(hours=env.float("IDEMPOTENCY_HOURS", default=24.0))
# Days until what nobody needs any more is removed; ledger, deals, claims and audit are kept.
ROUND_KEEP_DAYS = env.int("ROUND_KEEP_DAYS", default=90)
OUTBOX_KEEP_DAYS = env.int("OUTBOX_KEEP_DAYS", default=14)
NOTIFICATION_KEEP_DAYS = env.int("NOTIFICATION_KEEP_DAYS", default=180)
# Of one user for one organisation, with any of the keys.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
IMPORT_KEEP_DAYS = env.int("IMPORT_KEEP_DAYS", default=30)
# Footprints of new and changed lots are written so often.
FOOTPRINT_SWEEP_SECONDS = env.float("FOOTPRINT_SWEEP_SECONDS", default=30)
# Messages of one organisation to the other sides of its proposals.
MESSAGES_PER_HOUR = env.int("MESSAGES_PER_HOUR", default=60)
# Webhooks: how long one call may take, and networks that may be called although they are not
# public (a system of the operator's own; without TLS too). Certificates of a private authority.
WEBHOOK_SECONDS = env.float("WEBHOOK_SECONDS", default=10.0)
WEBHOOK_NETWORKS = [ip_network(one) for one in env.list("WEBHOOK_NETWORKS", default=[])]
OUTGOING_CA_FILE = env.str("OUTGOING_CA_FILE", default="")
WEBHOOK_KEEP_DAYS = env.int("WEBHOOK_KEEP_DAYS", default=30)
# Secrets of others are sealed with the first of these, and opened with any. Empty: SECRET_KEY.
SEALING_KEYS = env.list("SEALING_KEYS", default=[])

# Mails: to the console in a demo, else to a mail server. Their links begin with SITE_URL.
MAIL = env.email_url("EMAIL_URL", default="consolemail://" if DEMO else "smtp://localhost:25")
EMAIL_BACKEND = MAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = MAIL["EMAIL_HOST"], MAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_USER"], MAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=10.0)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="market@localhost")
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
NOTICE_DAILY_HOUR = env.int("NOTICE_DAILY_HOUR", default=6)

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # They tell every step of every document.
    "loggers": {name: {"level": "WARNING"} for name in ("weasyprint", "fontTools")},
}
