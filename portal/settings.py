"""One settings file for every place the product runs. A missing secret stops the process; unsafe is opt-in."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ENCRYPTION_KEYS = env("ENCRYPTION_KEYS")  # "id:base64,id2:base64"; the first encrypts, all decrypt

PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_public.hostname or "localhost"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE = _public.scheme == "https"

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "crm",
    "integrations",
    "notifications",
    "accounts",
    "portal.apps.PlatformAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.microsoft",
    "django_otp",
    "django_celery_beat",
    "django_htmx",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.PolicyMiddleware",
    "accounts.middleware.SharedFilesMiddleware",
    "accounts.middleware.BrowserSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.PrincipalMiddleware",
    "accounts.gate.GateMiddleware",
    "accounts.acting_middleware.ActingMiddleware",
    "accounts.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "NAME": "django",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.shell",
            ],
            "builtins": ["lib.ui.tags", "django_htmx.templatetags.django_htmx"],
        },
    },
    {
        "NAME": "jinja2",  # rows of long lists only (ADR 0008)
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja2"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "lib.ui.jinja.environment"},
    },
]
FORM_RENDERER = "lib.ui.forms.FormRenderer"

# The runtime role owns nothing; every request is one transaction, because the tenant setting that
# row-level security reads lives exactly as long as a transaction (ADR 0003).
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 5  # permits it: accounts.statements
DATABASES["default"].update(
    ATOMIC_REQUESTS=True,
    CONN_MAX_AGE=env.int("CONN_MAX_AGE", default=60),
    CONN_HEALTH_CHECKS=False,
    DISABLE_SERVER_SIDE_CURSORS=True,  # a pooler in transaction mode cannot keep them
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL")
CACHES = {"default": {"BACKEND": "lib.cache.Cache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_NAME = "__Host-sid" if SECURE else "sid"
SESSION_COOKIE_SECURE = SECURE
DEVICE_COOKIE_NAME = "__Host-device" if SECURE else "device"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.views.shell.csrf_failure"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PrincipalBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",  # this and the next: people from elsewhere
    "accounts.hashers.ImportedBcryptHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": _VALIDATION + "UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "display_name", "first_name", "last_name")},
    },
    {"NAME": _VALIDATION + "MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": _VALIDATION + "CommonPasswordValidator"},
    {"NAME": "accounts.validators.HouseWordsValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:start"
ACCOUNT_ADAPTER = "accounts.adapters.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "accounts.sealing.SealedMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 0
MFA_TRUST_ENABLED = False  # trusted devices are rows of ours, so that taking them back works at once
MFA_PASSKEY_LOGIN_ENABLED = False
GEOIP_DATABASE = env("GEOIP_DATABASE", default="")
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Above our own limits (accounts.limits), which outlive a restart of the cache; these stop floods before them.
ACCOUNT_RATE_LIMITS = {"login_failed": "40/m/ip,10/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)

# Sign-in by other providers: those that have both an id and a secret (docs/sign-in.md).
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
_tenant = env("MICROSOFT_TENANT", default="") or "common"
SIGN_IN_PROVIDERS = {
    key: {
        "name": name,
        "issuer": env(f"{key.upper()}_ISSUER", default="") or issuer,
        "client_id": env(f"{key.upper()}_CLIENT_ID", default=""),
        "client_secret": env(f"{key.upper()}_CLIENT_SECRET", default=""),
    }
    for key, name, issuer in (
        ("google", "Google", "https://accounts.google.com"),
        ("microsoft", "Microsoft", f"https://login.microsoftonline.com/{_tenant}/v2.0"),
    )
}

CELERY_BROKER_URL = env("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}  # longer than the longest task
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep-syncs": {"task": "crm.tasks.sweep_syncs", "schedule": 10.0},
    "sweep-writes": {"task": "crm.tasks.sweep_writes", "schedule": 10.0},
    "sweep-forms": {"task": "crm.tasks.sweep_forms", "schedule": 120.0},  # and when one arrives
    "sweep-imports": {"task": "crm.tasks.sweep_imports", "schedule": 10.0},
    "sweep-import-files": {"task": "crm.tasks.sweep_import_files", "schedule": 600.0},
    "sweep-recordings": {"task": "crm.tasks.sweep_recordings", "schedule": 30.0},
    "sweep-scores": {"task": "crm.tasks.sweep_scores", "schedule": 5.0},
    "sweep-scoring-rounds": {
        "task": "crm.tasks.sweep_scoring_rounds",
        "schedule": 60.0,
    },  # each client's once a day
    "clear-sessions": {"task": "accounts.tasks.clear_sessions", "schedule": 3600.0},
    "clear-limits": {"task": "accounts.tasks.clear_limits", "schedule": 3600.0},
    "sweep-monthly-credits": {"task": "accounts.tasks.sweep_monthly_credits", "schedule": 600.0},
    "redact-due": {"task": "crm.tasks.redact_due", "schedule": 3600.0},  # by each client's own midnight
    "drain-outbox": {"task": "integrations.tasks.drain_outbox", "schedule": 10.0},
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
DJANGO_CELERY_BEAT_TZ_AWARE = True

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"] + [path for path in [BASE_DIR / "vendor"] if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": env("STATIC_STORAGE", default="lib.ui.storage.StaticStorage")},
}
MEDIA_ROOT = env(
    "MEDIA_ROOT", default=str(BASE_DIR / ".run" / "media")
)  # reached only through views that authorise

EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Switchboard <no-reply@localhost>")

SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.int("TRUSTED_PROXIES", default=0) else None
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

CTM_BASE_URL = env("CTM_BASE_URL", default="https://api.calltrackingmetrics.com/api/v1").rstrip("/")
# Pages of one walk may come from either of the vendor's hosts; any other host never sees our key.
CTM_HOSTS = env.list("CTM_HOSTS", default=["api.calltrackingmetrics.com", "app.calltrackingmetrics.com"])
CTM_SYNC_EVERY_S = env.int("CTM_SYNC_EVERY_S", default=300)
CTM_SYNC_LEASE_S = env.int("CTM_SYNC_LEASE_S", default=180)  # longer than one page may take
GHL_BASE_URL = env("GHL_BASE_URL", default="https://services.leadconnectorhq.com").rstrip("/")
GHL_SYNC_EVERY_S = env.int("GHL_SYNC_EVERY_S", default=300)
GHL_SYNC_LEASE_S = env.int("GHL_SYNC_LEASE_S", default=300)  # a page waits for the vendor's rate limit
SANDBOX_URL = env("SANDBOX_URL", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
}
