"""Takes out of texts what must not be published: who the user is, and secrets.

Hardware records are committed to public repositories.  Paths in environment variables and in
torch's build description hold home folders and user names; device lists hold serial numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

#: What may follow a path inside a longer text.
_END: Final = r"(?=$|[/\\:;,\s\"'()\]])"
#: Anyone's home folder, also on another machine (torch remembers where it was built).
_ANY_HOME: Final = rf"(?:/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\:;,\s\"'()\]]+{_END}"
_SERIAL: Final = (
    r"\b(GPU|MIG)-(?:GPU-)?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?:/\d+/\d+)?"
)
_SECRET: Final = re.compile(
    r"TOKEN(?!S|IZ)|SECRET|PASSW|CREDENTIAL|API_?KEY|ACCESS_?KEY", re.IGNORECASE
)


@dataclass(frozen=True)
class Redactor:
    """Replaces the home folder by ``~``, the user in a path by ``USER``, serials by ``(serial)``.

    Attributes:
        homes: Home folders of this user, without a slash at the end.
        user: Login name; "" if not known.
    """

    homes: tuple[str, ...] = ()
    user: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Redactor:
        """For the user whose environment this is."""
        homes = {environ.get(name, "").rstrip("/\\") for name in ("HOME", "USERPROFILE")}
        users = (environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME"))
        return cls(
            # A service's home may be "/", which is in every path and tells nothing, as /root does.
            homes=tuple(sorted(home for home in homes if home not in ("", "/root"))),
            # "root" is nobody's name, and a folder of many systems.
            user=next((user for user in users if len(user) > 1 and user != "root"), ""),
        )

    def text(self, text: str) -> str:
        """`text` without names of users and serial numbers, and safe to encode."""
        # Bytes of the environment that are not UTF-8 arrive as lone surrogates.
        text = text.encode("utf-8", "replace").decode("utf-8")
        for home in self.homes:
            text = re.sub(re.escape(home) + _END, "~", text)
        text = re.sub(_ANY_HOME, "~", text)
        if self.user:
            text = re.sub(rf"(?<=[/\\]){re.escape(self.user)}{_END}", "USER", text)
        return re.sub(_SERIAL, r"\1-(serial)", text)

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold, and anything else
        """`value` as plain JSON data with every text in it redacted.

        Values under a key that names a secret become ``"(withheld)"``; NaN and infinities, which
        JSON has not, become None; objects that JSON does not know become their text.
        """
        if isinstance(value, Mapping):
            return {
                str(key): "(withheld)" if _SECRET.search(str(key)) else self.clean(item)
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple, set, frozenset)):
            items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
            return [self.clean(item) for item in items]
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if value is None or isinstance(value, (bool, int)):
            return value
        return self.text(str(value))
