"""Static files under names that carry their content's hash, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

_OUR_IMPORTS = (
    (r'(?P<matched>import "(?P<url>\./[^"]+)")', 'import "%(url)s"'),
    (r'(?P<matched>from "(?P<url>\./[^"]+)")', 'from "%(url)s"'),
)


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also renames what our ES modules import; otherwise a new app.js could meet an old module in a browser's cache.

    Django's own switch for this reads every package's scripts too, and stumbles over htmx.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", _OUR_IMPORTS))
