"""Talks to GitHub's REST API: the few requests that a comment takes, with the standard library."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, Final

_SECONDS: Final = 30
_PER_PAGE: Final = 100
#: Pages of a list that are read; 1,000 comments or artifacts are more than there are.
_PAGES: Final = 10


#: Time-outs, names that nobody knows, connections that break, answers that are cut.
_UNREACHED: Final = (OSError, http.client.HTTPException)


class Refusal(Exception):
    """What cannot be done, in a sentence."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing by itself: the token must not go where a redirect leads."""

    def redirect_request(self, *_: object) -> None:
        return None


class GitHub:
    """One repository.

    Args:
        api: address of the API, ``https://api.github.com``.
        repository: ``owner/name``.
        token: sent to `api` alone.
    """

    def __init__(self, api: str, repository: str, token: str) -> None:
        self._top = f"{api.rstrip('/')}/repos/{repository}"
        self._token = token
        self._opener = urllib.request.build_opener(_Stay)

    def every(self, path: str, key: str | None = None, **query: str) -> Iterator[dict[str, Any]]:
        """All entries of a list, page by page; `key` names the list where it is in an object."""
        for page in range(1, _PAGES + 1):
            query |= {"per_page": str(_PER_PAGE), "page": str(page)}
            found = self._json("GET", f"{path}?{urllib.parse.urlencode(query)}")
            entries = found[key] if key else found
            yield from entries
            if len(entries) < _PER_PAGE:
                return

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """POST or PATCH `body`."""
        self._json(method, path, json.dumps(body).encode())

    def download(self, path: str, limit: int) -> bytes:
        """The bytes behind `path`, which redirects to a signed address elsewhere.

        Raises:
            Refusal: there are more than `limit` bytes, or none.
        """
        place = None
        try:
            with self._opener.open(self._request("GET", path), timeout=_SECONDS) as answer:
                data: bytes = answer.read(limit + 1)
        except urllib.error.HTTPError as error:
            with error:
                place = error.headers.get("Location")
                if error.code not in (301, 302, 303, 307, 308) or not place:
                    raise _refused(f"GET {path}", error) from None
        except _UNREACHED as error:
            raise _unreached(f"GET {path}", error) from None
        if place is not None:
            data = self._elsewhere(place, limit)
        if len(data) > limit:
            raise Refusal(f"the artifact is larger than {limit:,} bytes")
        return data

    def _elsewhere(self, place: str, limit: int) -> bytes:
        if urllib.parse.urlsplit(place).scheme not in ("https", "http"):
            raise Refusal("the artifact is at an address that is not of the web")
        request = urllib.request.Request(place)  # noqa: S310 - checked above; without the token
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                data: bytes = answer.read(limit + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise _refused("the artifact", error) from None
        except _UNREACHED as error:
            raise _unreached("the artifact", error) from None
        return data

    def _json(self, method: str, path: str, body: bytes | None = None) -> Any:  # noqa: ANN401
        try:
            with self._opener.open(self._request(method, path, body), timeout=_SECONDS) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(f"{method} {path}", error) from None
        except _UNREACHED as error:
            raise _unreached(f"{method} {path}", error) from None

    def _request(self, method: str, path: str, body: bytes | None = None) -> urllib.request.Request:
        return urllib.request.Request(  # noqa: S310 - the API's own address
            self._top + path,
            data=body,
            method=method,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )


def _unreached(what: str, error: Exception) -> Refusal:
    reason = str(getattr(error, "reason", error)) or type(error).__name__
    return Refusal(f"GitHub cannot be reached for {what}: {reason}")


def _refused(what: str, error: urllib.error.HTTPError) -> Refusal:
    return Refusal(f"GitHub answers {error.code} to {what}")
